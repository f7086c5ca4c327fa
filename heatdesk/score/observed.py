"""What was recorded of liquidations, bar by bar: USD per side, and whether the bar was recorded at all.

Silence is not zero: a bar counts as recorded only where its feed was listening for at least `LEAST_SHARE` of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.errors import BadInputError
from heatdesk.market import Floats, Interval, Records, Times

Bools = NDArray[np.bool_]

LEAST_SHARE: Final = 55 / 60


@dataclass(frozen=True, slots=True)
class Observed:
    """Recorded liquidations on a grid of bars without holes, aligned to UTC.

    `usd` (n, 2): liquidated USD, longs first, 0 where not recorded. `recorded` (n,): whether the bar may be judged.
    `events` (n,): single events counted, −1 where only totals are known.
    """

    bar_ms: int
    time_ms: Times
    usd: Floats
    recorded: Bools
    events: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.time_ms)

    def on(self, time_ms: Times) -> Observed:
        """The same bars on another grid of the same width; bars outside are unrecorded."""
        usd, recorded = np.zeros((len(time_ms), 2)), np.zeros(len(time_ms), bool)
        events = np.full(len(time_ms), -1, np.int64)
        if len(self) and len(time_ms):
            at = (time_ms - self.time_ms[0]) // self.bar_ms
            inside = (at >= 0) & (at < len(self))
            usd[inside], recorded[inside] = self.usd[at[inside]], self.recorded[at[inside]]
            events[inside] = self.events[at[inside]]
        return Observed(self.bar_ms, time_ms, usd, recorded, events)


def nothing(bar_ms: int) -> Observed:
    """No bar at all."""
    return Observed(bar_ms, np.empty(0, np.int64), np.zeros((0, 2)), np.zeros(0, bool), np.empty(0, np.int64))


def from_totals(totals: Records, step_ms: int, bar_ms: int) -> Observed:
    """Bars from stored totals of intervals of `step_ms`; a missing row or an unknown value is a gap, not zero.

    Raises BadInputError where the intervals do not add up to bars.
    """
    if step_ms <= 0 or bar_ms % step_ms:
        raise BadInputError(
            f"Totals of {step_ms // 60_000} minutes do not add up to bars of {bar_ms // 60_000} minutes; "
            "use longer bars."
        )
    usd = np.stack([totals["liquidation_long_usd"], totals["liquidation_short_usd"]], axis=1)
    known = np.isfinite(usd).all(axis=1)
    time_ms, usd = totals.time_ms[known], usd[known]
    if not len(time_ms):
        return nothing(bar_ms)
    grid = _grid(int(time_ms[0]), int(time_ms[-1]) + step_ms, bar_ms)
    summed, parts = np.zeros((len(grid), 2)), np.zeros(len(grid))
    bar = (time_ms - grid[0]) // bar_ms
    np.add.at(summed, bar, usd)
    np.add.at(parts, bar, step_ms / bar_ms)
    recorded = parts >= LEAST_SHARE
    summed[~recorded] = 0.0
    return Observed(bar_ms, grid, summed, recorded, np.full(len(grid), -1, np.int64))


def from_events(events: Records, coverage: Sequence[Interval], bar_ms: int) -> Observed:
    """Bars from single liquidations and the intervals in which they were recorded."""
    covered = [i for i in coverage if i.end_ms > i.start_ms]
    if not covered:
        return nothing(bar_ms)
    grid = _grid(min(i.start_ms for i in covered), max(i.end_ms for i in covered), bar_ms)
    share = np.zeros(len(grid))
    for start, end in covered:
        share += np.clip(np.minimum(grid + bar_ms, end) - np.maximum(grid, start), 0, None) / bar_ms
    recorded = share >= LEAST_SHARE
    usd, count = np.zeros((len(grid), 2)), np.zeros(len(grid), np.int64)
    bar = (events.time_ms - grid[0]) // bar_ms
    amount = events["notional_usd"]
    inside = (bar >= 0) & (bar < len(grid)) & np.isfinite(amount)
    np.add.at(usd, (bar[inside], (events["side"][inside] < 0).astype(np.intp)), amount[inside])
    np.add.at(count, bar[inside], 1)
    usd[~recorded], count[~recorded] = 0.0, 0
    return Observed(bar_ms, grid, usd, recorded, count)


def _grid(start_ms: int, end_ms: int, bar_ms: int) -> Times:
    return np.arange(start_ms // bar_ms * bar_ms, end_ms, bar_ms, dtype=np.int64)
