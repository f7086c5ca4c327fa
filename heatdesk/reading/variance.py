"""How much price will move: variance over the next hours, forecast at every hour from what was known then.

A heterogeneous autoregression of realised variance (Corsi 2009) on its means over past hours, days and weeks, taken
from the ranges of candles (Parkinson 1980) and cleared of the time of the week; learnt anew every day from the hours
whose outcome was known, older ones counting less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, HOUR_MS, Floats, Records, Times

LOOKS_BACK_MS: Final = (HOUR_MS, 4 * HOUR_MS, DAY_MS, 5 * DAY_MS, 22 * DAY_MS)
MEMORY_DAYS: Final = 90.0  # after this long an hour counts half
_SEASON_MEMORY_DAYS: Final = 60.0
_SEASON_PRIOR_DAYS: Final = 10.0  # of a flat week
_PRIOR_WINDOWS: Final = 30.0  # hours' worth of "all looks back are equally good"
_LEAST: Final = 1e-14  # variance of a candle that did not move: ln needs some
_WEEK_HOURS: Final = 168
_MONDAY: Final = 4  # 1970 began on a Thursday

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Hours:
    """Candles by the hour, and what was known at the end of each; the last row is now, which need not end an hour.

    `end_ms` (n,) ends of the rows; `last` (n,) their last candle; `row_of_day` (n,) says in which row of anything
    learnt daily each looks up, `known_ms` (n_days,) when that was learnt. `variance` (n_candles,) Parkinson's, in ln
    price squared.
    """

    candles: Records
    step_ms: int
    block_ms: int
    end_ms: Times
    last: Rows
    row_of_day: Rows
    known_ms: Times
    variance: Floats

    @staticmethod
    def of(candles: Records, step_ms: int) -> Hours:
        """Candles of `step_ms`, ascending, holes allowed, at least one. Longer ones than an hour stand for it."""
        block_ms = max(HOUR_MS, step_ms)
        ends = candles.time_ms + step_ms
        last = np.flatnonzero(ends % block_ms == 0)
        if not len(last) or last[-1] != len(ends) - 1:
            last = np.append(last, len(ends) - 1)
        end_ms = ends[last]
        day = end_ms[:-1] // DAY_MS
        known, row = np.unique(day * DAY_MS, return_inverse=True)
        ranges = np.log(candles["high"] / candles["low"])
        return Hours(
            candles=candles,
            step_ms=step_ms,
            block_ms=block_ms,
            end_ms=end_ms,
            last=last,
            row_of_day=np.append(row, len(known)),
            known_ms=np.append(known, end_ms[-1]),
            variance=np.maximum(ranges * ranges / (4.0 * math.log(2.0)), _LEAST),
        )


@dataclass(frozen=True, slots=True)
class Season:
    """Share of the mean variance by hour of the week, as known at each of ``Hours.known_ms``: (n_days, 168), mean 1."""

    share: Floats

    @staticmethod
    def learn(hours: Hours) -> Season:
        """Weekdays are alike, and so are the days of a weekend; each hour is softened by its neighbours."""
        if hours.block_ms > HOUR_MS:
            return Season(np.ones((len(hours.known_ms), _WEEK_HOURS)))
        time_ms = hours.candles.time_ms
        first = int(time_ms[0] // DAY_MS)
        days = int(time_ms[-1] // DAY_MS) - first + 1
        cell = (time_ms - first * DAY_MS) // HOUR_MS
        count = np.bincount(cell, minlength=24 * days).reshape(days, 24)
        total = np.bincount(cell, hours.variance, 24 * days).reshape(days, 24)
        with np.errstate(invalid="ignore", divide="ignore"):
            week = _last_seven(total.sum(axis=1)) / _last_seven(count.sum(axis=1))
            share = total / count / week[:, None]
        # a day with a hole in it would shift the shares of its other hours
        whole = count.min(axis=1) > 0
        return Season(_as_known(share, whole, first, hours.known_ms))

    def of_hour(self, day_row: Rows, hour_of_week: NDArray[np.int64]) -> Floats:
        """The share of an hour as known on a row of days."""
        return np.asarray(self.share[day_row, hour_of_week])

    def ahead(self, hours: Hours, horizon_ms: int) -> Floats:
        """Mean share over the horizon after each of the hours, as known there; (n,)."""
        length = max(1, round(horizon_ms / HOUR_MS))
        weeks = 2 + length // _WEEK_HOURS
        total = np.cumsum(np.tile(self.share, weeks), axis=1)
        total = np.concatenate((np.zeros((len(total), 1)), total), axis=1)
        start = hour_of_week(hours.end_ms)
        ahead = total[hours.row_of_day, start + length] - total[hours.row_of_day, start]
        return np.asarray(ahead / length)


def _last_seven(daily: Any) -> Floats:
    """Sum of each day and the six before, of those that exist."""
    total = np.concatenate((np.zeros(7), np.cumsum(daily)))
    return np.asarray(total[7:] - total[:-7])


def hour_of_week(time_ms: Times) -> NDArray[np.int64]:
    """0 on Monday at 00:00 UTC to 167."""
    return np.asarray((time_ms // HOUR_MS - 24 * _MONDAY) % _WEEK_HOURS)


def _as_known(share: Floats, whole: NDArray[np.bool_], first_day: int, known_ms: Times) -> Floats:
    """Profiles of the week from the days before each moment; share has shape (days, 24)."""
    weekend = (np.arange(first_day, first_day + len(share)) - _MONDAY) % 7 >= 5
    total = np.full((2, 24), _SEASON_PRIOR_DAYS)
    weight = np.full((2, 1), _SEASON_PRIOR_DAYS)
    fades = 0.5 ** (1.0 / _SEASON_MEMORY_DAYS)
    mean = np.empty((len(known_ms), 2, 24))
    learnt = 0
    for row, days in enumerate(known_ms // DAY_MS - first_day):
        for day in range(learnt, int(days)):
            if whole[day]:
                total *= fades
                weight *= fades
                total[int(weekend[day])] += share[day]
                weight[int(weekend[day])] += 1.0
        learnt = max(learnt, int(days))
        mean[row] = total / weight
    soft = (np.roll(mean, 1, axis=2) + 2.0 * mean + np.roll(mean, -1, axis=2)) / 4.0
    week = soft[:, [0, 0, 0, 0, 0, 1, 1]].reshape(len(soft), _WEEK_HOURS)
    return np.asarray(week / week.mean(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was known at each of the hours: features (n, 1 + looks back), and the season."""

    hours: Hours
    season: Season
    features: Floats

    @staticmethod
    def of(hours: Hours) -> Outlook:
        """Logarithms of the mean variance a candle over each look back, cleared of the season, and a constant."""
        season = Season.learn(hours)
        time_ms = hours.candles.time_ms
        # a candle's season is told as it was known on its own day
        row = np.clip(np.searchsorted(hours.known_ms, time_ms, side="right") - 1, 0, None)
        clear = hours.variance / season.of_hour(row, hour_of_week(time_ms))
        total = np.concatenate(([0.0], np.cumsum(clear)))
        stop = hours.last + 1
        means = []
        for span in LOOKS_BACK_MS:
            start = np.minimum(np.searchsorted(time_ms, hours.end_ms - span), hours.last)
            means.append(np.log((total[stop] - total[start]) / (stop - start)))
        return Outlook(hours, season, np.stack((np.ones(len(stop)), *means), axis=1))

    def forecast(self, horizon_ms: int) -> Floats:
        """Standard deviation of ln price over the horizon, forecast at each of the hours; (n,)."""
        hours = self.hours
        season = self.season.ahead(hours, horizon_ms)
        candles = horizon_ms / hours.step_ms
        realised, known_at = self._realised(horizon_ms)
        wanted = np.log(realised / season)
        learnt = self._learn(wanted, known_at)[hours.row_of_day]
        mean = (self.features * learnt).sum(axis=1)
        return np.asarray(np.sqrt(np.exp(mean) * season * candles))

    def last_day(self, horizon_ms: int) -> Floats:
        """The plain guess: as volatile as the day before, whatever the hour; standard deviation of ln price, (n,)."""
        mean = self.features[:, 1 + LOOKS_BACK_MS.index(DAY_MS)]
        return np.asarray(np.sqrt(np.exp(mean) * horizon_ms / self.hours.step_ms))

    def _realised(self, horizon_ms: int) -> tuple[Floats, Times]:
        """Mean variance a candle over the horizon after each hour, NaN with a hole in it, and when it was known."""
        hours = self.hours
        total = np.concatenate(([0.0], np.cumsum(hours.variance)))
        first = hours.last + 1
        count = max(1, round(horizon_ms / hours.step_ms))
        stop = np.minimum(first + count, len(hours.variance))
        known_at = hours.end_ms + count * hours.step_ms
        there = (stop - first == count) & (hours.candles.time_ms[stop - 1] + hours.step_ms == known_at)
        return np.where(there, (total[stop] - total[first]) / count, np.nan), known_at

    def _learn(self, wanted: Floats, known_at: Times) -> Floats:
        """Weights of the features as known on every row of days: (n_days, n_features).

        Least squares, drawn towards the mean of all looks back where little is known.
        """
        hours, n_features = self.hours, self.features.shape[1]
        good = np.isfinite(wanted)
        features, known_at = self.features[good], known_at[good]
        prior = np.full(n_features, 1.0 / (n_features - 1))
        prior[0] = 0.0
        rest = wanted[good] - features @ prior
        age = (hours.known_ms[-1] - known_at) / DAY_MS
        weight = 0.5 ** (age / MEMORY_DAYS)
        rows = np.searchsorted(known_at, hours.known_ms, side="right")
        gram = _up_to(rows, weight[:, None, None] * features[:, :, None] * features[:, None, :])
        moment = _up_to(rows, (weight * rest)[:, None] * features)
        faded = 0.5 ** ((hours.known_ms[-1] - hours.known_ms) / DAY_MS / MEMORY_DAYS)
        gram += _PRIOR_WINDOWS * faded[:, None, None] * np.eye(n_features)
        return np.asarray(prior + np.linalg.solve(gram, moment[..., None])[..., 0])


def _up_to(rows: Rows, terms: Floats) -> Floats:
    """Sums of the first `rows` terms, rows ascending."""
    starts = np.concatenate(([0], rows[:-1]))
    none = np.zeros((1, *terms.shape[1:]))
    between = np.add.reduceat(np.concatenate((terms, none)), starts, axis=0)
    between[starts == rows] = 0.0  # reduceat gives the term itself where there is none between
    return np.asarray(np.cumsum(between, axis=0))
