"""Random markets for the model's tests: candles on a walk, with volume and open interest that could be real."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from heatdesk.model.book import Book, Frame
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers, build_tiers

START_MS = 1_750_000_200_000  # on a 5-minute mark
STEP_MS = 300_000
SYMBOL = "BTC/USDT:USDT"


def walk(
    n: int,
    seed: int = 0,
    *,
    volatility: float = 0.002,
    price: float = 60_000.0,
    with_oi: bool = True,
    holes: bool = False,
) -> Series:
    """A random walk of n candles."""
    rng = np.random.default_rng(seed)
    close = price * np.exp(np.cumsum(rng.normal(0, volatility, n)))
    opened = np.r_[price, close[:-1]]
    high = np.maximum(opened, close) * np.exp(rng.exponential(volatility / 2, n))
    low = np.minimum(opened, close) * np.exp(-rng.exponential(volatility / 2, n))
    volume = rng.lognormal(5, 1, n)
    interest = 80_000 * np.exp(np.cumsum(rng.normal(0, 0.001, n)))
    step = np.r_[0.0, np.diff(interest)]
    time_ms = START_MS + np.arange(n, dtype=np.int64) * STEP_MS
    series = Series(
        time_ms,
        STEP_MS,
        opened,
        high,
        low,
        close,
        volume,
        volume * rng.uniform(0.3, 0.7, n),
        interest if with_oi else np.full(n, np.nan),
        step if with_oi else np.zeros(n),
    )
    return _with_holes(series, rng) if holes else series


def _with_holes(series: Series, rng: np.random.Generator) -> Series:
    kept = rng.random(len(series)) > 0.15
    kept[0] = True
    columns = {name: getattr(series, name) for name in Series.__slots__}
    return Series(**{k: v[kept] if isinstance(v, np.ndarray) else v for k, v in columns.items()})


def tiers_of(params: ModelParams) -> Tiers:
    return build_tiers("binance", SYMBOL, params)


def frame_of(series: Series, book: Book, step_ms: int = STEP_MS, start_ms: int = START_MS) -> Frame:
    """Every row, every tier, columns from `start_ms` to the series' end."""
    end = int(series.time_ms[-1]) + series.step_ms
    return Frame(
        slice(0, book.grid.rows),
        start_ms,
        step_ms,
        max(1, -(-(end - start_ms) // step_ms)),
        np.ones(len(book.tiers.leverage), bool),
    )


def replayed(series: Series, params: ModelParams | None = None) -> tuple[Book, np.ndarray, np.ndarray]:
    """The book after all candles, and the long and short columns (n_times, n_prices)."""
    params = params or ModelParams()
    book = Book.empty(series, tiers_of(params), params)
    return book, *book.advance(series, frame_of(series, book))


markets = st.builds(
    walk,
    st.integers(2, 120),
    st.integers(0, 10_000),
    volatility=st.sampled_from([0.0003, 0.002, 0.02]),
    price=st.sampled_from([0.0005, 1.0, 97.3, 60_000.0]),
    with_oi=st.booleans(),
    holes=st.booleans(),
)
models = st.builds(
    ModelParams,
    estimator=st.sampled_from(["flow", "oi-steps", "volume"]),
    bin_bps=st.sampled_from([5.0, 10.0, 50.0]),
    churn=st.floats(0.05, 1.0),
    taker_handover=st.sampled_from([0.0, 0.5, 1.0]),
    wick_clear=st.sampled_from([0.0, 0.6, 1.0]),
    close_slope=st.floats(0.0, 1.5),
    levered_share=st.floats(0.05, 1.0),
)
