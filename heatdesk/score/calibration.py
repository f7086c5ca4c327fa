"""The two-parameter calibration every predictor gets: μ = c·(x + ε)^b, fitted to past bars by Poisson likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.market import Floats
from heatdesk.score.deviance import deviance
from heatdesk.score.poisson import fit_poisson

FLOORS: Final = (1e-3, 3e-3, 1e-2, 0.02, 0.04, 0.08, 0.15, 0.3, 1.0)  # ε as a share of the mean of x
LEVEL_STRENGTH: Final = 2.0
EXPONENT_STRENGTH: Final = 100.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """``μ = c·(x/mean + floor)^exponent`` in USD, with ``ln c = level``."""

    mean: float
    level: float
    exponent: float
    floor: float

    def usd(self, x: Floats) -> Floats:
        """Calibrated USD, same shape as `x`."""
        return np.asarray(np.exp(self.level) * (x / self.mean + self.floor) ** self.exponent)


@dataclass(frozen=True, slots=True)
class Start:
    """What is believed of a predictor before any liquidation was recorded: documented long-run values.

    `ratio`: observed ÷ raw predicted USD. `exponent`: the power that keeps large bars honest.
    """

    ratio: float
    exponent: float
    floor: float = 0.03


def calibrate(x: Floats, y: Floats, weight: Floats, mean: float, start: Start) -> Calibration:
    """Fit past cells `x`, `y` (n,) with weights (n,); with none of them, the start. `mean` is x's over all candles."""
    mean = mean if mean > 0 else 1.0
    centre = np.array([np.log(mean * start.ratio), start.exponent])
    if not len(y) or not y.any():
        return Calibration(mean, float(centre[0]), start.exponent, start.floor)
    strength = np.array([LEVEL_STRENGTH, EXPONENT_STRENGTH])
    offset = np.zeros(len(y))
    best: tuple[float, Calibration] | None = None
    for floor in FLOORS:
        design = np.column_stack((np.ones(len(x)), np.log(x / mean + floor)))
        level, exponent = fit_poisson(design, y, offset, weight, centre, strength)
        found = Calibration(mean, float(level), float(exponent), floor)
        left = float((weight * deviance(y, found.usd(x))).sum())
        if best is None or left < best[0]:
            best = left, found
    assert best is not None  # noqa: S101 - there is at least one floor
    return best[1]
