"""The whole feed against loopback exchanges that fail: what is stored is what happened, or is a labelled hole.

The market goes on as fast as the machine can, and stands still while a test looks around.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from heatdesk.events import Market
from heatdesk.feed import service
from heatdesk.feed.plan import FeedPlan
from heatdesk.feed.service import FeedThread
from heatdesk.live import Health, HoleState, Live, Watched
from heatdesk.market import MINUTE_MS, Kind, SeriesKey
from heatdesk.store.ledger import KILLED, Ledger
from heatdesk.store.sqlite import SqliteStore
from tests.exchange_server import ExchangeServer, ServerThread
from tests.exchange_server.listings import COINS
from tests.patience import PatientClock

NAMES = ("binance", "bybit", "okx")
BTC = "BTC/USDT:USDT"
_TICK_S = 1.0
_LONGEST_S = 600.0  # of a busy machine
BEGIN_MS = 1_795_270_200_000 - 25_000  # shortly before five minutes begin
T = TypeVar("T")
pytestmark = pytest.mark.timeout(900)  # a busy machine takes its time, and changes nothing
PLAN = FeedPlan(NAMES, (BTC,), history_days=1.0, minute_days=0.1)


@dataclass
class World:
    """Exchanges, a feed that records them, and their clock, which stands unless somebody waits."""

    clock: PatientClock
    server: ExchangeServer
    thread: ServerThread
    folder: Path
    feed: FeedThread

    def wait(self, seconds: float) -> None:
        """Let the market go on."""
        self._go_on(self.clock.sleep(seconds))

    def until(self, holds: Callable[[Live], object], within_s: float = 300.0) -> Live:
        """The first picture for which something holds."""

        async def found() -> Live:
            deadline = self.clock.steady() + within_s
            while not holds(live := self.feed.live()):
                assert self.clock.steady() < deadline, live
                await self.clock.sleep(_TICK_S)
            return live

        return self._go_on(found())

    def play(self, name: str, exchange: str, seconds: float = 0.0, **words: object) -> None:
        """Have an exchange fail."""
        self.thread.call(lambda: self.server.faults.play(name, exchange, seconds, **words))

    def stop(self) -> bool:
        """End the feed."""
        self.clock.release()
        try:
            return self.feed.stop(_LONGEST_S)
        finally:
            self.clock.hold()

    def _go_on(self, work: Coroutine[Any, Any, T]) -> T:
        async def meanwhile() -> T:
            try:
                return await work
            finally:
                self.clock.hold()

        self.clock.release()
        return self.thread.run(meanwhile(), _LONGEST_S)


def _patient(patch: pytest.MonkeyPatch, clock: PatientClock) -> None:
    """The next feed lives by this clock, and makes fewer pictures: one every tick."""
    loop: asyncio.AbstractEventLoop = clock.loop()
    patch.setattr(service, "loop_factory", lambda: lambda: loop)
    patch.setattr("heatdesk.feed.feeds.PICTURES_S", _TICK_S)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An outage, a cut and two bursts, then the end."""
    folder = tmp_path_factory.mktemp("feeds")
    clock = PatientClock(BEGIN_MS, step_s=0.25)
    clock.hold()
    exchanges = ExchangeServer(clock, coins=COINS[:2], exchanges=NAMES, tick_s=_TICK_S)
    thread = ServerThread(exchanges, loop=clock.loop())
    with thread as server:
        with (
            pytest.MonkeyPatch.context() as patch,
            SqliteStore(folder / "history") as store,
            Ledger(folder / "ledger.sqlite") as ledger,
        ):
            for name, value in server.environment(folder).items():
                patch.setenv(name, value)
            _patient(patch, clock)
            feed = FeedThread(PLAN, store, ledger, clock)
            world = World(clock, server, thread, folder, feed)
            there = frozenset(Market(name, BTC) for name in NAMES)
            feed.watch(Watched(there, there))
            feed.start()
            try:
                _story(world)
            finally:
                assert world.stop()
        yield world
        clock.release()


def _story(world: World) -> None:
    world.until(
        lambda live: all(e.health == Health.LIVE and e.progress == 1.0 for e in live.exchanges) and live.books
    )
    world.until(lambda live: len(live.books) == 3 and all(book.whole for book in live.books.values()))
    world.play("outage", "bybit", 70.0)
    world.play("cut", "binance")
    world.play("burst", "okx", count=200)
    world.until(
        lambda live: any(e.health != Health.LIVE for e in live.exchanges if e.exchange == "bybit"), 30.0
    )
    world.wait(75.0)
    world.until(lambda live: all(e.health == Health.LIVE for e in live.exchanges), 60.0)
    world.wait(5.0)  # a quiet stream is proved by others only some seconds after it was asked for
    world.play("burst", "bybit", count=200)
    next_whole = world.clock.now_ms() // MINUTE_MS * MINUTE_MS + MINUTE_MS
    world.until(lambda live: all(m.closed_ms >= next_whole for m in live.markets.values()), 200.0)
    world.until(lambda live: all(e.gaps_open == 0 for e in live.exchanges), 120.0)
    for part in ("history", "ledger.sqlite"):  # what a kill at this moment would leave
        copy = world.folder / "killed"
        copy.mkdir(exist_ok=True)
        for path in world.folder.glob("history/*" if part == "history" else f"{part}*"):
            target = copy / path.relative_to(world.folder)
            target.parent.mkdir(exist_ok=True)
            shutil.copy(path, target)


@pytest.mark.parametrize("symbol", [BTC, "BTC/USDT"])
@pytest.mark.parametrize("exchange", NAMES)
def test_stored_candles_are_the_truth_and_none_is_missing(world: World, exchange: str, symbol: str) -> None:
    with SqliteStore(world.folder / "history", read_only=True) as store:
        rows = store.read(SeriesKey(exchange, symbol, Kind.CANDLES, "1m")).records
        fives = store.read(SeriesKey(exchange, symbol, Kind.CANDLES, "5m")).records
    first, last = int(rows.time_ms[0]), int(rows.time_ms[-1])
    truth = np.array(world.thread.call(lambda: world.server.truth.candles(exchange, symbol, first, last + 1)))
    assert rows.time_ms.tolist() == truth[:, 0].astype(np.int64).tolist()
    for column, name in enumerate(("open", "high", "low", "close", "volume"), 1):
        np.testing.assert_allclose(rows[name], truth[:, column], rtol=1e-9)
    bought = rows["taker_buy_volume"]
    known = np.isfinite(bought)
    np.testing.assert_allclose(bought[known], truth[known, 6], rtol=1e-9, atol=1e-9)
    assert known[rows.time_ms >= BEGIN_MS].any()  # some minutes were heard whole
    assert set(np.diff(fives.time_ms).tolist()) == {5 * MINUTE_MS}
    assert last >= world.feed.live().made_ms - 3 * MINUTE_MS


@pytest.mark.parametrize("exchange", ["bybit", "okx"])
def test_every_liquidation_of_a_burst_is_stored(world: World, exchange: str) -> None:
    key = SeriesKey(exchange, BTC, Kind.EVENTS)
    with SqliteStore(world.folder / "history", read_only=True) as store:
        rows, coverage = store.read(key).records, store.coverage(key)
    truth = world.thread.call(
        lambda: world.server.truth.liquidations(exchange, BTC, BEGIN_MS, int(world.clock.now_ms()))
    )
    heard = [t for t in truth if any(span.start_ms <= t[0] < span.end_ms for span in coverage)]
    assert len(heard) >= 200
    stored = list(zip(rows.time_ms.tolist(), rows["side"], rows["price"], rows["quantity"], strict=True))
    for event in heard:
        assert any(np.allclose(event, row, rtol=1e-9) for row in stored), event
    since = [row for row in stored if row[0] >= BEGIN_MS]
    assert len(since) <= len(truth)


def test_the_outage_is_in_the_ledger_and_candles_are_filled(world: World) -> None:
    holes = [hole for hole in world.feed.live().holes if hole.exchange == "bybit"]
    candles = [hole for hole in holes if hole.what == "candles"]
    assert candles
    assert {hole.state for hole in candles} == {HoleState.FILLED}
    silent = [hole for hole in holes if hole.what == "liquidations"]
    assert {hole.state for hole in silent} == {HoleState.NONE_THERE}
    lost = silent[0].interval
    assert 60_000 < lost.end_ms - lost.start_ms < 130_000
    with SqliteStore(world.folder / "history", read_only=True) as store:
        covered = store.coverage(SeriesKey("bybit", BTC, Kind.EVENTS))
    middle = (lost.start_ms + lost.end_ms) // 2
    assert not any(span.start_ms <= middle < span.end_ms for span in covered)


def test_the_picture_tells_everything_of_every_market(world: World) -> None:
    live = world.feed.live()
    for name in NAMES:
        state = live.markets[Market(name, BTC)]
        assert state.forming is not None
        for value in (state.price, state.mark_price, state.open_interest, state.funding_rate):
            assert np.isfinite(value)
        assert live.made_ms - state.open_interest_ms < 60_000
        assert live.books[Market(name, BTC)].bids.shape[1] == 2
    numbers = [printed.number for printed in live.liquidations]
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= 400
    assert {i.exchange for i in world.feed.instruments()} == set(NAMES)


def test_a_killed_recording_goes_on_where_it_was_and_its_time_away_is_a_hole(world: World) -> None:
    folder = world.folder / "killed"
    clock, before = world.clock, world.feed.live().made_ms
    with (
        pytest.MonkeyPatch.context() as patch,
        SqliteStore(folder / "history") as store,
        Ledger(folder / "ledger.sqlite") as ledger,
    ):
        for name, value in world.server.environment(world.folder).items():
            patch.setenv(name, value)
        _patient(patch, clock)
        feed = FeedThread(PLAN, store, ledger, clock)
        feed.start()
        again = World(clock, world.server, world.thread, folder, feed)
        try:
            again.until(lambda live: any(h.cause == KILLED for h in live.holes))
            began = clock.now_ms() // MINUTE_MS * MINUTE_MS
            again.until(
                lambda live: all(m.closed_ms >= began for m in live.markets.values()) and live.markets
            )
            done = again.until(lambda live: live.exchanges and all(e.gaps_open == 0 for e in live.exchanges))
            eth = Market("okx", "ETH/USDT:USDT")
            feed.watch(Watched(frozenset({eth}), frozenset({eth})))
            again.until(
                lambda live: eth in live.books and live.books[eth].whole and live.markets[eth].history_from_ms
            )
            feed.watch(Watched())
            again.until(lambda live: eth not in live.books and eth not in live.markets)
        finally:
            assert again.stop()
        away = [hole for hole in ledger.holes() if hole.cause == KILLED]
        assert {hole.what for hole in away} == {"candles", "liquidations"}
        assert {hole.state for hole in away if hole.what == "candles"} == {HoleState.FILLED}
        assert {hole.state for hole in away if hole.what == "liquidations"} == {HoleState.NONE_THERE}
        rows = store.read(SeriesKey("okx", BTC, Kind.CANDLES, "1m")).records
        assert set(np.diff(rows.time_ms).tolist()) == {MINUTE_MS}
        assert int(rows.time_ms[-1]) >= before // MINUTE_MS * MINUTE_MS
        assert done.stored


def test_an_unknown_exchange_is_said_in_a_notice(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "history") as store, Ledger(tmp_path / "ledger.sqlite") as ledger:
        feed = FeedThread(FeedPlan(("nowhere",)), store, ledger)
        feed.start()
        deadline = time.monotonic() + 60
        while not feed.live().notices:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert feed.stop()
        assert "'nowhere' is unknown" in feed.live().notices[0]


def test_a_feed_that_never_began_ends_at_once(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "history") as store, Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert FeedThread(FeedPlan(()), store, ledger).stop()
