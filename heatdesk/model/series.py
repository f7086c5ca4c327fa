"""Stored records → the model's input: candles of one instrument with the open interest known at each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, HOUR_MS, Floats, Records, Times

# A step of open interest over a longer outage has no known moment, so it births nobody. Hourly samples still count.
OUTAGE_MS: Final = 2 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Series:
    """Candles of one instrument on one exchange, ascending, holes allowed; every array has shape (n,).

    `open_interest` is the last sample at or before the candle's start (base units, one-sided), NaN where none was
    known within a day. `open_interest_step` is its change since the candle before, 0 across a hole: a failed poll is
    never read as a fall to zero. `volume` and `taker_buy_volume` are base units, NaN where unknown.
    """

    time_ms: Times
    step_ms: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    taker_buy_volume: Floats
    open_interest: Floats
    open_interest_step: Floats

    def __len__(self) -> int:
        return len(self.time_ms)

    def head(self, n: int) -> Series:
        """The first `n` candles: what was known then."""
        return self.between(0, n)

    def between(self, start: int, end: int) -> Series:
        """The candles of some rows."""
        rows = slice(start, end)
        return Series(
            self.time_ms[rows],
            self.step_ms,
            *(getattr(self, f.name)[rows] for f in fields(self)[2:]),
        )

    def begins_with(self, other: Series) -> bool:
        """Whether the first candles are the same as all of another's, to the last bit."""
        if len(other) > len(self) or other.step_ms != self.step_ms:
            return False
        return all(
            np.array_equal(a[: len(other)].view(np.int64), b.view(np.int64))
            for a, b in (
                (getattr(self, f.name), getattr(other, f.name)) for f in fields(self) if f.name != "step_ms"
            )
        )


def build_series(candles: Records, open_interest: Records, step_ms: int) -> Series:
    """Join candles with the open interest known at each, using nothing later than a candle's own start."""
    t = candles.time_ms
    known, age = _as_of(t, open_interest)
    step = np.zeros(len(t))
    if len(t) > 1:
        step[1:] = known[1:] - known[:-1]
        fresh = age <= OUTAGE_MS
        contiguous = np.diff(t) <= max(OUTAGE_MS, 3 * step_ms)
        step[1:] = np.where(fresh[1:] & fresh[:-1] & contiguous, step[1:], 0.0)
    step = np.nan_to_num(step, nan=0.0)
    return Series(
        time_ms=t,
        step_ms=step_ms,
        open=candles["open"],
        high=candles["high"],
        low=candles["low"],
        close=candles["close"],
        volume=candles["volume"],
        taker_buy_volume=candles["taker_buy_volume"],
        open_interest=np.where(age <= DAY_MS, known, np.nan),
        open_interest_step=step,
    )


def _as_of(t: Times, samples: Records) -> tuple[Floats, NDArray[np.int64]]:
    """Last known positive sample at or before each t, and its age in ms (huge where there is none)."""
    value = np.full(len(t), np.nan)
    age = np.full(len(t), np.iinfo(np.int64).max)
    good = samples["open_interest"] > 0
    times, values = samples.time_ms[good], samples["open_interest"][good]
    at = np.searchsorted(times, t, side="right") - 1
    seen = at >= 0
    value[seen] = values[at[seen]]
    age[seen] = t[seen] - times[at[seen]]
    return value, age
