"""How close the replay comes to merely copying its input and output, and to how a naive loop would do it."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import Any

import numpy as np

from heatdesk.market import MINUTE_MS
from heatdesk.model import book as book_module
from heatdesk.model.book import Book, Frame
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from heatdesk.model.readable import replay
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers, build_tiers

YEAR = 525_600
ROWS = COLUMNS = 2_000
ROUNDS = 7


def rows() -> list[dict[str, Any]]:
    """A year of 1m candles, 22 tiers × 3 entry nodes with hazards, both sides, 2,000 rows × 2,000 columns."""
    series = candles(YEAR, MINUTE_MS)
    params, tiers, frame = _map_of(series, COLUMNS)
    empty = Book.empty(series, tiers, params)
    columns = empty.advance(series, frame)
    copied = [getattr(series, f.name) for f in fields(series) if f.name != "step_ms"] + list(columns)
    two, one, copy_two, copy_one = [], [], [], []
    for _ in range(ROUNDS):
        two.append(_seconds(lambda: Book.empty(series, tiers, params).advance(series, frame)))
        copy_two.append(_seconds(lambda: _copy(copied, 2)))
        one.append(_seconds(lambda: _on_one_thread(series, tiers, params, frame)))
        copy_one.append(_seconds(lambda: _copy(copied, 1)))
    naive = _naive_seconds(series, tiers, params, frame)
    month = candles(30 * 288, 5 * MINUTE_MS)
    return [
        _row("replay a year of 1m, two threads ÷ copying it", _ratio(two, copy_two), "×", 25),
        _row("replay a year of 1m, one thread ÷ copying it", _ratio(one, copy_one), "×", 40),
        _row("replay a year of 1m, two threads", 1e3 * statistics.median(two), "ms", None),
        _row("naive loop ÷ replay, a year of 1m", naive / statistics.median(two), "×", None),
        _row("difference to the readable twin ÷ column maximum", _disagreement(), "", 1e-3),
        _row("peak memory ÷ input and output", _peak_memory(series, tiers, params, frame, copied), "×", 4),
        _row("replay 30 days of 5m", 1e3 * _month_seconds(month), "ms", 30),
        _row("append one closed candle", 1e3 * _append_seconds(month), "ms", 1),
    ]


def candles(n: int, step_ms: int, seed: int = 1) -> Series:
    """A random walk with a real market's volatility, volume and open interest per candle."""
    rng = np.random.default_rng(seed)
    spread = 0.0005 * (step_ms / MINUTE_MS) ** 0.5
    close = 90_000 * np.exp(np.cumsum(rng.normal(0, spread, n)))
    opened = np.r_[close[0], close[:-1]]
    interest = np.maximum(90_000 + np.cumsum(rng.normal(0, 20, n)), 20_000)
    return Series(
        1_735_603_200_000 + np.arange(n, dtype=np.int64) * step_ms,
        step_ms,
        opened,
        np.maximum(opened, close) * np.exp(rng.exponential(spread / 3, n)),
        np.minimum(opened, close) * np.exp(-rng.exponential(spread / 3, n)),
        close,
        rng.lognormal(4, 1, n) * step_ms / MINUTE_MS,
        np.full(n, np.nan),
        interest,
        np.r_[0.0, np.diff(interest)],
    )


def _map_of(series: Series, n_columns: int) -> tuple[ModelParams, Tiers, Frame]:
    """A model whose grid has `ROWS` rows or a few more, and a frame of exactly `ROWS` × `n_columns`."""
    params = ModelParams()
    tiers = build_tiers("binance", "BTC/USDT:USDT", params)
    needed = Book.empty(series, tiers, params).grid.rows
    params = ModelParams(bin_bps=params.bin_bps * needed / (ROWS + 2))
    grid = Book.empty(series, tiers, params).grid
    step_ms = -(-len(series) * series.step_ms // n_columns)
    frame = Frame(
        slice(0, min(ROWS, grid.rows)), int(series.time_ms[0]), step_ms, n_columns, np.ones(22, bool)
    )
    return params, tiers, frame


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    kept = work()  # freed after the clock stopped, so that every round writes fresh memory
    seconds = time.perf_counter() - start
    del kept
    return seconds


def _copy(arrays: list[np.ndarray], threads: int) -> list[np.ndarray]:
    """Read the input and write the output once, into fresh memory as the replay does."""
    if threads == 1:
        return [a.copy() for a in arrays]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(np.ndarray.copy, arrays))


def _on_one_thread(series: Series, tiers: Tiers, params: ModelParams, frame: Frame) -> Any:
    several = book_module.THREADS
    book_module.THREADS = 1
    try:
        return Book.empty(series, tiers, params).advance(series, frame)
    finally:
        book_module.THREADS = several


def _naive_seconds(series: Series, tiers: Tiers, params: ModelParams, frame: Frame) -> float:
    """The readable loop on a part of the year, scaled to all of it."""
    n = 1_500
    grid = Book.empty(series, tiers, params).grid
    short = Frame(frame.rows, frame.start_ms, frame.step_ms, n * COLUMNS // YEAR, frame.wanted)
    return _seconds(lambda: replay(series.head(n), tiers, params, grid, short)) * YEAR / n


def _disagreement() -> float:
    series = candles(3_000, MINUTE_MS, seed=2)
    params, tiers, frame = _map_of(series, 300)
    book = Book.empty(series, tiers, params)
    twin = replay(series, tiers, params, book.grid, frame)
    fast = book.advance(series, frame)
    return max(
        float((np.abs(a - b).max(axis=1) / b.max(axis=1)).max())
        for a, b in zip(fast, (twin.long, twin.short), strict=True)
    )


def _peak_memory(
    series: Series, tiers: Tiers, params: ModelParams, frame: Frame, copied: list[np.ndarray]
) -> float:
    """Input, plus the most that stood allocated during a replay, output included."""
    tracemalloc.start()
    kept = Book.empty(series, tiers, params).advance(series, frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    given = sum(a.nbytes for a in copied[:-2])
    del kept
    return (given + peak) / sum(a.nbytes for a in copied)


def _month_seconds(month: Series) -> float:
    """Every row of the default grid, a column a candle: what the window asks for."""
    params = ModelParams()
    tiers = build_tiers("binance", "BTC/USDT:USDT", params)
    rows = Book.empty(month, tiers, params).grid.rows
    frame = Frame(slice(0, rows), int(month.time_ms[0]), month.step_ms, len(month), np.ones(22, bool))
    return statistics.median(
        _seconds(lambda: Book.empty(month, tiers, params).advance(month, frame)) for _ in range(ROUNDS)
    )


def _append_seconds(month: Series) -> float:
    """One more candle into a book that stands, and its column."""
    params, tiers, _ = _map_of(month, len(month))
    flow = ESTIMATORS[params.estimator].flow(month, params)
    book = Book.empty(month, tiers, params)
    times = []
    for i in range(200):
        candle = Series(**{f.name: _at(getattr(month, f.name), i) for f in fields(month)})
        born = type(flow)(**{f.name: getattr(flow, f.name)[i : i + 1] for f in fields(flow)})
        rows = slice(0, min(ROWS, book.grid.rows))
        frame = Frame(rows, int(candle.time_ms[0]), month.step_ms, 1, np.ones(22, bool))
        times.append(_seconds(lambda c=candle, f=frame, b=born: book.advance(c, f, b)))
    return statistics.median(times)


def _at(value: Any, i: int) -> Any:
    return value[i : i + 1] if isinstance(value, np.ndarray) else value


def _ratio(a: list[float], b: list[float]) -> float:
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


def _row(name: str, value: float, unit: str, target: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "target": target,
        "ok": target is None or value <= target,
    }
