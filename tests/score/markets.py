"""A store whose liquidations obey the model: what is really there to be found, and no more."""

from __future__ import annotations

import numpy as np

from heatdesk.market import COLUMNS, HOUR_MS, Interval, Kind, Records, SeriesKey
from heatdesk.model.crossings import swept_by_tier
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import build_tiers
from heatdesk.store.memory import MemoryStore

from .worlds import START_MS, STEP_MS, walk

EXCHANGE, SYMBOL = "binance", "BTC/USDT:USDT"


def true_usd(series: Series) -> np.ndarray:
    """What the prior map really loses per candle and side, USD."""
    params = ModelParams()
    tiers = build_tiers(EXCHANGE, SYMBOL, params)
    swept = swept_by_tier(series, ESTIMATORS["flow"].flow(series, params), tiers, params)
    return swept @ tiers.weight


def records_of(series: Series) -> tuple[Records, Records]:
    """Its candles and open interest."""
    candles = {name: getattr(series, name) for name in COLUMNS[Kind.CANDLES]}
    return (
        Records(Kind.CANDLES, series.time_ms, candles),
        Records(Kind.OPEN_INTEREST, series.time_ms, {"open_interest": series.open_interest}),
    )


def model_market(days: int, seed: int = 1, bar_ms: int = HOUR_MS, events: bool = False) -> MemoryStore:
    """Candles, open interest, and totals per bar (or single events) scattered around what the model loses."""
    series = walk(288 * days, seed=seed)
    usd = true_usd(series)
    random = np.random.default_rng(seed)
    store = MemoryStore()
    candles, interest = records_of(series)
    store.append(SeriesKey(EXCHANGE, SYMBOL, Kind.CANDLES, "5m"), candles)
    store.append(SeriesKey(EXCHANGE, SYMBOL, Kind.OPEN_INTEREST, "5m"), interest)
    if events:
        store.append(*_events(series, usd, random))
        return store
    n = bar_ms // STEP_MS
    bars = usd[: len(usd) // n * n].reshape(-1, n, 2).sum(axis=1) * random.gamma(6, 1 / 6, (len(usd) // n, 2))
    totals = {"liquidation_long_usd": bars[:, 0], "liquidation_short_usd": bars[:, 1]}
    times = START_MS + np.arange(len(bars), dtype=np.int64) * bar_ms
    frame = {HOUR_MS: "1h", STEP_MS: "5m"}[bar_ms]
    store.append(SeriesKey(EXCHANGE, SYMBOL, Kind.TOTALS, frame), Records(Kind.TOTALS, times, totals))
    return store


def _events(series: Series, usd: np.ndarray, random: np.random.Generator) -> tuple[SeriesKey, Records, list]:
    counts = random.poisson(usd / 200_000.0)
    at, side = np.nonzero(counts)
    each = counts[at, side]
    at, side = np.repeat(at, each), np.repeat(side, each)
    times = series.time_ms[at] + random.integers(0, STEP_MS, len(at))
    order = np.argsort(times, kind="stable")
    columns = {
        "side": np.where(side == 0, 1.0, -1.0)[order],
        "price": series.close[at][order],
        "quantity": 200_000.0 / series.close[at][order],
        "notional_usd": np.full(len(at), 200_000.0),
    }
    span = [Interval(int(series.time_ms[0]), int(series.time_ms[-1]) + STEP_MS)]
    return SeriesKey(EXCHANGE, SYMBOL, Kind.EVENTS), Records(Kind.EVENTS, times[order], columns), span
