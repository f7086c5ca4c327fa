"""Contours of how far price may get, right of the last candle."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.gui.chart import ChartView
from heatdesk.gui.layers import reach as layer
from heatdesk.gui.layers.reach import ReachLayer, contours, horizon_ms
from heatdesk.gui.view import View
from heatdesk.gui.visible_range import data_span
from heatdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from heatdesk.reading.reach import CONTOURS, Reach, find_reach
from heatdesk.reading.rules import ReachRules, ReadingRules
from tests.gui.drawing.snapshots import END_MS, candles, snapshot

ON = View(reach=True)


def shown(hours: float = 24.0, **changes: object) -> Snapshot:
    plain = snapshot(**changes)  # type: ignore[arg-type]
    rules = ReadingRules(reach=ReachRules(hours))
    reach = find_reach(plain.candles, 5 * MINUTE_MS)
    return replace(plain, question=replace(plain.question, rules=rules), reach=reach)


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show_snapshot(shown())
    made.show()
    QApplication.processEvents()
    return made


def picture(chart: ChartView) -> QImage:
    return chart.canvas.grab().toImage()


def drawn(chart: ChartView) -> tuple[object, ...]:
    return chart._layer(ReachLayer).contours()


def test_contours_open_from_the_last_price_and_never_cross() -> None:
    reach = find_reach(candles(2000), 5 * MINUTE_MS)
    assert reach is not None
    found = contours(reach, DAY_MS)
    assert [c.chance for c in found] == list(CONTOURS)
    for c in found:
        assert c.upper[0] == c.lower[0] == reach.price
        assert c.time_ms[-1] == reach.time_ms + DAY_MS
        assert (np.diff(c.upper) > 0).all()
        assert (np.diff(c.lower) < 0).all()
        at = c.time_ms[-1] - reach.time_ms
        assert reach.chance_of(float(c.upper[-1]), at) == pytest.approx(c.chance, abs=1e-9)
        assert reach.chance_of(float(c.lower[-1]), at) == pytest.approx(c.chance, abs=1e-9)
    for nearer, farther in pairwise(found):
        assert (nearer.upper[1:] < farther.upper[1:]).all()


def test_they_are_off_until_asked_for_and_cost_nothing(chart: ChartView, monkeypatch) -> None:
    asked: list[Reach] = []
    honest = layer.contours
    monkeypatch.setattr(layer, "contours", lambda reach, ms: asked.append(reach) or honest(reach, ms))
    plain = picture(chart)
    assert drawn(chart) == ()
    assert asked == []
    chart.set_view(ON)
    first = picture(chart)
    assert first != plain
    assert picture(chart) == first
    assert len(asked) == 1, "made once for many paintings"
    chart.set_view(View())
    assert picture(chart) == plain


def test_turned_on_the_chart_makes_room_for_them(chart: ChartView) -> None:
    before = chart.visible_times()
    chart.set_view(ON)
    now = chart.visible_times()
    assert now.width == pytest.approx(before.width)
    edge = data_span(shown()).high
    room = (now.high - edge) / now.width
    assert room == pytest.approx(0.25, abs=0.001), "two days in sight leave no room for a whole one ahead"
    chart.reset_range()
    again = chart.visible_times()
    assert again.low == data_span(shown()).low
    assert (again.high - edge) / again.width == pytest.approx(0.25, abs=0.001)


def test_a_chart_that_was_moved_away_is_left_where_it_is(chart: ChartView) -> None:
    chart.set_range(END_MS - 30 * HOUR_MS, END_MS - 10 * HOUR_MS)
    before = chart.visible_times()
    chart.set_view(ON)
    assert chart.visible_times() == before


def test_the_funnel_is_where_its_prices_are(chart: ChartView) -> None:
    chart.set_range(END_MS + HOUR_MS, END_MS + 12 * HOUR_MS)  # nothing but what lies ahead: it stays there
    found = shown().reach
    assert found is not None
    chart.set_range(price_low=0.9 * found.price, price_high=1.1 * found.price)
    off = picture(chart)
    chart.set_view(ON)
    on = picture(chart)
    area, times = chart.plot_area(), chart.visible_times()
    ahead = 6 * HOUR_MS
    x = round(area.left() + (found.time_ms + ahead - times.low) / times.width * area.width())
    rows = [y for y in range(round(area.top()), round(area.bottom())) if on.pixel(x, y) != off.pixel(x, y)]
    y_min, y_max = chart.view_box.viewRange()[1]
    prices = [y_max - (y + 0.5 - area.top()) / area.height() * (y_max - y_min) for y in rows]
    far = np.exp(found.distance(0.1, ahead))
    assert max(prices) == pytest.approx(found.price * far, rel=0.002)
    assert min(prices) == pytest.approx(found.price / far, rel=0.002)


@pytest.mark.parametrize("scale", ["linear", "log", "percent"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_scale_and_theme_draws_them(chart: ChartView, scale: str, theme: str, caplog) -> None:
    chart.set_view(replace(ON, price_scale=scale, theme=theme))
    on = picture(chart)
    chart.set_view(replace(ON, price_scale=scale, theme=theme, reach=False))
    assert picture(chart) != on
    assert "could not be drawn" not in caplog.text


def test_a_longer_horizon_makes_a_longer_funnel() -> None:
    assert horizon_ms(shown()) == DAY_MS
    assert horizon_ms(shown(hours=72.0)) == 3 * DAY_MS
    assert horizon_ms(snapshot()) == 0


def test_without_history_nothing_is_drawn(chart: ChartView) -> None:
    chart.set_view(ON)
    chart.show_snapshot(snapshot())
    assert drawn(chart) == ()
    assert not picture(chart).isNull()


def test_the_crosshair_tells_the_chance_ahead(chart: ChartView) -> None:
    chart.set_view(ON)
    found = shown().reach
    assert found is not None
    moment, price = END_MS + 5 * HOUR_MS, found.price * 1.004
    y = chart.price_scale.y(price)
    chart._cursor_moved(SimpleNamespace(x=lambda: moment, y=lambda: y))  # type: ignore[arg-type]
    words = "".join(run[0] for line in chart._crosshair.lines() for run in line)
    told = 100 * found.chance_of(price, 5 * HOUR_MS + 5 * MINUTE_MS)
    assert f"touched by then {told:.0f}\N{NARROW NO-BREAK SPACE}%" in words
    chart.set_view(View())
    words = "".join(run[0] for line in chart._crosshair.lines() for run in line)
    assert "outside the map" in words
