"""The history as a backfill sees it: what is there, what is on its way, and what the ledger knows to be nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from heatdesk.feed.plan import GapLedger, History, what_of
from heatdesk.feed.writer import Writer
from heatdesk.intervals import union
from heatdesk.live import LEFT_OUT, Hole, HoleState
from heatdesk.market import TIMEFRAMES, Interval, Records, SeriesKey


class Shelf:
    """Reads the history off the loop, hands rows to the writer, and keeps the ledger's entries in step."""

    def __init__(self, history: History, writer: Writer, ledger: GapLedger) -> None:
        self._history = history
        self._writer = writer
        self._ledger = ledger
        self._came: dict[SeriesKey, tuple[Interval, ...]] = {}

    @property
    def waiting(self) -> int:
        """Rows that are not on the disk yet."""
        return self._writer.waiting

    async def read(self, key: SeriesKey, start_ms: int, end_ms: int) -> Records:
        """What is stored of ``[start_ms, end_ms)``."""
        return (await asyncio.to_thread(self._history.read, key, start_ms, end_ms)).records

    async def coverage(self, key: SeriesKey) -> tuple[Interval, ...]:
        """The stored coverage of an event series."""
        return await asyncio.to_thread(self._history.coverage, key)

    def put(self, key: SeriesKey, rows: Records) -> None:
        """Store a page."""
        step = TIMEFRAMES.get(key.timeframe, 1)
        times = rows.time_ms.tolist()
        starts = [t for before, t in zip([-step, *times], times, strict=False) if t != before + step]
        ends = [t + step for t, after in zip(times, [*times[1:], -1], strict=True) if after != t + step]
        runs: Iterable[Interval] = map(Interval, starts, ends)
        self._came[key] = union([*self._came.get(key, ()), *runs])
        self._writer.put(key, rows)

    def came(self, key: SeriesKey) -> tuple[Interval, ...]:
        """What has been put since the start, stored or on its way."""
        return self._came.get(key, ())

    def none_there(self, key: SeriesKey, span: Interval) -> tuple[Interval, ...]:
        """What of a stretch the exchange itself does not have."""
        return self._ledger.none_there(key.exchange, key.symbol, what_of(key), span)

    def filled(self, key: SeriesKey, span: Interval) -> None:
        """A stretch is there now: told to the ledger after its rows are on the disk."""
        what = what_of(key)
        self._writer.tell(
            lambda ledger: ledger.settle(key.exchange, key.symbol, what, span, HoleState.FILLED)
        )

    def lacks(self, key: SeriesKey, span: Interval) -> None:
        """The exchange did not send a stretch: a hole that is open until it is asked again."""
        hole = Hole(key.exchange, key.symbol, what_of(key), span, HoleState.OPEN, LEFT_OUT)
        self._writer.tell(lambda ledger: ledger.add([hole]))

    def is_none_there(self, key: SeriesKey, span: Interval) -> None:
        """The exchange did not send it when asked again either."""
        what = what_of(key)
        self._writer.tell(
            lambda ledger: ledger.settle(key.exchange, key.symbol, what, span, HoleState.NONE_THERE)
        )
