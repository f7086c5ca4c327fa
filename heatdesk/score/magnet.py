"""Is price drawn to bright zones? Bright bins against matched dim ones, so that distance alone cannot answer.

A near level is touched more often than a far one whatever stands there, so raw rates say nothing. Every hour each bin
between 0.5 and 6 % away is bright (top tenth of its density relative to its eight neighbours, among bins equally far
away) or dim (lower six tenths); bright ones are compared with dim ones of the same side, log distance, time since price
was last there and volatility, after what distance in units of volatility explains is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from heatdesk.market import HOUR_MS, Floats, Times
from heatdesk.score.intervals import LEAST_DAYS, UNKNOWN, Blocks, Estimate, summarised
from heatdesk.score.metrics import equal_groups
from heatdesk.score.standing import Path, Standing

BIN_BPS: Final = 25.0
NEAREST, FARTHEST = 0.005, 0.06  # ln price
NEIGHBOURS: Final = 4  # on either side
BRIGHT, DIM = 0.90, 0.60  # quantiles of relative density among bins equally far away
DISTANCES: Final = 24  # cells of log distance
VISITED_HOURS: Final = (6, 24, 72, 168, 720)  # limits of the cells of time since the last visit
VOLATILITIES: Final = 4
SCALED: Final = 50  # groups of distance in units of volatility
BLOCK_DAYS: Final = 3
NEVER_HOURS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Magnet:
    """What the magnet test found for one horizon: rates at which bins were touched within it.

    `bright_rate` and `dim_rate` are raw and not comparable; `difference` is the matched one. `n` bright bins of
    `decisions` hours on `days` days; below 5 days it is NaN.
    """

    horizon_ms: int
    n: int
    decisions: int
    days: int
    bright_rate: float
    dim_rate: float
    difference: Estimate


@dataclass(frozen=True, slots=True)
class _Bins:
    """One row per bin and decision, all of shape (n_bins,); `density` is relative to the neighbours'."""

    decision: NDArray[np.intp]
    row: NDArray[np.intp]
    short: NDArray[np.bool_]
    steps: NDArray[np.intp]  # how many rows away
    distance: Floats  # ln
    density: Floats
    visited: Floats  # hours since price was there


def magnet(standing: Standing, horizon_ms: int, start_ms: int, end_ms: int) -> Magnet:
    """The matched difference in the chance to be touched within the horizon, decided in ``[start_ms, end_ms)``."""
    path = standing.path
    steps = max(horizon_ms // path.step_ms, 1)
    if len(path.time_ms) <= steps:
        return _nothing(horizon_ms)
    inside = (path.time_ms >= start_ms) & (path.time_ms < end_ms)
    known = ~np.isnan(path.close)
    volatility = _volatility(path)
    # the hours of the horizon must all have been seen
    seen = np.r_[sliding_window_view(known, steps + 1).all(axis=1), np.zeros(steps, bool)][: len(known)]
    decisions = np.flatnonzero(inside & seen & (volatility > 0))
    bins = _bins(standing, decisions)
    if not len(bins.row):
        return _nothing(horizon_ms)
    hit = _hits(standing, bins, steps)
    return _compared(path, bins, hit, volatility, horizon_ms)


def _nothing(horizon_ms: int) -> Magnet:
    return Magnet(horizon_ms, 0, 0, 0, np.nan, np.nan, UNKNOWN)


def _compared(path: Path, bins: _Bins, hit: NDArray[np.bool_], volatility: Floats, horizon_ms: int) -> Magnet:
    bright, dim = _bright_and_dim(bins)
    sigma = volatility[bins.decision] * np.sqrt(horizon_ms / path.step_ms)
    residual = hit - _explained(bins, bins.distance / sigma, hit, dim)
    calm = equal_groups(volatility[np.unique(bins.decision)], VOLATILITIES)
    of_decision = np.zeros(len(path.time_ms), np.intp)
    of_decision[np.unique(bins.decision)] = calm
    log_span = np.log(FARTHEST / NEAREST)
    far = np.clip((np.log(bins.distance / NEAREST) / log_span * DISTANCES).astype(int), 0, DISTANCES - 1)
    visited = np.searchsorted(VISITED_HOURS, bins.visited, side="right")
    shape = (2, DISTANCES, len(VISITED_HOURS) + 1, VOLATILITIES)
    cell = np.ravel_multi_index((bins.short.astype(int), far, visited, of_decision[bins.decision]), shape)
    used = bright | dim
    time_ms = path.time_ms[bins.decision]
    days = len(np.unique(time_ms // (24 * HOUR_MS)))
    return Magnet(
        horizon_ms,
        int(bright.sum()),
        len(np.unique(bins.decision)),
        days,
        float(hit[bright].mean()) if bright.any() else np.nan,
        float(hit[dim].mean()) if dim.any() else np.nan,
        UNKNOWN
        if days < LEAST_DAYS
        else matched_difference(residual[used], bright[used], cell[used], time_ms[used]),
    )


def matched_difference(
    outcome: Floats, bright: NDArray[np.bool_], cell: NDArray[np.intp], time_ms: Times
) -> Estimate:
    """Mean outcome of the bright minus that of the dim in the same cell, over the bright ones; all (n_bins,).

    Blocks of three days are drawn; cells without both kinds do not count.
    """
    _, cell = np.unique(cell, return_inverse=True)
    n_cells = int(cell.max()) + 1 if len(cell) else 0
    blocks = Blocks.by_day(time_ms, BLOCK_DAYS)
    if not blocks.n:
        return UNKNOWN
    at = blocks.of * n_cells + cell
    sums = np.stack(
        [
            np.bincount(at[chosen], weight[chosen], blocks.n * n_cells).reshape(blocks.n, n_cells)
            for chosen in (bright, ~bright)
            for weight in (np.ones(len(outcome)), outcome)
        ]
    )
    drawn = np.concatenate(
        [sums.sum(axis=1)[:, None], blocks.draws @ sums], axis=1
    )  # (4, 1 + draws, n_cells)
    n_bright, sum_bright, n_dim, sum_dim = drawn
    both = (n_bright > 0) & (n_dim > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.where(both, sum_bright - n_bright * (sum_dim / n_dim), 0.0)
        return summarised(difference.sum(axis=1) / np.where(both, n_bright, 0.0).sum(axis=1))


def _volatility(path: Path) -> Floats:
    """Of one hour, from the last day's closes; NaN until there is one; shape (n,)."""
    returns = np.r_[np.nan, np.diff(np.log(path.close))]
    day = max(24 * HOUR_MS // path.step_ms, 1)
    value = np.full(len(returns), np.nan)
    if len(returns) >= day:
        value[day - 1 :] = np.sqrt(np.mean(sliding_window_view(returns, day) ** 2, axis=1))
    return value


def _bins(standing: Standing, decisions: NDArray[np.intp]) -> _Bins:
    """All bins in reach at every decision; those whose neighbourhood holds nothing are left out."""
    width, rows = standing.grid.width, standing.grid.rows
    position = standing.grid.position(standing.path.close)
    last_visit = _last_visits(standing, decisions)
    parts: list[tuple[NDArray[np.generic], ...]] = []
    most = int(FARTHEST / width) + 1
    for short, columns in ((False, standing.long), (True, standing.short)):
        window = sliding_window_view(columns, 2 * NEIGHBOURS + 1, axis=1).sum(axis=2)
        for steps in range(1, most + 1):
            row = np.floor(position[decisions]).astype(np.intp) + (steps if short else -steps)
            distance = np.abs(row + 0.5 - position[decisions]) * width
            fits = (row >= NEIGHBOURS) & (row < rows - NEIGHBOURS)
            fits &= (distance >= NEAREST) & (distance <= FARTHEST)
            at, row, distance = decisions[fits], row[fits], distance[fits]
            own = columns[at, row]
            around = (window[at, row - NEIGHBOURS] - own) / (2 * NEIGHBOURS)
            lit = around > 0
            density = own[lit] / around[lit]
            visited = last_visit[np.flatnonzero(fits)[lit], row[lit]]
            parts.append(
                (
                    at[lit],
                    row[lit],
                    np.full(lit.sum(), short),
                    np.full(lit.sum(), steps),
                    distance[lit],
                    density,
                    visited,
                )
            )
    return _Bins(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _last_visits(standing: Standing, decisions: NDArray[np.intp]) -> Floats:
    """Hours since price was last in each row, at every decision; shape (n_decisions, rows)."""
    path, rows = standing.path, standing.grid.rows
    lowest, highest = (np.floor(standing.grid.position(p)) for p in (path.low, path.high))
    hours = path.step_ms / HOUR_MS
    last = np.full(rows, -np.inf)
    since = np.empty((len(decisions), rows), np.float32)
    upcoming = 0
    for i in range(len(path.time_ms)):
        if not np.isnan(lowest[i]):
            last[max(int(lowest[i]), 0) : int(highest[i]) + 1] = i
        if upcoming < len(decisions) and decisions[upcoming] == i:
            since[upcoming] = np.minimum((i - last) * hours, NEVER_HOURS)
            upcoming += 1
    return since.astype(float)


def _hits(standing: Standing, bins: _Bins, steps: int) -> NDArray[np.bool_]:
    """Whether the bin's centre was touched in the `steps` candles after the decision."""
    path = standing.path
    highest = np.full(len(path.high), np.nan)
    lowest = highest.copy()
    ahead = len(path.high) - steps
    highest[:ahead] = sliding_window_view(path.high, steps).max(axis=1)[1 : ahead + 1]
    lowest[:ahead] = sliding_window_view(path.low, steps).min(axis=1)[1 : ahead + 1]
    centre = standing.grid.centres()[bins.row]
    return np.where(bins.short, highest[bins.decision] >= centre, lowest[bins.decision] <= centre)


def _bright_and_dim(bins: _Bins) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    bright, dim = np.zeros(len(bins.row), bool), np.zeros(len(bins.row), bool)
    for short in (False, True):
        for steps in np.unique(bins.steps):
            among = np.flatnonzero((bins.short == short) & (bins.steps == steps))
            if len(among):
                low, high = np.quantile(bins.density[among], (DIM, BRIGHT))
                bright[among] = bins.density[among] >= high
                dim[among] = bins.density[among] < low
    return bright, dim


def _explained(bins: _Bins, scaled: Floats, hit: NDArray[np.bool_], dim: NDArray[np.bool_]) -> Floats:
    """The dim bins' rate at an equal distance in units of volatility, by side."""
    rate = np.zeros(len(scaled))
    for short in (False, True):
        side = np.flatnonzero(bins.short == short)
        group = equal_groups(scaled[side], SCALED)
        weight = dim[side].astype(float)
        n = np.bincount(group, weight)
        hits = np.bincount(group, weight * hit[side])
        rate[side] = np.divide(hits, n, out=np.zeros(len(n)), where=n > 0)[group]
    return rate
