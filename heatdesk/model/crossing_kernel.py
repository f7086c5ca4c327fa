"""The compiled walk behind `crossings.py`: every level to the candle that first crosses it, one side at a time.

As in `kernel.py` the long side is written out and the short side is the long side of the mirrored price axis. Positions
are ln price (or its negative); a level at `p` is crossed by the first later candle whose `extreme` is at or below `p`.
"""

import numba as nb
import numpy as np

SPENT = 1e-9  # what is left of a level after many wicks, as a share, that no longer counts


@nb.njit(cache=True, nogil=True)
def next_below(extreme):  # type: ignore[no-untyped-def]
    """For every candle the first later one with a lower extreme, n where there is none; shape (n,)."""
    n = extreme.shape[0]
    after = np.full(n, n, np.int64)
    for i in range(n - 1, -1, -1):
        j = i + 1
        while j < n and extreme[j] >= extreme[i]:
            j = after[j]
        after[i] = j
    return after


@nb.njit(cache=True, nogil=True)
def _lose(base, usd, since, at, tier, age, amount, value, rate, grown):  # type: ignore[no-untyped-def]
    """Note that `amount` born at cumulated hazard `grown` is crossed at candle `at`, if it has not closed by then.

    The sum is kept as if all of it had been born at the newest birth (`since`), so no exponential ever overflows.
    """
    kept = np.exp(-rate * (grown - since[at, tier, age]))
    base[at, tier, age] = base[at, tier, age] * kept + amount
    usd[at, tier, age] = usd[at, tier, age] * kept + amount * value
    since[at, tier, age] = grown


@nb.njit(cache=True, nogil=True)
def _follow(  # type: ignore[no-untyped-def]
    base, usd, since, at, tier, level, amount, value, rate, grown,
    time_ms, born, age_ms, extreme, body, wick_keep, after,
):  # fmt: skip
    """A level from its first crossing at candle `at` on: gone at once, unless only a sparing wick reached it."""
    left = 1.0
    while at < extreme.shape[0]:
        age = np.searchsorted(age_ms, time_ms[at] - time_ms[born], side="right")
        part = left if wick_keep == 0.0 or body[at] <= level else left * (1.0 - wick_keep)
        _lose(base, usd, since, at, tier, age, amount * part, value, rate, grown)
        left -= part
        if left <= SPENT:
            return
        at += 1
        while at < extreme.shape[0] and extreme[at] > level:
            at = after[at]


@nb.njit(cache=True, nogil=True)
def first_crossings(  # type: ignore[no-untyped-def]
    time_ms, extreme, body, wick_keep, path, opens, closes, pool,
    weight, close_rate, offset, near_to_far, entry_share, width, sign, age_ms,
):  # fmt: skip
    """USD of weight-1 births that first crossings take, by candle, tier and age; shape (n, n_tiers, n_ages).

    Candles: ln price, shape (n,), `path` (n, 3) low, close and high. Tiers: `offset` is ln (level ÷ entry), negative,
    `near_to_far` their order by distance. `sign` is −1 on the mirrored axis. `age_ms` are the ascending limits of the
    ages. `weight` decides only how much of the closes was liquidated. Order within a candle: cross, close, be born.
    """
    n, n_tiers, n_ages = extreme.shape[0], close_rate.shape[0], age_ms.shape[0] + 1
    base = np.zeros((n, n_tiers, n_ages))
    usd = np.zeros((n, n_tiers, n_ages))
    since = np.zeros((n, n_tiers, n_ages))
    after = next_below(extreme)
    grown = 0.0
    for i in range(n):
        removed = 0.0
        for tier in range(n_tiers):
            for age in range(n_ages):
                if base[i, tier, age] > 0.0:
                    kept = np.exp(-close_rate[tier] * (grown - since[i, tier, age]))
                    removed += weight[tier] * base[i, tier, age] * kept
                    usd[i, tier, age] *= kept
        # what was liquidated has left open interest already: only the rest of the closes is voluntary
        grown += max(closes[i] - removed, 0.0) / pool[i]
        if opens[i] <= 0.0 or i + 1 == n:
            continue
        low, close, high = path[i, 0], path[i, 1], path[i, 2]
        edges = (low, (low + close) / 2, (close + high) / 2, high)
        longest = max(edges[1] - edges[0], edges[2] - edges[1], edges[3] - edges[2])
        entries = max(1, int(np.ceil(longest / width / 2)))
        for stretch in range(3):
            amount = opens[i] * entry_share[stretch] / entries
            for k in range(entries):
                entry = edges[stretch] + (k + 0.5) / entries * (edges[stretch + 1] - edges[stretch])
                price = np.exp(sign * entry)
                at = i + 1
                for tier in near_to_far:
                    level = entry + offset[tier]
                    while at < n and extreme[at] > level:
                        at = after[at]
                    if at >= n:
                        break
                    value = price * np.exp(sign * offset[tier])
                    _follow(
                        base, usd, since, at, tier, level, amount, value, close_rate[tier], grown,
                        time_ms, i, age_ms, extreme, body, wick_keep, after,
                    )  # fmt: skip
    return usd


@nb.njit(cache=True, nogil=True)
def passed_levels(  # type: ignore[no-untyped-def]
    low, high, path, opens, closes, pool, close_rate, offset, entry_share, width, sign, first, rows,
):  # fmt: skip
    """USD of weight-1 births that each candle's range touches when no level is ever removed; shape (n, n_tiers).

    What many public maps do. Levels stand in rows of `width` from row number `first`; everyone goes on closing.
    """
    n, n_tiers = low.shape[0], close_rate.shape[0]
    out = np.zeros((n, n_tiers))
    standing = np.zeros((n_tiers, rows))
    scale = np.ones(n_tiers)
    for i in range(n):
        lowest, highest = low[i] / width - first, high[i] / width - first
        for row in range(max(int(np.floor(lowest)), 0), min(int(np.floor(highest)) + 1, rows)):
            share = min(highest - row, 1.0) - max(lowest - row, 0.0)
            value = share * np.exp(sign * (row + first + 0.5) * width)
            for tier in range(n_tiers):
                out[i, tier] += standing[tier, row] * value / scale[tier]
        for tier in range(n_tiers):
            scale[tier] *= np.exp(min(close_rate[tier] * closes[i] / pool[i], 60.0))
            if scale[tier] > 1e60:
                for row in range(standing.shape[1]):  # an array divided at once takes seconds to compile
                    standing[tier, row] /= scale[tier]
                scale[tier] = 1.0
        if opens[i] > 0.0:
            edges = (path[i, 0], (path[i, 0] + path[i, 1]) / 2, (path[i, 1] + path[i, 2]) / 2, path[i, 2])
            longest = max(edges[1] - edges[0], edges[2] - edges[1], edges[3] - edges[2])
            entries = max(1, int(np.ceil(longest / width / 2)))
            for stretch in range(3):
                for k in range(entries):
                    entry = edges[stretch] + (k + 0.5) / entries * (edges[stretch + 1] - edges[stretch])
                    for tier in range(n_tiers):
                        row = int(np.floor((entry + offset[tier]) / width)) - first
                        standing[tier, row] += opens[i] * entry_share[stretch] / entries * scale[tier]
    return out
