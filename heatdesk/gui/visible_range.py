"""The ranges a chart shows by itself, and the ones it allows."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from heatdesk.engine import Snapshot
from heatdesk.gui.price_scale import PriceScale
from heatdesk.market import HOUR_MS

_RIGHT_MARGIN: Final = 0.04
_MOST_AHEAD: Final = 0.25  # of the visible time
# Room above and below the candles, as a share of their own range and at least of the price: levels stand there.
_ROOM: Final = 0.25
LEAST_ROOM: Final = 0.03
_FEWEST_COLUMNS: Final = 4
_WIDEST: Final = 10.0


class Anchor(StrEnum):
    """Whether the chart follows the newest column or stays where the user put it."""

    LIVE = "live"
    PAUSED = "paused"


class Span(NamedTuple):
    """A low and a high end, in ms, USD or view y as said where it is used."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """High minus low."""
        return self.high - self.low


class Limits(NamedTuple):
    """What a view may show: its outer bounds, and the narrowest and widest range of either axis."""

    x: Span
    y: Span
    x_width: Span
    y_width: Span


def data_span(snapshot: Snapshot) -> Span:
    """The time the map covers in ms, or the candles where there is no map; an hour of 1970 where there is nothing."""
    heatmap, candles = snapshot.heatmap, snapshot.candles
    if len(heatmap.times_ms):
        return Span(float(heatmap.times_ms[0]), float(heatmap.times_ms[-1] + heatmap.step_ms))
    if len(candles):
        return Span(float(candles.time_ms[0]), float(candles.time_ms[-1] + heatmap.step_ms))
    return Span(0.0, float(HOUR_MS))


def room_ahead(visible_ms: float, wanted_ms: float) -> float:
    """What of a visible time may lie right of the newest column, where so much is wanted, in ms."""
    return min(wanted_ms, _MOST_AHEAD * visible_ms)


def whole_time(snapshot: Snapshot, ahead_ms: float = 0.0) -> Span:
    """All of the data and a margin at its right, for the eye or for what lies ahead, in ms."""
    span = data_span(snapshot)
    ahead = room_ahead(span.width / (1.0 - _MOST_AHEAD), ahead_ms)
    return Span(span.low, span.high + max(span.width * _RIGHT_MARGIN, ahead))


def fitting_prices(snapshot: Snapshot, times: Span) -> Span:
    """The candles of a stretch of time with room for the levels around them, in USD; the map's rows without candles."""
    candles, edges = snapshot.candles, snapshot.heatmap.prices
    first, last = np.searchsorted(candles.time_ms, [times.low - snapshot.heatmap.step_ms, times.high])
    prices = np.concatenate([candles[name][first:last] for name in ("low", "high")])
    prices = prices[np.isfinite(prices) & (prices > 0.0)]
    if not prices.size:
        return Span(float(edges[0]), float(edges[-1])) if len(edges) > 1 else Span(0.0, 1.0)
    low, high = float(prices.min()), float(prices.max())
    room = max(_ROOM * (high - low), LEAST_ROOM * high)
    return Span(max(low - room, 0.1 * low), high + room)


def limits(snapshot: Snapshot, scale: PriceScale) -> Limits:
    """Bounds that keep every range finite and the data findable: ten times the data either way."""
    times = data_span(snapshot)
    prices = fitting_prices(snapshot, times)
    y_low, y_high = scale.y(prices.low), scale.y(prices.high)
    height = max(y_high - y_low, 1e-9 * max(abs(y_high), 1e-9))
    step = float(snapshot.heatmap.step_ms)
    return Limits(
        x=Span(times.low - _WIDEST * times.width, times.high + _WIDEST * times.width),
        y=Span(y_low - _WIDEST * height, y_high + _WIDEST * height),
        x_width=Span(min(_FEWEST_COLUMNS * step, times.width), 2 * _WIDEST * times.width),
        y_width=Span(height * 1e-4, 2 * _WIDEST * height),
    )
