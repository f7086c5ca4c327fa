"""A number that wanders and is the same whenever one asks: prices, open interest, ratios."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.exchange_server.listings import seed_of

DAY_MS = 86_400_000
MINUTE_MS = 60_000
_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Shock:
    """From `start_ms` to `end_ms` the logarithm goes `depth` away; half of it comes back over four times as long."""

    start_ms: int
    end_ms: int
    depth: float

    def at(self, time_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        length = self.end_ms - self.start_ms
        knots = (self.start_ms, self.end_ms, self.end_ms + 4 * length)
        return np.interp(time_ms, knots, (0.0, self.depth, self.depth / 2))


class Path:
    """Around `level` for ever: every day runs from its own seeded anchor to the next day's, as a Brownian bridge.

    No day needs the one before it, so months of history cost nothing until somebody asks.
    """

    def __init__(
        self, seed: int, name: str, level: float, days: float = 0.04, minutes: float = 0.0006
    ) -> None:
        self._seed, self._name, self._level = seed, name, level
        self._day_sigma, self._minute_sigma = days, minutes
        self._days: dict[int, NDArray[np.float64]] = {}
        self._shocks: list[Shock] = []

    def shock(self, shock: Shock) -> None:
        """Push it away; must not begin before what has been told already."""
        self._shocks.append(shock)

    def at(self, time_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        """Its values at any times."""
        time_ms = np.asarray(time_ms, np.int64)
        day = time_ms // DAY_MS
        logs = np.empty(len(time_ms))
        for d in np.unique(day):
            rows = day == d
            logs[rows] = np.interp(
                (time_ms[rows] - d * DAY_MS) / MINUTE_MS, np.arange(_MINUTES + 1), self._day(int(d))
            )
        for shock in self._shocks:
            logs += shock.at(time_ms)
        return self._level * np.exp(logs)

    def now(self, time_ms: float) -> float:
        """Its value at one time."""
        at = int(time_ms)
        day, within_ms = divmod(at, DAY_MS)
        minute, rest_ms = divmod(within_ms, MINUTE_MS)
        before, after = self._day(day)[minute : minute + 2].tolist()
        log = before + (after - before) * rest_ms / MINUTE_MS
        for shock in self._shocks:
            log += float(shock.at(np.array([at]))[0])
        return self._level * math.exp(log)

    def _anchor(self, day: int) -> float:
        return float(np.random.default_rng(seed_of(self._seed, self._name, day)).normal(0, self._day_sigma))

    def _day(self, day: int) -> NDArray[np.float64]:
        if day not in self._days:
            rng = np.random.default_rng(seed_of(self._seed, self._name, day, "walk"))
            walk = np.concatenate(([0.0], np.cumsum(rng.normal(0, self._minute_sigma, _MINUTES))))
            bridge = walk - np.linspace(0, walk[-1], _MINUTES + 1)
            self._days[day] = bridge + np.linspace(self._anchor(day), self._anchor(day + 1), _MINUTES + 1)
        return self._days[day]
