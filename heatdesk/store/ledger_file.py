"""The file of the gap ledger: two small tables whose rows carry checksums."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from heatdesk.errors import MachineError
from heatdesk.live import Hole
from heatdesk.market import Interval
from heatdesk.store.schema import DAMAGE, connected, told, transaction

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS hole (
    id INTEGER PRIMARY KEY, exchange TEXT NOT NULL, symbol TEXT NOT NULL, what TEXT NOT NULL,
    start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT NOT NULL,
    sum INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS heard (
    exchange TEXT NOT NULL, symbol TEXT NOT NULL, what TEXT NOT NULL, last_ms INTEGER NOT NULL,
    sum INTEGER NOT NULL, PRIMARY KEY (exchange, symbol, what)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID
"""
_log = logging.getLogger(__name__)


class HoleRow(NamedTuple):
    """A hole and the number it is kept under."""

    number: int
    hole: Hole


class HeardRow(NamedTuple):
    """Until when something was heard."""

    exchange: str
    symbol: str
    what: str
    last_ms: int


class LedgerFile:
    """Reads and writes the tables; a damaged row is left out, a damaged file put aside by whoever may write."""

    def __init__(self, path: Path, read_only: bool) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._unwritten: list[HoleRow] = []
        self._unremoved: list[int] = []
        if read_only:
            return
        with told(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._connection = _opened(path)
            except DAMAGE as error:
                if isinstance(error, sqlite3.OperationalError):  # a full disk, no rights: nothing is damaged
                    raise
                _log.warning(
                    "The gap ledger %s is damaged (%s); it is put aside and begun anew.", path, error
                )
                _put_aside(path)
                self._connection = _opened(path)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def running(self) -> bool:
        """Whether a recording has begun and not ended."""
        rows = self._read("SELECT value FROM meta WHERE name = 'running'")
        return bool(rows and rows[0][0])

    def read_holes(self) -> list[HoleRow]:
        """All holes whose checksum holds."""
        rows = self._read("SELECT id, exchange, symbol, what, start_ms, end_ms, state, cause, sum FROM hole")
        good = []
        for *cells, total in rows:
            if total == _sum(cells) and isinstance(cells[4], int) and isinstance(cells[5], int):
                number, exchange, symbol, what, start, end, state, cause = cells
                hole = Hole(exchange, symbol, what, Interval(start, end), state, cause)
                good.append(HoleRow(number, hole))
        if len(good) < len(rows):
            _log.warning("%d entries of the gap ledger are damaged and left out.", len(rows) - len(good))
        return good

    def read_heard(self) -> list[HeardRow]:
        """Until when each thing was heard; damaged rows are left out."""
        rows = self._read("SELECT exchange, symbol, what, last_ms, sum FROM heard")
        return [
            HeardRow(*cells) for *cells, total in rows if total == _sum(cells) and isinstance(cells[3], int)
        ]

    def write(
        self,
        *,
        removed: Sequence[int] = (),
        holes: Sequence[HoleRow] = (),
        heard: Sequence[HeardRow] = (),
        forgotten: Sequence[tuple[str, str, str]] = (),
        running: bool | None = None,
    ) -> None:
        """All of it or, raising MachineError, nothing; changes of holes are then kept for the next write."""
        self._unwritten = [row for row in self._unwritten if row.number not in set(removed)] + list(holes)
        self._unremoved += removed
        with told(self._path):
            connection = self._connection
            if connection is None:
                raise MachineError(f"The gap ledger {self._path} is not open for writing.")
            with transaction(connection):
                connection.executemany("DELETE FROM hole WHERE id = ?", ((n,) for n in self._unremoved))
                connection.executemany(
                    "INSERT OR REPLACE INTO hole VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (_with_sum(_cells(row)) for row in self._unwritten),
                )
                connection.executemany(
                    "INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?, ?)", (_with_sum(row) for row in heard)
                )
                connection.executemany(
                    "DELETE FROM heard WHERE exchange = ? AND symbol = ? AND what = ?", forgotten
                )
                if running is not None:
                    connection.execute("INSERT OR REPLACE INTO meta VALUES ('running', ?)", (int(running),))
        self._unwritten, self._unremoved = [], []

    def _read(self, question: str) -> list[Any]:
        """Rows, or none where the file or its tables are missing or damaged."""
        if self._connection is not None:
            with told(self._path):
                return self._connection.execute(question).fetchall()
        if not self._path.exists():
            return []
        try:
            with told(self._path), contextlib.closing(connected(self._path, "mode=ro")) as connection:
                return connection.execute(question).fetchall()
        except MachineError as error:
            _log.warning("%s", error)
            return []


def _opened(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = connected(path, "mode=rw")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        with transaction(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)
        for table in ("hole", "heard", "meta"):  # damage shows when it is read
            connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
    except BaseException:
        connection.close()
        raise
    return connection


def _put_aside(path: Path) -> None:
    path.replace(path.with_name(path.name + ".damaged"))
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _cells(row: HoleRow) -> tuple[object, ...]:
    hole = row.hole
    return (row.number, *hole[:3], *hole.interval, str(hole.state), hole.cause)


def _with_sum(cells: Iterable[object]) -> tuple[object, ...]:
    kept = tuple(cells)
    return (*kept, _sum(kept))


def _sum(cells: Iterable[object]) -> int:
    """Over what the row says and the order it says it in."""
    return zlib.crc32("\x1f".join(map(str, cells)).encode(errors="replace"))
