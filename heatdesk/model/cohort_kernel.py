"""The compiled walk of one row's cohorts: the book's own rules (`kernel.py`), for one row instead of all.

As there, the long side is written out and the short side is the long side of the mirrored price axis. A cohort is what
one candle bore in one tier of the row.
"""

import numba as nb
import numpy as np

SPENT = 1e-15  # what is left of a cohort, as a share, that no longer counts


@nb.njit(cache=True, nogil=True)
def _kept(row, extreme, body, wick_keep):  # type: ignore[no-untyped-def]
    """The share of a row's levels that a candle leaves."""
    under_extreme = min(max(extreme - row, 0.0), 1.0)
    under_body = min(max(body - row, 0.0), 1.0)
    return under_extreme + wick_keep * (under_body - under_extreme)


@nb.njit(cache=True, nogil=True)
def touches(row, extreme, body, wick_keep):  # type: ignore[no-untyped-def]
    """The candles that sweep a part of a row, and the share each leaves; both (m,)."""
    n = 0
    for i in range(extreme.shape[0]):
        if extreme[i] < row + 1:
            n += 1
    candle, kept = np.empty(n, np.int64), np.empty(n)
    n = 0
    for i in range(extreme.shape[0]):
        if extreme[i] < row + 1:
            candle[n], kept[n] = i, _kept(row, extreme[i], body[i], wick_keep)
            n += 1
    return candle, kept


@nb.njit(cache=True, nogil=True)
def _entered(row, low, close, high, entry_share, offset_row, offset_part):  # type: ignore[no-untyped-def]
    """The share of a candle's entries whose levels fall into a row, and their mean position; (0, 0) for none.

    Rows and parts of rows add up separately, as where the book bears them: no level may round into another row.
    """
    near_low, near_high = (low + close) / 2, (close + high) / 2
    longest = max(near_low - low, near_high - near_low, high - near_high)
    entries = max(1, int(np.ceil(longest / 2)))
    share, moment = 0.0, 0.0
    for k in range(entries):
        at = (k + 0.5) / entries
        for stretch in range(3):
            if stretch == 0:
                position = low + at * (near_low - low)
            elif stretch == 1:
                position = near_low + at * (near_high - near_low)
            else:
                position = near_high + at * (high - near_high)
            whole = np.floor(position)
            carried = 1 if position - whole + offset_part >= 1.0 else 0
            if int(whole) + offset_row + carried == row:
                share += entry_share[stretch] / entries
                moment += position * entry_share[stretch] / entries
    return (share, moment / share) if share > 0.0 else (0.0, 0.0)


@nb.njit(cache=True, nogil=True)
def born_in(row, path, opens, weight, offset, entry_share):  # type: ignore[no-untyped-def]
    """Every cohort of a row: candle, tier, mean position of its entries, share of the tier's entries, base units; (n,).

    `path` (n_candles, 3) are low, close and high as positions, `opens` (n_candles,) base units; in order of candles.
    """
    room, n = 1024, 0
    candle, tier = np.empty(room, np.int64), np.empty(room, np.int64)
    entry, share, born = np.empty(room), np.empty(room), np.empty(room)
    offset_row = np.floor(offset).astype(np.int64)
    offset_part = offset - offset_row
    for i in range(opens.shape[0]):
        if opens[i] <= 0.0:
            continue
        low, close, high = path[i, 0], path[i, 1], path[i, 2]
        lowest, highest = int(np.floor(low)), int(np.floor(high)) + 1
        for t in range(weight.shape[0]):
            below = row - offset_row[t]
            if weight[t] <= 0.0 or below < lowest or below > highest:
                continue
            part, position = _entered(row, low, close, high, entry_share, offset_row[t], offset_part[t])
            if part <= 0.0:
                continue
            if n == room:
                room *= 2
                candle, tier = _longer(candle, room), _longer(tier, room)
                entry, share, born = _longer(entry, room), _longer(share, room), _longer(born, room)
            candle[n], tier[n], entry[n], share[n] = i, t, position, part
            born[n] = opens[i] * weight[t] * part
            n += 1
    return candle[:n], tier[:n], entry[:n], share[:n], born[:n]


@nb.njit(cache=True, nogil=True)
def _longer(values, room):  # type: ignore[no-untyped-def]
    more = np.empty(room, values.dtype)
    for i in range(values.shape[0]):  # an array assigned at once takes seconds to compile
        more[i] = values[i]
    return more


@nb.njit(cache=True, nogil=True)
def outlived(candle, tier, born, close_rate, closing, touch, kept):  # type: ignore[no-untyped-def]
    """What became of cohorts until the last candle: base units closed, swept and left, each (n,).

    `closing` (n_candles,) is the hazard summed up to and with each candle; `touch`, `kept` (m,) are the sweeps of the
    row. In a candle levels are crossed first, then closed; nothing dies in the candle it was born in.
    """
    n, last = candle.shape[0], closing.shape[0] - 1
    closed, swept, left = np.zeros(n), np.zeros(n), np.zeros(n)
    first = 0
    for c in range(n):
        while first < touch.shape[0] and touch[first] <= candle[c]:
            first += 1
        amount, rate, since = born[c], close_rate[tier[c]], closing[candle[c]]
        for j in range(first, touch.shape[0]):
            before = closing[touch[j] - 1]
            standing = amount * np.exp(-rate * (before - since))
            closed[c] += amount - standing
            since = before
            amount = standing * kept[j]
            swept[c] += standing - amount
            if amount <= SPENT * born[c]:
                swept[c] += amount
                amount = 0.0
                break
        left[c] = amount * np.exp(-rate * (closing[last] - since))
        closed[c] += amount - left[c]
    return closed, swept, left
