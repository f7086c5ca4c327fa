"""What is believed before the first liquidation is recorded: long-run values, for hourly and for shorter bars.

Learned once on recordings that are named in findings.md; a walk forward starts here and moves away as it learns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.market import Floats
from heatdesk.score.calibration import Start


@dataclass(frozen=True, slots=True)
class Long:
    """Starts of the calibrations, and of the regressions' coefficients by feature name (0 where absent)."""

    positions: Start
    excursion: Start
    regression: dict[str, float]
    correction: dict[str, float]


# Learned ÷ prior weight by leverage. The bell in ln L is too thin at the top: hourly totals of three exchanges, either
# half of them, and single events of one exchange all say much the same.
LEVERAGE_SHAPE: Final = (
    (6.0, 1.0),
    (10.0, 0.6),
    (20.0, 0.5),
    (30.0, 0.7),
    (50.0, 0.85),
    (60.0, 1.0),
    (75.0, 1.4),
    (100.0, 2.4),
    (125.0, 4.5),
)

HOURLY: Final = Long(
    positions=Start(0.9, 0.95),
    excursion=Start(0.1, 1.6, 0.3),
    regression={
        "const": -1.7,
        "excursion 1": 0.45,
        "excursion 3": 0.27,
        "excursion 12": 0.27,
        "excursion 72": 0.16,
        "excursion 288": 0.1,
        "adverse move": 0.1,
        "volume": 0.6,
        "own 6": 0.2,
    },
    correction={"excursion 1": 0.1, "volume": 0.1, "own 6": 0.1},
)
SHORTER: Final = Long(
    positions=Start(0.3, 0.65),
    excursion=Start(0.05, 1.2, 0.3),
    regression={
        "const": -1.4,
        "excursion 1": 0.32,
        "excursion 3": 0.12,
        "excursion 12": 0.24,
        "excursion 288": 0.05,
        "adverse move": 0.8,
        "volume": 0.44,
        "own 1": -0.2,
        "own 6": 0.33,
        "other 6": 0.1,
    },
    correction={"adverse move": 0.2, "volume": 0.1, "own 1": -0.1},
)


def seasoned(leverage: Floats, weight: Floats) -> Floats:
    """Prior weights (n_tiers,) bent to the long-run shape; beyond its ends it is flat."""
    at, factor = np.array(LEVERAGE_SHAPE).T
    return np.asarray(weight * np.exp(np.interp(np.log(leverage), np.log(at), np.log(factor))))
