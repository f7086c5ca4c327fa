"""The frozen result of the model: standing notional over price and time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats, Interval, Times
from heatdesk.model.age_windows import AgeChoice

Notional = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ages:
    """How old the positions of a map are, by the windows of `choice`, youngest first.

    `densest`: uint8 (n_prices, n_times), the window that holds most of a cell among those drawn. `newest`: float32
    (n_windows, 2, n_prices), USD of the newest column in every window, drawn or not, long and short.
    """

    choice: AgeChoice
    densest: NDArray[np.uint8]
    newest: Notional


class Steady(NamedTuple):
    """Columns that a map shares with those before and after it: of two maps with the same `token`, both of which have
    `columns`, what these show of the same time is the same to the last bit."""

    token: object
    columns: int


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Standing notional in USD per price bin at each column's end.

    `notional_long`, `notional_short`: float32, shape (n_prices, n_times), row 0 = lowest price; kept time-major in
    memory (each is the transpose of a C-contiguous array). `prices`: float64 bin edges (n_prices + 1) on the global
    logarithmic grid ``exp(k·ln(1 + bin))``. `times_ms`: int64 column starts, every `step_ms`, without holes.
    `tiers`: leverages. `newest_by_tier`: float32 (2, n_tiers, n_prices), long and short of the newest column;
    `newest_by_exchange`: the same by `exchanges`, (n_exchanges, 2, n_prices).
    `gaps`: stretches without candles. `ages` are there in a map by age, `steady` in one that is made again as it grows.
    All arrays are read-only.
    """

    notional_long: Notional
    notional_short: Notional
    prices: Floats
    times_ms: Times
    step_ms: int
    bin_bps: float
    tiers: Floats
    newest_by_tier: Notional
    exchanges: tuple[str, ...] = ()
    newest_by_exchange: Notional = field(default_factory=lambda: np.zeros((0, 2, 0), np.float32))
    gaps: tuple[Interval, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)
    ages: Ages | None = None
    steady: Steady | None = None

    def carried_over(self, other: Heatmap) -> tuple[int, int]:
        """How far the columns of another map have moved to the left in this one, and how many of them are known to be
        the first columns here; (0, 0) where none is."""
        if self.steady is None or other.steady is None or self.steady.token is not other.steady.token:
            return 0, 0
        moved = int(self.times_ms[0] - other.times_ms[0]) // self.step_ms
        count = min(self.steady.columns, other.steady.columns - moved)
        return (moved, count) if moved >= 0 and count > 0 else (0, 0)

    def same_columns(self, other: Heatmap) -> int:
        """How many of the first columns are known to be the same as those of a map that begins where this one does."""
        moved, count = self.carried_over(other)
        return 0 if moved else count

    @classmethod
    def empty(cls, times_ms: Times, step_ms: int, bin_bps: float) -> Heatmap:
        """A map of columns without any rows."""
        nothing = np.zeros((0, len(times_ms)), np.float32)
        none, tiers = np.zeros(0), np.zeros((2, 0, 0), np.float32)
        for array in (nothing, none, tiers, times_ms):
            array.flags.writeable = False
        return cls(nothing, nothing, none, times_ms, step_ms, bin_bps, none, tiers)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_prices, n_times)."""
        return self.notional_long.shape[0], self.notional_long.shape[1]

    def notional(self, side: str) -> Notional:
        """One side's notional, or the sum of both for ``both``; shape (n_prices, n_times)."""
        if side == "long":
            return self.notional_long
        if side == "short":
            return self.notional_short
        return (self.notional_long.T + self.notional_short.T).T

    def only(self, side: str) -> Heatmap:
        """The same map with the other side empty; ``both`` changes nothing."""
        if side == "both":
            return self
        other = "notional_short" if side == "long" else "notional_long"
        nothing = np.zeros_like(getattr(self, other))
        nothing.flags.writeable = False
        return replace(self, **{other: nothing})
