"""At every ratio of device pixels to logical ones the map and what lies over it stand on whole pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF

from heatdesk.engine import Snapshot
from heatdesk.gui.crosshair import CrosshairLayer
from heatdesk.gui.desk import ChartDesk
from heatdesk.gui.device_pixels import rounded
from heatdesk.gui.layers.candles import CandleLayer
from heatdesk.gui.view import View
from heatdesk.market import Interval
from tests.gui.drawing import snapshots

from .conftest import RATIOS, Screens

EVERY = pytest.mark.parametrize("ratio", RATIOS[1:])
BROKEN = pytest.mark.parametrize("ratio", (1.25, 1.5, 1.75))
SOME = pytest.mark.parametrize("ratio", (1.25, 1.5, 2.0))
HAIRLINE, BACKGROUND = 0xFF1E2430, 0xFF0B0E14


def plot_of(desk: ChartDesk) -> tuple[slice, slice]:
    """The rows and columns of device pixels that belong to the plot."""
    ratio, area = desk.devicePixelRatioF(), desk.chart.plot_area()
    corner = desk.chart.canvas.mapTo(desk, QPoint(0, 0))
    x, y = corner.x() + area.left(), corner.y() + area.top()
    rows = slice(rounded(y * ratio), rounded((y + area.height()) * ratio))
    return rows, slice(rounded(x * ratio), rounded((x + area.width()) * ratio))


def show_only(desk: ChartDesk, *kinds: type) -> None:
    for layer in desk.chart.layers:
        layer.setVisible(isinstance(layer, kinds))


def zoom(desk: ChartDesk) -> None:
    """A stretch whose columns and rows are no whole number of pixels wide."""
    times = desk.chart._snapshot.heatmap.times_ms
    desk.chart.set_range(float(times[7]) + 0.3 * 300_000, float(times[-3]), 61_011.0, 63_987.0)


@EVERY
def test_the_map_of_so_many_device_pixels_is_the_same_at_every_ratio(make: Any, screens: Screens, ratio):
    desk = make(ratio)
    show_only(desk, type(desk.chart.heatmap_item))
    zoom(desk)
    rows, columns = plot_of(desk)
    seen = screens.painted(desk)[rows, columns]
    assert len(np.unique(seen)) > 100

    plain = make(1.0)  # where one pixel is one pixel, and the plot has as many of them
    height, width = seen.shape
    plain.resize(
        plain.width() + width - round(plain.chart.plot_area().width()),
        plain.height() + height - round(plain.chart.plot_area().height()),
    )
    show_only(plain, type(plain.chart.heatmap_item))
    zoom(plain)
    assert (screens.painted(plain)[plot_of(plain)] == seen).all()


@BROKEN
@pytest.mark.parametrize("extra", [0, 5])
def test_the_map_fills_the_plot_and_ends_where_the_axes_begin(make: Any, screens: Screens, ratio, extra):
    full = snapshots.heatmap(np.full((100, 600), 1e6, np.float32))
    desk = make(
        ratio,
        View(panes=("volume",)),
        (901 + extra, 533 + extra),
        replace(snapshots.snapshot(), heatmap=full),
    )
    desk.layout().setContentsMargins(extra, extra, 0, 0)
    show_only(desk, type(desk.chart.heatmap_item))
    desk.chart.set_range(float(full.times_ms[100]), float(full.times_ms[500]), 61_000.0, 64_000.0)
    seen, (rows, columns) = screens.painted(desk), plot_of(desk)
    assert len(np.unique(seen[rows, columns])) == 1, "no pixel of the plot is half a map, nor none"
    assert set(seen[rows, columns.stop].tolist()) == {HAIRLINE}
    assert set(seen[rows.stop, columns].tolist()) == {HAIRLINE}


@BROKEN
def test_candles_and_hairlines_have_no_blurred_edges(make: Any, screens: Screens, small_map, ratio):
    empty = snapshots.heatmap(np.zeros((100, 600), np.float32))
    inks = []
    for at in (1.0, ratio):
        desk = make(at, snapshot=replace(small_map, heatmap=empty))
        show_only(desk, CandleLayer, CrosshairLayer)
        zoom(desk)
        rows, columns = plot_of(desk)
        below = slice(rows.start + (rows.stop - rows.start) // 3, rows.stop)  # the readout's letters are soft
        inks.append(set(np.unique(screens.painted(desk)[below, columns]).tolist()))
        desk.close()
    assert inks[1] <= inks[0]


@SOME
def test_the_crosshair_runs_on_through_the_panes(make: Any, screens: Screens, small_map, ratio):
    desk = make(ratio, View(panes=("volume",)))
    show_only(desk, CrosshairLayer)
    before = screens.painted(desk)
    desk.chart._moment_hovered(float(small_map.heatmap.times_ms[301]))
    changed = screens.painted(desk) != before
    rows, columns = plot_of(desk)
    bottom = rounded((desk.chart.panes.panes["volume"].geometry().bottom()) * ratio)
    below = slice(rows.stop + rounded(20 * ratio), bottom)  # under the values of the moment
    third = slice(rows.stop // 3, rows.stop)
    in_plot = set(np.nonzero(changed[third, columns].any(axis=0))[0].tolist())
    in_pane = set(np.nonzero(changed[below, columns].any(axis=0))[0].tolist())
    assert in_plot == in_pane
    assert len(in_plot) == max(1, rounded(ratio))


@SOME
def test_the_profile_stands_at_the_rows_of_the_map(make: Any, screens: Screens, ratio):
    usd = np.zeros((100, 600), np.float32)
    usd[60] = 1e6
    desk = make(ratio, snapshot=replace(snapshots.snapshot(), heatmap=snapshots.heatmap(usd)))
    show_only(desk, type(desk.chart.heatmap_item))
    zoom(desk)
    seen, (rows, columns) = screens.painted(desk), plot_of(desk)
    on_map = np.nonzero(seen[rows, columns][:, 200] != BACKGROUND)[0]
    left = rounded(desk.profile.x() * ratio) + 2 * rounded(ratio)
    beside = seen[rows, left : left + rounded(40 * ratio)]
    bars = (beside != BACKGROUND).mean(axis=1) > 0.9
    assert np.nonzero(bars)[0].tolist() == on_map.tolist()


def test_a_zero_map_is_the_background(make: Any, screens: Screens, small_map: Snapshot):
    desk = make(
        1.25, snapshot=replace(small_map, heatmap=snapshots.heatmap(np.zeros((100, 600), np.float32)))
    )
    show_only(desk, type(desk.chart.heatmap_item))
    assert set(np.unique(screens.painted(desk)[plot_of(desk)]).tolist()) == {BACKGROUND}


@pytest.mark.parametrize("ratio", RATIOS)
def test_what_is_painted_alone_is_what_a_whole_repaint_paints(make: Any, screens: Screens, small_map, ratio):
    """On whole device pixels, wherever in the window the chart begins; hatching goes on where it was."""
    hatched = replace(small_map, gaps=(Interval(*small_map.heatmap.times_ms[[200, 330]].tolist()),))
    desk = make(ratio, View(panes=("volume",)), snapshot=hatched)
    zoom(desk)
    chart, rng = desk.chart, np.random.default_rng(5)
    for _ in range(6):
        area = chart.view_box.rect()
        across, down = rng.uniform(0.1, 0.9, 2)
        chart._cursor_moved(chart.view_box.mapToView(QPointF(area.width() * across, area.height() * down)))
        chart.highlight(62_000.0 + 500.0 * across, 63_000.0)
        alone = screens.painted(desk)
        chart.canvas.viewport().update()
        assert (alone == screens.painted(desk)).all()
