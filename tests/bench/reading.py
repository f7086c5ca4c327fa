"""What reading a map costs: clusters with their lives, the frame, and exposure among 30 days."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from heatdesk.engine import Engine, Question
from heatdesk.market import COLUMNS, MINUTE_MS, Kind, Records, SeriesKey
from heatdesk.reading.clusters import find_clusters
from heatdesk.reading.exposure import find_exposure
from heatdesk.reading.frame import find_frame
from heatdesk.reading.volatility import hourly_atr
from heatdesk.store.memory import MemoryStore
from tests.bench.kernel import candles

SYMBOL = "BTC/USDT:USDT"
ROUNDS = 7
MOST_MS = 100.0


def rows() -> list[dict[str, Any]]:
    """30 days of 5m candles: everything that is read from a map after a replay."""
    series = candles(30 * 288, 5 * MINUTE_MS)
    store = MemoryStore()
    columns = {name: getattr(series, name) for name in COLUMNS[Kind.CANDLES]}
    store.append(
        SeriesKey("binance", SYMBOL, Kind.CANDLES, "5m"), Records(Kind.CANDLES, series.time_ms, columns)
    )
    snapshot = Engine(store).ask(Question(SYMBOL, ("binance",)))
    heatmap, shown = snapshot.heatmap, snapshot.candles
    last = float(shown["close"][-1])

    def everything() -> None:
        find_frame(find_clusters(heatmap, last, shown), hourly_atr(shown, heatmap.step_ms))
        find_exposure(heatmap, shown)

    measured = {
        f"clusters of 30 days of 5m ({len(snapshot.clusters)} zones)": lambda: find_clusters(
            heatmap, last, shown
        ),
        "exposure of 30 days of 5m": lambda: find_exposure(heatmap, shown),
    }
    total = milliseconds(everything)
    return [
        {"name": name, "value": milliseconds(read), "unit": "ms", "target": None, "ok": True}
        for name, read in measured.items()
    ] + [
        {
            "name": "clusters, frame and exposure of 30 days of 5m",
            "value": total,
            "unit": "ms",
            "target": MOST_MS,
            "ok": total <= MOST_MS,
        }
    ]


def milliseconds(read: Callable[[], object]) -> float:
    """The median of some runs after a first one."""
    read()
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        read()
        seconds.append(time.perf_counter() - start)
    return 1e3 * statistics.median(seconds)
