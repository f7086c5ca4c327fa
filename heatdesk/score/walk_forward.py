"""The walk forward: every predictor on every bar, from what was known before the bar, and its own price path."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats, Records, Times
from heatdesk.model.series import Series
from heatdesk.score.bands import causal_bands
from heatdesk.score.deviance import LEAST_USD
from heatdesk.score.exposure import Setup
from heatdesk.score.inputs import Inputs, Predictor, Refit, prepare, refits, walk
from heatdesk.score.observed import Observed
from heatdesk.score.predictors import (
    CalibratedMap,
    LearnedMap,
    corrected,
    excursion,
    long_run_map,
    prior_map,
    regression,
)
from heatdesk.score.residual import joined, lags_of, map_of, path_of
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
    minutes: Records | None = None,
    *,
    parts: bool = True,
) -> Predictions:
    """Walk through all recorded bars.

    `minutes` are minute candles within the series', where stored; `parts` adds the other predictors of the table.
    Truncating candles and recordings at any moment leaves everything said of earlier bars as it was.
    """
    inputs = prepare(series, observed, setup, minutes)
    moments = refits(inputs)
    wanted = predictors(inputs, parts)
    told = walk(inputs, wanted, moments)
    scaled = {name: rescaled(inputs, usd) for name, usd in _combined(told, inputs.hourly).items()}
    low, high = causal_bands(inputs.usd, scaled["headline"], inputs.recorded, inputs.bar_ms)
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


def predictors(inputs: Inputs, parts: bool) -> dict[str, Predictor]:
    """What the table needs: the baselines, the members of the headline, and with `parts` the others."""
    path, lags, cut = path_of(inputs), lags_of(inputs), map_of(inputs)
    learned, prior = CalibratedMap(LearnedMap()), CalibratedMap(long_run_map)
    wanted: dict[str, Predictor] = {"excursion": excursion, "regression": regression(joined(path, lags))}
    if inputs.hourly:
        features = joined(cut, path, lags)
        wanted |= {"learned": corrected(learned, features), "prior": corrected(prior, features)}
    if parts or not inputs.hourly:
        features = joined(cut, path)
        wanted |= {"learned calm": corrected(learned, features), "prior calm": corrected(prior, features)}
    if parts or not inputs.hourly:
        wanted |= {
            "positions": learned,
            "long-run positions": prior,
            "prior positions": CalibratedMap(prior_map),
        }
    return wanted


def _combined(told: dict[str, Floats], hourly: bool) -> dict[str, Floats]:
    """The headline from its members, each about as good as the others alone and better together.

    Hourly bars: both maps with their corrections. Shorter ones, of which less is known: both maps as they are, both
    corrected without self-excitation, and the regression, which brings that in.
    """
    calm = [told.pop(name) for name in ("learned calm", "prior calm") if name in told]
    if hourly:
        told["headline"] = _mean(told.pop("learned"), told.pop("prior"))
    else:
        told["headline"] = _mean(*calm, told["positions"], told["long-run positions"], told["regression"])
    told.pop("long-run positions", None)
    if calm:
        told["without self-excitation"] = _mean(*calm)
    return told


def _mean(*usd: Floats) -> Floats:
    """Geometric mean."""
    logs = [np.log(np.maximum(x, LEAST_USD)) for x in usd]
    return np.asarray(np.exp(sum(logs[1:], logs[0]) / len(logs)))


def rescaled(inputs: Inputs, usd: Floats) -> Floats:
    """The same with the adaptive scale that every predictor gets."""
    return usd * adaptive_scale(inputs.usd, usd, inputs.recorded, inputs.bar_ms)[:, None]


def judged_alone(inputs: Inputs, moments: list[Refit], usd: Floats) -> Floats:
    """Any raw map (n, 2) with the same calibration and scale: stand-ins, placebos, other estimators."""
    return rescaled(inputs, walk(inputs, {"": CalibratedMap(lambda _inputs, _refit: usd)}, moments)[""])
