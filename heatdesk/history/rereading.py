"""Reading the same history again and again while it grows: only what is new comes from the store."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, NamedTuple

import numpy as np

from heatdesk.history.forming import joined
from heatdesk.intervals import clipped
from heatdesk.market import SEVERAL_AT_ONCE, Interval, Records, SeriesKey
from heatdesk.store.base import Readable, Reading, SeriesInfo
from heatdesk.store.series import END_OF_TIME_MS

MOST_BYTES: Final = 96 << 20


class _Kept(NamedTuple):
    """What was read of a series, and when that stops being true."""

    reading: Reading
    start_ms: int
    rewritten: int

    @property
    def n_bytes(self) -> int:
        records = self.reading.records
        return records.time_ms.nbytes + sum(column.nbytes for column in records.columns.values())

    @property
    def end_ms(self) -> int:
        return int(self.reading.records.time_ms[-1])


class Rereader:
    """A store for reading whose table of contents stands still between two `look`s; any thread may ask.

    Whole series are remembered, at most `most_bytes` of them, and events even where only some are asked for: the
    newest are asked for with every answer, and lie row by row in the store. One that was only added to is read from its
    old end on; one that was rewritten before it is read anew.
    """

    def __init__(self, store: Readable, most_bytes: int = MOST_BYTES) -> None:
        self._store, self._most_bytes = store, most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[SeriesKey, _Kept] = OrderedDict()
        self._contents: dict[SeriesKey, SeriesInfo] = {}

    def look(self) -> tuple[SeriesInfo, ...]:
        """Read the table of contents anew; what `read` says follows it."""
        contents = self._store.list()
        with self._lock:
            self._contents = {info.key: info for info in contents}
        return contents

    def list(self) -> tuple[SeriesInfo, ...]:
        """The contents as of the last look."""
        with self._lock:
            return tuple(self._contents.values())

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> Reading:
        """See `Store.read`."""
        with self._lock:
            info, kept = self._contents.get(key), self._kept.get(key)
        whole = start_ms is None and end_ms is None
        if info is not None and start_ms is not None and info.end_ms < start_ms:
            return Reading(Records.empty(key.kind))
        if info is None or not (whole or key.kind in SEVERAL_AT_ONCE):
            return self._store.read(key, start_ms, end_ms)
        now = self._followed(info, kept) or self._anew(info)
        if len(now.reading.records):
            self._keep(key, now)
        return now.reading if whole else _between(now.reading, start_ms, end_ms)

    def _keep(self, key: SeriesKey, now: _Kept) -> None:
        with self._lock:
            self._kept[key] = now
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(of.n_bytes for of in self._kept.values()) > self._most_bytes:
                self._kept.popitem(last=False)

    def coverage(self, key: SeriesKey) -> tuple[Interval, ...]:
        """See `Store.coverage`."""
        return self._store.coverage(key)

    def _followed(self, info: SeriesInfo, kept: _Kept | None) -> _Kept | None:
        """What is kept and the rows behind it; None where it does not hold any more."""
        if kept is None or (kept.start_ms, kept.rewritten) != (info.start_ms, info.rewritten):
            return None
        if info.end_ms <= kept.end_ms:
            return kept
        new = self._store.read(info.key, kept.end_ms + 1)
        records = joined(kept.reading.records, new.records)
        for array in (records.time_ms, *records.columns.values()):
            array.flags.writeable = False
        damaged = (*kept.reading.damaged, *new.damaged)
        return kept._replace(reading=Reading(records, damaged))

    def _anew(self, info: SeriesInfo) -> _Kept:
        return _Kept(self._store.read(info.key), info.start_ms, info.rewritten)


def _between(reading: Reading, start_ms: int | None, end_ms: int | None) -> Reading:
    """What of a whole series lies in ``[start_ms, end_ms)``; None is its start or end."""
    times = reading.records.time_ms
    first = 0 if start_ms is None else int(np.searchsorted(times, start_ms))
    last = len(times) if end_ms is None else int(np.searchsorted(times, end_ms))
    damaged = clipped(reading.damaged, start_ms or 0, END_OF_TIME_MS if end_ms is None else end_ms)
    return Reading(reading.records.take(slice(first, last)), damaged)
