"""What popular public liquidation maps do, each in a few lines, so that they can be scored in the same table.

They get the same candles, the same exact crossings, and later the same calibration and adaptive scale as the model.
They are stand-ins for kinds of maps, not anybody's program: each keeps the rule that makes its kind what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from heatdesk.market import DAY_MS, HOUR_MS, Floats
from heatdesk.model.crossings import swept_by_tier
from heatdesk.model.flow import ESTIMATORS, Flow
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers

LEVERAGES: Final = (10.0, 25.0, 50.0, 100.0)
WEIGHTS: Final = (0.35, 0.30, 0.20, 0.15)
HALF_LIFE_MS: Final = 2.3 * HOUR_MS
SNAPSHOT_MS: Final = DAY_MS  # how far back a snapshot's entries are taken from

_ENTRIES: Final = ModelParams(entry_close=0.45, wick_clear=1.0)
_NOBODY_CLOSES: Final = 1e30  # a pool so large that what is liquidated does not change the hazard


class StandIn(NamedTuple):
    """One kind of public map: `predict` gives USD swept per candle and side, shape (n, 2), in units of its own."""

    label: str
    predict: Callable[[Series, Tiers, ModelParams], Floats]


def fixed_leverages(series: Series, tiers: Tiers, params: ModelParams) -> Floats:
    """Turnover, up to three times as much where open interest rises, at 10/25/50/100x; swept, but nobody closes."""
    return _swept(series, _births(series), _plain_tiers())


def half_life(series: Series, tiers: Tiers, params: ModelParams) -> Floats:
    """The same, and every level fades with a half-life of 2.3 hours."""
    per_candle = np.log(2) * series.step_ms / HALF_LIFE_MS
    return _swept(series, _births(series, per_candle), _plain_tiers())


def candle_colour(series: Series, tiers: Tiers, params: ModelParams) -> Floats:
    """Only where open interest rises, longs in a green candle, shorts in a red one; its fall closes a share of all."""
    rise, fall = np.maximum(series.open_interest_step, 0.0), np.maximum(-series.open_interest_step, 0.0)
    green = series.close >= series.open
    pool = np.where(series.open_interest > 0, series.open_interest, _NOBODY_CLOSES)
    flow = Flow(np.where(green, rise, 0.0), np.where(green, 0.0, rise), fall, fall, pool)
    return _swept(series, flow, _plain_tiers())


def never_removed(series: Series, tiers: Tiers, params: ModelParams) -> Floats:
    """Traded volume, longs in a green candle, shorts in a red one; levels stay when price has passed them."""
    volume = np.nan_to_num(series.volume, nan=0.0)
    green = series.close >= series.open
    nobody = np.zeros(len(series))
    flow = Flow(np.where(green, volume, 0.0), np.where(green, 0.0, volume), nobody, nobody, nobody + 1.0)
    return _swept(series, flow, _plain_tiers(), removal=False)


def open_interest_snapshot(series: Series, tiers: Tiers, params: ModelParams) -> Floats:
    """Today's open interest spread over the last day's candles by volume, drawn anew every time: no memory of sweeps.

    Without open interest the day's volume takes its place.
    """
    volume = np.nan_to_num(series.volume, nan=0.0)
    day = max(int(SNAPSHOT_MS // series.step_ms), 1)
    total = np.concatenate(([0.0], np.cumsum(volume)))
    back = np.maximum(np.arange(len(series)) - day, 0)
    traded = total[:-1] - total[back]
    standing = np.where(np.isnan(series.open_interest), traded, series.open_interest)
    passed = np.zeros((len(series), 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        per_coin = np.nan_to_num(standing * series.close / traded, nan=0.0, posinf=0.0)
    for lag in range(1, min(day, len(series) - 1) + 1):
        entry, low, high = series.close[:-lag], series.low[lag:], series.high[lag:]
        for leverage, weight in zip(LEVERAGES, WEIGHTS, strict=True):
            below, above = entry * (1 - 1 / leverage), entry * (1 + 1 / leverage)
            amount = weight * volume[:-lag]
            passed[lag:, 0] += np.where((low <= below) & (below <= high), amount, 0.0)
            passed[lag:, 1] += np.where((low <= above) & (above <= high), amount, 0.0)
    return np.asarray(passed * per_coin[:, None])


def no_maintenance(series: Series, tiers: Tiers, params: ModelParams) -> Floats:
    """The model with one fault: a position lasts until its whole margin is gone, E(1 ∓ 1/L)."""
    return _swept(
        series, ESTIMATORS[params.estimator].flow(series, params), _without_maintenance(tiers), params
    )


STAND_INS: Final[dict[str, StandIn]] = {
    "fixed-leverages": StandIn("fixed 10/25/50/100x, nobody closes", fixed_leverages),
    "half-life": StandIn("fixed 10/25/50/100x, half-life 2.3 h", half_life),
    "candle-colour": StandIn("side by candle colour, rising open interest only", candle_colour),
    "never-removed": StandIn("levels never removed, side by candle colour", never_removed),
    "oi-snapshot": StandIn("snapshot of open interest", open_interest_snapshot),
    "no-maintenance": StandIn("the model without maintenance margin", no_maintenance),
}


def _births(series: Series, closing_per_candle: float = 0.0) -> Flow:
    """Traded volume, weighed up to three times where open interest rises, half of it on either side."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = np.nan_to_num(
            np.maximum(series.open_interest_step, 0.0) / series.open_interest, nan=0.0, posinf=0.0
        )
    opens = 0.5 * np.nan_to_num(series.volume, nan=0.0) * np.clip(1.0 + 8.0 * rise, 1.0, 3.0)
    pool = np.full(len(series), _NOBODY_CLOSES)
    return Flow(opens, opens, pool * closing_per_candle, pool * closing_per_candle, pool)


def _plain_tiers() -> Tiers:
    leverage = np.array(LEVERAGES)
    return Tiers(leverage, np.array(WEIGHTS), np.ones(len(leverage)), 1 - 1 / leverage, 1 + 1 / leverage)


def _without_maintenance(tiers: Tiers) -> Tiers:
    return Tiers(
        tiers.leverage, tiers.weight, tiers.close_rate, 1 - 1 / tiers.leverage, 1 + 1 / tiers.leverage
    )


def _swept(
    series: Series, flow: Flow, tiers: Tiers, params: ModelParams = _ENTRIES, removal: bool = True
) -> Floats:
    swept = swept_by_tier(series, flow, tiers, params, removal=removal)
    return np.asarray(swept @ tiers.weight)
