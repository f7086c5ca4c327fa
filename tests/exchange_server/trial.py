"""One seed: a market, exchanges that fail as its schedule says, and the real feed recording them all the while."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from heatdesk.events import Market
from heatdesk.feed.detour import Detour
from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.feed.feeds import Feeds
from heatdesk.feed.network import Network
from heatdesk.feed.plan import FeedPlan
from heatdesk.feed.writer import Writer
from heatdesk.market import MINUTE_MS, Interval
from heatdesk.same_coin import spot_of, symbol_on
from heatdesk.store.ledger import Ledger
from heatdesk.store.sqlite import SqliteStore
from tests.exchange_server.listings import COINS
from tests.exchange_server.schedule import Planned, Schedule
from tests.exchange_server.server import ExchangeServer
from tests.exchange_server.tls import Certificates
from tests.exchange_server.verdict import Verdict, judge_candles, judge_liquidations
from tests.patience import PatientClock

_ASKED = "BTC/USDT:USDT"
_BEGAN_MS = 1_790_000_000_000
_STORED_WITHIN_S = 120.0  # of the machine
_TICK_S = 1.0  # how often subscribers are told
_STEP_S = 1.0
_PICTURES_S = 5.0  # nobody looks at them
_SETTLED_MIN = 4  # market minutes before the end: candles that closed later are not asked for yet


@dataclass(frozen=True, slots=True)
class Terms:
    """How a trial is run: market minutes in which faults happen, and minutes to mend."""

    minutes: float = 14.0
    mending: float = 8.0
    faults: int = 6
    exchanges: tuple[str, ...] = ("binance", "bybit", "okx")
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Played:
    """What was played, and what is to be judged."""

    planned: list[Planned]
    bursts: dict[str, list[Interval]]
    span: Interval


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a seed came to. `planned` is what went wrong, `seconds` how long it took."""

    seed: int
    verdict: Verdict
    planned: tuple[Planned, ...]
    violations: dict[str, dict[str, int]]
    while_banned: int
    seconds: float


def play(seed: int, certificates: Certificates, terms: Terms) -> Outcome:
    """Run one seed and judge it."""
    began = time.monotonic()
    clock = PatientClock(_BEGAN_MS + seed % 97 * 61_000, _STEP_S)
    server = ExchangeServer(clock, seed, COINS[:1], terms.exchanges, _TICK_S, certificates)
    with tempfile.TemporaryDirectory() as folder, mock.patch("heatdesk.feed.feeds.PICTURES_S", _PICTURES_S):
        played, verdict = clock.run(_recorded(clock, server, Path(folder), seed, terms))
    counts = {name: dict(count.violations) for name, count in server.counts.items() if count.violations}
    banned = sum(count.while_banned for count in server.counts.values())
    return Outcome(seed, verdict, tuple(played.planned), counts, banned, time.monotonic() - began)


async def _recorded(
    clock: PatientClock, server: ExchangeServer, place: Path, seed: int, terms: Terms
) -> tuple[_Played, Verdict]:
    """Let the feed record what the server plays, and compare."""
    async with server:
        authority = place / "ca.pem"
        server.certificates.write_authority(authority)
        rows = [EXCHANGES[name].row for name in terms.exchanges]
        network = Network(rows, clock, Detour("127.0.0.1", server.port, authority))
        plan = FeedPlan(terms.exchanges, (_ASKED,), history_days=0.2, minute_days=0.05)
        with SqliteStore(place / "history") as store, Ledger(place / "ledger.sqlite") as ledger:
            writer = Writer(store, ledger)
            feeds, ending = Feeds(plan, store, ledger, writer, clock, network), asyncio.Event()
            writer.start()
            running = asyncio.create_task(feeds.run(ending, lambda live, instruments: None))
            try:
                played = await _go_wrong(server, seed, terms)
            finally:
                ending.set()
                await running
                stored = writer.stop(_STORED_WITHIN_S)
            verdict = _judge(server, store, ledger, played, terms)
            if not stored:
                verdict.fail("not everything was stored in time")
    return played, verdict


async def _go_wrong(server: ExchangeServer, seed: int, terms: Terms) -> _Played:
    """Play the schedule, then leave the feed alone for a while."""
    clock = server.clock
    schedule = Schedule(seed, terms.exchanges, terms.minutes * 60, terms.faults, terms.names)
    bursts: dict[str, list[Interval]] = {name: [] for name in terms.exchanges}
    began_ms = int(clock.now_ms())
    while clock.steady() < terms.minutes * 60:
        for planned in schedule.due(clock.steady()):
            fault = server.faults.play(planned.name, planned.exchange, planned.seconds)
            if forced := fault.words.get("forced"):
                bursts[planned.exchange].append(Interval(forced[0].time_ms, forced[-1].time_ms + 1))
        await clock.sleep(_TICK_S)
    server.faults.end()
    await clock.sleep(terms.mending * 60)
    first = (began_ms // MINUTE_MS + 1) * MINUTE_MS
    settled = int(clock.now_ms()) // MINUTE_MS * MINUTE_MS - _SETTLED_MIN * MINUTE_MS
    return _Played(schedule.planned, bursts, Interval(first, settled))


def _judge(
    server: ExchangeServer, store: SqliteStore, ledger: Ledger, played: _Played, terms: Terms
) -> Verdict:
    verdict = Verdict()
    holes, span = ledger.holes(), played.span
    for exchange in terms.exchanges:
        there = [Market(exchange, item.symbol) for item in server.protocols[exchange].listings.values()]
        symbol = symbol_on(there, _ASKED, exchange)
        assert symbol is not None, f"{exchange} trades no {_ASKED}"
        pairs = [name for name in spot_of(symbol) if Market(exchange, name) in there][:1]
        for name in (symbol, *pairs):
            judge_candles(server.truth, store, holes, (exchange, name), span, verdict)
        bursts, untold = played.bursts[exchange], _untold(server, exchange)
        judge_liquidations(server.truth, store, holes, (exchange, symbol), span, bursts, verdict, untold)
    return verdict


def _untold(server: ExchangeServer, exchange: str) -> list[Interval]:
    """When an exchange withheld liquidations on a stream that, and no other, said nothing."""
    faults = [fault for fault in server.faults.played if fault.exchange == exchange]
    return [span for fault in faults for span in fault.words.get("untold", ())]
