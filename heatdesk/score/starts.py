"""What is believed before the first liquidation is recorded: long-run values, for hourly and for shorter bars.

Learned once on recordings that are named in findings.md; a walk forward starts here and moves away as it learns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from heatdesk.score.calibration import Start


@dataclass(frozen=True, slots=True)
class Long:
    """Starts of the calibrations, and of the regressions' coefficients by feature name (0 where absent)."""

    positions: Start
    excursion: Start
    regression: dict[str, float]
    correction: dict[str, float]


HOURLY: Final = Long(Start(1.2, 0.95), Start(1.0, 1.6), {}, {})
SHORTER: Final = Long(Start(0.5, 0.75), Start(0.5, 1.2), {}, {})
