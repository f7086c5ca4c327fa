"""How sure a map is: other choices of the model that fit what was recorded about as well, and what they say.

Members differ in what is known least: the share of volume that changes positions, how much faster high leverage closes,
where in a candle positions enter; each with leverage weights drawn from their own posterior, and all with a factor for
what feeds leave out. What most members agree on does not hang on one such choice (design: model, 4.8).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats, Times
from heatdesk.model.params import ModelParams
from heatdesk.model.posterior import Posterior

NODES: Final = 8  # replays
DRAWS: Final = 12  # of weights, in each replay
COVERAGE_LN: Final = 0.2  # standard deviation of the feed's coverage, a judgement
CHURN_LN: Final = 0.7  # half a range: churn is half to twice its value
SLOPE: Final = 0.4  # half a range of the close slope
ENTRY: Final = 0.25  # half a range of the share that enters at the close
UNCALIBRATED_LN: Final = 0.86  # P10–P90 of a level that nothing calibrated is ×/÷ 3
HANDED_ON_LN: Final = 0.54  # and ×/÷ 2 where only another market did


def members(params: ModelParams, nodes: int = NODES, seed: int = 1) -> tuple[ModelParams, ...]:
    """Models around the chosen one, spread evenly over what is uncertain (a Latin hypercube); the same every time."""
    rng = np.random.default_rng(seed)
    even = (np.arange(nodes) + 0.5) / nodes * 2.0 - 1.0
    churn, slope, entry = (rng.permutation(even) for _ in range(3))
    return tuple(
        replace(
            params,
            churn=float(np.clip(params.churn * np.exp(CHURN_LN * churn[i]), 0.05, 1.0)),
            close_slope=float(np.clip(params.close_slope + SLOPE * slope[i], 0.0, 1.5)),
            entry_close=float(np.clip(params.entry_close + ENTRY * entry[i], 0.0, 1.0)),
        )
        for i in range(nodes)
    )


def drawn_weights(posterior: Posterior, draws: int, seed: int) -> Floats:
    """Weights as probable as the posterior says, correlations included; shape (draws, n_tiers), without the background.

    The first is the most probable one.
    """
    rng = np.random.default_rng(seed)
    n = len(posterior.weight)
    spread = np.linalg.cholesky(np.linalg.inv(posterior.precision))
    normal = rng.standard_normal((draws, n))
    normal[0] = 0.0
    steps = normal @ spread.T
    # a lognormal's mean lies above its median: kept at the weight itself, so that sums are not drawn upwards
    steps[1:] -= 0.5 * np.einsum("ij,ij->i", spread, spread)
    drawn: Floats = posterior.weight[:-1] * np.exp(np.clip(steps[:, :-1], -4.0, 4.0))
    return drawn


def levels(draws: int, spread_ln: float, seed: int) -> Floats:
    """Factors on all USD of a draw, median 1; shape (draws,)."""
    factors: Floats = np.exp(spread_ln * np.random.default_rng(seed).standard_normal(draws))
    return factors


def dense_rows(columns: NDArray[np.float32], near: int, around: int, dense: float) -> NDArray[np.bool_]:
    """Where columns (n_times, n_prices) stand out of their surroundings, as a cluster does: same shape.

    A row is dense where its mean over `near` rows either side exceeds `dense` times its mean over `around`.
    """
    total = np.zeros((len(columns), columns.shape[1] + 1))
    np.cumsum(columns, axis=1, dtype=float, out=total[:, 1:])
    rows = np.arange(columns.shape[1])

    def mean(reach: int) -> Floats:
        first, end = np.maximum(rows - reach, 0), np.minimum(rows + reach + 1, len(rows))
        running: Floats = (total[:, end] - total[:, first]) / (end - first)
        return running

    stands_out: NDArray[np.bool_] = (mean(near) > dense * mean(around)) & (columns > 0)
    return stands_out


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many members see a dense zone at each place: `share` float32 (n_times, n_prices), 0 to 1, and the prices'
    edges (n_prices + 1). Columns start at `times_ms` (n_times,), every `step_ms`.
    """

    share: NDArray[np.float32]
    prices: Floats
    times_ms: Times
    step_ms: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """What the members say about one map: draws of its newest column, and where they agree.

    `cumulative` (n_draws, 2, n_prices + 1): USD below each of `prices`, long and short.
    """

    prices: Floats
    cumulative: Floats
    agreement: Agreement

    def usd(self, low: float, high: float, side: str) -> Floats:
        """What every draw holds of a side between two prices, shape (n_draws,)."""
        rows = np.searchsorted(self.prices, (low * (1 + 1e-9), high * (1 + 1e-9)), side="right") - 1
        below = self.cumulative[:, 0 if side == "long" else 1]
        held: Floats = below[:, rows[1]] - below[:, rows[0]]
        return held

    def agreed(self, low: float, high: float) -> float:
        """The share of members that see a dense zone in the newest column between two prices, mean of its rows."""
        first, last = np.searchsorted(self.agreement.prices, (low * (1 + 1e-9), high * (1 - 1e-9)))
        newest = self.agreement.share[-1, max(int(first) - 1, 0) : int(last)]
        return float(newest.mean()) if len(newest) else 0.0


def cumulative(newest: NDArray[np.float32]) -> Floats:
    """Sums from the lowest row up of (n_draws, 2, n_prices), with a leading 0."""
    sums = np.zeros((*newest.shape[:2], newest.shape[2] + 1))
    np.cumsum(newest, axis=2, dtype=float, out=sums[:, :, 1:])
    return sums
