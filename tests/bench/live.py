"""The live window against the loopback exchanges over TLS: first chart, load, burst, and from the wire to the pixel.

The server runs in this process, the program in one of its own; they share two cores as a trader's machine shares them
with everything else. What the server says it sent is held against what the program says it heard.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heatdesk.feed.clock import SystemClock
from tests.exchange_server.flood import Flood
from tests.exchange_server.listings import coins
from tests.exchange_server.server import ExchangeServer

EXCHANGES = ("binance", "bybit", "okx")
LOAD_PER_S, LOAD_S = 20_000, 60
BURST_PER_S, BURST_S = 60_000, 10
CALM_PER_S, CALM_S = 1_000, 20
CAUGHT_UP_S = 5.0
FLOODED_FROM = 10**12  # numbers of the flood's trades begin here
_SETTLED_S = 25.0  # history is being fetched until then

_PROGRAM = Path(__file__).with_name("live_window.py")
Row = dict[str, object]


class Served:
    """The loopback exchanges on a thread of their own."""

    def __init__(
        self, folder: Path, exchanges: Sequence[str] = EXCHANGES, instruments: int = 500, tick_s: float = 0.05
    ) -> None:
        self._folder, self._exchanges, self._coins, self._tick_s = (
            folder,
            exchanges,
            coins(instruments),
            tick_s,
        )
        self._ready = threading.Event()
        self._over: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.environment: dict[str, str] = {}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Served:
        self._thread.start()
        if not self._ready.wait(60):
            raise RuntimeError("the loopback exchanges did not start")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._over is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with ExchangeServer(SystemClock(), 1, self._coins, self._exchanges, self._tick_s) as server:
            self.environment = server.environment(self._folder)
            self._counts = server.counts
            self.flood = Flood(server, "binance", 0.0, ["BTC", "ETH", "SOL", "XRP", "DOGE", "AVAX"])
            flooding = asyncio.create_task(self.flood.run())
            self._ready.set()
            await self._over.wait()
            flooding.cancel()
            await asyncio.gather(flooding, return_exceptions=True)

    def frames_sent(self) -> int:
        """How many messages all streams have been sent so far."""
        return sum(count.sent for count in dict(self._counts).values())

    def send(self, rate: float, seconds: float) -> int:
        """Trade at a rate for a while; returns how many trades that were."""
        before = sum(self.flood.sent.values())
        self.flood.rate = rate
        time.sleep(seconds)
        self.flood.rate = 0.0
        time.sleep(0.1)
        return sum(self.flood.sent.values()) - before


class Program:
    """The window in a process of its own; `ask` makes it say what it measured since the last time."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.started_s = time.time()
        self._process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self) -> dict[str, Any]:
        """What was measured since the last time; raises RuntimeError where the program has gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("tell\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the program ended with {self._process.wait(10)}")
        told: dict[str, Any] = json.loads(line)
        return told

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


def rows() -> list[Row]:
    """Every row; takes about three minutes."""
    with tempfile.TemporaryDirectory(prefix="heatdesk-live-") as folder, Served(Path(folder)) as served:
        environment = {
            **os.environ,
            **served.environment,
            "HEATDESK_HOME": str(Path(folder) / "home"),
            "HEATDESK_OFFLINE": "",
            "PYQTGRAPH_QT_LIB": "PySide6",
        }
        program = Program(environment)
        try:
            return [
                *_start(program),
                *_calm(program, served),
                *_load("load", program, served, LOAD_PER_S, LOAD_S, 33.0, 100.0),
                *_load("burst", program, served, BURST_PER_S, BURST_S, None, 250.0),
            ]
        finally:
            program.close()


def _start(program: Program) -> list[Row]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (told := program.ask())["map_s"]:
        time.sleep(0.5)
    time.sleep(max(0.0, program.started_s + _SETTLED_S - time.time()))
    told = program.ask()
    first, whole = told["chart_s"] - program.started_s, told["map_s"] - program.started_s
    return [
        _row("first live chart, 3 exchanges, 1,500 instruments", round(first, 2), "s", 4.0),
        _row("first live map, 3 exchanges, 1,500 instruments", round(whole, 2), "s", 20.0),
        _row("memory there", round(told["rss"] / 2**20), "MB", 600.0),
    ]


def _calm(program: Program, served: Served) -> list[Row]:
    program.ask()
    served.send(CALM_PER_S, CALM_S)
    wire = sorted(program.ask()["wire_ms"])
    if not wire:
        return [_row("wire to pixel at 1,000/s, median", float("nan"), "ms", 60.0, ok=False)]
    return [
        _row("wire to pixel at 1,000/s, median", round(wire[len(wire) // 2], 1), "ms", 60.0),
        _row("wire to pixel at 1,000/s, 99 of 100", round(wire[len(wire) * 99 // 100], 1), "ms", 120.0),
    ]


def _load(
    name: str,
    program: Program,
    served: Served,
    rate: int,
    seconds: int,
    p99_ms: float | None,
    most_ms: float,
) -> list[Row]:
    program.ask()
    before = program.ask()["heard"]
    sent = served.send(rate, seconds)
    ended = time.monotonic()
    told = program.ask()
    gaps, used = list(told["gaps_ms"]), told["cpu_s"]
    while told["heard"] - before < sent and time.monotonic() - ended < 3 * CAUGHT_UP_S:
        time.sleep(0.1)
        told = program.ask()
        gaps += told["gaps_ms"]
        used += told["cpu_s"]
    behind = time.monotonic() - ended
    gaps.sort()
    words = f"{name} of {rate:,}/s for {seconds} s"
    reached = sent / seconds
    return [
        _row(f"{words}: messages a second sent", round(reached), "1/s", None, ok=True),
        _row(f"{words}: lost", sent - (told["heard"] - before), "messages", 0.0),
        _row(f"{words}: caught up after", round(behind, 1), "s", CAUGHT_UP_S),
        _row(f"{words}: timer gap, 99 of 100", round(gaps[len(gaps) * 99 // 100], 1), "ms", p99_ms),
        _row(f"{words}: timer gap, most", round(gaps[-1], 1), "ms", most_ms),
        _row(f"{words}: processor of the program", round(used / (seconds + behind), 2), "cores", None),
    ]


def _row(name: str, value: float, unit: str, target: float | None, ok: bool | None = None) -> Row:
    met = target is None or value <= target
    return {"name": name, "value": value, "unit": unit, "target": target, "ok": met if ok is None else ok}
