"""The forming candle and the last price follow what is heard, and only they are painted anew."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QImage, QPaintEvent
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.events import Candle, Market
from heatdesk.gui.chart import ChartView
from heatdesk.gui.crosshair import CrosshairLayer
from heatdesk.gui.live_bar import Forming, countdown, shown_market
from heatdesk.live import Live, MarketState
from heatdesk.market import HOUR_MS, MINUTE_MS
from tests.gui.drawing.snapshots import END_MS, snapshot

SYMBOL = "BTC/USDT:USDT"
STEP = 5 * MINUTE_MS


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.canvas.calm_s = 0.0  # parts are painted alone right after a whole repaint
    made.show_snapshot(snapshot())
    made.show()
    made.set_range(END_MS - 8 * HOUR_MS, END_MS + HOUR_MS)  # candles of their own width
    for _ in range(3):
        QApplication.processEvents()
    return made


def heard(
    price: float,
    minute_ms: int = END_MS,
    *,
    high: float | None = None,
    low: float | None = None,
    number: int = 1,
) -> Live:
    """A picture in which the first market's minute is open at a price."""
    opened = LAST
    candle = Candle(
        SYMBOL,
        "1m",
        minute_ms,
        opened,
        high or max(price, opened),
        low or min(price, opened),
        price,
        1.0,
        0.5,
        False,
    )
    market = Market("binance", SYMBOL)
    state = MarketState(market, forming=candle, price=price)
    return Live(number, minute_ms + 20_000, markets=MappingProxyType({market: state}))


def last(shown: Snapshot) -> float:
    return float(shown.candles["close"][-1])


LAST = last(snapshot())


def on_screen(chart: ChartView) -> QImage:
    """What was really painted, not what would be painted now."""
    for _ in range(3):
        QApplication.processEvents()
    image = chart.screen().grabWindow(chart.winId()).toImage()
    return image.convertToFormat(QImage.Format.Format_RGB32)


class Painted(QObject):
    """The parts of a widget that were painted."""

    def __init__(self, watched) -> None:
        super().__init__(watched)
        self.shares: list[float] = []
        self._watched = watched
        watched.installEventFilter(self)

    def eventFilter(self, watched, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            whole = watched.width() * watched.height()
            self.shares.append(sum(r.width() * r.height() for r in event.region()) / whole)
        return False


def test_the_forming_candle_goes_on_from_what_is_stored() -> None:
    forming, shown = Forming(), snapshot()
    forming.show_snapshot(shown)
    stored = {name: float(shown.candles[name][-1]) for name in ("open", "high", "low", "close")}
    inside = forming.hear(heard(stored["close"], END_MS - MINUTE_MS))
    assert inside is not None
    assert inside.time_ms == END_MS - STEP
    assert inside.ohlc.open == stored["open"]
    assert inside.ohlc.high >= stored["high"]
    assert inside.ohlc.low <= stored["low"]
    up = forming.hear(heard(stored["high"] * 1.01, END_MS - MINUTE_MS))
    down = forming.hear(heard(stored["low"] * 0.99, END_MS))
    assert up.ohlc.close == up.ohlc.high == stored["high"] * 1.01
    assert down.time_ms == END_MS
    assert down.ohlc.high < up.ohlc.high  # another candle: it reached less


def test_minutes_of_one_candle_keep_what_the_earlier_ones_reached() -> None:
    forming = Forming()
    forming.show_snapshot(snapshot())
    price = last(snapshot())
    forming.hear(heard(price, END_MS, high=price * 1.02, low=price * 0.97))
    later = forming.hear(heard(price * 1.001, END_MS + 2 * MINUTE_MS))
    assert later.time_ms == END_MS
    assert (later.ohlc.high, later.ohlc.low) == (price * 1.02, price * 0.97)
    assert later.ohlc.close == price * 1.001
    assert later.end_ms == END_MS + STEP


def test_what_is_older_than_the_stored_candles_or_of_others_draws_nothing() -> None:
    forming, shown = Forming(), snapshot()
    forming.show_snapshot(shown)
    assert forming.hear(heard(1.0, END_MS - 2 * STEP)) is None
    assert forming.hear(Live()) is None
    other = replace(shown, markets=(Market("bybit", SYMBOL),))
    forming.show_snapshot(other)
    assert shown_market(other).exchange == "bybit"
    assert forming.hear(heard(last(shown))) is None
    past = replace(shown, question=replace(shown.question, end_ms=END_MS))
    forming.show_snapshot(past)
    assert forming.hear(heard(last(shown))) is None


def test_a_price_that_is_not_known_leaves_the_close() -> None:
    forming = Forming()
    forming.show_snapshot(snapshot())
    live = heard(64_000.0)
    (market, state), *_ = live.markets.items()
    nan = replace(live, markets=MappingProxyType({market: replace(state, price=float("nan"))}))
    assert forming.hear(nan).ohlc.close == 64_000.0


def test_a_tick_moves_candle_line_tag_and_readout(chart: ChartView) -> None:
    plain = on_screen(chart)
    price = last(snapshot()) * 1.004
    chart.show_live(heard(price))
    moved = on_screen(chart)
    area = chart.plot_area()
    y_min, y_max = chart.view_box.viewRange()[1]
    line = area.top() + (y_max - chart.price_scale.y(price)) / (y_max - y_min) * area.height()
    changed = {y for y in range(moved.height()) if moved.pixel(40, y) != plain.pixel(40, y)}
    assert any(abs(y - line) <= 1.5 for y in changed)
    tags = [tag.text for tag in chart.price_axis._tags]
    assert chart.price_axis.tag(price, "#000000", "#ffffff").text in tags
    assert "4:40" in [tag.below for tag in chart.price_axis._tags]
    words = "".join(w for row in chart._layer(CrosshairLayer).lines() for w, *_ in row)
    assert f"{price:,.0f}" in words


def test_ticks_leave_nothing_old_behind(chart: ChartView) -> None:
    """After any row of ticks the screen holds what a whole repaint would paint."""
    rng = np.random.default_rng(5)
    price = last(snapshot())
    for number in range(12):
        price *= float(np.exp(rng.normal(0.0, 2e-3)))
        chart.show_live(heard(price, END_MS + number * MINUTE_MS, number=number))
        if number == 6:
            chart.show_snapshot(snapshot(seed=1))
        seen = on_screen(chart)
        chart.canvas.viewport().update()
        assert seen == on_screen(chart), number


def test_a_tick_paints_a_small_part(chart: ChartView) -> None:
    price = last(snapshot())
    chart.show_live(heard(price))
    on_screen(chart)
    painted = Painted(chart.canvas.viewport())
    chart.show_live(heard(price * 1.0005))
    on_screen(chart)
    assert painted.shares
    assert max(painted.shares) < 0.35
    painted.shares.clear()
    chart.show_live(heard(price * 1.0005, number=2))  # nothing new
    on_screen(chart)
    assert painted.shares == []


def test_a_price_that_runs_away_stays_in_sight_unless_a_person_looks_elsewhere(chart: ChartView) -> None:
    chart.reset_range()
    before = chart.visible_prices()
    chart.show_live(heard(LAST * 1.001))
    assert chart.visible_prices() == before
    chart.show_live(heard(before.high * 1.05, number=2))
    assert chart.visible_prices().high > before.high * 1.05
    assert chart.visible_prices().low == pytest.approx(before.low)
    chart.set_range(price_low=LAST * 0.99, price_high=LAST * 1.01)
    held = chart.visible_prices()
    chart.show_live(heard(before.high * 1.2, number=3))
    assert chart.visible_prices() == held


def test_how_long_a_candle_stays_open() -> None:
    assert [countdown(ms) for ms in (1, 61_000, 247_000, 43_143_000, 0, -5)] == [
        "0:01",
        "1:01",
        "4:07",
        "11:59:03",
        "",
        "",
    ]
