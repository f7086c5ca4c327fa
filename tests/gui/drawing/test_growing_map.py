"""A map that grows is painted like the same map shown for the first time, whichever side and rendering."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.gui import cells_ahead, cpu_heat
from heatdesk.gui.chart import ChartView
from heatdesk.gui.heat_cells import HeatCells
from heatdesk.gui.view import RENDERINGS, SIDES, View
from heatdesk.model.heatmap import Steady
from tests.gui.drawing.snapshots import snapshot


def grown(before: Snapshot, seed: int, columns: int = 1, factor: float = 0.9) -> Snapshot:
    """The same question a moment later: the newest columns are others."""
    rng = np.random.default_rng(seed)
    heatmap = before.heatmap
    changed = {}
    for name in ("notional_long", "notional_short"):
        cells = np.array(getattr(heatmap, name).T)
        cells[-columns:] *= rng.uniform(0.0, factor, cells[-columns:].shape).astype(np.float32)
        cells.flags.writeable = False
        changed[name] = cells.T
    return replace(before, heatmap=replace(heatmap, **changed))


@pytest.fixture
def made() -> Snapshot:
    first = snapshot(240, 60)
    return replace(first, heatmap=replace(first.heatmap, steady=Steady(object(), 238)))


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is packed whole."""
    seen: list[tuple[str, str]] = []
    pack = cells_ahead.pack

    def noted(heatmap: object, side: str, rendering: str, *rest: object) -> object:
        seen.append((side, rendering))
        return pack(heatmap, side, rendering, *rest)

    for packs in (cells_ahead, cpu_heat):
        monkeypatch.setattr(packs, "pack", noted)
    return seen


def chart_of(made: Snapshot, view: View) -> ChartView:
    chart = ChartView()
    chart.resize(420, 320)
    chart.set_view(view)
    chart.show_snapshot(made)
    chart.show()
    return chart


def pixels(chart: ChartView) -> bytes:
    """The map as painted, without what stands on it."""
    QApplication.processEvents()
    chart.canvas.grab()
    item = chart.heatmap_item
    return item._cpu._prepared[item._side, item._rendering].picture.pixels.tobytes()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("rendering", RENDERINGS)
def test_what_grows_is_painted_as_if_it_were_new(
    qapp: QApplication, made: Snapshot, packed: list[tuple[str, str]], side: str, rendering: str
):
    view = View(side=side, rendering=rendering, low=0.0, high=2e5)
    chart = chart_of(made, view)
    pixels(chart)
    packed.clear()
    for seed in range(3):
        made = grown(made, seed, columns=1 + seed % 2)
        chart.show_snapshot(made)
        assert packed == []
        again = chart_of(made, view)
        assert pixels(chart) == pixels(again)
        again.deleteLater()
        packed.clear()
    chart.deleteLater()


def test_other_sides_come_along_and_a_brighter_cell_is_packed_anew(
    qapp: QApplication, made: Snapshot, packed: list[tuple[str, str]]
):
    chart = chart_of(made, View(low=0.0, high=2e5))
    pixels(chart)
    chart.set_view(View(side="long", low=0.0, high=2e5))
    pixels(chart)
    packed.clear()
    made = grown(made, 1)
    chart.show_snapshot(made)
    chart.set_view(View(low=0.0, high=2e5))
    pixels(chart)
    assert packed == []
    brighter = grown(made, 2, factor=5_000.0)
    chart.show_snapshot(brighter)
    pixels(chart)
    assert packed == [("both", "raw")]
    chart.deleteLater()


def test_a_side_out_of_sight_catches_up_when_it_is_shown(
    qapp: QApplication, made: Snapshot, packed: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
):
    """Columns that have changed while another side was looked at, and only those, are packed then, and once."""
    taken_over: list[int] = []
    take_over = HeatCells.set_last_columns

    def noted(cells: HeatCells, notional: np.ndarray) -> None:
        taken_over.append(notional.shape[1])
        take_over(cells, notional)

    both, long = View(low=0.0, high=2e5), View(side="long", low=0.0, high=2e5)
    chart = chart_of(made, both)
    pixels(chart)
    chart.set_view(long)
    pixels(chart)
    packed.clear()
    monkeypatch.setattr(HeatCells, "set_last_columns", noted)
    for seed, columns in enumerate((1, 2, 1)):
        made = grown(made, seed, columns)
        chart.show_snapshot(made)
        pixels(chart)
    assert len(taken_over) == 3
    chart.set_view(both)
    shown = pixels(chart)
    assert len(taken_over) == 4
    assert packed == []
    fresh = chart_of(made, both)
    assert shown == pixels(fresh)
    for one in (chart, fresh):
        one.deleteLater()


def test_a_map_of_another_token_is_packed_anew(
    qapp: QApplication, made: Snapshot, packed: list[tuple[str, str]]
):
    chart = chart_of(made, View(low=0.0, high=2e5))
    pixels(chart)
    packed.clear()
    later = grown(made, 1)
    chart.show_snapshot(replace(later, heatmap=replace(later.heatmap, steady=Steady(object(), 238))))
    pixels(chart)
    assert packed == [("both", "raw")]
    chart.deleteLater()


def test_the_worker_packs_a_map_that_goes_on_only_once(made: Snapshot, packed: list[tuple[str, str]]):
    ahead = cells_ahead.CellsAhead()
    ahead.put(made.heatmap)
    ahead.put_other_sides(made.heatmap, lambda: False)
    assert sorted(side for side, _ in packed) == sorted(SIDES)
    packed.clear()
    later = grown(made, 1)
    ahead.put(later.heatmap)
    ahead.put_other_sides(later.heatmap, lambda: False)
    assert packed == []
    for side in SIDES:
        taken = ahead.take(later.heatmap, side, "raw")
        assert packed == []
        fresh = cells_ahead.pack(later.heatmap, side, "raw")
        packed.clear()
        assert np.array_equal(taken.level(0)[-3:], fresh.level(0)[-3:])
        assert np.array_equal(taken.level(0), fresh.level(0))
