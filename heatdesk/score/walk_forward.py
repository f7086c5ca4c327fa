"""The walk forward: every predictor on every bar, from what was known before the bar, and its own price path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, Floats, Times
from heatdesk.model.series import Series
from heatdesk.score.bands import causal_bands
from heatdesk.score.exposure import Setup
from heatdesk.score.inputs import Inputs, Refit, prepare, refits, walk
from heatdesk.score.observed import Observed
from heatdesk.score.predictors import (
    LearnedMap,
    calibrated,
    corrected,
    excursion,
    prior_map,
    regression,
    with_lags,
    without_lags,
)
from heatdesk.score.scale import adaptive_scale


@dataclass(frozen=True, slots=True)
class Predictions:
    """Bars and what was said of them beforehand, USD, longs first; all (n, 2) but `time_ms` (n,).

    `scored`: recorded, with candles. `predicted` is the headline, `p10` and `p90` its band; `excursion` and
    `regression` know no positions. `parts` holds other predictors of the same table by name: `positions` is the pure
    map with learned weights, `prior positions` with the prior ones, `without self-excitation` the rest without lags.
    All got the same calibration and the same adaptive scale.
    """

    bar_ms: int
    time_ms: Times
    scored: NDArray[np.bool_]
    observed: Floats
    predicted: Floats
    p10: Floats
    p90: Floats
    excursion: Floats
    regression: Floats
    parts: dict[str, Floats]

    def between(self, start_ms: int, end_ms: int) -> Predictions:
        """The bars that start in ``[start_ms, end_ms)``."""
        rows = (self.time_ms >= start_ms) & (self.time_ms < end_ms)
        arrays = {f.name: getattr(self, f.name)[rows] for f in fields(self)[1:-1]}
        return replace(self, **arrays, parts={k: v[rows] for k, v in self.parts.items()})


def predict(
    series: Series,
    observed: Observed,
    setup: Setup,
    *,
    parts: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Predictions:
    """Walk through all recorded bars. `parts` adds the other predictors; `progress` hears the share that is done.

    Truncating candles and recordings at any moment leaves everything said of earlier bars as it was.
    """
    inputs = prepare(series, observed, setup)
    moments = refits(inputs)
    told: dict[str, Floats] = {}
    wanted = {
        "learned": corrected(LearnedMap(), with_lags),
        "prior": corrected(prior_map, with_lags),
        "excursion": excursion,
        "regression": regression,
    }
    if parts:
        wanted |= {
            "positions": calibrated(LearnedMap(), lambda start: start.positions),
            "prior positions": calibrated(prior_map, lambda start: start.positions),
            "without self-excitation": corrected(LearnedMap(), without_lags),
        }
    for i, (name, predictor) in enumerate(wanted.items()):
        told[name] = walk(inputs, predictor, moments)
        if progress:
            progress((i + 1) / len(wanted))
    headline = np.sqrt(told.pop("learned") * told.pop("prior"))
    scaled = {name: rescaled(inputs, usd) for name, usd in {"headline": headline, **told}.items()}
    every = max(1, DAY_MS // 4 // inputs.bar_ms)
    low, high = causal_bands(inputs.usd, scaled["headline"], inputs.recorded, every)
    begun = np.arange(len(inputs.time_ms)) >= inputs.first
    return Predictions(
        inputs.bar_ms,
        inputs.time_ms[begun],
        np.repeat(inputs.recorded[begun, None], 2, axis=1),
        inputs.usd[begun],
        scaled.pop("headline")[begun],
        low[begun],
        high[begun],
        scaled.pop("excursion")[begun],
        scaled.pop("regression")[begun],
        {name: usd[begun] for name, usd in scaled.items()},
    )


def rescaled(inputs: Inputs, usd: Floats) -> Floats:
    """The same with the adaptive scale that every predictor gets."""
    return usd * adaptive_scale(inputs.usd, usd, inputs.recorded, inputs.bar_ms)[:, None]


def judged_alone(inputs: Inputs, moments: list[Refit], usd: Floats) -> Floats:
    """Any raw map (n, 2) with the same calibration and scale: stand-ins, placebos, other estimators."""
    raw = calibrated(lambda _inputs, _refit: usd, lambda start: start.positions)
    return rescaled(inputs, walk(inputs, raw, moments))
