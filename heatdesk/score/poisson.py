"""Poisson regression with a log link whose coefficients start from what was learned elsewhere.

    maximise  Σ w·(y·η − e^η) ÷ ȳ  −  ½ Σ strength·(β − centre)²,   η = offset + F·β

With no rows at all the answer is `centre`. USD are far more scattered than counts, so the strengths are in units of
rows: a strength of 100 weighs like a hundred rows that all disagree with the centre by one standard deviation.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.market import Floats

_STEPS: Final = 40
_LONGEST_STEP: Final = 1.0
_CONVERGED: Final = 1e-6
_LARGEST: Final = 25.0  # of |η| around the mean: e^25 is no prediction


def fit_poisson(
    design: Floats, y: Floats, offset: Floats, weight: Floats, centre: Floats, strength: Floats
) -> Floats:
    """Coefficients, shape (k,), of `design` (n, k) for USD `y` (n,) with row weights `weight` (n,)."""
    scale = float((weight * y).sum() / max(weight.sum(), 1e-12))
    if not len(y) or scale <= 0:
        return centre.copy()
    shifted, target = offset - np.log(scale), y / scale
    beta = centre.copy()
    best = _objective(beta, design, target, shifted, weight, centre, strength)
    for _ in range(_STEPS):
        mu = np.exp(np.clip(design @ beta + shifted, -_LARGEST, _LARGEST))
        gradient = design.T @ (weight * (target - mu)) - strength * (beta - centre)
        curvature = (design.T * (weight * mu)) @ design + np.diag(strength + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        longest = float(np.abs(step).max())
        if longest < _CONVERGED:
            break
        step *= min(1.0, _LONGEST_STEP / longest)
        for _ in range(12):  # halve until it is no worse: far from the optimum the curvature misleads
            reached = _objective(beta + step, design, target, shifted, weight, centre, strength)
            if reached <= best:
                break
            step *= 0.5
        else:
            break
        beta, best = beta + step, reached
    return beta


def _objective(
    beta: Floats,
    design: Floats,
    target: Floats,
    offset: Floats,
    weight: Floats,
    centre: Floats,
    strength: Floats,
) -> float:
    eta = np.clip(design @ beta + offset, -_LARGEST, _LARGEST)
    return float(
        (weight * (np.exp(eta) - target * eta)).sum() + 0.5 * (strength * (beta - centre) ** 2).sum()
    )
