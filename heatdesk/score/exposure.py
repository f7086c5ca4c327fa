"""What the map says was there to be liquidated: USD swept bar by bar, before any weight or calibration is learned."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from heatdesk.market import HOUR_MS, Floats, Records, Times
from heatdesk.model.crossings import swept_by_age
from heatdesk.model.flow import ESTIMATORS, Flow
from heatdesk.model.minutes import refine
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.subdivide import subdivide
from heatdesk.model.tiers import Tiers, build_tiers
from heatdesk.score.starts import seasoned

AGES_MS: Final = (4 * HOUR_MS, 24 * HOUR_MS)  # young, of the day, older
HASTE: Final = (
    0.3,
    3.0,
)  # multiples of the close rate: patient positions and hasty ones, learned side by side
OTHER_HASTE: Final = 8.0
PIECES: Final = 6  # of a candle, where candles are about as long as the bars that are predicted


@dataclass(frozen=True, slots=True)
class Setup:
    """Whose map is scored. `births_shift` (candles, cyclic), `swap_sides` and `weight` are for placebos."""

    exchange: str
    symbol: str
    params: ModelParams = field(default_factory=ModelParams)
    births_shift: int = 0
    swap_sides: bool = False
    weight: tuple[float, ...] | None = None  # per tier, instead of the prior weights


@dataclass(frozen=True, slots=True)
class Exposure:
    """USD that weight-1 births lose per bar and side, on a grid of bars.

    `classes` (n, 2, k): one per tier and haste, with long-run weights `prior` (k,). `parts` (n, 2, m), named in
    `names`: the map with long-run weights, cut by age and with other close rates. `expected` (n, 2): the map as
    the parameters alone make it.
    """

    classes: Floats
    prior: Floats
    expected: Floats
    names: tuple[str, ...]
    parts: Floats


def bar_grid(series: Series, bar_ms: int) -> Times:
    """Starts of all bars from the series' first candle to its last, without holes."""
    if not len(series):
        return np.empty(0, np.int64)
    return np.arange(series.time_ms[0] // bar_ms * bar_ms, series.time_ms[-1] + 1, bar_ms, dtype=np.int64)


def exposure(
    series: Series, setup: Setup, time_ms: Times, bar_ms: int, minutes: Records | None = None
) -> Exposure:
    """What the map of `setup` exposes to the bars at `time_ms`, from candles up to each bar's own end.

    Where candles are about as long as the bars they are taken apart, by stored `minutes` where there are any.
    """
    tiers = build_tiers(setup.exchange, setup.symbol, setup.params)
    if setup.weight is not None:
        tiers = replace(tiers, weight=np.asarray(setup.weight, float))
    fine = taken_apart(series, bar_ms, minutes)
    flow = ESTIMATORS[setup.params.estimator].flow(fine, setup.params)
    if setup.births_shift:
        candles = setup.births_shift * (len(fine) // max(len(series), 1))
        flow = _shifted(flow, candles)

    def swept(haste: float, ages: tuple[int, ...]) -> Floats:
        hurried: Tiers = replace(tiers, close_rate=tiers.close_rate * haste)
        usd = swept_by_age(fine, flow, hurried, setup.params, ages)
        usd = usd[:, ::-1] if setup.swap_sides else usd
        return per_bar(fine.time_ms, usd, time_ms, bar_ms)

    weight = tiers.weight if setup.weight is not None else seasoned(tiers.leverage, tiers.weight)
    classes = [swept(haste, ())[..., 0] for haste in HASTE]
    by_age = swept(1.0, AGES_MS)
    parts = [classes[0] @ weight, swept(OTHER_HASTE, ())[..., 0] @ weight]
    parts += [by_age[..., i] @ weight for i in range(by_age.shape[-1])]
    return Exposure(
        np.concatenate(classes, axis=-1),
        np.tile(weight / len(HASTE), len(HASTE)),
        by_age.sum(axis=-1) @ tiers.weight,
        ("patient", "hasty", "young", "day", "old"),
        np.stack(parts, axis=-1),
    )


def taken_apart(series: Series, bar_ms: int, minutes: Records | None = None) -> Series:
    """The candles as finely as bars of `bar_ms` need them."""
    if bar_ms >= 3 * series.step_ms:
        return series
    return refine(series, minutes) if minutes is not None and len(minutes) else subdivide(series, PIECES)


def per_bar(candle_ms: Times, values: Floats, time_ms: Times, bar_ms: int) -> Floats:
    """Sums of candle values (n, …) over the bars they fall into, shape (n_bars, …)."""
    out = np.zeros((len(time_ms), *values.shape[1:]))
    if len(time_ms) and len(candle_ms):
        bar = (candle_ms - time_ms[0]) // bar_ms
        inside = (bar >= 0) & (bar < len(time_ms))
        starts = (
            np.flatnonzero(np.r_[True, np.diff(bar[inside]) > 0]) if inside.any() else np.empty(0, np.intp)
        )
        if len(starts):
            out[bar[inside][starts]] = np.add.reduceat(values[inside], starts, axis=0)
    return out


def _shifted(flow: Flow, candles: int) -> Flow:
    return replace(
        flow, opens_long=np.roll(flow.opens_long, candles), opens_short=np.roll(flow.opens_short, candles)
    )
