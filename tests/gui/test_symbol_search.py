"""The search over everything that can be traded: what is found, in which order, and what choosing it asks."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from heatdesk.engine import Question
from heatdesk.events import Market
from heatdesk.gui.symbol_finder import SymbolFinder
from heatdesk.gui.symbol_index import SymbolIndex, coins, open_interest_usd
from heatdesk.gui.symbol_search import SymbolSearch
from heatdesk.live import Instrument, Live, MarketState
from heatdesk.market import Kind, SeriesKey
from heatdesk.settings import Settings
from heatdesk.store.base import SeriesInfo


def _listed(exchange: str, base: str, quote: str = "USDT", kind: str = "linear") -> Instrument:
    symbol = {
        "linear": f"{base}/{quote}:{quote}",
        "inverse": f"{base}/{quote}:{base}",
        "spot": f"{base}/{quote}",
    }
    return Instrument(exchange, symbol[kind], f"{base}{quote}", base, quote, kind)


_ALL = (
    _listed("dydx", "BTC", "USDC"),
    _listed("deribit", "BTC", "USD", "inverse"),
    _listed("binance", "BTC"),
    _listed("binance", "BTC", kind="spot"),
    _listed("bybit", "BTC"),
    _listed("binance", "SOL"),
    _listed("binance", "SOLV"),
    _listed("bybit", "RESOLV"),
    _listed("hyperliquid", "HYPE", "USDC"),
)


def test_a_coin_gathers_exchanges_and_says_their_quote_currencies() -> None:
    bitcoin = next(coin for coin in coins(_ALL, (), ("binance", "bybit", "dydx")) if coin.base == "BTC")
    assert bitcoin.symbol == "BTC/USDT:USDT"
    assert bitcoin.quotes() == (
        ("USDT", ("binance", "bybit")),
        ("USDC", ("dydx",)),
        ("USD inverse", ("deribit",)),
    )


def test_spot_alone_and_delisted_coins_are_not_offered() -> None:
    gone = Instrument("okx", "LUNA/USDT:USDT", "LUNA", "LUNA", "USDT", "linear", active=False)
    assert coins((gone, _listed("okx", "EURO", kind="spot")), ()) == ()


def test_what_is_stored_is_found_without_any_exchange() -> None:
    info = SeriesInfo(SeriesKey("binance", "XRP/USDT:USDT", Kind.CANDLES, "5m"), 10, 0, 1)
    (coin,) = coins((), (info,))
    assert (coin.base, coin.stored) == ("XRP", frozenset({"binance"}))


@pytest.mark.parametrize(
    ("typed", "bases"),
    [
        ("sol", ["SOL", "SOLV", "RESOLV"]),  # the very name, then what begins with it, then what holds it
        ("btc", ["BTC"]),
        ("bybit", ["BTC", "RESOLV"]),
        ("usdc hyper", ["HYPE"]),
        ("nothing", []),
    ],
)
def test_search(typed: str, bases: list[str]) -> None:
    assert [coin.base for coin in SymbolIndex(coins(_ALL, ())).search(typed)] == bases


def test_favourites_come_first_then_recent_ones() -> None:
    index = SymbolIndex(coins(_ALL, ()), ("SOLV/USDT:USDT",), ("HYPE/USDC:USDC", "BTC/USDT:USDT"))
    assert [coin.base for coin in index.search("")][:4] == ["SOLV", "HYPE", "BTC", "RESOLV"]


def test_open_interest_adds_up_over_exchanges() -> None:
    def state(exchange: str, symbol: str, contracts: float) -> MarketState:
        return MarketState(Market(exchange, symbol), price=100.0, open_interest=contracts)

    states = [state("binance", "SOL/USDT:USDT", 5.0), state("dydx", "SOL/USDC:USDC", 1.0)]
    unknown = state("okx", "SOL/USDT:USDT", float("nan"))
    live = Live(markets={s.market: s for s in (*states, unknown)})
    assert open_interest_usd(live) == {"SOL": 600.0}


def test_typing_walking_and_return_choose(qtbot: Any) -> None:
    search = SymbolSearch(None)  # type: ignore[arg-type]
    qtbot.addWidget(search)
    search.offer(SymbolIndex(coins(_ALL, ())), (), 0.0)
    search.open_at(QPoint(0, 0))
    QTest.keyClicks(search.typed, "sol")
    QTest.keyClick(search.typed, Qt.Key.Key_Down)
    with qtbot.waitSignal(search.chosen) as chosen:
        QTest.keyClick(search.typed, Qt.Key.Key_Return)
    assert chosen.args[0].base == "SOLV"
    assert not search.isVisible()


def test_a_click_on_the_star_keeps_the_coin_and_opens_nothing(qtbot: Any) -> None:
    search = SymbolSearch(None)  # type: ignore[arg-type]
    qtbot.addWidget(search)
    search.offer(SymbolIndex(coins(_ALL, ())), (), 0.0)
    search.open_at(QPoint(0, 0))
    opened = []
    search.chosen.connect(opened.append)
    row = search.list.visualRect(search.model.index(0))
    with qtbot.waitSignal(search.starred) as starred:
        QTest.mouseClick(
            search.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(row.left() + 10, row.center().y())
        )
    assert starred.args == ["BTC/USDT:USDT", True]
    assert not opened
    search.hide()


def test_choosing_keeps_the_exchanges_that_trade_it(qtbot: Any) -> None:
    from PySide6.QtWidgets import QWidget

    window = QWidget()
    qtbot.addWidget(window)
    finder = SymbolFinder(window)
    question = Question("BTC/USDT:USDT", ("binance", "dydx"))
    assert not finder.open(question, QPoint(0, 0))  # nobody has said what can be traded
    finder.show_instruments(_ALL)
    finder.show_settings(Settings())
    assert finder.open(question, QPoint(0, 0))
    search = window.findChild(SymbolSearch)
    QTest.keyClicks(search.typed, "sol")
    with qtbot.waitSignal(finder.asked) as asked:
        QTest.keyClick(search.typed, Qt.Key.Key_Return)
    assert (asked.args[0].symbol, asked.args[0].exchanges) == ("SOL/USDT:USDT", ("binance",))
    assert finder.open(question, QPoint(0, 0))
    QTest.keyClicks(search.typed, "hype")
    with qtbot.waitSignal(finder.asked) as asked:
        QTest.keyClick(search.typed, Qt.Key.Key_Return)
    assert asked.args[0].exchanges == ("hyperliquid",)  # none of those looked at: all that do


def test_three_thousand_instruments_are_searched_within_a_key_press() -> None:
    many = [_listed(exchange, f"C{i}") for exchange in ("binance", "bybit", "okx") for i in range(1000)]
    index = SymbolIndex(coins(many, ()))
    assert [coin.base for coin in index.search("c999")] == ["C999"]
    assert len(index.search("")) == 1000
