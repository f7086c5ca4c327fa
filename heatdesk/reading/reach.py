"""How far price gets: the chance that it touches a level within some hours, from realised volatility alone.

The forecast says how large a move of one standard deviation is; how many of them price has gone up or down at most is
learnt from every past hour, so that "beyond d within H" is the share of past excursions beyond d ÷ σ. Where little is
known that share leans on the first passage of a random walk, 2·(1 − Φ(d ÷ σ)). Both sides share one table: which way
price has drifted says nothing about where it will.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from heatdesk.market import DAY_MS, HOUR_MS, Floats, Records, Times
from heatdesk.reading.variance import MEMORY_DAYS, Hours, Outlook, Rows

FORMULA: Final = (
    "share of past hours from which price went at least distance ÷ σ away within the horizon; "
    "σ is forecast from realised volatility and the time of the week"
)
CONTOURS: Final = (0.75, 0.5, 0.25, 0.1)
HORIZONS_MS: Final = (HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS, DAY_MS)
_PRIOR_WINDOWS: Final = 10.0  # windows without overlap that the random walk counts for
_DEVIATIONS: Final = np.concatenate((np.arange(0.0, 4.0, 0.02), np.geomspace(4.0, 40.0, 100)))
_WALK: Final = np.array([math.erfc(z / math.sqrt(2.0)) for z in _DEVIATIONS])


class Touch(NamedTuple):
    """The chance that a zone is touched within a horizon, and what it is made of.

    `sigma`: forecast standard deviation of ln price over the horizon; `scaled`: the distance in such, the sign being
    the side; `hours`: past hours learnt from. NaN where nothing is known.
    """

    chance: float
    horizon_ms: int
    sigma: float
    scaled: float
    hours: int


NO_TOUCH: Final = Touch(math.nan, 0, math.nan, math.nan, 0)


@dataclass(frozen=True, slots=True)
class Horizon:
    """What is known of one horizon: `sigma`, the standard deviation of ln price over it, forecast now.

    `beyond` (n,) is the chance of an excursion beyond each of ``deviations()``, falling from 1. `hours` past hours were
    learnt from, `windows` of them without overlap.
    """

    ms: int
    sigma: float
    beyond: Floats
    hours: int
    windows: float


@dataclass(frozen=True, slots=True)
class Reach:
    """The chances from one moment on: `price` at `time_ms`, and the horizons learnt, ascending."""

    time_ms: int
    price: float
    horizons: tuple[Horizon, ...]

    def chance(self, distance: Any, horizon_ms: float) -> Floats:
        """Chance that price gets a ln distance away within a horizon, the sign being the side; 1 at no distance."""
        sigma, beyond = self._at(horizon_ms)
        return np.asarray(np.interp(np.abs(distance) / sigma, _DEVIATIONS, beyond, right=0.0))

    def chance_of(self, price: float, horizon_ms: float) -> float:
        """Chance that a price is touched within a horizon."""
        return float(self.chance(math.log(price / self.price), horizon_ms))

    def distance(self, chance: float, horizon_ms: float) -> float:
        """The ln distance that is touched with this chance within a horizon."""
        sigma, beyond = self._at(horizon_ms)
        return sigma * float(np.interp(-chance, -beyond, _DEVIATIONS))

    def sigma(self, horizon_ms: float) -> float:
        """Standard deviation of ln price over a horizon, forecast now."""
        return self._at(horizon_ms)[0]

    def learnt(self, horizon_ms: float) -> Horizon:
        """The horizon learnt that is nearest, as a ratio."""
        return min(self.horizons, key=lambda h: abs(math.log(h.ms / horizon_ms)))

    def _at(self, horizon_ms: float) -> tuple[float, Floats]:
        """Sigma and table of a horizon between those learnt; beyond them it grows with the square root of time."""
        known = np.log([h.ms for h in self.horizons])
        wanted = math.log(horizon_ms)
        after = int(np.clip(np.searchsorted(known, wanted), 0, len(known) - 1))
        before = max(after - 1, 0) if wanted < known[after] else after
        a, b = self.horizons[before], self.horizons[after]
        outside = math.exp(0.5 * (wanted - float(np.clip(wanted, known[before], known[after]))))
        share = 0.0 if a is b else (wanted - known[before]) / (known[after] - known[before])
        share = float(np.clip(share, 0.0, 1.0))
        sigma = outside * a.sigma ** (1.0 - share) * b.sigma**share
        return sigma, (1.0 - share) * a.beyond + share * b.beyond


def deviations() -> Floats:
    """The excursions, in forecast standard deviations, at which a horizon's chances are kept."""
    return _DEVIATIONS


def first_passage(scaled: Floats) -> Floats:
    """Chance that a driftless random walk gets this many of its standard deviations away: 2·(1 − Φ)."""
    return np.asarray(np.interp(scaled, _DEVIATIONS, _WALK))


def find_reach(candles: Records, step_ms: int, horizons_ms: tuple[int, ...] = HORIZONS_MS) -> Reach | None:
    """The chances after the last of these candles, None where fewer than two are known.

    A horizon shorter than a candle is scaled down from the shortest that can be seen.
    """
    if len(candles) < 2:
        return None
    outlook = Outlook.of(Hours.of(candles, step_ms))
    found = []
    for horizon_ms in sorted({max(ms, outlook.hours.block_ms) for ms in horizons_ms}):
        walk = walk_forward(outlook, horizon_ms)
        found.append(
            Horizon(
                horizon_ms,
                float(walk.sigma[-1]),
                walk.beyond[-1],
                int(walk.known[-1]),
                float(walk.known[-1] * outlook.hours.block_ms / horizon_ms),
            )
        )
    return Reach(int(outlook.hours.end_ms[-1]), float(candles["close"][-1]), tuple(found))


@dataclass(frozen=True, slots=True)
class Walk:
    """Every hour of a history as it was then: time, forecast `sigma`, and the excursions that came, NaN where unknown.

    `up`, `down`: ln distance to the highest and lowest price of the horizon, never below 0. `beyond` (n_days, n): the
    table as known on each row of `row_of_day`; `known` (n_days,) hours it was learnt from.
    """

    time_ms: Times
    horizon_ms: int
    sigma: Floats
    up: Floats
    down: Floats
    row_of_day: Rows
    beyond: Floats
    known: Rows

    def chance(self, distance: Floats) -> Floats:
        """Chance, as it was told then, of each ln distance (k,) at each hour; (n, k)."""
        scaled = distance[None, :] / self.sigma[:, None]
        told = np.empty_like(scaled)
        for day in np.unique(self.row_of_day):
            rows = self.row_of_day == day
            told[rows] = np.interp(scaled[rows], _DEVIATIONS, self.beyond[day], right=0.0)
        return told


def walk_forward(outlook: Outlook, horizon_ms: int) -> Walk:
    """What would have been told at every hour, learning anew each day from what was known by then."""
    hours = outlook.hours
    sigma = outlook.forecast(horizon_ms)
    up, down = _excursions(hours, horizon_ms)
    known_at = hours.end_ms + horizon_ms
    beyond, known = _tables(hours, up / sigma, down / sigma, known_at, horizon_ms)
    return Walk(hours.end_ms, horizon_ms, sigma, up, down, hours.row_of_day, beyond, known)


def _excursions(hours: Hours, horizon_ms: int) -> tuple[Floats, Floats]:
    """Highest and lowest ln price of the horizon after each hour, from its close; NaN where a candle is missing."""
    time_ms, last = hours.candles.time_ms, hours.last
    stop = np.minimum(last + round(horizon_ms / hours.step_ms), len(time_ms) - 1)
    whole = time_ms[stop] + hours.step_ms == hours.end_ms + horizon_ms
    # without a hole, so many rows on is so many hours on
    length = round(horizon_ms / hours.block_ms)
    close = hours.candles["close"][last]
    highest = _maximum_after(hours.candles["high"], last, length)
    lowest = -_maximum_after(-hours.candles["low"], last, length)
    up = np.where(whole, np.log(np.maximum(highest / close, 1.0)), np.nan)
    down = np.where(whole, -np.log(np.minimum(lowest / close, 1.0)), np.nan)
    return up, down


def _maximum_after(values: Floats, rows: Rows, length: int) -> Floats:
    """Largest value over `length` stretches between rows after each, of those that exist, by doubling."""
    if len(rows) < 2:
        return values[rows]
    longest = np.maximum.reduceat(values, rows[:-1] + 1)
    end, size = len(longest) - 1, 1
    while 2 * size <= length:
        longest[:-size] = np.maximum(longest[:-size], longest[size:])
        size *= 2
    row = np.arange(len(rows))
    return np.maximum(longest[np.minimum(row, end)], longest[np.clip(row + length - size, 0, end)])


def _tables(hours: Hours, up: Floats, down: Floats, known_at: Times, horizon_ms: int) -> tuple[Floats, Rows]:
    """The chance beyond each deviation as known on every row of days, and the hours it is learnt from."""
    good = np.isfinite(up) & np.isfinite(down)
    known_at = known_at[good]
    day = np.searchsorted(hours.known_ms, known_at)  # the first row of days that knows it
    day_of, n_bins = np.minimum(day, len(hours.known_ms) - 1), len(_DEVIATIONS) + 1
    counts = np.zeros((len(hours.known_ms), n_bins))
    for scaled in (up[good], down[good]):
        cell = day_of * n_bins + np.searchsorted(_DEVIATIONS, scaled, side="right")
        counts += np.bincount(cell, minlength=counts.size).reshape(counts.shape)
    known = np.cumsum(np.bincount(day_of, minlength=len(counts)))
    fades = 0.5 ** (np.diff(hours.known_ms, prepend=hours.known_ms[0]) / DAY_MS / MEMORY_DAYS)
    for row in range(1, len(counts)):
        counts[row] += fades[row] * counts[row - 1]
    # those in bin i + 1 and above lie at or beyond deviation i
    beyond = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1]
    prior = 2.0 * _PRIOR_WINDOWS * horizon_ms / hours.block_ms
    beyond = (beyond[:, 1:] + prior * _WALK) / (beyond[:, :1] + prior)
    beyond[:, 0] = 1.0
    return beyond, known
