"""History that an exchange still has and we have not: fetched page by page, what is looked at first.

Work is cut into stretches that are taken by priority, so that a first chart needs one or two requests and a hole is
filled before depth is added. A bar that the exchange leaves out is asked for twice, some time apart; then it is
written down as one that the exchange itself does not have, and never asked for again. A stretch that the exchange
refuses is asked for ever more seldom, each for itself.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Awaitable, Callable, Collection
from itertools import count
from typing import Final

from heatdesk.errors import HeatdeskError, MachineError
from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, Rest, RestError, UnreachedError
from heatdesk.feed.plain_text import plain
from heatdesk.feed.rows import holes_in
from heatdesk.feed.shelf import Shelf
from heatdesk.feed.stretch import Later, Rank, Refused, Stretch
from heatdesk.intervals import without
from heatdesk.live import Instrument
from heatdesk.market import DAY_MS, HOUR_MS, TIMEFRAMES, Interval, Kind, Records

BARS_AT_ONCE: Final = 1000
WORKERS: Final = 2
ASK_AGAIN_S: Final = 45.0
CLOSED_S: Final = 3.0  # after a candle's end, from when on an exchange is asked for it
MOST_WAITING: Final = 100_000  # rows on their way to the disk, beyond which nothing more is fetched
_MOST_PAGES: Final = 400
_MOST_HOLES: Final = 8  # that are fetched one by one

_log = logging.getLogger(__name__)


Candles = Callable[[Instrument, str, Records], None]


class Backfill:
    """Fetches for one exchange. `arrived` is told of candles that came or were there: live minutes can be completed."""

    def __init__(self, exchange: Exchange, rest: Rest, clock: Clock, shelf: Shelf, arrived: Candles) -> None:
        self._exchange = exchange
        self._rest = rest
        self._clock = clock
        self._shelf = shelf
        self._arrived = arrived
        self._numbers = count()
        self._jobs: list[Stretch] = []
        self._later = Later(clock)
        self._some = asyncio.Event()
        self._asked = 0
        self._done = 0

    @property
    def progress(self) -> float:
        """The share of the asked history that is there."""
        return self._done / self._asked if self._asked else 1.0

    @property
    def refused(self) -> Refused:
        """What the exchange does not give; it is asked again, ever more seldom."""
        return self._later.refused()

    def deepen(
        self, instrument: Instrument, watched: bool, now_ms: int, days: float, minute_days: float
    ) -> None:
        """Fetch what an instrument's history lacks: first what a chart shows, then the depth."""
        if instrument.kind == "spot":
            span = (now_ms - int(minute_days * DAY_MS), now_ms)
            self._cut(Rank.SPOT, watched, instrument, Kind.CANDLES, "5m", *span)
            self._cut(Rank.SPOT, watched, instrument, Kind.CANDLES, "1m", *span)
            return
        start, chart = now_ms - int(days * DAY_MS), max(now_ms - 2 * DAY_MS, now_ms - int(days * DAY_MS))
        self._cut(Rank.FIRST_CHART, watched, instrument, Kind.CANDLES, "5m", chart, now_ms)
        self._cut(Rank.FIRST_INTEREST, watched, instrument, Kind.OPEN_INTEREST, "5m", chart, now_ms)
        self._cut(Rank.DEPTH, watched, instrument, Kind.CANDLES, "5m", start, chart)
        self._cut(Rank.INTEREST, watched, instrument, Kind.OPEN_INTEREST, "5m", start, chart)
        self._cut(
            Rank.MINUTES, watched, instrument, Kind.CANDLES, "1m", now_ms - int(minute_days * DAY_MS), now_ms
        )
        self._add(
            Stretch(Rank.FUNDING, not watched, 0, instrument, Kind.FUNDING, "", Interval(start, now_ms))
        )

    def fill(self, instrument: Instrument, timeframe: str, span: Interval) -> None:
        """Fetch candles of a hole before anything else; the one that is still forming once it has closed."""
        step, now_ms = TIMEFRAMES[timeframe], int(self._clock.now_ms())
        start, end = span.start_ms // step * step, -(-span.end_ms // step) * step
        closed = max(start, min(end, now_ms // step * step))
        if start < closed:
            self._add(Stretch(Rank.HOLE, 0, 0, instrument, Kind.CANDLES, timeframe, Interval(start, closed)))
        if closed < end:
            rest = Interval(closed, end)
            later = Stretch(Rank.HOLE, 0, next(self._numbers), instrument, Kind.CANDLES, timeframe, rest)
            self._asked += 1
            self._later.put(later, (end - now_ms) / 1000.0 + CLOSED_S)

    def refresh(self, instrument: Instrument, now_ms: int) -> None:
        """Fetch the funding that was paid since the last time."""
        for waiting in self._later:
            if waiting.kind is Kind.FUNDING and waiting.instrument.symbol == instrument.symbol:
                # It did not come before: one question is enough.
                waiting.span = Interval(waiting.span.start_ms, now_ms)
                return
        self._add(
            Stretch(Rank.FUNDING, 1, 0, instrument, Kind.FUNDING, "", Interval(now_ms - DAY_MS, now_ms))
        )

    def prefer(self, instruments: Collection[str]) -> None:
        """These symbols are looked at now."""
        for job in self._jobs:
            job.watched = 0 if job.instrument.symbol in instruments else 1
        heapq.heapify(self._jobs)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._work())
            group.create_task(self._wake())

    def _cut(
        self,
        rank: Rank,
        watched: bool,
        instrument: Instrument,
        kind: Kind,
        timeframe: str,
        start: int,
        end: int,
    ) -> None:
        """Stretches of one page or so, the newest first."""
        step = TIMEFRAMES[timeframe]
        start, end = -(-start // step) * step, end // step * step
        while end > start:
            low = max(start, end - BARS_AT_ONCE * step)
            self._add(Stretch(rank, 0 if watched else 1, 0, instrument, kind, timeframe, Interval(low, end)))
            end = low

    def _add(self, job: Stretch) -> None:
        job.number = next(self._numbers)
        self._asked += 1
        heapq.heappush(self._jobs, job)
        self._some.set()

    async def _wake(self) -> None:
        """What was put off comes back when its time has come."""
        while True:
            await self._clock.sleep(0.5)
            for job in self._later.due():
                heapq.heappush(self._jobs, job)
                self._some.set()

    async def _work(self) -> None:
        while True:
            while not self._jobs or self._shelf.waiting > MOST_WAITING:
                self._some.clear()
                if self._jobs:
                    await self._clock.sleep(0.2)
                else:
                    await self._some.wait()
            job = heapq.heappop(self._jobs)
            try:
                await self._do(job)
            except (RestError, MachineError) as error:
                _log.info("%s %s: %s", self._exchange.row.title, job.instrument.symbol, error)
                if _refuses(error):
                    self._later.refuse(job, plain(error))
                else:
                    self._later.not_reached(job)
            except Exception as error:  # our mistake: live streams go on beside it
                _log.exception(
                    "%s %s: history was not fetched", self._exchange.row.title, job.instrument.symbol
                )
                self._later.refuse(job, f"a mistake in heatdesk ({type(error).__name__})")
            else:
                self._done += 1

    async def _do(self, job: Stretch) -> None:
        """Fetch what the history lacks of a stretch."""
        if job.kind is Kind.CANDLES:
            await self._candles(job)
            return
        there = await self._shelf.read(job.key, *job.span)
        spans = _unsampled(there, job.span, TIMEFRAMES.get(job.timeframe, HOUR_MS))
        read = (
            self._exchange.read_funding_history
            if job.kind is Kind.FUNDING
            else self._exchange.read_open_interest_history
        )
        for span in spans:
            await self._pages(job, span, lambda a, b: read(self._rest, job.instrument, a, b))

    async def _candles(self, job: Stretch) -> None:
        step = TIMEFRAMES[job.timeframe]
        there = await self._shelf.read(job.key, *job.span)
        none = self._shelf.none_there(job.key, job.span)
        lacking = without(holes_in(there, step, *job.span), none)
        if len(there):
            self._arrived(job.instrument, job.timeframe, there)
        for span in without([job.span], lacking):
            self._shelf.filled(job.key, span)
        for span in lacking:
            await self._pages(
                job,
                span,
                lambda a, b: self._exchange.read_candles(self._rest, job.instrument, job.timeframe, a, b),
            )
        self._settle(job, lacking)

    def _settle(self, job: Stretch, lacking: tuple[Interval, ...]) -> None:
        """After every page came: what is still not there is asked for once more, then labelled."""
        step = TIMEFRAMES[job.timeframe]
        got = self._shelf.came(job.key)
        left: list[Interval] = []
        for span in lacking:
            missing = [piece for piece in without([span], got) if piece.end_ms - piece.start_ms >= step]
            left += missing
            for whole in without([span], missing):
                self._shelf.filled(job.key, whole)
        for span in left:
            if job.again:
                self._shelf.is_none_there(job.key, span)
            else:
                self._shelf.lacks(job.key, span)
                second = Stretch(
                    Rank.HOLE, job.watched, next(self._numbers), job.instrument, job.kind, job.timeframe, span
                )
                second.again = True
                self._asked += 1
                self._later.put(second, ASK_AGAIN_S)

    async def _pages(
        self, job: Stretch, span: Interval, read: Callable[[int, int], Awaitable[Records | None]]
    ) -> None:
        start, end = span
        for _ in range(_MOST_PAGES):
            page = await read(start, end)
            if page is None or not len(page):
                return
            inside = page.take((page.time_ms >= span.start_ms) & (page.time_ms < end))
            if not len(inside):
                return
            self._shelf.put(job.key, inside)
            if job.kind is Kind.CANDLES:
                self._arrived(job.instrument, job.timeframe, inside)
            step = TIMEFRAMES.get(job.timeframe, 1)
            after = int(inside.time_ms[-1]) + step
            if after >= end or after <= start:
                return
            start = after


def _refuses(error: HeatdeskError) -> bool:
    """Whether the exchange said no to a question, rather than nothing, or that it is down."""
    return isinstance(error, RestError) and not isinstance(error, UnreachedError) and error.status < 500


def _unsampled(there: Records, span: Interval, step_ms: int) -> list[Interval]:
    """Where samples are missing; a single one may be, as they need not come on the step."""
    start, end = span.start_ms // step_ms * step_ms, -(-span.end_ms // step_ms) * step_ms
    taken = Records(there.kind, there.time_ms // step_ms * step_ms)
    holes = holes_in(taken, step_ms, start, end)
    if there.kind is Kind.FUNDING and len(there):  # paid every hour or every eight: only the ends tell
        ends = (Interval(start, int(there.time_ms[0])), Interval(int(there.time_ms[-1]) + 1, end))
        holes = [hole for hole in ends if hole.end_ms - hole.start_ms > 2 * step_ms]
    return holes if len(holes) <= _MOST_HOLES else [Interval(holes[0].start_ms, holes[-1].end_ms)]
