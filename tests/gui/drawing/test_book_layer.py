"""The order book over the map: off by default, named, walls told, grey while it is not whole."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from heatdesk.events import Market
from heatdesk.gui.chart import ChartView
from heatdesk.gui.layers.base import frame_now
from heatdesk.gui.layers.book import BookLayer
from heatdesk.gui.view import View
from heatdesk.live import BookState, ExchangeState, Health, Live, MarketState
from heatdesk.reading.clusters import Cluster
from tests.gui.drawing.snapshots import END_MS, snapshot

SYMBOL = "BTC/USDT:USDT"
BINANCE, BYBIT = Market("binance", SYMBOL), Market("bybit", SYMBOL)
PRICE = float(snapshot().candles["close"][-1])


def book(whole: bool = True, thin_above: bool = False) -> BookState:
    """200 levels of either side over 2 %, a wall in both."""
    k = np.arange(1, 201)
    quantity = np.full(200, 3.0)
    quantity[100] = 400.0
    asks = np.where(k < 120, 0.01, 5.0) if thin_above else quantity
    return BookState(
        END_MS,
        np.column_stack([PRICE * (1 - k * 1e-4), quantity]),
        np.column_stack([PRICE * (1 + k * 1e-4), asks]),
        whole,
    )


def live(number: int = 1, **books: BookState) -> Live:
    named = {Market(name, SYMBOL): one for name, one in books.items()}
    states = tuple(ExchangeState(name, name.title(), Health.LIVE) for name in books)
    market = MappingProxyType({BINANCE: MarketState(BINANCE, price=PRICE)})
    return Live(number, END_MS + number * 1_000, states, market, MappingProxyType(named))


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show_snapshot(replace(snapshot(), markets=(BINANCE, BYBIT)))
    made.show()
    made.set_range(price_low=PRICE * 0.97, price_high=PRICE * 1.03)
    QApplication.processEvents()
    return made


def pixels(chart: ChartView) -> np.ndarray:
    image = chart.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


def said(chart: ChartView) -> str:
    return " | ".join(chart._layer(BookLayer).words()).replace("\u202f", " ")


def test_off_by_default_it_draws_nothing(chart: ChartView) -> None:
    plain = pixels(chart)
    chart.show_live(live(binance=book()))
    assert np.array_equal(pixels(chart), plain)


def test_bars_stand_at_the_right_edge_and_what_is_summed_is_all_there_is(chart: ChartView) -> None:
    plain = pixels(chart)
    chart.set_view(View(book=True))
    chart.show_live(live(binance=book(), bybit=book()))
    changed = (pixels(chart) != plain).any(axis=2)
    area = chart.plot_area().toAlignedRect()
    rows, columns = np.nonzero(changed[: area.bottom() - 60, : area.right()])
    assert columns.min() > area.right() - 240
    y_min, y_max = chart.view_box.viewRange()[1]
    prices = y_max - (rows + 0.5 - area.top()) / area.height() * (y_max - y_min)
    assert prices.min() == pytest.approx(PRICE * 0.98, rel=2e-3)
    assert prices.max() == pytest.approx(PRICE * 1.02, rel=2e-3)
    made = chart._layer(BookLayer).rows(frame_now(chart.view_box))
    one = book()
    both = 2 * (one.bids[:, 0] * one.bids[:, 1]).sum()
    assert made.usd[0].sum() == pytest.approx(both)
    assert [int(marked.sum()) for marked in made.walls] == [1, 1]


def test_words_name_the_exchanges_and_the_wall(chart: ChartView) -> None:
    chart.set_view(View(book=True, wall=7.5))
    assert said(chart) == "Order book: none is heard yet"
    chart.show_live(live(binance=book(), bybit=book()))
    assert said(chart) == "Order book: Binance, Bybit, ±2.0 %   wall: 7.5 × the median and more"


def test_what_is_a_wall_can_be_said(chart: ChartView) -> None:
    chart.set_view(View(book=True))
    chart.show_live(live(binance=book()))
    marked = pixels(chart)
    chart.set_view(View(book=True, wall=900.0))
    assert not np.array_equal(pixels(chart), marked)
    made = chart._layer(BookLayer).rows(frame_now(chart.view_box))
    assert not any(marked.any() for marked in made.walls)


def test_a_book_that_is_being_rebuilt_is_grey_and_says_so(chart: ChartView) -> None:
    chart.set_view(View(book=True))
    chart.show_live(live(binance=book()))
    whole = pixels(chart)
    chart.show_live(live(2, binance=book(whole=False)))
    grey = pixels(chart)
    assert said(chart) == "Binance: order book is being rebuilt"
    area = chart.plot_area().toAlignedRect()
    edge = np.s_[area.top() + 150 : area.bottom() - 150, area.right() - 4]
    spread = [np.ptp(picture[edge][:, :3].astype(int), axis=1).mean() for picture in (whole, grey)]
    assert spread[1] < 0.65 * spread[0]
    chart.show_live(live(3, binance=book(whole=False), bybit=book()))
    assert said(chart).endswith("Binance: order book is being rebuilt")
    assert said(chart).startswith("Order book: Bybit")


def test_a_change_is_drawn_a_few_times_a_second_and_a_loss_at_once(chart: ChartView) -> None:
    chart.set_view(View(book=True))
    first, second = book(), book()
    chart.show_live(live(binance=first))
    layer = chart._layer(BookLayer)
    soon = replace(live(binance=second), made_ms=END_MS + 1_100)
    chart.show_live(soon)
    assert layer._books[BINANCE] is first
    chart.show_live(replace(soon, made_ms=END_MS + 1_300))
    assert layer._books[BINANCE] is second
    chart.show_live(replace(live(binance=book(whole=False)), made_ms=END_MS + 1_301))
    assert not layer.is_whole


def test_a_cluster_behind_a_thin_ask_is_told(chart: ChartView) -> None:
    low = PRICE * 1.011
    cluster = Cluster(low, low * 1.002, low * 1.001, "short", 5e6, 0.011, 0.2)
    chart.show_snapshot(replace(snapshot(), markets=(BINANCE, BYBIT), clusters=(cluster,)))
    chart.set_view(View(book=True))
    chart.show_live(live(binance=book()))
    assert "thin" not in said(chart)
    chart.show_live(live(2, binance=book(thin_above=True)))
    assert "stands behind a thin ask" in said(chart)
    assert "▲" in said(chart)
    chart.show_live(live(3, binance=book(whole=False, thin_above=True)))
    assert "thin" not in said(chart)


def test_another_market_and_the_past_have_no_book(chart: ChartView) -> None:
    chart.set_view(View(book=True))
    chart.show_live(live(binance=book()))
    other = replace(snapshot(symbol="ETH/USDT:USDT"), markets=(Market("binance", "ETH/USDT:USDT"),))
    chart.show_snapshot(other)
    assert said(chart) == "Order book: none is heard yet"
    past = replace(snapshot(), question=replace(snapshot().question, end_ms=END_MS))
    chart.set_view(View())
    chart.show_snapshot(past)
    plain = pixels(chart)
    chart.set_view(View(book=True))
    chart.show_live(live(binance=book()))
    assert np.array_equal(pixels(chart), plain)
