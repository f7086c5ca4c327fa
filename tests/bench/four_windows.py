"""Four live windows in one process, two thousand messages a second: how evenly each of them is painted.

One feed, one engine; each window its own coin, then all of them the same. The exchanges are a process of their own, and
the screen is an X server without a graphics card: everything shares the machine's cores. A mouse moves over each chart
thirty times a second, for what does not change is not painted. A gap is the time between two paintings of one window's
chart, and of a 16 ms timer on the GUI thread between two of its ticks.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from .screen import CHECKOUT, screen, told_by

Row = dict[str, Any]
COINS: Final = ("BTC", "ETH", "SOL", "XRP")
EXCHANGES: Final = ("binance", "bybit", "okx")
RATE_PER_S: Final = 2_000
MEASURED_S: Final = 30.0
_START_S: Final = 60.0
_TIMEOUT_S: Final = 300.0


class Sizes(NamedTuple):
    """Of each of the four windows, and the longest gap that 99 of 100 may have."""

    width: int
    height: int
    most_ms: float


SIZES: Final = (Sizes(2560, 1440, 50.0), Sizes(3840, 2160, 100.0))


def rows() -> Iterator[Row]:
    """Two sizes, with four coins and with one; takes about seven minutes."""
    for sizes in SIZES:
        for coins in (COINS, COINS[:1]):
            yield from table_of(sizes, coins, measured(sizes, coins, RATE_PER_S, MEASURED_S))


def measured(sizes: Sizes, coins: tuple[str, ...], rate: float, seconds: float) -> dict[str, Any]:
    """What the four windows tell after so many seconds of their market."""
    with tempfile.TemporaryDirectory(prefix="heatdesk-four-") as folder:
        home = Path(folder)
        with (
            _exchanges(home, rate) as served,
            screen(2 * sizes.width, 2 * sizes.height) as environment,
        ):
            environment |= served
            environment |= {"HEATDESK_HOME": str(home / "home"), "HEATDESK_OFFLINE": ""}
            return told_by(
                "tests.bench.four_windows_live",
                sizes.width,
                sizes.height,
                seconds,
                *coins,
                environment=environment,
                timeout_s=_TIMEOUT_S,
            )


@contextmanager
def _exchanges(folder: Path, rate: float) -> Iterator[dict[str, str]]:
    """The loopback exchanges in a process of their own, and what points heatdesk at them."""
    command = [sys.executable, "-m", "tests.exchange_server", "--exchanges", ",".join(EXCHANGES)]
    command += ["--ca", str(folder / "ca.pem"), "--rate", str(rate), "--rate-coins", ",".join(COINS)]
    server = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    hung = threading.Timer(_START_S, server.kill)
    hung.start()
    try:
        assert server.stdout is not None
        told = [server.stdout.readline().strip() for _ in range(2)]
        hung.cancel()
        if not all(told):
            raise RuntimeError("the loopback exchanges did not start")
        yield dict(line.split("=", 1) for line in told)
    finally:
        hung.cancel()
        server.terminate()
        server.wait(20)


def table_of(sizes: Sizes, coins: tuple[str, ...], told: dict[str, Any]) -> list[Row]:
    """The rows of one measurement."""
    what = "a coin each" if len(coins) > 1 else "one coin"
    words = f"four live windows of {sizes.width}×{sizes.height}, {what}"
    frames, ticks = sorted(told["frame_gaps_ms"]), sorted(told["tick_gaps_ms"])
    paints = len(frames) / told["seconds"] / 4
    return [
        _row(f"{words}: frame gap, 99 of 100", share(frames, 0.99), "ms", sizes.most_ms),
        _row(f"{words}: frame gap, median", share(frames, 0.5), "ms", None),
        _row(f"{words}: timer gap, 99 of 100", share(ticks, 0.99), "ms", None),
        _row(f"{words}: paintings a second of each", paints, "1/s", None),
        _row(f"{words}: trades heard", told["heard"] / told["seconds"], "1/s", None),
        _row(f"{words}: processor", told["cpu_s"] / told["seconds"], f"of {os.cpu_count()}", None),
        _row(f"{words}: memory", told["rss"] / 2**20, "MB", None),
    ]


def share(ascending: list[float], part: float) -> float:
    """The value below which this part of them lies; infinite where there are none."""
    return ascending[min(len(ascending) - 1, int(len(ascending) * part))] if ascending else float("inf")


def _row(name: str, value: float, unit: str, target: float | None) -> Row:
    ok = target is None or value <= target
    return {"name": name, "value": round(value, 2), "unit": unit, "target": target, "ok": ok}
