"""The chance that price touches a zone within a chosen time."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from heatdesk.market import HOUR_MS, Records
from heatdesk.reading.clusters import Cluster
from heatdesk.reading.reach import HORIZONS_MS, NO_TOUCH, Reach, Touch, find_reach

_KEPT: Final = 4


def with_touch(clusters: Iterable[Cluster], reach: Reach | None, hours: float) -> tuple[Cluster, ...]:
    """The clusters, each with the chance that its nearest edge is touched; 1 where price is inside.

    Where no reach is known, nor is a chance.
    """
    if reach is None:
        return tuple(replace(cluster, touch=NO_TOUCH) for cluster in clusters)
    horizon_ms = round(hours * HOUR_MS)
    sigma, learnt = reach.sigma(horizon_ms), reach.learnt(horizon_ms)
    found = []
    for cluster in clusters:
        distance = math.log1p(cluster.distance)
        chance = float(reach.chance(distance, horizon_ms))
        found.append(replace(cluster, touch=Touch(chance, horizon_ms, sigma, distance / sigma, learnt.hours)))
    return tuple(found)


class ReachMemo:
    """Finds the reach of the same candles once: the model's sliders change no candle. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, int, bytes], Reach | None] = {}

    def of(self, candles: Records, step_ms: int, hours: float) -> Reach | None:
        """The reach after the last candle, of the usual horizons and one of `hours`."""
        horizon_ms = round(hours * HOUR_MS)
        key = step_ms, horizon_ms, _digest(candles)
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        found = find_reach(candles, step_ms, (*HORIZONS_MS, horizon_ms))
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.pop(next(iter(self._kept)))
        return found


def _digest(candles: Records) -> bytes:
    """Names the prices and times of candles."""
    seen = hashlib.blake2b(candles.time_ms.tobytes(), digest_size=16)
    for name in ("high", "low", "close"):
        seen.update(candles[name].tobytes())
    return seen.digest()
