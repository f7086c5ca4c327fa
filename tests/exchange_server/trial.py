"""One seed: a market, exchanges that fail as its schedule says, and the real feed recording them all the while."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heatdesk.events import Market
from heatdesk.feed.clock import FastClock
from heatdesk.feed.detour import Detour
from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.feed.network import Network
from heatdesk.feed.plan import FeedPlan
from heatdesk.feed.service import FeedThread
from heatdesk.market import MINUTE_MS, Interval
from heatdesk.same_coin import spot_of, symbol_on
from heatdesk.store.ledger import Ledger
from heatdesk.store.sqlite import SqliteStore
from tests.exchange_server.listings import COINS
from tests.exchange_server.schedule import Planned, Schedule
from tests.exchange_server.server import ExchangeServer
from tests.exchange_server.tls import Certificates
from tests.exchange_server.verdict import Verdict, judge_candles, judge_liquidations

_ASKED = "BTC/USDT:USDT"
_BEGAN_MS = 1_790_000_000_000
_STORED_WITHIN_S = 8.0  # of the machine
_MOMENT_S = 0.05  # of the machine: what is sent may take so long to be heard, or as long as its longest halt
_LONGEST_WAIT = 4  # times as long as it should take to mend everything
_SETTLED_MIN = 4  # market minutes before the end: candles that closed later are not asked for yet


@dataclass(frozen=True, slots=True)
class Terms:
    """How a trial is run: market minutes in which faults happen, minutes to mend, market seconds in a second."""

    minutes: float = 20.0
    mending: float = 12.0
    speed: float = 120.0
    faults: int = 6
    exchanges: tuple[str, ...] = ("binance", "bybit", "okx")
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Played:
    """What was played, and what is to be judged; `halt_s` is the machine's longest halt meanwhile."""

    planned: list[Planned]
    bursts: dict[str, list[Interval]]
    span: Interval
    halt_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a seed came to. `planned` is what went wrong, `seconds` how long it took."""

    seed: int
    verdict: Verdict
    planned: tuple[Planned, ...]
    violations: dict[str, dict[str, int]]
    while_banned: int
    seconds: float


async def play(seed: int, certificates: Certificates, terms: Terms) -> Outcome:
    """Run one seed and judge it."""
    began = time.monotonic()
    clock = FastClock(terms.speed, _BEGAN_MS + seed % 97 * 61_000)
    server = ExchangeServer(clock, seed, COINS[:1], terms.exchanges, 0.01, certificates)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        async with server:
            authority = place / "ca.pem"
            certificates.write_authority(authority)
            network = Network(
                [EXCHANGES[name].row for name in terms.exchanges],
                clock,
                Detour("127.0.0.1", server.port, authority),
            )
            plan = FeedPlan(terms.exchanges, (_ASKED,), history_days=0.2, minute_days=0.05)
            with SqliteStore(place / "history") as store, Ledger(place / "ledger.sqlite") as ledger:
                feed = FeedThread(plan, store, ledger, clock, network)
                feed.start()
                try:
                    played = await _go_wrong(server, seed, terms)
                finally:
                    ended = await asyncio.to_thread(feed.stop, _STORED_WITHIN_S)
                verdict = _judge(server, store, ledger, played, terms)
                if not ended:
                    verdict.fail("the feed did not end in time")
    counts = {name: dict(count.violations) for name, count in server.counts.items() if count.violations}
    banned = sum(count.while_banned for count in server.counts.values())
    return Outcome(seed, verdict, tuple(played.planned), counts, banned, time.monotonic() - began)


async def _go_wrong(server: ExchangeServer, seed: int, terms: Terms) -> _Played:
    """Play the schedule, then leave the feed alone for a while."""
    clock = server.clock
    schedule = Schedule(seed, terms.exchanges, terms.minutes * 60, terms.faults, terms.names)
    bursts: dict[str, list[Interval]] = {name: [] for name in terms.exchanges}
    began_ms = int(clock.now_ms())
    end = terms.minutes * 60
    halt_s, last = 0.0, time.monotonic()
    while clock.steady() < end:
        for planned in schedule.due(clock.steady()):
            fault = server.faults.play(planned.name, planned.exchange, planned.seconds)
            if forced := fault.words.get("forced"):
                bursts[planned.exchange].append(Interval(forced[0].time_ms, forced[-1].time_ms + 1))
        await asyncio.sleep(0.02)
        halt_s, last = max(halt_s, time.monotonic() - last), time.monotonic()
    server.faults.end()
    halt_s = max(halt_s, await _calm(terms.mending * 60 / terms.speed))
    first = (began_ms // MINUTE_MS + 1) * MINUTE_MS
    settled = int(clock.now_ms()) // MINUTE_MS * MINUTE_MS - _SETTLED_MIN * MINUTE_MS
    return _Played(schedule.planned, bursts, Interval(first, settled), halt_s)


async def _calm(seconds: float) -> float:
    """So many seconds of the machine without a halt: on a fast clock a busy machine takes minutes from the feed.

    Returns the longest halt.
    """
    steady = began = last = time.monotonic()
    longest = 0.0
    while last - steady < seconds and last - began < _LONGEST_WAIT * seconds:
        await asyncio.sleep(_MOMENT_S)
        now = time.monotonic()
        longest = max(longest, now - last)
        if now - last > 4 * _MOMENT_S:
            steady = now
        last = now
    return longest


def _judge(
    server: ExchangeServer, store: SqliteStore, ledger: Ledger, played: _Played, terms: Terms
) -> Verdict:
    verdict = Verdict()
    holes, span = ledger.holes(), played.span
    late_ms = max(_MOMENT_S, played.halt_s) * terms.speed * 1000
    for exchange in terms.exchanges:
        there = [Market(exchange, item.symbol) for item in server.protocols[exchange].listings.values()]
        symbol = symbol_on(there, _ASKED, exchange)
        assert symbol is not None, f"{exchange} trades no {_ASKED}"
        pairs = [name for name in spot_of(symbol) if Market(exchange, name) in there][:1]
        for name in (symbol, *pairs):
            judge_candles(server.truth, store, holes, (exchange, name), span, verdict)
        bursts = played.bursts[exchange]
        judge_liquidations(server.truth, store, holes, (exchange, symbol), span, bursts, verdict, late_ms)
    return verdict


async def play_several(
    seeds: Sequence[int], certificates: Certificates, terms: Terms, together: int
) -> list[Outcome]:
    """Some seeds at a time, in the order they end."""
    gate = asyncio.Semaphore(together)
    outcomes: list[Outcome] = []

    async def one(seed: int) -> None:
        async with gate:
            outcomes.append(await play(seed, certificates, terms))

    await asyncio.gather(*(one(seed) for seed in seeds))
    return outcomes
