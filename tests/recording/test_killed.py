"""The recorder is killed under load: what it had acknowledged is there, and the next start knows what was missed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import pytest

from heatdesk.machine import paths
from heatdesk.market import TIMEFRAMES, Kind, SeriesKey
from heatdesk.store.ledger import KILLED, Ledger
from heatdesk.store.sqlite import SqliteStore

# Tells on stdout, line by line: what an append has acknowledged, when exchanges are heard, and of which it is written
# down until when they were.
_RECORDER = """
import os, sys, threading, time
from heatdesk import cli
from heatdesk.commands import record
from heatdesk.live import Health
from heatdesk.store.ledger import Ledger
from heatdesk.store.sqlite import SqliteStore

def tell(line):
    os.write(1, (line + "\\n").encode())

append = SqliteStore.append
def watched(store, key, records, coverage=()):
    done = append(store, key, records, coverage)
    if len(records):
        told = ",".join(map(str, records.time_ms.tolist()))
        tell(f"row|{key.exchange}|{key.symbol}|{key.kind.value}|{key.timeframe}|{key.source}|{told}")
    return done
SqliteStore.append = watched

heard = Ledger.heard
def noted(ledger, last_ms):
    heard(ledger, last_ms)
    for exchange in {thing[0] for thing in last_ms}:
        tell(f"noted {exchange}")
Ledger.heard = noted

class Recorder(record.Recorder):
    def start(self):
        super().start()
        threading.Thread(target=self.look, daemon=True).start()
    def look(self):
        while not any(s.health is Health.LIVE and s.messages for s in self.live().exchanges):
            time.sleep(0.01)
        tell("heard")
record.Recorder = Recorder
sys.exit(cli.main(["record", "--exchange", "binance", "bybit", "--symbol", "BTC/USDT:USDT", "ETH/USDT:USDT"]))
"""
_LONGEST_START_S = 3.0
_LONGEST_STOP_S = 2.5
_BUSY_S = 120.0  # for either, on a machine that has other things to do
_LOAD = 1500  # trades a second
_EXCHANGES = {"binance", "bybit"}


class _Acknowledged(NamedTuple):
    key: SeriesKey
    times_ms: list[int]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The loopback exchanges under load, in a process of their own; what points a recorder at them."""
    authority = tmp_path_factory.mktemp("authority") / "ca.pem"
    words = ["-m", "tests.exchange_server", "--ca", str(authority), "--exchanges", "binance,bybit"]
    with subprocess.Popen(
        [sys.executable, *words, "--rate", str(_LOAD)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))
        yield told
        process.kill()


@contextmanager
def _start(server: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A recorder in a process of its own, which does not outlive the test."""
    environment = {name: value for name, value in os.environ.items() if name != "HEATDESK_OFFLINE"}
    with subprocess.Popen(
        [sys.executable, "-c", _RECORDER],
        env=environment | server,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _until_heard(lines: IO[str]) -> list[_Acknowledged]:
    """What was acknowledged before the first exchange was heard."""
    acknowledged: list[_Acknowledged] = []
    for line in lines:
        if line == "heard\n":
            return acknowledged
        acknowledged += _rows_of(line)
    pytest.fail("the recorder ended before it heard anything")


def _until_noted(lines: IO[str]) -> list[_Acknowledged]:
    """What is acknowledged until the ledger knows of every exchange that it was heard."""
    acknowledged: list[_Acknowledged] = []
    noted: set[str] = set()
    for line in lines:
        acknowledged += _rows_of(line)
        if line.startswith("noted "):
            noted.add(line.split()[1])
        if noted == _EXCHANGES:
            return acknowledged
    pytest.fail("the recorder ended before it had written down what it heard")


def _rows_of(line: str) -> list[_Acknowledged]:
    """One acknowledgement; none where the kill cut the line."""
    word, *parts = line.rstrip("\n").split("|")
    if word != "row" or len(parts) != 6 or not line.endswith("\n"):
        return []
    *names, times = parts
    key = SeriesKey(names[0], names[1], Kind(names[2]), names[3], names[4])
    return [_Acknowledged(key, [int(time_ms) for time_ms in times.split(",")])]


def _assert_stored(acknowledged: list[_Acknowledged]) -> int:
    """Every acknowledged row is in the history; returns how many there are."""
    store = SqliteStore(paths.data() / "history", read_only=True)
    by_key: dict[SeriesKey, set[int]] = {}
    for key, times in acknowledged:
        by_key.setdefault(key, set()).update(times)
    for key, times in by_key.items():
        reading = store.read(key)
        assert not reading.damaged
        missing = times - set(reading.records.time_ms.tolist())
        assert not missing, f"{len(missing)} rows of {key} are lost"
        assert np.all(np.diff(reading.records.time_ms) >= 0)
        if key.kind is Kind.CANDLES:
            forming = reading.records.time_ms + TIMEFRAMES[key.timeframe] > time.time() * 1000
            assert not forming.any(), f"{key} holds a candle that has not closed"
    return sum(map(len, by_key.values()))


def _as_if_heard() -> None:
    """The ledger as a recorder leaves it that is killed after it has heard both exchanges; without the wait for it."""
    now_ms = int(time.time() * 1000)
    paths.data().mkdir(parents=True, exist_ok=True)
    with Ledger(paths.data() / "ledger.sqlite") as ledger:
        ledger.begin(now_ms)
        ledger.heard({(exchange, "BTC/USDT:USDT", "candles"): now_ms for exchange in _EXCHANGES})


def _kill(
    server: dict[str, str], times: int, longest_start_s: float, until_noted: bool = False
) -> list[float]:
    """Kill the recorder again and again; returns the wall times of the kills, in milliseconds.

    With `until_noted` the first one is killed only once the ledger knows what it heard: after up to a minute.
    """
    kills: list[float] = []
    acknowledged: list[_Acknowledged] = []
    chance = random.Random(5)
    for _ in range(times):
        began = time.monotonic()
        with _start(server) as process:
            assert process.stdout is not None
            acknowledged += _until_heard(process.stdout)
            assert time.monotonic() - began < longest_start_s
            if until_noted and not kills:
                acknowledged += _until_noted(process.stdout)
            time.sleep(chance.uniform(0.3, 2.0))
            process.send_signal(signal.SIGKILL)
            kills.append(time.time() * 1000.0)
            for line in process.stdout:
                acknowledged += _rows_of(line)
        _assert_stored(acknowledged)
    assert _assert_stored(acknowledged) > 1000
    return kills


def _assert_told(server: dict[str, str], kills: list[float], longest_stop_s: float) -> None:
    """The next start writes down what the last kill cost, and ends as it should."""
    with _start(server) as process:
        assert process.stdout is not None
        _until_heard(process.stdout)
        time.sleep(1.0)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        for _ in process.stdout:
            continue
        assert process.wait(_BUSY_S) == 0
        assert time.monotonic() - began < longest_stop_s
    with Ledger(Path(paths.data() / "ledger.sqlite"), read_only=True) as ledger:
        holes = [hole for hole in ledger.holes() if hole.cause == KILLED]
    for kill_ms in kills:
        about = [h for h in holes if h.interval.start_ms - 1000 <= kill_ms <= h.interval.end_ms]
        assert {hole.exchange for hole in about} == _EXCHANGES, kill_ms


@pytest.mark.timeout(600)
def test_no_acknowledged_row_is_lost_and_the_hole_is_told(server: dict[str, str]):
    _as_if_heard()
    _assert_told(server, _kill(server, 2, _BUSY_S), _BUSY_S)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_twenty_kills_under_load(server: dict[str, str]):
    kills = _kill(server, 20, _LONGEST_START_S, until_noted=True)
    _assert_told(server, kills, _LONGEST_STOP_S)
