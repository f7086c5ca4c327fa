"""Much is packed beside the GUI thread; until it is there the picture before stands."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from heatdesk.gui import cpu_heat, packing
from heatdesk.gui.cells_ahead import CellsAhead, pack
from heatdesk.gui.chart import ChartView
from heatdesk.gui.packing import Packing
from heatdesk.gui.view import View
from tests.gui.drawing.snapshots import snapshot


class Held:
    """Packs when it is told to, and notes what and on which thread."""

    def __init__(self) -> None:
        self.go = threading.Semaphore(0)
        self.seen: list[tuple[str, str]] = []
        self.threads: set[threading.Thread] = set()

    def __call__(self, heatmap: Any, side: str, rendering: str) -> Any:
        self.seen.append((side, rendering))
        self.threads.add(threading.current_thread())
        assert self.go.acquire(timeout=20)
        return pack(heatmap, side, rendering)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Any:
    held = Held()
    monkeypatch.setattr(packing, "pack", held)
    yield held
    for _ in range(20):
        held.go.release()


@pytest.fixture
def chart(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> ChartView:
    """Of a map that is much to pack, with a worker's box beside it."""
    monkeypatch.setattr(cpu_heat, "_AT_ONCE", 0)
    chart, first = ChartView(), snapshot(240, 60)
    qtbot.addWidget(chart)
    chart.resize(420, 320)
    ahead = CellsAhead()
    ahead.put(first.heatmap)
    chart.heatmap_item.take_cells_from(ahead, Packing(chart))
    chart.set_view(View())
    chart.show_snapshot(first)
    chart.show()
    return chart


def pixels(chart: ChartView) -> bytes:
    """The map as it is painted, of whichever side and map."""
    chart.canvas.grab()
    shown, _ = chart.heatmap_item._cpu._drawn
    return shown.picture.pixels.tobytes()


def test_another_side_leaves_the_picture_until_it_is_packed(qtbot: Any, held: Held, chart: ChartView):
    before = pixels(chart)
    chart.set_view(View(side="net", rendering="smoothed"))
    assert pixels(chart) == before
    with qtbot.waitSignal(chart.heatmap_item._cpu.packing.packed, timeout=20_000):
        held.go.release()
    after = pixels(chart)
    assert after != before
    assert held.seen == [("net", "smoothed")]
    assert threading.main_thread() not in held.threads

    chart.heatmap_item._cpu.packing = None
    chart.heatmap_item._cpu.forget()
    assert pixels(chart) == after, "as it would have been packed at once"


def test_of_many_sides_asked_for_only_the_first_and_the_last_are_packed(
    qtbot: Any, held: Held, chart: ChartView
):
    before = pixels(chart)
    for side in ("long", "short", "net"):
        chart.set_view(View(side=side))
        assert pixels(chart) == before
    for _ in range(2):
        with qtbot.waitSignal(chart.heatmap_item._cpu.packing.packed, timeout=20_000):
            held.go.release()
    pixels(chart)
    assert chart.heatmap_item._cpu._drawn[1].side == "net"
    assert held.seen == [("long", "raw"), ("net", "raw")]


def test_another_map_leaves_the_picture_until_it_is_packed(qtbot: Any, held: Held, chart: ChartView):
    before = pixels(chart)
    other = snapshot(200, 50)
    other = replace(other, question=replace(other.question, symbol="ETH/USDT:USDT"))
    chart.show_snapshot(other)
    chart.canvas.grab()
    assert chart.heatmap_item._cpu._drawn[1].heatmap is not other.heatmap
    with qtbot.waitSignal(chart.heatmap_item._cpu.packing.packed, timeout=20_000):
        held.go.release()
    assert pixels(chart) != before
    assert chart.heatmap_item._cpu._drawn[1].heatmap is other.heatmap


def test_what_cannot_be_packed_leaves_the_picture_and_others_go_on(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, chart: ChartView
):
    before, tried = pixels(chart), []
    packed = chart.heatmap_item._cpu.packing.packed

    def fail(*wish: Any) -> Any:
        tried.append(wish)
        return np.empty(-1)

    monkeypatch.setattr(packing, "pack", fail)
    with qtbot.waitSignal(packed, timeout=20_000):
        chart.set_view(View(side="long"))
        assert pixels(chart) == before
    assert pixels(chart) == before
    qtbot.wait(50)
    assert len(tried) == 1, "painting what failed does not pack it again and again"
    monkeypatch.setattr(packing, "pack", pack)
    with qtbot.waitSignal(packed, timeout=20_000):
        chart.set_view(View(side="short"))
        assert pixels(chart) == before
    assert pixels(chart) != before
