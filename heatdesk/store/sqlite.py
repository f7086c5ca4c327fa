"""The store every installation has: one SQLite file per exchange in a folder of the user's data."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np

from heatdesk.errors import BadInputError, MachineError
from heatdesk.intervals import clipped
from heatdesk.market import COLUMNS, SEVERAL_AT_ONCE, Interval, Kind, Records, SeriesKey
from heatdesk.store.base import Appended, Reading, SeriesInfo
from heatdesk.store.chunks import label
from heatdesk.store.contents import Contents
from heatdesk.store.lock import WriterLock
from heatdesk.store.schema import file_of, open_writer, reader, told, transaction
from heatdesk.store.series import END_OF_TIME_MS, EVER, StoredSeries

_log = logging.getLogger(__name__)
_Known = dict[
    tuple[str, int], tuple[tuple[object, ...], SeriesInfo]
]  # by exchange and number: an entry, as read
_REWRITTEN: Final = "INSERT INTO meta VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"


class SqliteStore:
    """History in `folder`; see `heatdesk.store.base.Store` for what each verb promises.

    A store that may write holds the folder's writer lock until `close`; any number of read-only stores, in any
    process, read meanwhile. All methods may be called from any thread. In a series with one row per time the
    known cells of the newer row win; of equal events, as many are kept as any one append held.
    """

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self._guard = threading.Lock()
        self._writers: dict[str, sqlite3.Connection] = {}
        self._numbers: dict[SeriesKey, int] = {}  # of series that are there to stay: nobody else writes
        self._known: _Known = {}
        self._lock = None if read_only else WriterLock(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the next writer in."""
        with self._guard:
            for connection in self._writers.values():
                connection.close()
            self._writers.clear()
            self._numbers.clear()
            if self._lock is not None:
                self._lock.release()

    def append(self, key: SeriesKey, records: Records, coverage: Sequence[Interval] = ()) -> Appended:
        """See `Store.append`."""
        _check(key, records)
        if self._read_only:
            raise MachineError(f"The history in {self._folder} was opened for reading only.")
        path = file_of(self._folder, key.exchange)
        with self._guard, told(path):
            if key.exchange not in self._writers:
                self._writers[key.exchange] = open_writer(path)
            connection = self._writers[key.exchange]
            number = self._numbers.get(key)
            with transaction(connection):
                if number is None:
                    number = _find(connection, key)
                if number is None:
                    number = _add(connection, key)
                series = StoredSeries.load(connection, key, number)
                rows, last_ms = series.contents.rows, series.contents.last_ms
                done = series.append(records, coverage)
                if rows and done.rewrites(records.time_ms, last_ms):
                    connection.execute(_REWRITTEN, (_rewrites_of(series.number),))
            self._numbers[key] = number
            return done

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> Reading:
        """See `Store.read`."""
        start = 0 if start_ms is None else start_ms
        end = END_OF_TIME_MS if end_ms is None else end_ms
        with self._opened(key) as series:
            if series is None:
                return Reading(Records.empty(key.kind))
            records = series.read(start, end)
            return Reading(records, clipped(series.damaged, start, end))

    def coverage(self, key: SeriesKey) -> tuple[Interval, ...]:
        """See `Store.coverage`."""
        with self._opened(key) as series:
            return () if series is None else series.contents.coverage

    def list(self) -> tuple[SeriesInfo, ...]:
        """See `Store.list`; a file that cannot be read is logged and left out.

        Raises MachineError where no file could be read: an unreadable history is not an empty one.
        """
        infos: list[SeriesInfo] = []
        unreadable: list[MachineError] = []
        for path in sorted(self._folder.glob("*.sqlite")):
            try:
                with reader(path) as connection:
                    infos.extend(_infos(connection, path.stem, self._known) if connection else ())
            except MachineError as error:
                _log.warning("%s", error)
                unreadable.append(error)
        if unreadable and not infos:
            raise unreadable[0]
        return tuple(infos)

    @contextlib.contextmanager
    def _opened(self, key: SeriesKey) -> Iterator[StoredSeries | None]:
        """The series for one reading; None where it is not stored."""
        with reader(file_of(self._folder, key.exchange)) as connection:
            if connection is None:
                yield None
                return
            number = _find(connection, key)
            if number is not None:
                yield StoredSeries.load(connection, key, number)
            elif _is_whole(connection, key.exchange):
                yield None
            else:  # the series may be the one whose entry is damaged: unknown is not empty
                yield StoredSeries(connection, key, -1, Contents(), [EVER])


def _check(key: SeriesKey, records: Records) -> None:
    if records.kind is not key.kind or set(records.columns) != set(COLUMNS[key.kind]):
        raise BadInputError(f"Rows of {records.kind.value} cannot be stored as {key.kind.value}.")
    times = records.time_ms
    if any(len(records[name]) != len(times) for name in COLUMNS[key.kind]):
        raise BadInputError(f"The columns of {key.kind.value} differ in length.")
    if not len(times):
        return
    steps = np.diff(times)
    if (steps < 0).any() or (key.kind not in SEVERAL_AT_ONCE and not steps.all()):
        raise BadInputError(
            f"Rows of {key.kind.value} must ascend in time, one row per time; sort and merge them."
        )
    if times[0] < 0 or times[-1] >= END_OF_TIME_MS:
        raise BadInputError("Times must be milliseconds since 1970.")


def _names(key: SeriesKey) -> tuple[str, str, str, str]:
    return key.symbol, key.kind.value, key.timeframe, key.source


def _find(connection: sqlite3.Connection, key: SeriesKey) -> int | None:
    row = connection.execute(
        "SELECT id FROM series WHERE symbol = ? AND kind = ? AND timeframe = ? AND source = ? ORDER BY id",
        _names(key),
    ).fetchone()
    return None if row is None else int(row[0])


def _add(connection: sqlite3.Connection, key: SeriesKey) -> int:
    cursor = connection.execute(
        "INSERT INTO series (symbol, kind, timeframe, source, contents) VALUES (?, ?, ?, ?, ?)",
        (*_names(key), b""),
    )
    number = cursor.lastrowid
    connection.execute(
        "UPDATE series SET contents = ? WHERE id = ?", (Contents().encode(label(key, number or 0)), number)
    )
    connection.execute("UPDATE meta SET value = (SELECT count(*) FROM series) WHERE name = 'series'")
    return number or 0


def _rewrites_of(number: int) -> str:
    """Where the file counts how often a series was rewritten before its end."""
    return f"rewritten {number}"


def _infos(connection: sqlite3.Connection, exchange: str, known: _Known) -> Iterator[SeriesInfo]:
    """What a file lists; entries that are `known` are not taken apart again."""
    counted = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    for number, *names, blob in connection.execute(
        "SELECT id, symbol, kind, timeframe, source, contents FROM series"
    ).fetchall():
        entry = (exchange, number), (*names, blob, counted.get(_rewrites_of(number), 0))
        before = known.get(entry[0])
        if before is not None and before[0] == entry[1]:
            yield before[1]
            continue
        try:
            symbol, kind, timeframe, source = (str(name) for name in names)
            key = SeriesKey(exchange, symbol, Kind(kind), timeframe, source)
        except ValueError:
            _log.warning("The history of %s lists a series that is damaged; import it again.", exchange)
            continue
        series = StoredSeries.load(connection, key, number)
        if series.damaged:
            _log.warning("The history of %s %s (%s) is damaged.", exchange, symbol, kind)
        if series.contents.rows:
            found = series.contents
            info = SeriesInfo(key, found.rows, found.first_ms, found.last_ms, entry[1][-1])
            if not series.damaged:
                known[entry[0]] = entry[1], info
            yield info


def _is_whole(connection: sqlite3.Connection, exchange: str) -> bool:
    """Whether every series that was ever added is listed, and listed intact."""
    count = connection.execute("SELECT value FROM meta WHERE name = 'series'").fetchone()
    rows = connection.execute("SELECT id, symbol, kind, timeframe, source FROM series").fetchall()
    if count is None or count[0] != len(rows):
        return False
    for number, symbol, kind, timeframe, source in rows:
        try:
            key = SeriesKey(exchange, symbol, Kind(kind), timeframe, source)
        except ValueError:
            return False
        if StoredSeries.load(connection, key, number).damaged:
            return False
    return True
