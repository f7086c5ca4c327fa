"""What is polled: often on charts, seldom elsewhere, and never what a stream tells."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest

from heatdesk.events import Event, Funding, LongShort, OpenInterest
from heatdesk.feed.exchanges.base import RestError
from heatdesk.feed.folds import Folds
from heatdesk.feed.polls import Polls
from heatdesk.live import Instrument
from tests.feed.test_backfill import BTC, ETH, NOW, Steps

SPOT = Instrument("bybit", "BTC/USDT", "BTCUSDT", "BTC", "USDT", "spot")


class Answers:
    """An exchange that counts what it is asked."""

    row = SimpleNamespace(name="bybit", title="Bybit")

    def __init__(self, clock: Steps) -> None:
        self.clock = clock
        self.asked: Counter[tuple[str, str]] = Counter()
        self.broken: Exception | None = None

    async def read_open_interest(self, rest: object, i: Instrument) -> Event:
        self.asked["interest", i.symbol] += 1
        if self.broken:
            raise self.broken
        return OpenInterest(i.symbol, int(self.clock.now_ms()), 1000.0 + self.clock.now_s)

    async def read_funding(self, rest: object, i: Instrument) -> Event:
        self.asked["funding", i.symbol] += 1
        return Funding(i.symbol, int(self.clock.now_ms()), 1e-4, 0)

    async def read_long_short(self, rest: object, i: Instrument) -> LongShort | None:
        self.asked["ratio", i.symbol] += 1
        return None


def poll(seconds: float, tells: bool = False, broken: Exception | None = None) -> tuple[Answers, Folds]:
    clock = Steps()
    exchange = Answers(clock)
    exchange.broken = broken
    folds = Folds("bybit", SimpleNamespace(put=lambda *_, **__: None), clock, lambda _: None)
    folds.follow([BTC.symbol, ETH.symbol, SPOT.symbol], [])

    async def run() -> None:
        polls = Polls(exchange, None, clock, folds)
        task = asyncio.create_task(polls.run(lambda: [BTC, ETH, SPOT], lambda: {BTC.symbol}))
        async with asyncio.timeout(20):
            while clock.now_s < seconds:
                if tells:
                    folds.take(clock.now_ms(), [OpenInterest(BTC.symbol, int(clock.now_ms()), 5.0)])
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    return exchange, folds


def test_charts_have_open_interest_that_is_less_than_ten_seconds_old() -> None:
    exchange, folds = poll(120.0)
    assert 120 / 10 <= exchange.asked["interest", BTC.symbol] <= 120 / 8 + 1
    assert 2 <= exchange.asked["interest", ETH.symbol] <= 3
    assert folds.markets[BTC.symbol].open_interest_ms > NOW + 100_000
    assert folds.markets[BTC.symbol].funding_rate == 1e-4


def test_nobody_asks_for_what_a_stream_tells_or_of_spot() -> None:
    exchange, _ = poll(60.0, tells=True)
    assert exchange.asked["interest", BTC.symbol] <= 1
    assert not [symbol for _, symbol in exchange.asked if symbol == SPOT.symbol]


def test_what_an_exchange_has_not_is_asked_once() -> None:
    exchange, _ = poll(700.0)
    assert exchange.asked["ratio", BTC.symbol] == 1


@pytest.mark.parametrize("error", [RestError("busy", 503), TypeError("a mistake of ours")])
def test_a_broken_exchange_is_asked_no_more_often_and_again(error: Exception) -> None:
    exchange, folds = poll(60.0, broken=error)
    assert exchange.asked["interest", BTC.symbol] >= 6
    assert exchange.asked["interest", BTC.symbol] <= 8
    assert folds.markets[BTC.symbol].open_interest_ms == 0
