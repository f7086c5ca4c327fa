"""How many positions open and close in each candle: the estimators, one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np

from heatdesk.market import DAY_MS, Floats
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series


@dataclass(frozen=True, slots=True)
class Flow:
    """Positions opened and closed per candle and side, base units, shape (n,).

    `pool` is the open interest that the closes come out of: closes ÷ pool is the hazard of a position.
    """

    opens_long: Floats
    opens_short: Floats
    closes_long: Floats
    closes_short: Floats
    pool: Floats

    def between(self, start: int, end: int) -> Flow:
        """The candles of some rows."""
        return Flow(*(getattr(self, of.name)[start:end] for of in fields(self)))


class Estimator(NamedTuple):
    """One way to think that positions are born."""

    label: str
    flow: Callable[[Series, ModelParams], Flow]


def volume_and_open_interest(series: Series, params: ModelParams) -> Flow:
    """Both sides of every trade.

    With χV the volume that changes positions, Δ the open-interest step and x what one side hands to the other:
    opens = (χV + Δ)/2 ± x, closes = (χV − Δ)/2 ± x, so that on each side opens − closes = Δ. χV is at least |Δ|.
    Without open interest Δ = 0 and the pool is a day's volume ÷ turnover: births from volume alone.
    """
    delta = series.open_interest_step
    volume = np.nan_to_num(series.volume, nan=0.0)
    churned = np.maximum(params.churn * volume, np.abs(delta))
    with np.errstate(divide="ignore", invalid="ignore"):
        taker_share = np.nan_to_num(series.taker_buy_volume / volume, nan=0.5, posinf=0.5)
    x = 0.5 * params.taker_handover * (2.0 * np.clip(taker_share, 0.0, 1.0) - 1.0) * (churned - np.abs(delta))
    return Flow(
        opens_long=0.5 * (churned + delta) + x,
        opens_short=0.5 * (churned + delta) - x,
        closes_long=0.5 * (churned - delta) + x,
        closes_short=0.5 * (churned - delta) - x,
        pool=_pool(series, volume, params),
    )


def open_interest_steps(series: Series, params: ModelParams) -> Flow:
    """Births only where open interest rises, closes only where it falls, on both sides alike."""
    delta = series.open_interest_step
    rise, fall = np.maximum(delta, 0.0), np.maximum(-delta, 0.0)
    volume = np.nan_to_num(series.volume, nan=0.0)
    return Flow(rise, rise, fall, fall, _pool(series, volume, params))


def traded_volume(series: Series, params: ModelParams) -> Flow:
    """What public scripts do: every traded coin opens a position and nobody closes; swept like the others."""
    opens = 0.5 * params.churn * np.nan_to_num(series.volume, nan=0.0)
    nobody = np.zeros(len(series))
    return Flow(opens, opens, nobody, nobody, np.ones(len(series)))


ESTIMATORS: Final[dict[str, Estimator]] = {
    "flow": Estimator("Flow: volume and open interest", volume_and_open_interest),
    "oi-steps": Estimator("Open-interest steps", open_interest_steps),
    "volume": Estimator("Traded volume", traded_volume),
}


def _pool(series: Series, volume: Floats, params: ModelParams) -> Floats:
    """Open interest where known, else the volume of the last day ÷ turnover (causal, at least one candle's own)."""
    if not len(series):
        return np.empty(0)
    known = series.open_interest
    if not np.isnan(known).any():
        return known
    total = np.concatenate(([0.0], np.cumsum(volume)))
    start = np.searchsorted(series.time_ms, series.time_ms - DAY_MS, side="right")
    end = np.arange(1, len(series) + 1)
    spanned = np.minimum(series.time_ms - series.time_ms[0] + series.step_ms, DAY_MS)
    day = (total[end] - total[start]) * (DAY_MS / spanned)
    proxy = np.maximum(day / params.turnover, volume)
    return np.where(np.isnan(known), np.where(proxy > 0, proxy, 1.0), known)
