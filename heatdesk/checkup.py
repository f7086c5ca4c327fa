"""What a program needs of the machine it runs on, looked at without changing anything: folders, history, compiler."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, NamedTuple

from heatdesk import __version__
from heatdesk.errors import HeatdeskError
from heatdesk.live import HoleState
from heatdesk.machine import compiled, paths
from heatdesk.machine.process_lock import HeldError, ProcessLock
from heatdesk.store.ledger import Ledger
from heatdesk.store.user import user_history

LEAST_FREE: Final = 500 << 20
_LIBRARIES: Final = (
    "PySide6-Essentials",
    "pyqtgraph",
    "numpy",
    "numba",
    "pyarrow",
    "ccxt",
    "aiohttp",
    "orjson",
)


class Check(NamedTuple):
    """One thing that was looked at; `remedy` says what to do where it is not well."""

    name: str
    said: str
    ok: bool = True
    remedy: str = ""


def check_up() -> Iterator[Check]:
    """Everything that can be known without Qt and without a network, one after the other."""
    yield Check("heatdesk", __version__)
    yield Check("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield _libraries()
    yield from map(_folder, ("data", "config", "cache", "log"))
    yield from _history()
    yield _writer()
    ready = compiled.ready(compiled.MAP)
    yield Check("compiled model", "ready" if ready else "is made at the first start, in up to half a minute")


def _libraries() -> Check:
    found, missing = [], []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing and not getattr(sys, "frozen", False):
        return Check("libraries", f"{', '.join(missing)} not installed", False, "install heatdesk again")
    return Check("libraries", ", ".join(found))


def _folder(kind: str) -> Check:
    """A folder of the program, or the one it will be made in."""
    folder: Path = getattr(paths, kind)()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(there, os.W_OK):
        return Check(
            f"{kind} folder", f"{folder} cannot be written", False, "make it writable, or set HEATDESK_HOME"
        )
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Check(f"{kind} folder", f"{folder}: {error.strerror}", False, "check the disk")
    said = f"{folder}, {free / (1 << 30):.1f} GiB free"
    return Check(
        f"{kind} folder", said, free >= LEAST_FREE, "free some space: recording pauses on a full disk"
    )


def _history() -> Iterator[Check]:
    """Every block of every series is read; what is damaged is fetched again by the feed."""
    try:
        with user_history(read_only=True) as store:
            listed = store.list()
            rows = sum(info.rows for info in listed)
            damaged = [info.key for info in listed if store.read(info.key).damaged]
    except HeatdeskError as error:
        yield Check("history", str(error), False, "see the log")
        return
    if damaged:
        first = damaged[0]
        said = f"{len(damaged)} of {len(listed)} series have damaged blocks, {first.exchange} {first.symbol} first"
        yield Check("history", said, False, "they are fetched again where the exchange still has them")
    else:
        yield Check(
            "history", f"{len(listed)} series, {rows:,} rows, every block whole" if listed else "empty"
        )
    yield from _holes()


def _holes() -> Iterator[Check]:
    file = paths.data() / "ledger.sqlite"
    if not file.exists():
        yield Check("gap ledger", "nothing has been recorded yet")
        return
    try:
        with Ledger(file, read_only=True) as ledger:
            holes = [hole for hole in ledger.holes() if hole.state == HoleState.OPEN]
    except HeatdeskError as error:
        yield Check("gap ledger", str(error), False, "see the log")
        return
    yield Check("gap ledger", f"holes that wait to be filled: {len(holes)}" if holes else "no hole is open")


def _writer() -> Check:
    """Who writes the history now. The lock is let go at once."""
    folder = paths.data() / "history"
    if not (folder / "writer.lock").exists():
        return Check("writer", "nobody has written here yet")
    try:
        ProcessLock(folder / "writer.lock").release()
    except HeldError as error:
        return Check("writer", f"process {error.holder or 'unknown'} writes the history")
    except OSError as error:
        return Check("writer", f"{folder}: {error.strerror}", False, "make it writable, or set HEATDESK_HOME")
    return Check("writer", "nobody writes the history now")
