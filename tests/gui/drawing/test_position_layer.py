"""Real liquidation prices on the chart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.gui.chart import ChartView
from heatdesk.gui.layers.positions import NONE_STORED, PositionLayer
from heatdesk.gui.view import Currency, View
from heatdesk.history.positions import Positions
from heatdesk.market import DAY_MS, HOUR_MS
from tests.gui.drawing.snapshots import END_MS, snapshot

ON = View(positions=True)
LEVELS = ((62_000.0, 1.0, 4e6), (64_500.0, -1.0, 8e6), (np.nan, 1.0, 0.0))


def shown(
    time_ms: tuple[int, ...] = (END_MS - 20 * HOUR_MS, END_MS - HOUR_MS), held: float = 1e8
) -> Snapshot:
    price, side, usd = (np.array(column) for column in zip(*LEVELS * len(time_ms), strict=True))
    positions = Positions(
        "hyperliquid",
        np.array(time_ms, np.int64),
        np.repeat(np.arange(len(time_ms)), len(LEVELS)),
        side,
        np.full(len(side), 5e6),
        price,
        usd,
        np.full(len(time_ms), held),
    )
    return replace(snapshot(), positions=positions)


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show_snapshot(shown())
    made.set_range(price_low=59_000.0, price_high=66_000.0)
    made.show()
    QApplication.processEvents()
    return made


def picture(chart: ChartView) -> QImage:
    return chart.canvas.grab().toImage()


def words(chart: ChartView) -> str:
    return "\n".join(chart._layer(PositionLayer).words())


def pixel_at(chart: ChartView, image: QImage, time_ms: float, price: float) -> QColor:
    area, times = chart.plot_area(), chart.visible_times()
    y_min, y_max = chart.view_box.viewRange()[1]
    x = round(area.left() + (time_ms - times.low) / times.width * area.width())
    y = round(area.top() + (y_max - price) / (y_max - y_min) * area.height())
    return image.pixelColor(x, y)


def test_they_are_off_until_asked_for(chart: ChartView) -> None:
    plain = picture(chart)
    chart.set_view(ON)
    assert picture(chart) != plain
    chart.set_view(View())
    assert picture(chart) == plain


def test_a_line_stands_at_each_liquidation_price_from_its_snapshot_on(chart: ChartView) -> None:
    plain = picture(chart)
    chart.set_view(ON)
    drawn = picture(chart)
    for price in (62_000.0, 64_500.0):
        inside, before = END_MS - 15 * HOUR_MS, END_MS - 25 * HOUR_MS
        assert pixel_at(chart, drawn, inside, price) != pixel_at(chart, plain, inside, price)
        assert pixel_at(chart, drawn, before, price) == pixel_at(chart, plain, before, price)
    assert pixel_at(chart, drawn, END_MS - 15 * HOUR_MS, 63_300.0) == pixel_at(
        chart, plain, END_MS - 15 * HOUR_MS, 63_300.0
    )


def test_bars_are_as_long_as_the_usd_and_have_the_colour_of_the_side(chart: ChartView) -> None:
    chart.set_view(ON)
    drawn, area = picture(chart), chart.plot_area()
    y_min, y_max = chart.view_box.viewRange()[1]
    lengths = {}
    for side, price in (("long", 62_000.0), ("short", 64_500.0)):
        y = round(area.top() + (y_max - price) / (y_max - y_min) * area.height())
        colour = QColor(chart._look.side_colour(side)).rgb()
        row = [drawn.pixel(x, y) == colour for x in range(round(area.left()), round(area.right()))]
        lengths[side] = sum(row[-96:])
    assert lengths["short"] == pytest.approx(96, abs=2)
    assert lengths["long"] == pytest.approx(48, abs=2)


def test_a_side_that_is_not_looked_at_is_not_drawn(chart: ChartView) -> None:
    chart.set_view(View(side="long"))
    plain = picture(chart)
    chart.set_view(replace(ON, side="long"))
    drawn = picture(chart)
    at = END_MS - 15 * HOUR_MS
    assert pixel_at(chart, drawn, at, 64_500.0) == pixel_at(chart, plain, at, 64_500.0)
    assert pixel_at(chart, drawn, at, 62_000.0) != pixel_at(chart, plain, at, 62_000.0)


def test_who_when_how_much_and_what_share_is_always_told(chart: ChartView) -> None:
    chart.set_view(ON)
    said = words(chart)
    assert "Real positions on hyperliquid" in said
    assert "2 levels" in said
    assert "1 without a liquidation price" in said
    assert f"Seen: 10.0{chr(0x202F)}% of longs and 5.0{chr(0x202F)}% of shorts" in said
    assert "alike, a uniform one" in said
    assert "$" in said
    chart.set_view(replace(ON, currency=Currency("EUR", 0.9, "2026-02-08"), time_zone="Asia/Tokyo"))
    assert words(chart) != said


def test_an_unknown_share_is_told_to_be_unknown(chart: ChartView) -> None:
    chart.set_view(ON)
    chart.show_snapshot(shown(held=np.nan))
    assert "share of the open interest is not known" in words(chart)


def test_old_snapshots_are_told_to_be_old(chart: ChartView) -> None:
    chart.set_view(ON)
    chart.show_snapshot(shown(time_ms=(END_MS - 3 * DAY_MS,)))
    assert "a day and more before the end" in words(chart)
    assert not picture(chart).isNull()


def test_where_none_are_stored_the_words_say_so(chart: ChartView, caplog) -> None:
    chart.set_view(ON)
    chart.show_snapshot(snapshot())
    assert words(chart) == NONE_STORED
    picture(chart)
    assert "could not be drawn" not in caplog.text


def test_a_simulated_market_has_none(chart: ChartView) -> None:
    plain = picture(chart)
    chart.set_view(ON)
    assert picture(chart) != plain
    seen = shown()
    chart.show_snapshot(replace(seen, question=replace(seen.question, simulated=True)))
    chart.set_range(price_low=59_000.0, price_high=66_000.0)
    without = picture(chart)
    chart.set_view(View())
    assert picture(chart) == without


@pytest.mark.parametrize("scale", ["linear", "log", "percent"])
@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_scale_and_theme_draws_them(chart: ChartView, scale: str, name: str, caplog) -> None:
    chart.set_view(replace(ON, price_scale=scale, theme=name))
    on = picture(chart)
    chart.set_view(View(price_scale=scale, theme=name))
    assert picture(chart) != on
    assert "could not be drawn" not in caplog.text
