"""The frame: the nearest zone above and below the price that is worth calling one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from heatdesk.reading.clusters import Cluster
from heatdesk.reading.rules import FrameRules


class SessionFrame(NamedTuple):
    """Shorts above and longs below, None where there is no such zone."""

    above: Cluster | None
    below: Cluster | None


NO_FRAME: Final = SessionFrame(None, None)


def find_frame(
    clusters: Iterable[Cluster], hourly_atr: float, rules: FrameRules | None = None
) -> SessionFrame:
    """The nearest prominent zones: at least ``nearest_atr`` × `hourly_atr` away, and large enough for their side.

    `hourly_atr` is a fraction of the price (``volatility.hourly_atr``). Of two zones equally near the larger counts.
    """
    rules = rules or FrameRules()
    nearest = rules.nearest_atr * hourly_atr
    worth = [c for c in clusters if 100 * c.share >= rules.least_share_percent and abs(c.distance) >= nearest]
    above = [c for c in worth if c.side == "short" and c.distance >= 0]
    below = [c for c in worth if c.side == "long" and c.distance <= 0]
    return SessionFrame(min(above, key=_nearness, default=None), min(below, key=_nearness, default=None))


def _nearness(cluster: Cluster) -> tuple[float, float]:
    return abs(cluster.distance), -cluster.usd
