"""Whether chances were honest: of all the times a touch was told to have a chance, how often it came.

Hours of one day, distances of one hour and the two sides are not independent: intervals are drawn by whole days, three
at a time where a horizon is as long as a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, HOUR_MS, Floats, Times
from heatdesk.score.intervals import Blocks, Estimate

TOLERANCE: Final = 0.03
FEWEST_DAYS: Final = 20  # a bin whose hours lie on fewer says nothing about its interval
_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class ChanceBin:
    """Chances told alike: their mean, the share that came true, and the difference with its 95 % interval."""

    told: float
    came: float
    off: Estimate
    chances: int
    days: int

    @property
    def enough(self) -> bool:
        """Whether there are days enough to judge."""
        return self.days >= FEWEST_DAYS

    @property
    def holds(self) -> bool:
        """Within three points, or inside the interval."""
        return abs(self.off.value) <= TOLERANCE or self.off.lo <= 0.0 <= self.off.hi


@dataclass(frozen=True, slots=True)
class Calibration:
    """The record of one horizon.

    `tenths`: chances of 0–10 %, 10–20 %, …; `deciles`: ten equal groups. `skill` is the share of the Brier score of
    `against` that the chances save (1 perfect, 0 no better); `brier` their own.
    """

    horizon_ms: int
    hours: int
    days: int
    tenths: tuple[ChanceBin, ...]
    deciles: tuple[ChanceBin, ...]
    brier: float
    skill: Estimate

    @property
    def misses(self) -> tuple[ChanceBin, ...]:
        """Every bin that does not hold although there are days enough."""
        return tuple(b for b in (*self.tenths, *self.deciles) if b.enough and not b.holds)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; shares, not percent."""
        return {
            "horizon_hours": self.horizon_ms / HOUR_MS,
            "hours": self.hours,
            "days": self.days,
            "brier": self.brier,
            "skill": self.skill._asdict(),
            "misses": len(self.misses),
            **{name: [_bin_json(b) for b in getattr(self, name)] for name in ("tenths", "deciles")},
        }


def calibrate(
    horizon_ms: int, time_ms: Times, told: Floats, came: NDArray[np.bool_], against: Floats
) -> Calibration:
    """Judge chances `told` at `time_ms` (n,), k places each: (n, k), as are what `came` and a rival's chances."""
    places = told.shape[1]
    blocks = Blocks.by_day(np.repeat(time_ms, places), 3 if horizon_ms >= DAY_MS else 1)
    day = np.repeat(time_ms // DAY_MS, places)
    flat, hit = told.ravel(), came.ravel().astype(float)
    tenth = np.minimum((flat * _BINS).astype(int), _BINS - 1)
    order = np.lexsort((np.arange(len(flat)), flat))
    decile = np.empty(len(flat), int)
    decile[order] = np.arange(len(flat)) * _BINS // max(len(flat), 1)
    own, other = (flat - hit) ** 2, (against.ravel() - hit) ** 2
    return Calibration(
        horizon_ms=horizon_ms,
        hours=len(time_ms),
        days=len(np.unique(day)),
        tenths=_bins(flat, hit, tenth, day, blocks),
        deciles=_bins(flat, hit, decile, day, blocks),
        brier=float(own.mean()),
        skill=blocks.skill(own, other),
    )


def _bins(told: Floats, came: Floats, group: Any, day: Times, blocks: Blocks) -> tuple[ChanceBin, ...]:
    found = []
    for number in np.unique(group):
        inside = group == number
        found.append(
            ChanceBin(
                told=float(told[inside].mean()),
                came=float(came[inside].mean()),
                off=blocks.ratio(np.where(inside, came - told, 0.0), inside.astype(float)),
                chances=int(inside.sum()),
                days=len(np.unique(day[inside])),
            )
        )
    return tuple(found)


def _bin_json(b: ChanceBin) -> dict[str, Any]:
    return {
        "told": b.told,
        "came": b.came,
        "off": b.off._asdict(),
        "chances": b.chances,
        "days": b.days,
        "enough": b.enough,
        "holds": b.holds,
    }
