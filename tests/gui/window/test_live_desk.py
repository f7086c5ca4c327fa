"""The feeds at a real window: pictures come down, wishes go up, and a map is asked for when one is due."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from heatdesk.events import Candle, Market
from heatdesk.gui import live_desk
from heatdesk.gui.live_desk import LiveDesk
from heatdesk.live import ExchangeState, Health, Instrument, Live, MarketState, Watched
from tests.recording.samples import StillFeed

from .market import BTC, ETH

_MARKET = Market("binance", BTC)


def _instrument(symbol: str) -> Instrument:
    base = symbol.partition("/")[0]
    return Instrument("binance", symbol, f"{base}USDT", base, "USDT", "linear")


def _picture(number: int, price: float = 1.0, closed_ms: int = 0, stored: int = 0) -> Live:
    forming = Candle(BTC, "1m", 0, price, price, price, price, 1.0, 0.5, False)
    state = MarketState(
        _MARKET, forming, price, time.time() * 1000, closed_ms=closed_ms, history_from_ms=1 if stored else 0
    )
    exchanges = (ExchangeState("binance", "Binance", Health.LIVE, age_ms=10),)
    return Live(number, 1, exchanges, MappingProxyType({_MARKET: state}), stored=stored)


@pytest.fixture
def feed() -> StillFeed:
    feed = StillFeed(_picture(1))
    feed.all = (_instrument(BTC), _instrument(ETH))
    return feed


@pytest.fixture
def window(qtbot: Any, make: Any, engine: Any) -> Any:
    made = make(engine)
    qtbot.waitUntil(lambda: made._snapshot is not None, timeout=20_000)
    return made


@pytest.fixture
def desk(feed: StillFeed, window: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveDesk]:
    monkeypatch.setattr(live_desk, "_MAP_S", 0.2)
    monkeypatch.setattr(live_desk, "_SOON_S", 0.05)
    desk = LiveDesk(feed, window._bridge, window)
    desk.start()
    yield desk
    desk.stop()


def _maps(window: Any) -> list[object]:
    """Every answer from now on."""
    answers: list[object] = []
    window._bridge.answered.connect(answers.append)
    return answers


def test_the_window_shows_the_feeds_and_says_what_it_shows(
    qtbot: Any, desk: LiveDesk, feed: StillFeed, window: Any
):
    qtbot.waitUntil(window._bridge.refresh, timeout=5_000)  # false while the worker is busy
    qtbot.waitUntil(lambda: Watched(frozenset({_MARKET})) in feed.watched, timeout=5_000)
    qtbot.waitUntil(lambda: window.feeds.state_of("binance") is not None)
    assert window.status.lights.isVisible()


def test_a_market_that_moves_is_mapped_again(
    qtbot: Any, desk: LiveDesk, feed: StillFeed, window: Any, monkeypatch: pytest.MonkeyPatch
):
    qtbot.waitUntil(window._bridge.refresh, timeout=20_000)  # false while the worker is busy
    qtbot.waitUntil(lambda: bool(feed.watched and feed.watched[-1].markets), timeout=20_000)
    taken: list[object] = []
    refresh = window._bridge.refresh

    def counted() -> bool:
        done: bool = refresh()
        if done:
            taken.append(desk._live)
        return done

    monkeypatch.setattr(window._bridge, "refresh", counted)
    feed.shown = _picture(2, price=2.0)
    qtbot.waitUntil(lambda: feed.shown in taken, timeout=20_000)
    before = len(taken)
    qtbot.wait(500)
    assert len(taken) == before, "nothing moved"
    feed.shown = _picture(3, price=2.0, closed_ms=60_000)
    qtbot.waitUntil(lambda: feed.shown in taken, timeout=20_000)


def test_a_quiet_feed_is_looked_at_seldom_and_a_lively_one_often(
    qtbot: Any, desk: LiveDesk, feed: StillFeed, window: Any
):
    """Where nothing comes the window hardly wakes; the second picture in a row makes it quick again."""
    qtbot.waitUntil(lambda: desk._timer.interval() == live_desk._QUIET_LOOK_MS, timeout=10_000)
    numbers = iter(range(2, 10_000))

    def told_often() -> bool:
        feed.shown = _picture(next(numbers))
        return desk._timer.interval() == live_desk._LOOK_MS

    qtbot.waitUntil(told_often, timeout=10_000)


def test_a_price_that_hardly_moves_stirs_no_market():
    other = Market("bybit", BTC)
    stirred = live_desk._stirred
    assert not stirred({_MARKET: 100.0}, {_MARKET: 100.005}, 1e-4)
    assert stirred({_MARKET: 100.0}, {_MARKET: 99.98}, 1e-4)
    assert stirred({_MARKET: 100.0, other: 100.0}, {_MARKET: 100.0, other: 100.2}, 1e-4)
    assert stirred({_MARKET: 100.0}, {_MARKET: 100.0, other: 100.0}, 1e-4)
    assert not stirred({_MARKET: float("nan")}, {_MARKET: float("nan")}, 1e-4)
    assert stirred({}, {_MARKET: 100.0}, 1e-4), "nothing was mapped yet"


def test_history_that_comes_in_is_looked_at(qtbot: Any, desk: LiveDesk, feed: StillFeed, window: Any):
    qtbot.waitUntil(window._bridge.refresh, timeout=5_000)  # false while the worker is busy
    qtbot.waitUntil(lambda: bool(feed.watched and feed.watched[-1].markets), timeout=5_000)
    opened: list[object] = []
    window._bridge.opened.connect(opened.append)
    desk._stored = frozenset()  # as if the history had been empty until now
    feed.shown = _picture(2, stored=1)
    qtbot.waitUntil(lambda: bool(opened), timeout=5_000)
    qtbot.wait(300)
    assert len(opened) == 1


def test_the_past_is_left_alone(qtbot: Any, desk: LiveDesk, feed: StillFeed, window: Any):
    answers = _maps(window)
    end_ms = int(window._snapshot.candles.time_ms[-10])
    window.ask(replace(window._snapshot.question, end_ms=end_ms))
    qtbot.waitUntil(lambda: bool(answers), timeout=10_000)
    before = len(answers)
    feed.shown = _picture(2, price=2.0)
    qtbot.wait(500)
    assert len(answers) == before
    assert feed.watched[-1] == Watched()


def test_a_coin_that_is_not_stored_is_fetched_and_said_so(
    qtbot: Any, desk: LiveDesk, feed: StillFeed, window: Any
):
    feed.all = (*feed.all, _instrument("PEPE/USDT:USDT"))
    qtbot.waitUntil(lambda: desk._instruments is feed.all)
    window.ask(replace(window._snapshot.question, symbol="PEPE/USDT:USDT"))
    qtbot.waitUntil(lambda: "Fetching the history of PEPE" in window.notices.text, timeout=5_000)
    assert Watched(frozenset({Market("binance", "PEPE/USDT:USDT")})) in feed.watched


def test_from_the_socket_to_the_screen_is_measured(qtbot: Any, desk: LiveDesk, feed: StillFeed, window: Any):
    qtbot.waitUntil(window._bridge.refresh, timeout=5_000)  # false while the worker is busy
    qtbot.waitUntil(lambda: desk._snapshot is not None, timeout=5_000)
    feed.shown = _picture(2, price=2.0)
    qtbot.wait(60)
    window.desk.chart.canvas.viewport().update()
    qtbot.waitUntil(lambda: desk.to_screen.median_ms >= 0.0, timeout=5_000)
    assert desk.to_screen.median_ms < 2_000
