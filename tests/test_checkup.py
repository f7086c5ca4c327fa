"""Looking at the machine: what is well is said, what is not comes with a remedy, and nothing is changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from heatdesk import checkup
from heatdesk.checkup import LEAST_FREE, Check, check_up
from heatdesk.live import Hole, HoleState
from heatdesk.machine import paths
from heatdesk.market import COLUMNS, MINUTE_MS, Interval, Kind, Records, SeriesKey
from heatdesk.store.ledger import Ledger
from heatdesk.store.user import user_history

KEY = SeriesKey("binance", "BTC/USDT:USDT", Kind.CANDLES, "1m")


def found() -> dict[str, Check]:
    return {check.name: check for check in check_up()}


def record(days: int = 40) -> None:
    """Candles of more than a month, so that some are in blocks."""
    times = 1_735_689_600_000 + np.arange(0, days * 1440, 10) * MINUTE_MS
    columns = {name: np.full(len(times), 5.0) for name in COLUMNS[Kind.CANDLES]}
    with user_history(read_only=False) as store:
        store.append(KEY, Records(Kind.CANDLES, times, columns))


def test_a_fresh_machine_is_well_and_stays_untouched(home: Path) -> None:
    checks = found()
    assert all(check.ok for check in checks.values())
    assert checks["history"].said == "empty"
    assert checks["writer"].said == "nobody has written here yet"
    assert "numpy" in checks["libraries"].said
    assert not home.exists()


def test_history_is_counted_and_read(home: Path) -> None:
    record()
    checks = found()
    assert checks["history"] == Check("history", "1 series, 5,760 rows, every block whole")
    assert checks["writer"].said == "nobody writes the history now"


def test_a_damaged_block_is_found(home: Path) -> None:
    record()
    [file] = [path for path in (paths.data() / "history").rglob("*") if path.suffix in (".sqlite", ".db")]
    with closing(sqlite3.connect(file)) as db, db:
        assert db.execute("UPDATE block SET data = zeroblob(100)").rowcount > 0
    check = found()["history"]
    assert not check.ok
    assert check.said == "1 of 1 series have damaged blocks, binance BTC/USDT:USDT first"


def test_who_writes_is_named(home: Path) -> None:
    with user_history(read_only=False):
        assert found()["writer"].said == f"process {os.getpid()} writes the history"
    assert found()["writer"].said == "nobody writes the history now"


def test_open_holes_are_counted(home: Path) -> None:
    paths.data().mkdir(parents=True)
    with Ledger(paths.data() / "ledger.sqlite") as ledger:
        hole = Hole(
            "binance", KEY.symbol, "candles", Interval(MINUTE_MS, 2 * MINUTE_MS), HoleState.OPEN, "cut"
        )
        ledger.add([hole])
    assert found()["gap ledger"].said == "holes that wait to be filled: 1"


def test_a_full_disk_and_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(Path.cwd())._replace(free=LEAST_FREE - 1)
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda place: usage)
    check = found()["data folder"]
    assert (check.ok, check.said.endswith("0.5 GiB free")) == (False, True)
    assert "free some space" in check.remedy
    monkeypatch.setattr(checkup.os, "access", lambda *_: False)
    assert "cannot be written" in found()["log folder"].said


def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "_LIBRARIES", ("numpy", "no-such-library"))
    assert found()["libraries"] == Check(
        "libraries", "no-such-library not installed", False, "install heatdesk again"
    )
