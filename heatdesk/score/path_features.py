"""What a bar's price path and volume say without any position model: the material of both baselines.

All are per bar and side, longs first: how far the bar went into prices not visited lately, how far it moved against
that side, how much was traded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.market import Floats, Times
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.score.exposure import per_bar
from heatdesk.score.observed import LEAST_SHARE, Bools

LOOK_BACKS: Final = (1, 3, 12, 72, 288)  # candles


@dataclass(frozen=True, slots=True)
class PathFeatures:
    """`excursion` (n, 2, len(LOOK_BACKS)): sum over the bar's candles of how far each went beyond the extreme of the
    candles before it, × open interest, USD. `adverse` (n, 2): the bar's move against the side, relative; `span` (n, 2):
    from its low to its high.
    `volume` (n, 2): USD traded. `known` (n,): whether the candles of the bar are stored.
    """

    excursion: Floats
    adverse: Floats
    span: Floats
    volume: Floats
    known: Bools


def path_features(series: Series, params: ModelParams, time_ms: Times, bar_ms: int) -> PathFeatures:
    """The features of the bars at `time_ms`, each from candles up to its own end."""
    pool = ESTIMATORS[params.estimator].flow(series, params).pool
    interest = np.where(np.isnan(series.open_interest), pool, series.open_interest) * series.close
    excursion = np.stack(
        [
            np.stack(
                [
                    np.maximum(1.0 - series.low / _floor_before(series.low, k), 0.0),
                    np.maximum(series.high / -_floor_before(-series.high, k) - 1.0, 0.0),
                ],
                axis=1,
            )
            * interest[:, None]
            for k in LOOK_BACKS
        ],
        axis=-1,
    )
    volume = np.nan_to_num(series.volume, nan=0.0) * series.close
    share = per_bar(series.time_ms, np.full(len(series), series.step_ms / bar_ms), time_ms, bar_ms)
    adverse, span = _moves(series, time_ms, bar_ms)
    return PathFeatures(
        per_bar(series.time_ms, excursion, time_ms, bar_ms),
        adverse,
        span,
        np.repeat(per_bar(series.time_ms, volume, time_ms, bar_ms)[:, None], 2, axis=1),
        share >= LEAST_SHARE,
    )


def _floor_before(values: Floats, k: int) -> Floats:
    """The smallest of the `k` values before each, of those there are; its own for the first. Shape (n,)."""
    if not len(values):
        return values
    padded = np.concatenate((np.full(k, np.inf), values[:-1]))
    floor = np.lib.stride_tricks.sliding_window_view(padded, k).min(axis=1)
    floor = np.where(np.isfinite(floor), floor, values)
    return np.asarray(floor)


def _moves(series: Series, time_ms: Times, bar_ms: int) -> tuple[Floats, Floats]:
    """How far each bar fell below its open (longs) and rose above it (shorts), and its span; relative, (n, 2) each."""
    adverse, span = np.zeros((len(time_ms), 2)), np.zeros((len(time_ms), 2))
    if not len(series) or not len(time_ms):
        return adverse, span
    bar = (series.time_ms - time_ms[0]) // bar_ms
    inside = np.flatnonzero((bar >= 0) & (bar < len(time_ms)))
    if not len(inside):
        return adverse, span
    starts = np.flatnonzero(np.r_[True, np.diff(bar[inside]) > 0])
    rows, opened = bar[inside][starts], series.open[inside][starts]
    low = np.minimum.reduceat(series.low[inside], starts)
    high = np.maximum.reduceat(series.high[inside], starts)
    adverse[rows, 0], adverse[rows, 1] = 1.0 - low / opened, high / opened - 1.0
    span[rows] = (high / low - 1.0)[:, None]
    return adverse, span
