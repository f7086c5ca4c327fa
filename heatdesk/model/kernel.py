"""The compiled replay of one side. `readable.py` is the same thing written to be read; a test holds them together.

The long side is written out; the short side is the long side of the mirrored price axis (position → −position), so one
kernel serves both. Positions are absolute, ln price ÷ row height, and only whole rows are counted from the grid's first
one (`origin`): a grid that begins elsewhere gives the same bits. What makes it fast: decay is a growing scale per tier,
applied to what is born instead of to what stands; and a crossing touches only the rows between the candle and the
outermost occupied row.
"""

import numba as nb
import numpy as np

GROWN = 1e60  # far from overflow even after the largest growth of the candles between two looks
LOOK_EVERY = 256


@nb.njit(cache=True, nogil=True)
def _sweep(standing, scale, top, swept, origin, extreme, body, wick_keep, worth, tally):  # type: ignore[no-untyped-def]
    """Liquidate the levels above the position `extreme`, sparing `wick_keep` of those that only the wick reached.

    Levels lie anywhere inside a row, so the row of an extreme keeps the part that was not passed. Each tier's loss at
    the price `worth` is added to `tally` (n_tiers,). Returns the amount.
    """
    edge = int(np.floor(extreme)) - origin
    outermost_kept = max(edge, int(np.floor(body)) - origin) if wick_keep > 0.0 else edge
    removed = 0.0
    for tier in range(standing.shape[0]):
        if top[tier] < edge:
            continue
        gone = 0.0
        for row in range(edge, top[tier] + 1):
            under_extreme = min(max(extreme - (row + origin), 0.0), 1.0)
            under_body = min(max(body - (row + origin), 0.0), 1.0)
            left = standing[tier, row] * (under_extreme + wick_keep * (under_body - under_extreme))
            gone += standing[tier, row] - left
            standing[tier, row] = left
        top[tier] = min(top[tier], outermost_kept)
        gone /= scale[tier]
        swept[tier] += gone
        tally[tier] += gone * worth
        removed += gone
    return removed


@nb.njit(cache=True, nogil=True)
def _close(scale, close_rate, fastest, hazard):  # type: ignore[no-untyped-def]
    """Everyone closes at `close_rate`·`hazard`: the scale grows by its exponential."""
    if (
        fastest * hazard < 0.03
    ):  # here five terms are exact to one part in 10¹², and the loop fills vector registers
        for tier in range(scale.shape[0]):
            x = close_rate[tier] * hazard
            scale[tier] *= 1.0 + x * (1.0 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x / 120))))
    else:
        for tier in range(scale.shape[0]):
            scale[tier] *= np.exp(min(close_rate[tier] * hazard, 60.0))


@nb.njit(cache=True, nogil=True)
def _rescale(standing, scale):  # type: ignore[no-untyped-def]
    """Bring grown scales back near 1 by a power of two: exact, so that when it happens leaves no trace in the map."""
    for tier in range(scale.shape[0]):
        if scale[tier] > GROWN:
            factor = 2.0 ** np.floor(np.log2(scale[tier]))
            for row in range(standing.shape[1]):  # an array divided at once takes seconds to compile
                standing[tier, row] /= factor
            scale[tier] /= factor


@nb.njit(cache=True, nogil=True)
def _bear(  # type: ignore[no-untyped-def]
    standing,
    scale,
    top,
    bottom,
    origin,
    weight,
    offset_row,
    offset_part,
    opens,
    entry_share,
    low_in,
    mid_in,
    high_in,
):
    """New positions enter at three ascending positions; their levels stand from the next candle on."""
    # rows and parts of rows add up separately: a carry is cheaper than a floor, and exact
    low_row, mid_row, high_row = np.floor(low_in), np.floor(mid_in), np.floor(high_in)
    low_part, mid_part, high_part = low_in - low_row, mid_in - mid_row, high_in - high_row
    low_start, mid_start, high_start = int(low_row) - origin, int(mid_row) - origin, int(high_row) - origin
    for tier in range(scale.shape[0]):
        amount = opens * weight[tier] * scale[tier]
        row, part = offset_row[tier], offset_part[tier]
        low = low_start + row + (1 if low_part + part >= 1.0 else 0)
        mid = mid_start + row + (1 if mid_part + part >= 1.0 else 0)
        high = high_start + row + (1 if high_part + part >= 1.0 else 0)
        standing[tier, low] += amount * entry_share[0]
        standing[tier, mid] += amount * entry_share[1]
        standing[tier, high] += amount * entry_share[2]
        if high > top[tier]:
            top[tier] = high
        if low < bottom[tier]:
            bottom[tier] = low


@nb.njit(cache=True, nogil=True)
def _draw(standing, scale, top, bottom, share, value, column, first, mirrored, line):  # type: ignore[no-untyped-def]
    """Sum each tier's `share` of its rows into a column: `value` is USD per base unit by row, `first` the first row."""
    n = column.shape[0]
    rows = standing.shape[1]
    start = rows - first - n if mirrored else first
    line[:] = 0.0
    for tier in range(scale.shape[0]):
        if share[tier] > 0.0:
            lo, hi = max(bottom[tier], start), min(top[tier] + 1, start + n)
            if lo < hi:
                inverse = share[tier] / scale[tier]
                for row in range(lo, hi):
                    line[row] += standing[tier, row] * inverse
    if mirrored:
        for row in range(n):
            column[row] = line[rows - 1 - first - row] * value[row]
    else:
        for row in range(n):
            column[row] = line[first + row] * value[row]


@nb.njit(cache=True, nogil=True)
def advance(  # type: ignore[no-untyped-def]
    standing, scale, top, bottom, swept, opened,
    weight, close_rate, offset, share, entry_share,
    origin, extreme, body, wick_keep, path, opens, closes, pool, column_of,
    columns, hazards, value, first, mirrored, tally_of, worth, tally,
):  # fmt: skip
    """Run candles through one side's state, in place, and draw the column of every candle that ends one.

    State: `standing` (n_tiers, rows) in scaled base units, `opened` (1,), the rest (n_tiers,). Candles: absolute
    positions, shape (n,), `path` (n, 3) low, close and high; `column_of` (n,) is the column to draw after a candle
    or −1. `columns` is (n_times, n_prices) float32, drawn with `share` (n_times, n_tiers) of each tier, or (1, n_tiers)
    for all columns. `tally` (n_bars, n_tiers) takes in the USD swept at the prices `worth` (n,) in the bar `tally_of`
    (n,) of each candle; both are empty where nobody counts. Into `hazards` (n,) go the voluntary closes of every candle
    as a share of its pool. Order within a candle: cross, close, be born; so nothing dies in the candle it was born in.
    """
    line = np.empty(standing.shape[1])
    offset_row = np.floor(offset).astype(np.int64)
    offset_part = offset - offset_row
    fastest = close_rate.max()
    counted, one_share = tally_of.shape[0] > 0, share.shape[0] == 1
    for i in range(extreme.shape[0]):
        removed = 0.0
        outermost = 0
        for tier in range(scale.shape[0]):
            outermost = max(outermost, top[tier])
        if extreme[i] < outermost + 1 + origin:
            removed = _sweep(
                standing, scale, top, swept, origin, extreme[i], body[i], wick_keep,
                worth[i] if counted else 0.0, tally[tally_of[i] if counted else 0],
            )  # fmt: skip
        # what was liquidated has left open interest already: only the rest of the closes is voluntary
        voluntary = max(closes[i] - removed, 0.0)
        hazards[i] = voluntary / pool[i]
        if voluntary > 0.0:
            _close(scale, close_rate, fastest, hazards[i])
        if i % LOOK_EVERY == 0 or fastest * voluntary > pool[i]:
            _rescale(standing, scale)
        if opens[i] > 0.0:
            opened[0] += opens[i]
            low, close, high = path[i, 0], path[i, 1], path[i, 2]
            near_low, near_high = (low + close) / 2, (close + high) / 2
            # an entry for every two rows of the longest stretch: a wide candle leaves no comb of single lines
            longest = max(near_low - low, near_high - near_low, high - near_high)
            entries = max(1, int(np.ceil(longest / 2)))
            for k in range(entries):
                at = (k + 0.5) / entries
                _bear(
                    standing, scale, top, bottom,
                    origin, weight, offset_row, offset_part, opens[i] / entries, entry_share,
                    low + at * (near_low - low),
                    near_low + at * (near_high - near_low),
                    near_high + at * (high - near_high),
                )  # fmt: skip
        if column_of[i] >= 0:
            column = column_of[i]
            _draw(
                standing, scale, top, bottom, share[0 if one_share else column], value, columns[column],
                first, mirrored, line,
            )  # fmt: skip
