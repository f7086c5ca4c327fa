"""One SQLite file per exchange: how it is opened, what tables it has, and what its errors mean to a person."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from heatdesk.errors import BadInputError, MachineError

VERSION: Final = 1
# What reading a damaged file raises; text that is no UTF-8 comes past sqlite3.Error (faults.md, finding D).
DAMAGE: Final = (sqlite3.DatabaseError, UnicodeDecodeError, OverflowError)

_EXCHANGE: Final = re.compile(r"[a-z][a-z0-9]{0,31}")
_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE series (
    id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, kind TEXT NOT NULL, timeframe TEXT NOT NULL,
    source TEXT NOT NULL, contents BLOB NOT NULL
);
CREATE TABLE block (
    series INTEGER NOT NULL, month INTEGER NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (series, month, part)
);
CREATE TABLE tail (
    series INTEGER NOT NULL, time_ms INTEGER NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (series, time_ms, number)
) WITHOUT ROWID
"""
_LARGEST_CELL: Final = 32 << 20  # the largest block has 7 MiB; a forged one may claim a gigabyte


def check_exchange(exchange: str) -> None:
    """Raises BadInputError for a name that could not become a file's."""
    if not _EXCHANGE.fullmatch(exchange):
        raise BadInputError(
            f"Exchange {exchange[:40]!r} is no exchange name; use lower-case letters and digits, for example binance."
        )


def file_of(folder: Path, exchange: str) -> Path:
    """The exchange's file; only names of letters and digits become file names."""
    check_exchange(exchange)
    return folder / f"{exchange}.sqlite"


def open_writer(path: Path) -> sqlite3.Connection:
    """A connection that may write; makes the file and its tables where there are none."""
    with told(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # private before SQLite writes its first byte
        connection = connected(path, "mode=rw")
        with _closed_on_error(connection):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            with transaction(connection):
                if not _has_tables(connection):
                    for statement in _TABLES.split(";"):
                        connection.execute(statement)
                    connection.execute("INSERT INTO meta VALUES ('schema', ?), ('series', 0)", (VERSION,))
                _check_version(connection, path)
    return connection


@contextlib.contextmanager
def reader(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection for one reading, seeing one moment of the file; None where nothing is stored yet."""
    if not path.exists():
        yield None
        return
    with told(path), contextlib.closing(_open_reader(path)) as connection:
        connection.execute("BEGIN")
        if _has_tables(connection):
            _check_version(connection, path)
            yield connection
        else:
            yield None


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns what SQLite and the system raise into one sentence."""
    try:
        yield
    except (*DAMAGE, sqlite3.Error, OSError) as error:
        raise MachineError(_sentence(error, path)) from error


def _open_reader(path: Path) -> sqlite3.Connection:
    connection = connected(path, "mode=ro")
    with _closed_on_error(connection):
        try:
            _has_tables(connection)
        except sqlite3.OperationalError as error:
            # A file in WAL mode needs helper files beside it. Where a read-only folder or a full disk forbids
            # them and no writer left any, the file stands still and can be read as it is.
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if busy or path.with_name(path.name + "-wal").exists():
                raise
            connection.close()
            return connected(path, "immutable=1")
    return connection


def connected(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that trusts nothing in the file; `mode` as in SQLite's addresses (``mode=ro``)."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        isolation_level=None,
        timeout=10,
        check_same_thread=False,
    )
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_CELL)
    connection.execute("PRAGMA trusted_schema = OFF")  # a foreign file may bring views and triggers
    return connection


@contextlib.contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _has_tables(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    row = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    version = row[0] if row else None
    if not isinstance(version, int) or version < 1:
        raise sqlite3.DatabaseError("no schema version")
    if version > VERSION:
        raise MachineError(
            f"{path} was written by a newer heatdesk (format {version}, this one reads up to {VERSION}); "
            "update heatdesk to use it."
        )


def _sentence(error: Exception, path: Path) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    code = code & 0xFF if isinstance(code, int) else None
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) == errno.ENOSPC:
        return f"The disk that holds {path} is full; free some space and try again: what was stored before is kept."
    if code == sqlite3.SQLITE_NOTADB:
        return f"{path} is not a history file (or its head is damaged); move it away and import again."
    if code == sqlite3.SQLITE_BUSY:
        return f"{path} is locked by another program; close it and try again."
    if code == sqlite3.SQLITE_IOERR:
        return f"The disk failed while {path} was used ({error}); check the disk: what was stored before is kept."
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM) or isinstance(
        error, OSError
    ):
        return f"{path} cannot be opened or written ({error}); make it and its folder writable for you."
    return f"{path} is damaged ({error}); move it away and import again."
