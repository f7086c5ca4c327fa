"""Exact first crossings: which positions each candle liquidates, level by level instead of row by row.

The book (`book.py`) keeps rows of levels and is what one draws. Learning, scores and tests need to know which cohorts a
candle took, and from which tier; crossings do not depend on tier weights, so what is computed here once serves every
weighting: predicted USD = Σ weight·swept (design: model, 4.6b).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from heatdesk.market import Floats
from heatdesk.model.crossing_kernel import first_crossings, passed_levels
from heatdesk.model.flow import Flow
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers


def swept_by_tier(
    series: Series,
    flow: Flow,
    tiers: Tiers,
    params: ModelParams,
    *,
    births_shift: int = 0,
    removal: bool = True,
) -> Floats:
    """USD that cohorts born with weight 1 in a tier lose to their first crossing in each candle.

    Shape (n_candles, 2, n_tiers), longs first, at the price of the level, thinned by voluntary closes; a candle's value
    uses nothing later than the candle. `births_shift` moves the amounts born cyclically by so many candles: a placebo
    that leaves the price path and its crossings alone. Without `removal` a level stands on after it was crossed and
    counts in every candle whose range touches it, as in maps that never clear anything.
    """
    if removal:
        return swept_by_age(series, flow, tiers, params, (), births_shift=births_shift)[..., 0]
    flow = _shifted(flow, births_shift)

    def side(mirrored: bool) -> Floats:
        low, path, high = _axis(series, mirrored)
        offset = _offset(tiers, mirrored)
        width = float(np.log1p(params.bin_bps * 1e-4))
        first = int(np.floor((low.min() + offset.min()) / width))
        rows = int(np.floor(high.max() / width)) - first + 1
        opens, closes = _amounts(flow, mirrored)
        return np.asarray(
            passed_levels(
                low, high, path, opens, closes, flow.pool, tiers.close_rate, offset,
                _entry_share(params), width, -1.0 if mirrored else 1.0, first, rows,
            )
        )  # fmt: skip

    return _both_sides(series, tiers, 0, side)[..., 0]


def swept_by_age(
    series: Series,
    flow: Flow,
    tiers: Tiers,
    params: ModelParams,
    age_ms: Sequence[int],
    *,
    births_shift: int = 0,
) -> Floats:
    """As `swept_by_tier`, by age of the cohort at its crossing: shape (n_candles, 2, n_tiers, len(age_ms) + 1).

    `age_ms` are ascending limits; an age on a limit belongs to the older group.
    """
    flow = _shifted(flow, births_shift)
    limits = np.asarray(age_ms, np.int64)

    def side(mirrored: bool) -> Floats:
        low, path, _ = _axis(series, mirrored)
        offset = _offset(tiers, mirrored)
        body = np.maximum(np.log(series.open), np.log(series.close)) if mirrored else None
        body = np.minimum(np.log(series.open), np.log(series.close)) if body is None else -body
        opens, closes = _amounts(flow, mirrored)
        return np.asarray(
            first_crossings(
                series.time_ms, low, body, 1.0 - params.wick_clear, path, opens, closes, flow.pool,
                tiers.weight, tiers.close_rate, offset, np.argsort(-offset, kind="stable"),
                _entry_share(params), float(np.log1p(params.bin_bps * 1e-4)), -1.0 if mirrored else 1.0, limits,
            )
        )  # fmt: skip

    return _both_sides(series, tiers, len(limits), side)


def _both_sides(series: Series, tiers: Tiers, n_limits: int, side: Callable[[bool], Floats]) -> Floats:
    """Both sides at once (the kernels hold no lock), longs first; shape (n, 2, n_tiers, n_limits + 1)."""
    shape = (len(series), len(tiers.leverage), n_limits + 1)
    if not len(series):
        return np.zeros((0, 2, *shape[1:]))
    with ThreadPoolExecutor(2) as threads:
        sides = list(threads.map(side, (False, True)))
    return np.stack([s.reshape(shape) for s in sides], axis=1)


def _axis(series: Series, mirrored: bool) -> tuple[Floats, Floats, Floats]:
    """A side's ln low, its path low, close, high (n, 3), and its ln high; on the mirrored axis for shorts."""
    low, close, high = (np.log(p) for p in (series.low, series.close, series.high))
    if mirrored:
        low, close, high = -high, -close, -low
    return low, np.column_stack((low, close, high)), high


def _offset(tiers: Tiers, mirrored: bool) -> Floats:
    return -np.log(tiers.ratio_short) if mirrored else np.log(tiers.ratio_long)


def _amounts(flow: Flow, mirrored: bool) -> tuple[Floats, Floats]:
    return (flow.opens_short, flow.closes_short) if mirrored else (flow.opens_long, flow.closes_long)


def _entry_share(params: ModelParams) -> Floats:
    wick = (1.0 - params.entry_close) / 2.0
    return np.array([wick, params.entry_close, wick])


def _shifted(flow: Flow, candles: int) -> Flow:
    """The flow with its births moved cyclically in time."""
    if candles == 0:
        return flow
    return replace(
        flow, opens_long=np.roll(flow.opens_long, candles), opens_short=np.roll(flow.opens_short, candles)
    )
