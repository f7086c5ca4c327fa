"""What changes is painted, and nothing else: by the parts of the screen that were painted, never by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.gui.chart import ChartView
from heatdesk.gui.view import View
from heatdesk.market import HOUR_MS, MINUTE_MS, Records
from heatdesk.model.heatmap import Steady
from heatdesk.reading.reach import find_reach
from tests.gui.drawing.snapshots import END_MS, candles, snapshot
from tests.gui.drawing.test_growing_map import grown
from tests.gui.drawing.test_live_bar import Painted, on_screen


def first() -> Snapshot:
    made = snapshot(240, 60)
    return replace(made, heatmap=replace(made.heatmap, steady=Steady(object(), 238)))


def moved_on(before: Snapshot, seed: int) -> Snapshot:
    """The same question a moment later: the newest column and the newest candle are others."""
    columns = {name: np.array(before.candles[name]) for name in before.candles.columns}
    columns["close"][-1] *= 1.0 + 1e-4 * np.random.default_rng(seed).normal()
    columns["high"][-1] = max(columns["high"][-1], columns["close"][-1])
    columns["low"][-1] = min(columns["low"][-1], columns["close"][-1])
    candles = Records(before.candles.kind, before.candles.time_ms, columns)
    return replace(grown(before, seed, columns=2), candles=candles)


@pytest.fixture
def chart(qtbot) -> Iterator[ChartView]:
    view = ChartView()
    qtbot.addWidget(view)
    view.resize(700, 420)
    view.canvas.calm_s = 0.0  # parts are painted alone right after a whole repaint
    view.show_snapshot(first())
    view.show()
    on_screen(view)
    yield view
    view.close()


def stand_at(chart: ChartView, across: float, down: float) -> None:
    area = chart.view_box.rect()
    chart._cursor_moved(chart.view_box.mapToView(QPointF(area.width() * across, area.height() * down)))


def painted_by(chart: ChartView, act) -> float:
    """The share of the chart that is painted after something was done."""
    on_screen(chart)
    painted = Painted(chart.canvas.viewport())
    act()
    for _ in range(3):
        QApplication.processEvents()
    chart.canvas.viewport().removeEventFilter(painted)
    return sum(painted.shares)


@pytest.mark.parametrize(
    "view",
    [
        View(),
        View(reach=True, price_scale="percent"),
        View(theme="light", book=True, panes=("volume", "funding")),
    ],
)
def test_answers_and_the_cursor_leave_nothing_old_behind(chart: ChartView, view: View) -> None:
    """After any row of them the screen holds what a whole repaint would paint."""
    chart.set_view(view)
    shown, rng = first(), np.random.default_rng(3)
    chart.show_snapshot(shown)
    for number in range(8):
        if number % 3 == 0:
            stand_at(chart, *rng.uniform(0.05, 0.95, 2))
        elif number == 5:
            chart._cursor_moved(None)
            chart._moment_hovered(float(shown.heatmap.times_ms[100]))
        else:
            shown = moved_on(shown, number)
            chart.show_snapshot(shown)
        seen = on_screen(chart)
        chart.canvas.viewport().update()
        assert seen == on_screen(chart), number


def test_a_cursor_paints_its_lines_and_its_words(chart: ChartView) -> None:
    stand_at(chart, 0.3, 0.6)
    assert 0.0 < painted_by(chart, lambda: stand_at(chart, 0.5, 0.8)) < 0.4
    assert painted_by(chart, lambda: stand_at(chart, 0.5, 0.8)) == 0.0


def test_an_answer_that_goes_on_paints_what_is_new(chart: ChartView) -> None:
    shown = first()
    chart.show_snapshot(shown)
    later = moved_on(shown, 1)
    assert 0.0 < painted_by(chart, lambda: chart.show_snapshot(later)) < 0.4
    assert painted_by(chart, lambda: chart.show_snapshot(replace(later))) == 0.0


def test_the_same_view_again_paints_nothing(chart: ChartView) -> None:
    chart.set_view(View(low=0.0, high=1e6))
    assert painted_by(chart, lambda: chart.set_view(View(low=0.0, high=1e6))) == 0.0
    assert painted_by(chart, lambda: chart.set_view(View(low=0.0, high=2e6))) > 0.5


def levels(image: QImage) -> np.ndarray:
    """The colours of an image, shape (height, bytes of a row)."""
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1).astype(np.int16)


@pytest.mark.parametrize("ahead_ms", [2 * MINUTE_MS, 4 * HOUR_MS])
def test_a_reach_that_moves_leaves_no_old_chances_behind(chart: ChartView, ahead_ms: int) -> None:
    """They stand left of where the contours begin where there is little room to the right of them."""
    chart.set_view(View(reach=True))
    shown = replace(first(), reach=find_reach(candles(600), 5 * MINUTE_MS))
    assert shown.reach is not None
    chart.show_snapshot(shown)
    chart.set_range(END_MS - 6 * HOUR_MS, END_MS + ahead_ms)
    for factor in (1.0005, 0.9991, 1.0013):
        reach = replace(shown.reach, price=shown.reach.price * factor)
        chart.show_snapshot(replace(shown, reach=reach))
        seen = levels(on_screen(chart))
        chart.canvas.viewport().update()
        # One level at a smoothed edge: it is rounded where a painting ends.
        assert np.abs(seen - levels(on_screen(chart))).max() <= 2, factor
