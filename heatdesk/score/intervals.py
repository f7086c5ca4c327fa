"""How sure a figure is: bootstrap by whole blocks of days, because hours of one day are not independent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, Floats, Times

DRAWS: Final = 1000
LEVELS: Final = (2.5, 97.5)  # percent: a 95 % interval
LEAST_EVENTS: Final = 200  # liquidations; below that, and below so many days, a figure is refused
LEAST_DAYS: Final = 5
SEED: Final = 20260209  # the same data give the same interval


class Estimate(NamedTuple):
    """A figure and its 95 % interval; all NaN where there is nothing to make it of."""

    value: float
    lo: float
    hi: float


UNKNOWN: Final = Estimate(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True, slots=True)
class Blocks:
    """Which block each cell belongs to, and how often every draw takes each block.

    `of` is (n_cells,), `draws` (DRAWS, n_blocks) counts whose rows sum to n_blocks. Whatever is a function of sums over
    cells needs only its sums by block, so a thousand draws are one matrix product.
    """

    of: NDArray[np.intp]
    draws: Floats

    @staticmethod
    def by_day(time_ms: Times, days: int = 1) -> Blocks:
        """Blocks of so many UTC days; those without a cell do not exist."""
        found, of = np.unique(np.asarray(time_ms) // (days * DAY_MS), return_inverse=True)
        n = len(found)
        if not n:
            return Blocks(of, np.zeros((DRAWS, 0)))
        counts = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), DRAWS)
        return Blocks(of, counts.astype(float))

    @property
    def n(self) -> int:
        """How many blocks there are."""
        return int(self.draws.shape[1])

    def sums(self, cells: Floats) -> Floats:
        """Sum of every block; cells (n_cells, …) → (n_blocks, …)."""
        flat = cells.reshape(len(cells), int(np.prod(cells.shape[1:])))
        summed = np.stack([np.bincount(self.of, column, self.n) for column in flat.T], axis=1)
        return np.asarray(summed.reshape(self.n, *cells.shape[1:]), float)

    def drawn(self, cells: Floats) -> Floats:
        """Sums over all cells, first as they are, then in every draw; (n_cells, …) → (1 + DRAWS, …)."""
        sums = self.sums(cells).reshape(self.n, int(np.prod(cells.shape[1:])))
        both = np.concatenate([sums.sum(axis=0)[None], self.draws @ sums])
        return both.reshape(1 + len(self.draws), *cells.shape[1:])

    def ratio(self, above: Floats, below: Floats) -> Estimate:
        """Σ above ÷ Σ below; both (n_cells,)."""
        sums = self.drawn(np.column_stack((above, below)))
        with np.errstate(divide="ignore", invalid="ignore"):
            return summarised(sums[:, 0] / sums[:, 1])

    def skill(self, own: Floats, base: Floats) -> Estimate:
        """1 − Σ own ÷ Σ base: the share of the baseline's deviance that the prediction explains."""
        left = self.ratio(own, base)
        return Estimate(1 - left.value, 1 - left.hi, 1 - left.lo)


def summarised(statistics: Floats) -> Estimate:
    """The first of some statistics as the value, the others as its draws; draws that are no number do not count."""
    value, draws = float(statistics[0]), statistics[1:]
    draws = draws[np.isfinite(draws)]
    if not np.isfinite(value) or not len(draws):
        return UNKNOWN
    low, high = np.percentile(draws, LEVELS)
    return Estimate(value, float(low), float(high))
