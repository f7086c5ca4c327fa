"""A store that keeps nothing: for the simulated market, and wherever history lives only as long as the program."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from heatdesk.errors import BadInputError
from heatdesk.intervals import union
from heatdesk.market import COLUMNS, SEVERAL_AT_ONCE, Interval, Records, SeriesKey
from heatdesk.store.base import Appended, Reading, SeriesInfo
from heatdesk.store.merge import merge


class _Kept(NamedTuple):
    records: Records
    coverage: tuple[Interval, ...]
    rewritten: int = 0


class MemoryStore:
    """History in memory; see `heatdesk.store.base.Store` for what each verb promises.

    All methods may be called from any thread. What `read` returns never changes afterwards: an append replaces a
    series, it does not touch the rows that were there; so readers wait for nobody.
    """

    def __init__(self) -> None:
        self._series: dict[SeriesKey, _Kept] = {}
        self._writing = threading.Lock()

    def append(self, key: SeriesKey, records: Records, coverage: Sequence[Interval] = ()) -> Appended:
        """See `Store.append`."""
        _check(key, records)
        with self._writing:
            old = self._series.get(key, _Kept(Records.empty(key.kind), ()))
            merged, done = merge(old.records, _copied(records))
            for array in (merged.time_ms, *merged.columns.values()):
                array.flags.writeable = False
            anew = len(old.records) and done.rewrites(records.time_ms, int(old.records.time_ms[-1]))
            covered = union([*old.coverage, *coverage])
            self._series[key] = _Kept(merged, covered, old.rewritten + bool(anew))
        return done

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> Reading:
        """See `Store.read`."""
        kept = self._series.get(key)
        if kept is None:
            return Reading(Records.empty(key.kind))
        times = kept.records.time_ms
        start = 0 if start_ms is None else int(np.searchsorted(times, start_ms))
        end = len(times) if end_ms is None else int(np.searchsorted(times, end_ms))
        return Reading(kept.records.take(slice(start, end)))

    def coverage(self, key: SeriesKey) -> tuple[Interval, ...]:
        """See `Store.coverage`."""
        kept = self._series.get(key)
        return () if kept is None else kept.coverage

    def list(self) -> tuple[SeriesInfo, ...]:
        """See `Store.list`."""
        return tuple(
            SeriesInfo(key, len(rows), int(rows.time_ms[0]), int(rows.time_ms[-1]), rewritten)
            for key, (rows, _, rewritten) in self._series.copy().items()
            if len(rows)
        )


def _check(key: SeriesKey, records: Records) -> None:
    if records.kind is not key.kind or set(records.columns) != set(COLUMNS[key.kind]):
        raise BadInputError(f"Rows of {records.kind.value} cannot be stored as {key.kind.value}.")
    steps = np.diff(records.time_ms)
    if (steps < 0).any() or (key.kind not in SEVERAL_AT_ONCE and not steps.all()):
        raise BadInputError(
            f"Rows of {key.kind.value} must ascend in time, one row per time; sort and merge them."
        )


def _copied(records: Records) -> Records:
    """The caller keeps its arrays."""
    return Records(
        records.kind,
        records.time_ms.copy(),
        {name: column.copy() for name, column in records.columns.items()},
    )
