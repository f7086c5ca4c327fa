"""The arithmetic of the profile: the newest column as bars, and what is liquidated on the way to a price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap


@dataclass(frozen=True, slots=True)
class ProfileSums:
    """The newest column of a map, USD per bin, float64.

    `edges`: (n + 1,) prices, ascending. `long`, `short`: (n,). `long_from`: (n + 1,), longs above each edge: what
    falls when price falls to it. `short_to`: (n + 1,), shorts below each edge: what is bought back when price
    rises to it.
    """

    edges: Floats
    long: Floats
    short: Floats
    long_from: Floats
    short_to: Floats

    def long_at(self, prices: Floats) -> Floats:
        """Longs liquidated on the way down to prices; inside a bin in proportion."""
        return np.interp(prices, self.edges, self.long_from)

    def short_at(self, prices: Floats) -> Floats:
        """Shorts liquidated on the way up to prices; inside a bin in proportion."""
        return np.interp(prices, self.edges, self.short_to)


def profile_sums(heatmap: Heatmap) -> ProfileSums:
    """Bars and cumulative curves of the newest column."""
    rows, columns = heatmap.shape
    newest = slice(columns - 1, columns)
    long = heatmap.notional_long[:, newest].sum(axis=1, dtype=np.float64)
    short = heatmap.notional_short[:, newest].sum(axis=1, dtype=np.float64)
    long_from = np.zeros(rows + 1)
    long_from[:-1] = np.cumsum(long[::-1])[::-1]
    short_to = np.zeros(rows + 1)
    short_to[1:] = np.cumsum(short)
    return ProfileSums(heatmap.prices, long, short, long_from, short_to)


def pool_to_pixels(values: Floats, edges: Floats, pixel_edges: Floats) -> Floats:
    """The largest value that touches each pixel, so that no bar is lost; outside the grid zero.

    `values` (n,) stand between `edges` (n + 1,); `pixel_edges` (m + 1,) are ascending prices; result (m,).
    """
    if not len(values):
        return np.zeros(len(pixel_edges) - 1)
    low, high = pixel_edges[:-1], pixel_edges[1:]
    first = np.searchsorted(edges, low, side="right") - 1
    last = np.searchsorted(edges, high, side="left")
    first, last = np.clip(first, 0, len(values)), np.clip(last, 0, len(values))
    padded = np.append(values, 0.0)
    pairs = np.column_stack([first, np.maximum(last, first)]).ravel()
    pooled = np.maximum.reduceat(padded, np.minimum(pairs, len(values)))[::2]
    return np.where(last > first, pooled, 0.0)
