"""Several windows in one process: each paints what its own worker packed, and none disturbs another."""

from __future__ import annotations

from typing import Any

import pytest

from heatdesk.engine import Engine
from heatdesk.gui import cpu_heat, picture
from heatdesk.gui.view import SIDES, View
from heatdesk.gui.window import Window

from .market import BTC, ETH


@pytest.fixture
def packed_late(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sides that a painter had to pack itself, on the thread that everybody waits for."""
    seen: list[str] = []

    def packed(heatmap: Any, side: str, rendering: str) -> Any:
        seen.append(side)
        return pack(heatmap, side, rendering)

    pack = cpu_heat.pack
    monkeypatch.setattr(cpu_heat, "pack", packed)
    return seen


@pytest.fixture
def both(qtbot: Any, make: Any, engine: Engine) -> tuple[Window, Window]:
    """Two windows over one engine that show different maps, the first of them one side only."""
    windows = make(engine, BTC, view=View(side="long")), make(engine, ETH)
    for window in windows:
        qtbot.waitUntil(lambda w=window: w.snapshot is not None, timeout=20_000)
        qtbot.waitUntil(lambda w=window: len(w._bridge.ahead._box.cells) >= len(SIDES) - 1, timeout=20_000)
    return windows


def test_each_window_paints_what_its_own_worker_packed(qtbot: Any, both: Any, packed_late: list[str]):
    for window in both:
        for side in SIDES:
            window.set_view(View(side=side))
            window.desk.chart.canvas.grab()
    assert packed_late == []


def test_what_one_window_looks_at_changes_nothing_for_another(qtbot: Any, both: Any):
    one, other = both
    one.set_view(View(side="short", rendering="smoothed"))
    with qtbot.waitSignal(other._bridge.answered, timeout=20_000):
        other.ask_again()
    assert other._bridge.ahead._wanted == ("both", "raw")
    assert one._bridge.ahead._wanted == ("short", "smoothed")


def test_a_picture_takes_nothing_away_from_the_window(both: Any):
    window = both[0]
    waiting = dict(window._bridge.ahead._box.cells)
    picture.render(window.snapshot, View(side="net"), (400, 300))
    assert window._bridge.ahead._box.cells == waiting
    assert window._bridge.ahead._wanted == ("long", "raw")
