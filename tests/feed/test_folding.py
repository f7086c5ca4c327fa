"""Minutes out of events: closed by the exchange alone, each trade counted once, whatever the network does (N9, D5)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from heatdesk.events import Candle, Market, Trade
from heatdesk.feed.checks import Quarantine
from heatdesk.feed.folding import LATE_MS, MarketFold
from heatdesk.feed.trade_ids import TradeIds
from heatdesk.market import MINUTE_MS

SYMBOL = "BTC/USDT:USDT"
START = 1_795_270_200_000  # a multiple of five minutes
NAN = math.nan


@pytest.fixture
def fold() -> MarketFold:
    return MarketFold(Market("okx", SYMBOL), Quarantine())


def trade(at: int, price: float = 100.0, quantity: float = 1.0, side: int = 1, number: int = 0) -> Trade:
    return Trade(SYMBOL, START + at, price, quantity, side, number)


def candle(
    minute: int, close: float = 100.0, volume: float = 1.0, taker: float = NAN, closed: bool = True
) -> Candle:
    return Candle(
        SYMBOL, "1m", START + minute * MINUTE_MS, 100.0, max(101.0, close), min(99.0, close), close, volume, taker,
        closed,
    )  # fmt: skip


def forming(fold: MarketFold) -> Candle:
    now = fold.state().forming
    assert now is not None
    return now


def test_a_candle_of_the_exchange_is_followed_by_trades_until_its_next_frame(fold: MarketFold) -> None:
    fold.candle(candle(0, 100.0, 5.0, closed=False), 0.0)
    fold.trade(trade(1000, 102.5), 1.0)
    fold.trade(trade(1001, 98.0), 2.0)
    now = forming(fold)
    assert (now.open, now.high, now.low, now.close, now.volume) == (100.0, 102.5, 98.0, 98.0, 5.0)
    fold.candle(candle(0, 99.5, 7.0, closed=False), 3.0)
    assert forming(fold).close == 99.5
    assert not forming(fold).closed


def test_a_minute_that_only_trades_know_is_made_of_them_until_the_exchange_speaks(fold: MarketFold) -> None:
    fold.trade(trade(10, 100.0, 2.0), 0.0)
    fold.trade(trade(20, 101.0, 3.0, side=-1), 0.0)
    now = forming(fold)
    assert (now.volume, now.taker_buy_volume) == (2.0, 2.0)  # as it was when the minute began
    assert (now.high, now.close, now.closed) == (101.0, 101.0, False)
    fold.candle(candle(0, 101.0, 1.0, closed=False), 1.0)
    assert forming(fold).volume == 1.0


def test_a_late_frame_of_the_same_minute_changes_nothing(fold: MarketFold) -> None:
    fold.candle(candle(0, 101.0, 9.0, closed=False), 0.0)
    fold.candle(candle(0, 100.0, 4.0, closed=False), 1.0)
    assert forming(fold).volume == 9.0


def test_no_candle_closes_by_our_clock(fold: MarketFold) -> None:
    fold.candle(candle(0, closed=False), 0.0)
    fold.candle(candle(1, closed=False), 60_000.0)
    fold.settle(START + 10 * MINUTE_MS)
    assert fold.take_closed() == []
    assert fold.missing(START + 2 * MINUTE_MS, 0) == [START, START + MINUTE_MS]


def test_a_closed_candle_comes_once(fold: MarketFold) -> None:
    for _ in range(3):
        fold.candle(candle(0, taker=0.5), 0.0)
        fold.close(candle(0, taker=0.5), 0.0)
    assert [c.time_ms for c in fold.take_closed()] == [START]
    assert fold.take_closed() == []
    assert fold.state().closed_ms == START


def test_bought_volume_comes_from_trades_where_all_were_heard(fold: MarketFold) -> None:
    fold.trade(trade(1, quantity=2.0, number=1), 0.0)
    fold.trade(trade(2, quantity=3.0, side=-1, number=2), 0.0)
    fold.candle(candle(0, volume=6.0), START + MINUTE_MS)
    assert fold.take_closed() == []  # one coin of volume is still on its way
    fold.trade(trade(3, quantity=1.0, number=3), 0.0)
    fold.settle(START + MINUTE_MS + 100)
    (closed,) = fold.take_closed()
    assert (closed.volume, closed.taker_buy_volume) == (6.0, 3.0)


def test_bought_volume_is_unknown_where_trades_are_missing(fold: MarketFold) -> None:
    fold.trade(trade(1, quantity=2.0, number=1), 0.0)
    fold.candle(candle(0, volume=6.0), START + MINUTE_MS)
    fold.settle(START + MINUTE_MS + LATE_MS)
    (closed,) = fold.take_closed()
    assert math.isnan(closed.taker_buy_volume)


def test_five_minutes_make_one_candle_whenever_the_last_of_them_comes(fold: MarketFold) -> None:
    for minute in (0, 1, 3, 4):
        fold.close(candle(minute, 100.0 + minute, 2.0, 1.0), 0.0)
    assert {c.timeframe for c in fold.take_closed()} == {"1m"}
    assert fold.missing_five(START + 5 * MINUTE_MS, 0) == [START]
    fold.close(candle(2, 110.0, 3.0, 1.0), 0.0)
    one, five = fold.take_closed()
    assert one.timeframe == "1m"
    assert five == Candle(SYMBOL, "5m", START, 100.0, 110.0, 99.0, 104.0, 11.0, 5.0, closed=True)
    assert fold.missing_five(START + 5 * MINUTE_MS, 0) == []


def test_a_price_far_away_is_believed_only_when_another_source_says_it_too(fold: MarketFold) -> None:
    fold.trade(trade(1, 100.0), 0.0)
    fold.trade(trade(2, 1000.0), 0.0)
    assert fold.state().price == 100.0
    fold.candle(candle(0, 1010.0, closed=False), 0.0)
    fold.trade(trade(3, 1005.0), 0.0)
    assert fold.state().price == 1005.0


def test_open_interest_in_another_unit_is_left_out_until_it_persists(fold: MarketFold) -> None:
    assert fold.interest(5000.0, START)
    assert not fold.interest(50.0, START + 1000)
    assert fold.open_interest == 5000.0
    assert fold.interest(5100.0, START + 2000)
    assert [fold.interest(50.0, START + 3000 + i) for i in range(3)] == [False, False, True]


@given(st.permutations(range(1, 30)), st.lists(st.integers(0, 28), max_size=20))
@settings(max_examples=80)
def test_every_id_is_new_once_in_any_order(order: list[int], again: list[int]) -> None:
    ids = TradeIds()
    assert ids.is_new(1)
    told = [n for n in order if n != 1]
    assert all(ids.is_new(n) for n in told)
    assert not any(ids.is_new(told[i % len(told)]) for i in again)
    assert ids.missing() == []


class _Deliveries(RuleBasedStateMachine):
    """A market's trades, delivered late, twice and out of order, against what happened."""

    def __init__(self) -> None:
        super().__init__()
        self.fold = MarketFold(Market("okx", SYMBOL), Quarantine())
        self.sent: list[Trade] = []
        self.waiting: list[Trade] = []
        self.minute = 0
        self.emitted: list[Candle] = []
        self.closed = 0

    @initialize()
    def begin(self) -> None:
        self.happen(1.0, 1)
        self.deliver(0)

    @rule(quantity=st.sampled_from([0.5, 1.0, 2.25]), side=st.sampled_from([1, -1]))
    def happen(self, quantity: float, side: int) -> None:
        at = self.minute * MINUTE_MS + len(self.sent) % 50_000
        self.sent.append(trade(at, 100.0, quantity, side, len(self.sent) + 1))
        self.waiting.append(self.sent[-1])

    @precondition(lambda self: self.waiting)
    @rule(which=st.integers(0, 5))
    def deliver(self, which: int) -> None:
        self.fold.trade(self.waiting.pop(which % len(self.waiting)), 0.0)

    @precondition(lambda self: len(self.sent) > len(self.waiting))
    @rule(which=st.integers(0, 50))
    def deliver_again(self, which: int) -> None:
        there = [t for t in self.sent if t not in self.waiting]
        self.fold.trade(there[which % len(there)], 0.0)

    @rule()
    def close(self) -> None:
        """The exchange closes the minute; the last trades may come behind, but within the time it waits."""
        mine = [t for t in self.sent if (t.time_ms - START) // MINUTE_MS == self.minute]
        volume = sum(t.quantity for t in mine)
        self.fold.candle(candle(self.minute, volume=volume), START + (self.minute + 1) * MINUTE_MS)
        while self.waiting:
            self.deliver(0)
        self.fold.settle(START + (self.minute + 1) * MINUTE_MS + 1)
        self.fold.close(candle(self.minute, volume=volume), 0.0)
        self.emitted += self.fold.take_closed()
        self.minute += 1
        self.closed += 1

    @invariant()
    def volumes_are_the_truth(self) -> None:
        ones = [c for c in self.emitted if c.timeframe == "1m"]
        assert [c.time_ms for c in ones] == [START + i * MINUTE_MS for i in range(self.closed)]
        for c in ones:
            bought = sum(
                t.quantity
                for t in self.sent
                if t.side > 0 and t.time_ms // MINUTE_MS * MINUTE_MS == c.time_ms
            )
            assert c.taker_buy_volume == pytest.approx(bought, abs=1e-9)
        fives = [c for c in self.emitted if c.timeframe == "5m"]
        assert len(fives) == self.closed // 5
        for five in fives:
            parts = [c for c in ones if five.time_ms <= c.time_ms < five.time_ms + 5 * MINUTE_MS]
            assert five.volume == pytest.approx(sum(c.volume for c in parts))


_Deliveries.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
test_trades_count_once_however_they_come = _Deliveries.TestCase


def test_ids_that_begin_anew_are_no_duplicates(fold: MarketFold) -> None:
    fold.trade(Trade(SYMBOL, START, 100.0, 1.0, 1, 5_000_000), 0.0)
    fold.trade(Trade(SYMBOL, START + 10, 100.0, 1.0, 1, 5_000_001), 0.0)
    fold.trade(Trade(SYMBOL, START + 10, 100.0, 1.0, 1, 5_000_001), 0.0)
    assert fold.duplicates == 1
    relisted = [Trade(SYMBOL, START + 2 * MINUTE_MS + n, 101.0, 1.0, 1, n) for n in range(1, 4)]
    for one in (*relisted, *relisted):
        fold.trade(one, 0.0)
    assert fold.price == 101.0
    assert fold.duplicates == 4
    fold.candle(candle(2, 101.0, volume=3.0), START + 3 * MINUTE_MS)
    assert fold.take_closed()[0].taker_buy_volume == 3.0


def test_candles_say_what_the_price_is_where_trades_have_fallen_silent(fold: MarketFold) -> None:
    fold.trade(Trade(SYMBOL, START + 1000, 100.0, 1.0, 1, 7), 0.0)
    fold.candle(candle(0, 100.5, closed=False), 1.0)
    assert fold.price == 100.0  # a candle's frame may be older than a trade of its minute
    fold.candle(candle(1, 102.0, closed=False), 2.0)
    assert fold.price == 102.0
