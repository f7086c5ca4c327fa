"""The predictors of the scoreboard. Each learns from bars that are over and speaks of the next ones given their path.

`excursion` and `regression` know no positions. The others are built from the map: weights are learned by cohorts, the
sum is calibrated, and a regression on the remainder adds path, volume and, as a named part of its own, self-excitation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from heatdesk.market import Floats
from heatdesk.score.calibration import Calibration, Start, calibrate
from heatdesk.score.deviance import LEAST_USD, deviance
from heatdesk.score.inputs import Inputs, Predictor, Refit
from heatdesk.score.path_features import LOOK_BACKS
from heatdesk.score.residual import Features, on_top_of
from heatdesk.score.starts import HOURLY, SHORTER, Long
from heatdesk.score.weights import learned_weights

CHOSEN_FROM: Final = (12, 72, 288)  # look-backs of the excursion baseline, in candles
PER_ROW: Final = {True: 0.03, False: 3.0}  # how firmly corrections are held near their start; hourly, shorter
DISPERSION: Final = {True: 4.0, False: 10.0}  # φ of the weights, in mean cells
AT_LEAST: Final = {True: 200.0, False: 400.0}
FREE: Final = 1.0  # the constant of a regression that has no other level
LOOSE: Final = 0.01  # the same for the regression without positions, which has nothing else to hold on to

Raw = Callable[[Inputs, Refit], Floats]  # uncalibrated USD of all bars, (n, 2)


def start_of(inputs: Inputs) -> Long:
    """The long-run values for these bars."""
    return HOURLY if inputs.hourly else SHORTER


def fitted(x: Floats, inputs: Inputs, refit: Refit, start: Start) -> Calibration:
    """The calibration of `x` (n, 2) on the past bars of a refit."""
    return calibrate(
        x[refit.past].ravel(),
        inputs.usd[refit.past].ravel(),
        np.repeat(refit.weight, 2),
        float(x[refit.usual].mean()),
        start,
    )


class CalibratedMap:
    """A raw map behind the two-parameter calibration; several predictors may share one, it fits once a refit."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._fitted_at = -1
        self._usd = np.empty((0, 2))

    def usd(self, inputs: Inputs, refit: Refit) -> Floats:
        """Calibrated USD of all bars, (n, 2)."""
        if self._fitted_at != refit.at:
            x = self._raw(inputs, refit)
            self._usd = fitted(x, inputs, refit, start_of(inputs).positions).usd(x)
            self._fitted_at = refit.at
        return self._usd

    def __call__(self, inputs: Inputs, refit: Refit) -> Floats:
        """As a predictor: the bars ahead."""
        return self.usd(inputs, refit)[refit.ahead]


class LearnedMap:
    """Raw: the map with weights learned from the past bars; the next search starts at the last ones."""

    def __init__(self) -> None:
        self.weights: Floats | None = None

    def __call__(self, inputs: Inputs, refit: Refit) -> Floats:
        """USD of all bars, (n, 2)."""
        classes = inputs.exposure.classes
        n, k = len(refit.past), classes.shape[-1]
        self.weights = learned_weights(
            classes[refit.past].reshape(2 * n, k),
            inputs.usd[refit.past].ravel(),
            np.repeat(refit.weight, 2),
            inputs.exposure.prior,
            DISPERSION[inputs.hourly],
            self.weights,
        )
        return np.asarray(classes @ self.weights)


def long_run_map(inputs: Inputs, refit: Refit) -> Floats:
    """Raw: the map with long-run weights."""
    return np.asarray(inputs.exposure.classes @ inputs.exposure.prior)


def prior_map(inputs: Inputs, refit: Refit) -> Floats:
    """Raw: the map as its parameters alone make it."""
    return inputs.exposure.expected


def corrected(calibrated: CalibratedMap, features: Features) -> Predictor:
    """A calibrated map times what a regression finds in its remainder."""

    def predict(inputs: Inputs, refit: Refit) -> Floats:
        offset = np.log(np.maximum(calibrated.usd(inputs, refit), LEAST_USD))
        start = start_of(inputs).correction
        centre, strength = _held(features, start, PER_ROW[inputs.hourly], None, inputs, refit)
        return on_top_of(offset, features, inputs, refit, centre, strength)[0]

    return predict


def regression(features: Features) -> Predictor:
    """The strongest thing without positions: excursions, range, volume and lags in one Poisson regression."""

    def predict(inputs: Inputs, refit: Refit) -> Floats:
        start = start_of(inputs)
        x = inputs.path.excursion[..., LOOK_BACKS.index(12)]
        level = np.log(max(float(x[refit.usual].mean()), LEAST_USD) * start.excursion.ratio)
        centre, strength = _held(features, start.regression, LOOSE, FREE, inputs, refit)
        return on_top_of(np.full(x.shape, level), features, inputs, refit, centre, strength)[0]

    return predict


def excursion(inputs: Inputs, refit: Refit) -> Floats:
    """How far the bar went beyond the extremes of the candles before it × open interest; look-back by training."""
    best: tuple[float, Floats] | None = None
    for look_back in CHOSEN_FROM:
        x = inputs.path.excursion[..., LOOK_BACKS.index(look_back)]
        fit = fitted(x, inputs, refit, start_of(inputs).excursion)
        left = deviance(inputs.usd[refit.past], fit.usd(x[refit.past])).sum(axis=1) @ refit.weight
        if best is None or left < best[0]:
            best = float(left), fit.usd(x[refit.ahead])
    assert best is not None  # noqa: S101 - there is at least one look-back
    return best[1]


def _held(
    features: Features,
    start: dict[str, float],
    per_row: float,
    constant: float | None,
    inputs: Inputs,
    refit: Refit,
) -> tuple[Floats, Floats]:
    """Centre and strength of the coefficients: features, sides and, unless `constant` says otherwise, the level."""
    least = AT_LEAST[inputs.hourly]
    firm = per_row * 2 * float(refit.weight.sum()) + least
    centre = np.array([start.get(name, 0.0) for name in ("const", "short", *features.names)])
    strength = np.array([least if constant is None else constant, least, *([firm] * len(features.names))])
    return centre, strength
