"""What a learner knows about the leverage tiers, and when it knew it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, HOUR_MS, Floats, Times

BAND: Final = (0.10, 0.90)  # of the posterior; `lo` and `hi` everywhere
EASE_MS: Final = DAY_MS
SCALE_EASE_MS: Final = HOUR_MS
UNINFORMED: Final = 0.20  # a tier whose data moved less than this share of its doubt stands at its prior


@dataclass(frozen=True, slots=True)
class LearnedWeights:
    """Birth weights of the tiers in versions: row i holds from ``valid_from_ms[i]`` until the next.

    Everything in a version was known at its moment. `valid_from_ms` has shape (k,), ascending; `weight`, `lo`, `hi`
    (P10 and P90) and `information` (share of the prior's doubt that data took away, 0 to 1) have shape (k, n_tiers);
    `shape` (k, n_tiers) is the posterior's number of pseudo-events: weight ~ Gamma(shape, shape ÷ weight). `bars` (k,)
    recorded bars were learned from, `background` (k,) is the share of their USD left to price alone, `dispersion` (k,)
    USD behave as one independent event. `prior` (n_tiers,) is what was believed before any event.

    The adaptive scale moves faster than the weights: ``scale[i]``, shape (j,), holds from ``scale_from_ms[i]``.
    """

    prior: Floats
    valid_from_ms: Times
    weight: Floats
    lo: Floats
    hi: Floats
    information: Floats
    shape: Floats
    bars: NDArray[np.int64]
    background: Floats
    dispersion: Floats
    scale_from_ms: Times
    scale: Floats

    def __len__(self) -> int:
        return len(self.valid_from_ms)

    def shares(self, times_ms: Times, in_hindsight: bool = False) -> Floats:
        """How much of what stands by the prior's weights each moment shows, shape (n, n_tiers).

        That is learned ÷ prior weight × scale, both as known then; 1 before the first version, and 0 for tiers that
        the prior gives no births. A new version is phased in over `EASE_MS`, so that it leaves no seam in the map.
        `in_hindsight` takes the newest version for every moment.
        """
        shares = np.ones((len(times_ms), len(self.prior)))
        if not len(self):
            return shares
        bears = self.prior > 0
        ratio = np.divide(self.weight, self.prior, out=np.zeros_like(self.weight), where=bears)
        if in_hindsight:
            return np.asarray(shares * (ratio[-1] * self.scale[-1]))
        scale = _eased(self.scale_from_ms, self.scale[:, None], times_ms, SCALE_EASE_MS)
        told = _eased(self.valid_from_ms, ratio, times_ms, EASE_MS) * scale
        known = times_ms >= self.valid_from_ms[0]
        shares[known] = told[known] * bears
        return shares

    def before(self, time_ms: int) -> LearnedWeights:
        """What was known at a moment: its version and all older ones."""
        k = int(np.searchsorted(self.valid_from_ms, time_ms, side="right"))
        j = int(np.searchsorted(self.scale_from_ms, time_ms, side="right"))
        return LearnedWeights(
            self.prior,
            self.valid_from_ms[:k],
            self.weight[:k],
            self.lo[:k],
            self.hi[:k],
            self.information[:k],
            self.shape[:k],
            self.bars[:k],
            self.background[:k],
            self.dispersion[:k],
            self.scale_from_ms[:j],
            self.scale[:j],
        )

    def preceded_by(self, other: LearnedWeights) -> LearnedWeights:
        """These versions, and those that another recording gave before they begin."""
        if not len(self) or not len(other) or other.valid_from_ms[0] >= self.valid_from_ms[0]:
            return self if len(self) else other
        older = other.before(int(self.valid_from_ms[0]) - 1)
        pairs = {f.name: (getattr(older, f.name), getattr(self, f.name)) for f in fields(self)}
        return replace(
            self, **{name: np.concatenate(pair) for name, pair in pairs.items() if name != "prior"}
        )

    def seen_by(self, prior: Floats) -> LearnedWeights:
        """The same lesson for a market whose own prior weights are these: tiers it does not offer bear nobody.

        The adaptive scale is the other market's own affair and is left out.
        """
        offered = prior > 0
        learned = np.where(self.prior > 0, self.weight, prior) * offered
        return replace(
            self,
            prior=prior,
            weight=learned,
            lo=np.where(offered, self.lo, 0.0),
            hi=np.where(offered, self.hi, 0.0),
            scale_from_ms=self.scale_from_ms[:1],
            scale=np.ones(min(len(self.scale), 1)),
        )


def _eased(from_ms: Times, values: Floats, times_ms: Times, ease_ms: int) -> Floats:
    """The version of each moment, coming from 1 or the version before it in a straight line over `ease_ms`; (n, k)."""
    at = np.searchsorted(from_ms, times_ms, side="right")
    steps = np.concatenate((np.ones((1, values.shape[1])), values))
    begun = np.concatenate((np.array([0]), from_ms))[at]
    done = np.clip((times_ms - begun) / ease_ms, 0.0, 1.0)[:, None]
    return np.asarray(steps[np.maximum(at - 1, 0)] * (1.0 - done) + steps[at] * done)
