"""What the chart points out beside map and candles: a zone, the frame, the truth, and what kind of picture it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from heatdesk.gui import theme
from heatdesk.gui.chart import ChartView
from heatdesk.gui.layers.notice import NOTICE, NoticeLayer
from heatdesk.gui.view import Currency, View
from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.reading.clusters import Cluster
from heatdesk.reading.frame import SessionFrame
from tests.gui.drawing.snapshots import snapshot


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show_snapshot(snapshot())
    made.show()
    QApplication.processEvents()
    return made


def _picture(chart: ChartView) -> QImage:
    return chart.canvas.grab().toImage()


def _rows_that_differ(chart: ChartView, a: QImage, b: QImage, x: int) -> list[float]:
    """Prices of the pixel rows in which two pictures differ at one x."""
    area, scale = chart.plot_area(), chart.price_scale
    y_min, y_max = chart.view_box.viewRange()[1]
    rows = [y for y in range(round(area.top()), round(area.bottom())) if a.pixel(x, y) != b.pixel(x, y)]
    return [scale.price(y_max - (y + 0.5 - area.top()) / area.height() * (y_max - y_min)) for y in rows]


def test_a_zone_is_pointed_at_between_its_prices_and_let_go(chart: ChartView) -> None:
    plain = _picture(chart)
    chart.highlight(63_000.0, 63_400.0)
    pointed = _rows_that_differ(chart, plain, _picture(chart), 300)
    assert min(pointed) == pytest.approx(63_000.0, abs=60.0)
    assert max(pointed) == pytest.approx(63_400.0, abs=60.0)
    chart.highlight(None)
    assert _picture(chart) == plain
    chart.highlight(1.0, 2.0)  # out of sight
    assert _picture(chart) == plain


def _zone(low: float, high: float, side: str) -> Cluster:
    return Cluster(low, high, (low + high) / 2, side, 1.28e8, 0.0, 0.2)


def test_the_frame_stands_at_the_right_edge_and_on_the_price_axis(chart: ChartView) -> None:
    above, below = _zone(64_400.0, 64_700.0, "short"), _zone(61_500.0, 61_700.0, "long")
    framed = replace(snapshot(), frame=SessionFrame(above, below))
    area = chart.plot_area()
    x, outside = round(area.right()) - 4, round(area.right()) + 30
    plain = _picture(chart)
    for side, zones in (
        ("both", (above, below)),
        ("net", (above, below)),
        ("long", (below,)),
        ("short", (above,)),
    ):
        chart.set_view(View(side=side))
        chart.show_snapshot(snapshot())
        plain = _picture(chart)
        chart.show_snapshot(framed)
        marked = _picture(chart)
        rows = _rows_that_differ(chart, plain, marked, x)
        assert rows
        assert all(any(z.low - 60 < price < z.high + 60 for z in zones) for price in rows)
        on_axis = _rows_that_differ(chart, plain, marked, outside)
        assert all(any(abs(price - z.peak) < 120 for price in on_axis) for z in zones)


def test_no_frame_draws_nothing(chart: ChartView) -> None:
    plain = _picture(chart)
    chart.show_snapshot(replace(snapshot(), frame=SessionFrame(None, None)))
    assert _picture(chart) == plain


def test_the_truth_is_drawn_from_the_right_edge_inwards(chart: ChartView) -> None:
    plain, area = _picture(chart), chart.plot_area()
    prices = np.linspace(61_000.0, 65_000.0, 41)
    usd_long, usd_short = np.zeros(40), np.zeros(40)
    usd_long[10], usd_short[30] = 1e6, 5e5
    chart.show_truth(prices, usd_long, usd_short)
    shown = _picture(chart)
    right = round(area.right())
    at_edge = _rows_that_differ(chart, plain, shown, right - 2)
    assert all(61_950 < price < 62_150 or 63_950 < price < 64_150 for price in at_edge)
    assert any(price > 63_900 for price in at_edge)
    deeper = _rows_that_differ(chart, plain, shown, right - 60)  # half the bar of the shorts ends before
    assert {round(price, -3) for price in deeper if price > 61_500} == {62_000.0}
    chart.set_view(View(side="short"))
    shorts = _rows_that_differ(chart, plain, _picture(chart), right - 2)
    assert any(price > 63_900 for price in shorts)
    chart.set_view(View())
    chart.show_truth(np.zeros(0), np.zeros(0), np.zeros(0))
    assert _picture(chart) == plain


def test_a_simulated_market_says_so_until_it_is_none(chart: ChartView) -> None:
    plain = _picture(chart)
    for name in theme.theme_names():
        chart.set_view(View(theme=name))
        chart.set_simulated(True)
        picture, area = _picture(chart), chart.plot_area()
        warn = QColor(theme.tokens(name).warn)
        corner = [
            picture.pixelColor(x, y)
            for x in range(4, 90)
            for y in range(round(area.bottom()) - 48, round(area.bottom()) - 24)
        ]
        assert corner.count(warn) > 200
        assert theme.contrast_ratio(theme.ink_on(warn.name()), warn.name()) >= 4.5
    chart.set_view(View())
    chart.set_simulated(False)
    assert _picture(chart) == plain


@pytest.mark.parametrize(("rendering", "word"), [("smoothed", "Smoothed"), ("bands", "Bands")])
def test_a_rendering_that_is_not_raw_is_named_and_changes_the_picture(
    chart, rendering: str, word: str
) -> None:
    notice = next(layer for layer in chart.layers if isinstance(layer, NoticeLayer))
    plain = _picture(chart)
    assert [line[0][0] for line in notice.lines()] == [NOTICE]
    chart.set_view(View(rendering=rendering))
    first, second = (line[0][0] for line in notice.lines())
    assert first.startswith(word)
    assert second == NOTICE
    assert _picture(chart) != plain
    chart.set_view(View())
    assert _picture(chart) == plain


def test_red_rises_where_the_user_says_so(chart: ChartView) -> None:
    tokens, area = theme.tokens("dark"), chart.plot_area()
    good, bad = QColor(tokens.good).name(), QColor(tokens.bad).name()

    def line_colours() -> set[str]:
        picture = _picture(chart)
        xs = range(round(area.right()) - 16, round(area.right()))
        ys = range(round(area.top()), round(area.bottom()))
        return {picture.pixelColor(x, y).name() for x in xs for y in ys} & {good, bad}

    before = line_colours()
    chart.set_view(View(up_is_red=True))
    assert len(before) == 1
    assert line_colours() == {good, bad} - before


def test_a_smallest_cell_empties_the_map_below_it_and_recomputes_nothing(chart: ChartView) -> None:
    plain = _picture(chart)
    prepared = dict(chart.heatmap_item._cpu._prepared)
    assert prepared
    chart.set_view(View(minimum_usd=2e5))
    some = _picture(chart)
    chart.set_view(View(minimum_usd=1e12))
    nothing = _picture(chart)
    assert plain != some != nothing
    background = QColor(theme.tokens("dark").background)
    assert nothing.pixelColor(300, 120) == background
    chart.set_view(View(palette="safe", gamma=2.0, low=1e4, high=1e6))
    _picture(chart)
    assert chart.heatmap_item._cpu._prepared == prepared


def test_limits_stay_with_the_question_and_are_measured_anew_for_another(chart: ChartView) -> None:
    before = chart.contrast_limits
    brighter = snapshot()
    loud = replace(brighter.heatmap, notional_long=1.4 * brighter.heatmap.notional_long)
    chart.show_snapshot(replace(brighter, heatmap=loud))
    assert chart.contrast_limits == before
    chart.show_snapshot(replace(snapshot(symbol="ETH/USDT:USDT"), heatmap=loud))
    assert chart.contrast_limits[1] > before[1]
    chart.set_view(View().with_lock((1.0, 2.0)))
    chart.show_snapshot(snapshot())
    assert chart.contrast_limits == (1.0, 2.0)


def test_a_lock_survives_another_symbol_and_nothing_else_does() -> None:
    typed = View(low=1.0, high=2.0)
    assert typed.for_other_symbol() == View()
    locked = View(gamma=0.5).with_lock((1.0, 2.0))
    assert locked.for_other_symbol() is locked
    assert locked.without_lock() == View(gamma=0.5)


def test_amounts_are_told_in_the_views_currency_and_prices_are_not(chart: ChartView) -> None:
    crosshair = chart.layers[-1]
    middle = chart.plot_area().center()
    chart.view_box._cursor = middle
    chart.view_box.tell_cursor()
    words = {}
    for currency in (Currency(), Currency("EUR", 0.5, "2026-11-12")):
        chart.set_view(View(currency=currency))
        words[currency.code] = ["".join(run[0] for run in line) for line in crosshair.lines()]
    assert "$" in words["USD"][1]
    assert "EUR" in words["EUR"][1]
    assert "$" not in words["EUR"][1]
    assert words["USD"][0] == words["EUR"][0]
    assert words["USD"][1].split("▼")[0] == words["EUR"][1].split("▼")[0]


def test_the_time_axis_goes_by_the_clocks_of_the_views_zone(chart: ChartView) -> None:
    plain = _picture(chart)
    utc = chart.time_axis.ticks()
    chart.set_view(View(time_zone="Asia/Kolkata"))
    there = chart.time_axis.ticks()
    days = [tick for tick in there if tick.strong]
    assert days
    assert all((tick.position + 5.5 * HOUR_MS) % DAY_MS == 0 for tick in days)
    assert {tick.position for tick in there} != {tick.position for tick in utc}
    moved, area = _picture(chart), chart.plot_area()
    corner = range(round(area.right()) + 2, moved.width()), range(round(area.bottom()) + 2, moved.height())
    assert any(moved.pixel(x, y) != plain.pixel(x, y) for x in corner[0] for y in corner[1])
    chart.set_view(View())
    assert _picture(chart) == plain
