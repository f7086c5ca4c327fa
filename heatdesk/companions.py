"""What stands under a map: volume, open interest, funding, volume delta and long/short ratio of its columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from heatdesk.events import Market
from heatdesk.market import Floats, Times


def _nothing() -> Floats:
    return np.zeros((0, 0))


@dataclass(frozen=True, slots=True)
class Companions:
    """One row of each array for every one of `markets`, one column for every column of the map.

    NaN is "not known", never zero. `volume` is traded in the column, base units. `open_interest` is what was last known
    at the column's end, base units, one-sided; `open_interest_usd` the same at the column's close. `funding` is the
    rate that held, as a fraction for eight hours whatever interval the exchange pays by. `long_short` is accounts that
    are long ÷ accounts that are short. `delta` is bought less sold by takers in the column, base units; `spot_delta`
    the same of `spot_markets`. Arrays are read-only.
    """

    times_ms: Times = field(default_factory=lambda: np.zeros(0, np.int64))
    step_ms: int = 0
    markets: tuple[Market, ...] = ()
    volume: Floats = field(default_factory=_nothing)
    open_interest: Floats = field(default_factory=_nothing)
    open_interest_usd: Floats = field(default_factory=_nothing)
    funding: Floats = field(default_factory=_nothing)
    long_short: Floats = field(default_factory=_nothing)
    delta: Floats = field(default_factory=_nothing)
    spot_markets: tuple[Market, ...] = ()
    spot_delta: Floats = field(default_factory=_nothing)

    def total(self, name: str) -> Floats:
        """The sum over the markets known in each column, NaN where none is; shape (n_times,)."""
        return known_sum(getattr(self, name))

    def open_interest_change(self, name: str = "open_interest") -> Floats:
        """The sum of open interest without the step of a market that joins or is lost, shape (n_times,).

        The newest sum of all known markets is what it ends at; before that it follows the changes of the markets that
        are known on both sides of each.
        """
        each = getattr(self, name)
        total = self.total(name)
        known = np.flatnonzero(np.isfinite(total))
        if not len(known):
            return total
        change = np.diff(each, axis=1)
        change = np.where(np.isfinite(change), change, 0.0).sum(axis=0)
        level = np.concatenate(([0.0], np.cumsum(change)))
        level += total[known[-1]] - level[known[-1]]
        return np.where(np.isfinite(total), level, np.nan)

    def mean_funding(self) -> Floats:
        """Funding weighted by open interest in USD among the markets of which both are known, shape (n_times,)."""
        both = np.isfinite(self.funding) & np.isfinite(self.open_interest_usd)
        weight = np.where(both, self.open_interest_usd, 0.0)
        paid = np.where(both, self.funding, 0.0) * weight
        total = weight.sum(axis=0)
        mean: Floats = np.divide(paid.sum(axis=0), total, out=np.full(len(total), np.nan), where=total > 0)
        return mean

    def cumulative(self, name: str = "delta") -> Floats:
        """The volume delta (`delta` or `spot_delta`) since the first column; NaN where no market is known."""
        total = self.total(name)
        return np.where(np.isfinite(total), np.cumsum(np.nan_to_num(total)), np.nan)


def known_sum(each: Floats) -> Floats:
    """Sums of the finite numbers of each column, NaN where there is none; (n_rows, n) → (n,)."""
    known = np.isfinite(each)
    return np.where(known.any(axis=0), np.where(known, each, 0.0).sum(axis=0), np.nan)
