"""What rests in order books: summed along price, its walls, and which clusters stand behind little of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats
from heatdesk.reading.clusters import Cluster

THIN: Final = 0.5  # of the usual density; what rests less than that on the way to a zone is thin


@dataclass(frozen=True, slots=True)
class Depth:
    """Resting orders of one or several books, each side best first: `price` (n,), `usd` (n,)."""

    bid_price: Floats
    bid_usd: Floats
    ask_price: Floats
    ask_usd: Floats

    @property
    def reach(self) -> tuple[float, float]:
        """The lowest and the highest price that is known; NaN of a side without orders."""
        low = float(self.bid_price.min()) if len(self.bid_price) else float("nan")
        return low, float(self.ask_price.max()) if len(self.ask_price) else float("nan")


@dataclass(frozen=True, slots=True)
class ThinWay:
    """A cluster that few orders stand before: `usd` rests between the price and its nearer edge.

    `share` is its density against the books' own on both sides.
    """

    cluster: Cluster
    usd: float
    share: float


def depth_of(books: Iterable[tuple[Floats, Floats]]) -> Depth:
    """Several books as one; each is bids and asks (n, 2) of price and quantity in base units.

    Only as far as every book reaches: beyond, it would look thin where one exchange merely tells less.
    """
    sides: list[tuple[Floats, Floats]] = []
    pairs = [book for book in books if len(book[0]) and len(book[1])]
    for index, outermost in ((0, max), (1, min)):
        levels = [pair[index] for pair in pairs]
        if not levels:
            sides.append((np.zeros(0), np.zeros(0)))
            continue
        edge = outermost(float(one[-1, 0]) for one in levels)
        joined = np.concatenate(levels)
        inside = joined[:, 0] >= edge if index == 0 else joined[:, 0] <= edge
        joined = joined[inside]
        order = np.argsort(joined[:, 0], kind="stable")
        joined = joined[order[::-1] if index == 0 else order]
        sides.append((joined[:, 0], joined[:, 0] * joined[:, 1]))
    return Depth(*sides[0], *sides[1])


def along(price: Floats, usd: Floats, edges: Floats) -> Floats:
    """USD (n,) between edges (n + 1,) that ascend, in the units of `price`; what lies outside is left out."""
    if len(edges) < 2:
        return np.zeros(max(len(edges) - 1, 0))
    at = np.searchsorted(edges, price, side="right") - 1
    inside = (at >= 0) & (at < len(edges) - 1)
    summed: Floats = np.bincount(at[inside], usd[inside], len(edges) - 1).astype(np.float64)
    return summed


def walls(usd: Sequence[Floats], times: float) -> list[NDArray[np.bool_]]:
    """Which rows of each side hold at least so many times the median of all rows with orders."""
    filled = np.concatenate([side[side > 0.0] for side in usd]) if usd else np.zeros(0)
    if not len(filled):
        return [np.zeros(len(side), bool) for side in usd]
    least = times * float(np.median(filled))
    return [side >= least for side in usd]


def thin_ways(clusters: Iterable[Cluster], depth: Depth, price: float) -> tuple[ThinWay, ...]:
    """The clusters within the books' reach that less than half of the usual density stands before, nearest first."""
    low, high = depth.reach
    resting = float(depth.bid_usd.sum() + depth.ask_usd.sum())
    if not (low < price < high) or resting <= 0.0:
        return ()
    usual = resting / (high - low)
    found = []
    for cluster in clusters:
        if price < cluster.low <= high:
            on_way, width = depth.ask_usd[depth.ask_price < cluster.low], cluster.low - price
        elif low <= cluster.high < price:
            on_way, width = depth.bid_usd[depth.bid_price > cluster.high], price - cluster.high
        else:
            continue
        share = float(on_way.sum()) / width / usual
        if share < THIN:
            found.append(ThinWay(cluster, float(on_way.sum()), share))
    return tuple(sorted(found, key=lambda way: abs(way.cluster.distance)))
