"""The four things a store can do, whatever keeps the bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from heatdesk.market import Interval, Records, SeriesKey, Times


class Appended(NamedTuple):
    """What an append did, in rows."""

    new: int
    changed: int
    unchanged: int

    def rewrites(self, incoming: Times, last_ms: int) -> bool:
        """Whether rows up to `last_ms`, the end before, were added or changed by the append of `incoming` times."""
        return self.changed > 0 or self.new > int(np.count_nonzero(incoming > last_ms))


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows that were read, and the stretches that are stored but damaged (never silently wrong rows)."""

    records: Records
    damaged: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesInfo:
    """One line of a store's table of contents; `end_ms` is the time of the last row.

    `rewritten` grows whenever a row at or before the end is added or changed: while it stays, what was read up to then
    still holds, and only later rows are new.
    """

    key: SeriesKey
    rows: int
    start_ms: int
    end_ms: int
    rewritten: int = 0


class Readable(Protocol):
    """What of a store is needed to read from it."""

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> Reading:
        """Rows with ``start_ms <= time_ms < end_ms``, ascending; an unknown key gives no rows."""
        ...

    def coverage(self, key: SeriesKey) -> tuple[Interval, ...]:
        """The recorded intervals of an event series: outside them silence means nothing."""
        ...

    def list(self) -> tuple[SeriesInfo, ...]:
        """Every stored series."""
        ...


class Store(Readable, Protocol):
    """History of many series. Readers never wait for the writer; a second writer is refused in words."""

    def append(self, key: SeriesKey, records: Records, coverage: Sequence[Interval] = ()) -> Appended:
        """Merge rows in (same time: the newer row wins), and add to the recorded coverage, in one transaction.

        Raises BadInputError for rows of the wrong kind, MachineError for a full disk or a read-only folder;
        what was stored before stays readable.
        """
        ...
