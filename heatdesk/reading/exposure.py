"""Which side is exposed, how fragile the market is, and how unusual that is.

With p the price, x the reach and d a row's distance from p as a share of x, every USD within ±x counts 1 − d: whole at
the price, nothing at the edge. So more levels, or the same levels nearer, never count less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, Floats, Records, Times
from heatdesk.model.heatmap import Heatmap, Notional
from heatdesk.reading.rules import ExposureRules

Rows = NDArray[np.intp]

REMEMBERED_MS: Final = 30 * DAY_MS
MOST_COLUMNS: Final = 720  # of the history a percentile is taken from: one every hour of 30 days
_BLOCK: Final = 64  # columns, whose rows and what is made of them stay in the cache
UNUSUAL: Final = 80.0  # percentile from which a side counts as dense and near

FORMULAS: Final = {
    "above": "Shorts above: Σ USD · (1 − d), d = distance from the price ÷ reach.",
    "below": "Longs below: Σ USD · (1 − d), d = distance from the price ÷ reach.",
    "balance": "(above − below) ÷ (above + below): +1 only shorts above, −1 only longs below.",
    "fragility": "above + below: much and near is fragile, little and far is stable.",
    "whipsaw": f"Both sides above their {UNUSUAL:.0f}th percentile: dense and near on both sides.",
    "percentile": "Share of the last 30 days, or of those shown, that was lower than now; ties count half.",
}


@dataclass(frozen=True, slots=True)
class Exposure:
    """Levels around the price at the newest column, by `FORMULAS`.

    `within` is the reach as a fraction. `above_usd`/`below_usd` are plain sums of whole rows of shorts above and longs
    below; `above`/`below` are weighted by nearness. Each percentile (0–100) compares with the columns of the last
    `days`.
    """

    within: float
    above_usd: float
    below_usd: float
    above: float
    below: float
    above_percentile: float
    below_percentile: float
    balance_percentile: float
    fragility_percentile: float
    days: float

    @property
    def balance(self) -> float:
        """−1 (only longs below) to +1 (only shorts above), 0 where there is neither."""
        return float(balance(np.array(self.above), np.array(self.below)))

    @property
    def fragility(self) -> float:
        """USD near the price on both sides, weighted by nearness."""
        return self.above + self.below

    @property
    def whipsaw(self) -> bool:
        """Whether both sides are unusually dense and near: a move either way can force the other."""
        return min(self.above_percentile, self.below_percentile) >= UNUSUAL


def find_exposure(heatmap: Heatmap, candles: Records, rules: ExposureRules | None = None) -> Exposure | None:
    """The exposure of the newest column and its place among the last 30 days of the map; None without a price."""
    within = (rules or ExposureRules()).within_percent / 100
    columns, prices = priced_columns(heatmap, candles)
    if not len(columns):
        return None
    above, below = (
        pressures(getattr(heatmap, f"notional_{side}"), heatmap.prices, columns, prices, within, side)
        for side in ("short", "long")
    )
    first_ms = int(heatmap.times_ms[columns[0]])
    return Exposure(
        within=within,
        above_usd=_plain_sum(heatmap, "short", prices[-1], within),
        below_usd=_plain_sum(heatmap, "long", prices[-1], within),
        above=float(above[-1]),
        below=float(below[-1]),
        above_percentile=percentile(above),
        below_percentile=percentile(below),
        balance_percentile=percentile(balance(above, below)),
        fragility_percentile=percentile(above + below),
        days=(int(heatmap.times_ms[columns[-1]]) + heatmap.step_ms - first_ms) / DAY_MS,
    )


def priced_columns(heatmap: Heatmap, candles: Records) -> tuple[Times, Floats]:
    """Columns of the last 30 days, evenly thinned, first and newest included, and the price at the end of each.

    A column without a candle has the close before it; those before the first candle are left out.
    """
    known = int(np.searchsorted(heatmap.times_ms, candles.time_ms[0])) if len(candles) else heatmap.shape[1]
    newest = heatmap.shape[1] - 1
    first = max(known, newest + 1 - REMEMBERED_MS // heatmap.step_ms)
    count = min(MOST_COLUMNS, max(0, newest + 1 - first))
    columns = np.linspace(first, newest, count).round().astype(np.int64)
    candle = np.searchsorted(candles.time_ms, heatmap.times_ms[columns], side="right") - 1
    return columns, candles["close"][candle]


def pressures(
    notional: Notional, edges: Floats, columns: Times, prices: Floats, within: float, side: str
) -> Floats:
    """USD on one side of the price weighted by nearness, in each of some columns; shape (len(columns),).

    `notional` is (n_prices, n_times), `edges` (n_prices + 1), `prices` one for each column. The row that holds the
    price counts as being at the price.
    """
    centres = np.sqrt(edges[:-1] * edges[1:])
    first, end = _rows_within(edges, prices, within, side)
    found = np.zeros(len(columns))
    for start in range(0, len(columns), _BLOCK):
        part = slice(start, start + _BLOCK)
        # as many rows of every column as the most that one needs; those beyond its own weigh nothing
        rows = first[part, None] + np.arange(max(0, int((end - first)[part].max())))
        beyond = rows >= np.minimum(end[part], len(centres))[:, None]
        rows[beyond] = 0
        weights = (1.0 - _distance(centres[rows], prices[part, None], side) / within).clip(0.0)
        usd = np.where(beyond, np.float32(0), notional.T[columns[part, None], rows])
        found[part] = np.einsum("cr,cr->c", usd, weights)
    return found


def balance(above: Floats, below: Floats) -> Floats:
    """(above − below) ÷ (above + below), 0 where there is neither."""
    total = above + below
    return np.divide(above - below, total, out=np.zeros_like(total), where=total > 0)


def percentile(values: Floats) -> float:
    """Where the last of some values lies among all of them, 0–100; ties count half."""
    lower, equal = np.count_nonzero(values < values[-1]), np.count_nonzero(values == values[-1])
    return float(100 * (lower + (equal - 1) / 2) / max(1, len(values) - 1))


def _rows_within(edges: Floats, prices: Floats, within: float, side: str) -> tuple[Rows, Rows]:
    """From the row that holds each price outwards to the one that holds the edge of the reach: first and end rows."""
    held = np.searchsorted(edges, prices, side="right") - 1
    ends = prices * (1 + within) if side == "short" else prices * (1 - within)
    reached = np.searchsorted(edges, ends, side="right") - 1
    first, last = (held, reached) if side == "short" else (reached, held)
    return np.maximum(first, 0), np.maximum(last + 1, 0)


def _distance(centres: Floats, price: Floats, side: str) -> Floats:
    """How far rows are from the price on their side, as a fraction of it; 0 on the other side."""
    away: Floats = centres / price - 1.0
    return np.maximum(away if side == "short" else -away, 0.0)


def _plain_sum(heatmap: Heatmap, side: str, price: float, within: float) -> float:
    first, end = _rows_within(heatmap.prices, np.array([price]), within, side)
    return float(heatmap.notional(side)[first[0] : end[0], -1].sum(dtype=float))
