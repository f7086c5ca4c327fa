"""Poisson-type deviance: how far a prediction of liquidated USD is off, in the units of what was liquidated."""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.market import Floats

LEAST_USD: Final = 1e-6  # a prediction of nothing at all would make any event infinitely surprising


def deviance(observed: Floats, predicted: Floats) -> Floats:
    """``2·[y·ln(y/μ) − (y − μ)]`` of every cell, same shape as the inputs, USD; its sum is what skill compares.

    Source: the unit deviance of a Poisson likelihood; without the dispersion φ, which drops out of every ratio.
    """
    mu = np.maximum(predicted, LEAST_USD)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(observed > 0, observed * np.log(observed / mu), 0.0)
    return np.asarray(2.0 * (logs - (observed - mu)))


def skill(observed: Floats, predicted: Floats, baseline: Floats) -> float:
    """``1 − D/D_baseline``: 0 explains as much as the baseline, 1 everything; NaN where the baseline is perfect."""
    left = float(deviance(observed, baseline).sum())
    return 1.0 - float(deviance(observed, predicted).sum()) / left if left > 0 else float("nan")
