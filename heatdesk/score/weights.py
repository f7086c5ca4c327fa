"""Class weights by Gamma–Poisson expectation maximisation: the core of `model/learning.py`, for every refit of a walk.

    θ ← (a + Σ w·r·y/φ) ÷ (a/prior + Σ w·x/φ),  r = θ·x/μ,  μ = Σ θ·x

The prior is brought to the level of the recording first: what it decides is the shape, not the coverage of a feed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.market import Floats

PSEUDO_EVENTS: Final = 10.0  # per class
_STEPS: Final = 60
_CONVERGED: Final = 1e-3


def learned_weights(
    x: Floats, y: Floats, weight: Floats, prior: Floats, dispersion: float, started: Floats | None = None
) -> Floats:
    """Weights (k,) of classes whose unit-weight exposure is `x` (n, k), from recorded USD `y` (n,).

    `dispersion` is φ in units of the mean recorded cell; a search may start where the last one ended.
    """
    total, told = float((weight * y).sum()), float(weight @ (x @ prior))
    if total <= 0 or told <= 0:
        return prior
    centre = prior * (total / told)
    phi = dispersion * total / weight.sum()
    inverse = PSEUDO_EVENTS / np.maximum(centre, 1e-300) + (weight @ x) / phi
    theta = centre if started is None else started
    scaled = weight * y / phi
    for _ in range(_STEPS):
        told_now = np.maximum(x @ theta, 1e-12)
        new = (PSEUDO_EVENTS + theta * ((scaled / told_now) @ x)) / inverse
        moved = float(np.abs(new - theta).sum() / theta.sum())
        theta = new
        if moved < _CONVERGED:
            break
    return np.where(prior > 0, theta, 0.0)
