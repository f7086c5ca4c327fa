"""Clusters: contiguous dense rows of the newest column, ranked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cluster:
    """A zone of dense rows. `usd` is the exact sum of the map's newest column between `low` and `high`.

    `distance` is signed, the zone's nearest edge against the last price (fraction); `share` is of that side's map.
    """

    low: float
    high: float
    peak: float
    side: str
    usd: float
    distance: float
    share: float
    tiers: tuple[tuple[float, float], ...] = ()
