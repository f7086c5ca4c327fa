"""What an exchange lists may change while it is recorded: contracts, delistings, newcomers (D2, D3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from heatdesk.events import Candle, Trade
from heatdesk.feed.catalogue import AGAIN_S, SOONEST_S, Catalogue
from heatdesk.feed.exchanges.base import RestError
from heatdesk.feed.folding import LATE_MS
from heatdesk.feed.folds import Folds
from heatdesk.live import Health, Instrument
from heatdesk.market import HOUR_MS, MINUTE_MS, Kind, SeriesKey
from tests.feed.test_backfill import BTC, ETH, NOW, Steps

OF_OKX = replace(BTC, exchange="okx", contract_size=0.01)


class Lists:
    """An exchange whose list changes by and by."""

    row = SimpleNamespace(name="okx", title="OKX")

    def __init__(self, clock: Steps) -> None:
        self.clock = clock
        self.listed = [OF_OKX, ETH]
        self.error: RestError | None = None
        self.ahead_ms = 1500.0
        self.answers_late_s: list[float] = []
        self.read = 0
        self.known: list[Instrument] = []

    async def read_time(self, rest: object) -> int:
        theirs_ms = int(self.clock.now_ms() + self.ahead_ms)
        if self.answers_late_s:
            await self.clock.sleep(self.answers_late_s.pop(0))
        return theirs_ms

    async def read_instruments(self, rest: object) -> list[Instrument]:
        self.read += 1
        if self.error is not None:
            raise self.error
        return self.listed

    def know(self, instruments: list[Instrument]) -> None:
        self.known = instruments


def watch(
    story: Callable[[Lists, Catalogue], object], until_s: float = 1.2 * AGAIN_S
) -> tuple[Lists, Catalogue, int]:
    """Run a catalogue; `story` is called at every turn. Returns also how often it told of a change."""
    clock = Steps()
    exchange = Lists(clock)
    changes: list[int] = []

    async def run() -> Catalogue:
        catalogue = Catalogue(exchange, None, clock, lambda: changes.append(1))
        task = asyncio.create_task(catalogue.run())
        async with asyncio.timeout(20):
            while clock.now_s < until_s:
                story(exchange, catalogue)
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return catalogue

    return exchange, asyncio.run(run()), len(changes)


def test_a_list_that_stays_the_same_is_told_once_and_read_every_ten_minutes() -> None:
    exchange, catalogue, changes = watch(lambda *_: None)
    assert changes == 1
    assert exchange.read == 2
    assert list(catalogue.instruments) == [BTC.symbol, ETH.symbol]
    assert catalogue.health is Health.LIVE
    assert abs(catalogue.skew_ms - 1500.0) < 1.0


def test_an_answer_that_took_long_says_nothing_about_the_clock() -> None:
    late = [[40.0, 9.0]]

    def story(exchange: Lists, catalogue: Catalogue) -> None:
        if late:
            exchange.answers_late_s = late.pop()

    exchange, catalogue, _ = watch(story, until_s=120.0)
    assert exchange.answers_late_s == []
    assert abs(catalogue.skew_ms - 1500.0) < 1.0


def test_a_contract_of_another_size_is_noticed_and_decoded_anew() -> None:
    def story(exchange: Lists, catalogue: Catalogue) -> None:
        if exchange.clock.now_s > AGAIN_S / 2:
            exchange.listed = [replace(OF_OKX, contract_size=0.1), ETH]

    exchange, catalogue, changes = watch(story)
    assert changes == 2
    assert exchange.known[0].contract_size == 0.1
    (notice,) = catalogue.notices
    assert notice.startswith("OKX BTC/USDT:USDT: contract changed at ")
    assert notice.endswith("from 0.01 to 0.1")


def test_delisted_and_new_instruments_are_seen_within_ten_minutes() -> None:
    def story(exchange: Lists, catalogue: Catalogue) -> None:
        if exchange.clock.now_s > 10:
            exchange.listed = [OF_OKX, replace(ETH, active=False), replace(ETH, symbol="NEW/USDT:USDT")]

    _, catalogue, changes = watch(story, AGAIN_S + 30)
    assert changes == 2
    assert "NEW/USDT:USDT" in catalogue.instruments
    assert [text.split(" (")[0] for text in catalogue.notices] == ["OKX ETH/USDT:USDT: delisted"]


def test_a_doubt_reads_again_soon_but_not_at_once() -> None:
    exchange, _, _ = watch(lambda _, catalogue: catalogue.doubt(), 10 * SOONEST_S)
    assert 8 <= exchange.read <= 11


def test_what_keeps_an_exchange_from_being_read_is_told() -> None:
    for status, health in ((451, Health.REFUSED), (429, Health.BANNED), (0, Health.UNREACHABLE)):

        def story(exchange: Lists, catalogue: Catalogue, status: int = status) -> None:
            exchange.error = RestError("no \x1b[31mway <b>", status)

        exchange, catalogue, changes = watch(story, 60.0)
        assert (catalogue.health, catalogue.trouble) == (health, "no ?[31mway ?b?")
        assert changes == 0
        assert exchange.read < 12


def test_trades_in_another_unit_raise_a_doubt_within_a_minute() -> None:
    folds = Folds("okx", SimpleNamespace(put=lambda *_, **__: None), Steps(), lambda _: None)
    folds.follow([BTC.symbol], [])
    for minute in range(3):
        at = NOW + minute * MINUTE_MS
        wrong = 10.0 if minute == 2 else 1.0
        trades = [Trade(BTC.symbol, at + i, 100.0, 0.5 * wrong, 1, minute * 100 + i + 1) for i in range(20)]
        folds.skew_ms = minute * MINUTE_MS
        folds.take(NOW, trades)
        folds.take(NOW, [Candle(BTC.symbol, "1m", at, 100, 100, 100, 100, 10.0, float("nan"), closed=True)])
        folds.skew_ms += MINUTE_MS + LATE_MS
        folds.tick()
        assert (BTC.symbol in folds.doubts) == (minute == 2)
    assert folds.doubts[BTC.symbol] == 10.0


@pytest.mark.parametrize("ahead_ms", [-HOUR_MS, 10_000.0, HOUR_MS])
def test_a_closed_candle_waits_for_its_trades_by_the_exchanges_clock(ahead_ms: float) -> None:
    """However wrong ours is: neither an hour, nor not at all."""
    kept: list[SeriesKey] = []
    clock = Steps()
    folds = Folds("okx", SimpleNamespace(put=lambda key, *_, **__: kept.append(key)), clock, lambda _: None)
    folds.follow([BTC.symbol], [])
    folds.skew_ms = ahead_ms
    fold = folds.markets[BTC.symbol]
    begins = int(folds.now_ms()) // MINUTE_MS * MINUTE_MS
    for minute in (begins - 2 * MINUTE_MS, begins - MINUTE_MS):
        folds.take(clock.now_ms(), [Trade(BTC.symbol, minute + 1000, 100.0, 1.0, 1, minute)])
    candle = Candle(
        BTC.symbol, "1m", begins - MINUTE_MS, 100.0, 100.0, 100.0, 100.0, 3.0, float("nan"), closed=True
    )
    folds.take(clock.now_ms(), [candle])
    folds.tick()
    assert not kept
    assert fold.state().received_ms <= clock.now_ms()
    clock.now_s += LATE_MS / 1000 + 1.0
    folds.tick()
    assert [key.timeframe for key in kept if key.kind is Kind.CANDLES] == ["1m"]
    folds.close(BTC.symbol, [candle._replace(time_ms=begins)])
    assert fold.state().received_ms <= clock.now_ms()


@pytest.mark.parametrize(
    "changed",
    [
        {"symbol": "<img src=x>/USDT:USDT"},
        {"base": "<b>BTC</b>"},
        {"quote": "USDT\n"},
        {"symbol": "Ｂ/USDT:USDT"},
        {"symbol": f"{'B' * 60}/USDT:USDT"},
        {"symbol": ""},
        {"wire": "BTC\r\nUSDT"},
        {"wire": "B" * 200},
    ],
)
def test_what_bears_no_plain_name_is_left_out_before_anybody_shows_it(changed: dict[str, str]) -> None:
    def list_one(exchange: Lists, _: Catalogue) -> None:
        exchange.listed = [OF_OKX, replace(ETH, **changed)]

    exchange, catalogue, _ = watch(list_one, 5.0)
    assert list(catalogue.instruments) == [BTC.symbol]
    assert exchange.known == [OF_OKX]
