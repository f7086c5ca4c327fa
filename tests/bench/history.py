"""How fast history comes in and back: import against pandas reading the same file, and reading a stored year."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from heatdesk.feed.archive import read_file
from heatdesk.market import MINUTE_MS, Floats, Kind, Records, SeriesKey
from heatdesk.store.sqlite import SqliteStore

SYMBOL = "BTC/USDT:USDT"
RUNS = 7
YEAR_MINUTES = 525_600


def rows() -> list[dict[str, Any]]:
    """The benchmark's lines; without real data only those that need none."""
    found = [_year_back()]
    shared = os.environ.get("HEATDESK_SHARED")
    if shared:
        found.insert(0, _import_ratio(Path(shared) / "data" / "binance" / "BTCUSDT_5m_2025.csv.gz"))
    return found


def _import_ratio(file: Path) -> dict[str, Any]:
    """Parse, check and store 13 months of 5m candles, in units of what pandas needs to read the same file."""
    import pandas as pd

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder)) as store:
            for series in read_file(file, SYMBOL):
                key = SeriesKey("binance", SYMBOL, series.kind, series.timeframe)
                assert store.append(key, series.records, series.coverage).new == 116_640

    def theirs() -> None:
        assert len(pd.read_csv(file)) == 116_640

    ours(), theirs()
    ratios = [_seconds(ours) / _seconds(theirs) for _ in range(RUNS)]
    return _row("import 13 months of 5m / pandas.read_csv", statistics.median(ratios), "×", 3.0)


def _year_back() -> dict[str, Any]:
    """A stored year of 1m candles as arrays again."""
    key = SeriesKey("binance", SYMBOL, Kind.CANDLES, "1m")
    with tempfile.TemporaryDirectory() as folder:
        with SqliteStore(Path(folder)) as store:
            store.append(key, _year())
        reader = SqliteStore(Path(folder), read_only=True)

        def read() -> None:
            assert len(reader.read(key).records) == YEAR_MINUTES

        read()
        seconds = statistics.median(_seconds(read) for _ in range(RUNS))
    return _row("read back a stored year of 1m", seconds * 1000, "ms", 150.0)


def _year() -> Records:
    """A random walk on a tick of 0.1 with lots of 0.001, as an exchange would have it."""
    random = np.random.default_rng(2025)

    def on_tick(values: Floats) -> Floats:
        return np.round(values, 1)

    close = on_tick(60_000 + np.cumsum(random.normal(0, 15, YEAR_MINUTES)))
    opened = np.concatenate([close[:1], close[:-1]])
    high = on_tick(np.maximum(opened, close) + random.exponential(10, YEAR_MINUTES))
    low = on_tick(np.minimum(opened, close) - random.exponential(10, YEAR_MINUTES))
    volume = np.round(random.exponential(30, YEAR_MINUTES), 3)
    taker = np.round(volume * random.random(YEAR_MINUTES), 3)
    times = 1_735_689_600_000 + MINUTE_MS * np.arange(YEAR_MINUTES)  # 2025
    columns = {
        "open": opened,
        "high": high,
        "low": low,
        "close": close,
        "volume": volume,
        "taker_buy_volume": taker,
    }
    return Records(Kind.CANDLES, times, columns)


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _row(name: str, value: float, unit: str, target: float) -> dict[str, Any]:
    return {"name": name, "value": round(value, 2), "unit": unit, "target": target, "ok": value <= target}
