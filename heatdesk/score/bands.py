"""P10 and P90 of a bar: how far off predictions of its size were before, zeros included.

No distribution is assumed. Past bars are grouped by the size of their prediction, and the 10th and 90th percentile of
observed ÷ predicted in each group, interpolated over size, make the band of the next one. What is reported is therefore
what held lately: the band widens by itself after predictions have become worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from heatdesk.market import HOUR_MS, Floats
from heatdesk.score.observed import Bools

LOW, HIGH = 0.1, 0.9
GROUP: Final = 120  # cells that make a group
GROUPS: Final = 10
MEMORY: Final = 4000  # cells looked back on
TRUST: Final = 150.0  # cells that the start weighs
UNSURE: Final = 0.7  # how much wider, in ln, a band is before the level itself was seen
SOON: Final = 50.0  # cells that halve it

# Before anything was recorded: ln (prediction ÷ mean prediction), P10 and P90 of observed ÷ predicted. Bars of minutes
# hold nothing at all more often than not.
HOURLY: Final = (
    (-4.2, 0.0, 2.6),
    (-3.2, 0.04, 2.6),
    (-2.2, 0.12, 2.4),
    (-0.8, 0.3, 2.0),
    (0.1, 0.42, 1.85),
    (1.7, 0.47, 1.5),
)
SHORTER: Final = (
    (-4.0, 0.0, 0.7),
    (-2.8, 0.0, 1.0),
    (-2.2, 0.0, 2.1),
    (-1.4, 0.0, 3.0),
    (-0.5, 0.03, 3.3),
    (0.4, 0.14, 2.7),
    (1.7, 0.22, 2.1),
)


@dataclass(frozen=True, slots=True)
class Band:
    """Percentiles of observed ÷ predicted by ln predicted; all of shape (n_groups,), `size` ascending."""

    size: Floats
    low: Floats
    high: Floats

    def around(self, predicted: Floats) -> tuple[Floats, Floats]:
        """P10 and P90 in USD, each of the shape of `predicted`."""
        size = np.log(np.maximum(predicted, 1e-9))
        return predicted * np.interp(size, self.size, self.low), predicted * np.interp(
            size, self.size, self.high
        )


def fit_band(observed: Floats, predicted: Floats, mean: float, hourly: bool) -> Band:
    """From past cells, newest last, shape (n,); `mean` is the mean prediction, which places the start."""
    start = np.array(HOURLY if hourly else SHORTER)
    base = Band(start[:, 0] + np.log(max(mean, 1e-9)), start[:, 1], start[:, 2])
    observed, predicted = observed[-MEMORY:], np.maximum(predicted[-MEMORY:], 1e-9)
    n = len(observed)
    own = n / (n + TRUST)
    wider = np.exp(UNSURE * SOON / (n + SOON))
    groups = min(n // GROUP, GROUPS)
    if groups < 1:
        return Band(base.size, base.low / wider, base.high * wider)
    order = np.argsort(predicted, kind="stable")
    size, ratio = np.log(predicted)[order], (observed / predicted)[order]
    bounds = np.linspace(0, n, groups + 1).astype(int)
    rows = [slice(a, b) for a, b in pairwise(bounds)]
    centre = np.array([size[r].mean() for r in rows])
    low, high = (np.array([np.quantile(ratio[r], q) for r in rows]) for q in (LOW, HIGH))
    told_low, told_high = (usd / np.exp(centre) for usd in base.around(np.exp(centre)))
    low = np.where(low > 0, own * low + (1 - own) * told_low, 0.0)  # zeros are zeros, however few
    return Band(centre, low / wider, (own * high + (1 - own) * told_high) * wider)


def causal_bands(observed: Floats, predicted: Floats, recorded: Bools, bar_ms: int) -> tuple[Floats, Floats]:
    """P10 and P90 (n, 2) of predictions (n, 2), each from the recorded bars before; fitted anew every six hours."""
    every = max(1, 6 * HOUR_MS // bar_ms)
    low, high = np.zeros_like(predicted), np.zeros_like(predicted)
    for start in range(0, len(predicted), every):
        end = min(start + every, len(predicted))
        past = recorded[:start]
        told = predicted[:start][past]
        mean = float(told.mean()) if len(told) else float(predicted[start].mean())
        band = fit_band(observed[:start][past].ravel(), told.ravel(), mean, bar_ms >= HOUR_MS)
        low[start:end], high[start:end] = band.around(predicted[start:end])
    return low, high
