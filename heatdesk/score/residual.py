"""A regression on what a calibrated prediction leaves: named features, held near what was learned before."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats
from heatdesk.score.inputs import Inputs, Refit
from heatdesk.score.path_features import LOOK_BACKS
from heatdesk.score.poisson import fit_poisson

FLOOR: Final = 0.05  # of a feature's mean: below it, less is not different


class Features(NamedTuple):
    """Non-negative features `values` (n, 2, k) with `names`; each enters as ln (value ÷ its mean + FLOOR)."""

    names: tuple[str, ...]
    values: Floats


def path_of(inputs: Inputs) -> Features:
    """Excursions beyond the extremes of five look-backs, the move against the side, the span and the volume."""
    path = inputs.path
    names = (*(f"excursion {k}" for k in LOOK_BACKS), "adverse move", "span", "volume")
    values = np.concatenate(
        [path.excursion, *(x[..., None] for x in (path.adverse, path.span, path.volume))], axis=-1
    )
    return Features(names, values)


def map_of(inputs: Inputs) -> Features:
    """The prior map cut by age and seen with other close rates."""
    return Features(inputs.exposure.names, inputs.exposure.parts)


def lags_of(inputs: Inputs) -> Features:
    """Self-excitation: what was liquidated lately, on the same side and on the other."""
    return Features(("own 1", "own 6", "other 1", "other 6"), inputs.lags)


def joined(*groups: Features) -> Features:
    """Several groups side by side."""
    return Features(
        tuple(name for g in groups for name in g.names), np.concatenate([g.values for g in groups], axis=-1)
    )


def on_top_of(
    log_offset: Floats, features: Features, inputs: Inputs, refit: Refit, centre: Floats, strength: Floats
) -> tuple[Floats, Floats]:
    """Predictions of the bars ahead, (n_ahead, 2) USD, and the coefficients: constant, short side, then the features.

    `log_offset` (n, 2) is ln USD of a calibrated prediction of all bars up to the last one ahead. A feature's mean and
    its range, to which it is clipped, come from the refit's usual bars.
    """
    rows = np.concatenate([refit.past, np.arange(refit.ahead.start, refit.ahead.stop)])
    z = standardised(features.values, refit.usual, rows)
    short = np.broadcast_to(np.array([-0.5, 0.5])[None, :, None], (*z.shape[:2], 1))
    design = np.concatenate([np.ones((*z.shape[:2], 1)), short, z], axis=-1)
    n = len(refit.past)
    past, ahead = design[:n].reshape(2 * n, design.shape[-1]), design[n:]
    beta = fit_poisson(
        past,
        inputs.usd[refit.past].ravel(),
        log_offset[refit.past].ravel(),
        np.repeat(refit.weight, 2),
        centre,
        strength,
    )
    return np.exp(log_offset[refit.ahead] + ahead @ beta), beta


def standardised(values: Floats, usual: NDArray[np.intp], rows: NDArray[np.intp]) -> Floats:
    """Features of some rows as logarithms over their mean in the usual bars, centred and scaled there."""
    known = values[usual]
    mean = known.mean(axis=(0, 1))
    mean = np.where(mean > 0, mean, 1.0)
    history = np.log(known / mean + FLOOR)
    lowest, highest = history.min(axis=(0, 1)), history.max(axis=(0, 1))
    centre, spread = history.mean(axis=(0, 1)), history.std(axis=(0, 1)) + 1e-3
    z = np.clip(np.log(values[rows] / mean + FLOOR), lowest, highest)
    return np.asarray((z - centre) / np.maximum(spread, 0.3))
