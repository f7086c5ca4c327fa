"""How prices stand on the vertical axis: linear, logarithmic, or read as percent of a reference price."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from heatdesk.gui import numbers
from heatdesk.market import Floats

MODES: Final = ("linear", "log", "percent")

# Prices below this have no logarithm worth drawing; far below any coin.
_LEAST_PRICE: Final = 1e-12
_MOST_DECIMALS: Final = 16
# A log axis spanning less than this factor reads best with evenly spaced prices.
_EVEN_STEPS_BELOW: Final = 4.0
_DECADE_STEPS: Final = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0))


class Tick(NamedTuple):
    """A mark on an axis: where it stands in view coordinates, what it says, and whether it stands out."""

    position: float
    label: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class PriceScale:
    """Maps prices to the view's y and back, and puts words on it.

    `mode`: ``linear`` and ``percent`` keep y = price (percent is only another reading of the same line, so its
    reference may move without moving the picture), ``log`` is y = ln(price). `reference` is the price that reads
    0 %; a reference that is not a positive number makes a percent scale read as a linear one.
    """

    mode: str = "linear"
    reference: float = math.nan

    def to_view(self, prices: ArrayLike) -> Floats:
        """Prices in USD to view y, same shape; on a log scale prices ≤ 0 stand at the lowest drawable one."""
        values = np.asarray(prices, np.float64)
        return np.log(np.maximum(values, _LEAST_PRICE)) if self.mode == "log" else values

    def to_price(self, y: ArrayLike) -> Floats:
        """View y to prices in USD, same shape; never infinite for a finite y."""
        values = np.asarray(y, np.float64)
        return np.exp(np.clip(values, -700.0, 700.0)) if self.mode == "log" else values

    def y(self, price: float) -> float:
        """View y of one price."""
        return float(self.to_view(price))

    def price(self, y: float) -> float:
        """Price at one view y."""
        return float(self.to_price(y))

    def label(self, price: float, step: float) -> str:
        """A price in words, exact to `step` (USD); on a percent scale the signed distance from the reference."""
        if not math.isfinite(price):
            return ""
        if self._reads_percent:
            percent = (price / self.reference - 1.0) * 100.0
            decimals = _decimals(step / self.reference * 100.0)
            rounded = round(percent, decimals)
            sign = "+" if rounded > 0 else numbers.MINUS
            return ("0" if rounded == 0 else sign + numbers.fixed(abs(rounded), decimals)) + " %"
        return numbers.fixed(price, _decimals(step)).replace("-", numbers.MINUS)

    def step(self, y_min: float, y_max: float, count: int) -> float:
        """The distance in USD of about `count` round prices over a visible range; 0 where there is none."""
        low, high = self.price(y_min), self.price(y_max)
        if not (math.isfinite(low) and math.isfinite(high) and high > low):
            return 0.0
        unit = self.reference / 100.0 if self._reads_percent else 1.0
        return nice_step((high - low) / max(count, 1) / unit) * unit

    def ticks(self, y_min: float, y_max: float, count: int) -> list[Tick]:
        """About `count` marks at round prices (or percentages) between two view y; none for a range without height."""
        low, high = self.price(y_min), self.price(y_max)
        step = self.step(y_min, y_max, count)
        # Below the resolution of float64 the steps would all read the same.
        if step <= 0.0 or step < 1e-13 * max(abs(low), abs(high)):
            return []
        if self.mode == "log" and high / max(low, _LEAST_PRICE) > _EVEN_STEPS_BELOW:
            prices = _decade_prices(low, high, count)
            return [Tick(self.y(p), self.label(p, p / 10.0)) for p in prices]
        origin = self.reference if self._reads_percent else 0.0
        first, last = math.ceil((low - origin) / step), math.floor((high - origin) / step)
        prices = [origin + k * step for k in range(first, min(last, first + 20 * count) + 1)]
        return [Tick(self.y(p), self.label(p, step)) for p in prices]

    @property
    def _reads_percent(self) -> bool:
        return self.mode == "percent" and math.isfinite(self.reference) and self.reference > 0.0


def nice_step(step: float) -> float:
    """The next of 1, 2, 5 × 10^k that is at least `step`; 0 for a step that is not a positive number."""
    if not (math.isfinite(step) and step > 0.0):
        return 0.0
    decade = 10.0 ** math.floor(math.log10(step))
    if decade == 0.0:
        return 0.0
    for factor in (1.0, 2.0, 5.0):
        if factor * decade >= step * (1.0 - 1e-9):
            return factor * decade
    return 10.0 * decade


def _decimals(step: float) -> int:
    """Digits after the point that tell two values `step` apart."""
    if not (math.isfinite(step) and step > 0.0):
        return 2
    return min(max(-math.floor(math.log10(step) + 1e-9), 0), _MOST_DECIMALS)


def _decade_prices(low: float, high: float, count: int) -> list[float]:
    """Round prices over several decades, as many per decade as fit into `count`."""
    first = math.floor(math.log10(max(low, _LEAST_PRICE)))
    decades = range(first, math.floor(math.log10(high)) + 1)
    every = max(1, math.ceil(len(decades) / max(count, 1)))
    best = [10.0**k for k in decades if k % every == 0]
    if every == 1:
        for factors in _DECADE_STEPS:
            finer = [f * 10.0**k for k in decades for f in factors]
            finer = [p for p in finer if low <= p <= high]
            if len(finer) > 1.5 * count:
                break
            best = finer
    return [p for p in best if low <= p <= high]
