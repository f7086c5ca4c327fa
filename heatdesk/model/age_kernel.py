"""The compiled arithmetic of the map by age: what sweeps left of older columns, and which window is the densest."""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def _reach(extreme, body, wick_keep):  # type: ignore[no-untyped-def]
    """The lowest row that a candle touches, and the lowest of which it leaves nothing."""
    touched = int(np.floor(extreme))
    row = int(np.floor(body)) if wick_keep > 0.0 else touched
    return touched, row if _kept(row, extreme, body, wick_keep) <= 0.0 else row + 1


@nb.njit(cache=True, nogil=True)
def _kept(row, extreme, body, wick_keep):  # type: ignore[no-untyped-def]
    under_extreme = min(max(extreme - row, 0.0), 1.0)
    under_body = min(max(body - row, 0.0), 1.0)
    return under_extreme + wick_keep * (under_body - under_extreme)


@nb.njit(cache=True, nogil=True)
def _count(logs, partly, sign, touched, emptied, extreme, body, wick_keep, first, down):  # type: ignore[no-untyped-def]
    """Let a candle's partial sweeps count, or with `sign` −1 count no more."""
    for row in range(touched, emptied):
        r = first - row if down else row - first
        if 0 <= r < logs.shape[0]:
            partly[r] += sign
            logs[r] += sign * np.log(_kept(row, extreme, body, wick_keep))
            if partly[r] == 0:
                logs[r] = 0.0  # exactly, whatever was rounded on the way


@nb.njit(cache=True, nogil=True)
def keep(columns, cut, shown, extreme, body, wick_keep, first, down):  # type: ignore[no-untyped-def]
    """Take from columns what price swept since: column t holds what stood after candle `cut[t]`, and is wanted as it
    was after candle `shown[t]`; both (n_times,), ascending, −1 for a column of nothing.

    `columns` (n_times, n_prices) are of one side, changed in place; `extreme`, `body` (n_candles,) are positions on the
    side's own axis, where drawn row r is row ``first + r``, or ``first − r`` where the axis points `down`. A sweep
    keeps the same share of every cohort of a row (`kernel._sweep`), so these shares multiply.
    """
    n_times, n_rows = columns.shape
    n = extreme.shape[0]
    logs, partly = np.zeros(n_rows), np.zeros(n_rows, np.int64)
    touched, emptied = np.empty(n, np.int64), np.empty(n, np.int64)
    # candles between cut and shown whose rows are below those of all later ones: the front is the lowest of all
    low, dead = np.empty(n, np.int64), np.empty(n, np.int64)
    low_at, low_end, dead_at, dead_end = 0, 0, 0, 0
    added = removed = -1
    for t in range(n_times):
        if cut[t] < 0:
            continue
        if added < 0:
            added = removed = cut[t]
        while added < shown[t]:
            added += 1
            i = added
            touched[i], emptied[i] = _reach(extreme[i], body[i], wick_keep)
            _count(logs, partly, 1, touched[i], emptied[i], extreme[i], body[i], wick_keep, first, down)
            while low_end > low_at and touched[low[low_end - 1]] >= touched[i]:
                low_end -= 1
            low[low_end] = i
            low_end += 1
            while dead_end > dead_at and emptied[dead[dead_end - 1]] >= emptied[i]:
                dead_end -= 1
            dead[dead_end] = i
            dead_end += 1
        while removed < cut[t]:
            removed += 1
            i = removed
            _count(logs, partly, -1, touched[i], emptied[i], extreme[i], body[i], wick_keep, first, down)
        while low_at < low_end and low[low_at] <= cut[t]:
            low_at += 1
        while dead_at < dead_end and dead[dead_at] <= cut[t]:
            dead_at += 1
        if low_at < low_end:
            _thin(columns[t], logs, partly, touched[low[low_at]], emptied[dead[dead_at]], first, down)


@nb.njit(cache=True, nogil=True)
def _thin(column, logs, partly, lowest, dead, first, down):  # type: ignore[no-untyped-def]
    """Empty the rows from `dead` on, and thin those from `lowest` to there."""
    n = column.shape[0]
    a, b = (first - dead, first - lowest) if down else (lowest - first, dead - first)
    for r in range(max(a + 1 if down else a, 0), min(b + 1 if down else b, n)):
        if partly[r] > 0:
            column[r] *= np.exp(logs[r])
    if down:
        column[: max(min(a + 1, n), 0)] = 0.0
    else:
        column[min(max(b, 0), n) :] = 0.0


@nb.njit(cache=True, nogil=True)
def take_window(younger, older, window, wanted, shown, most, which, start, stop):  # type: ignore[no-untyped-def]
    """Add the cells between two ages to `shown` if they are `wanted`, and remember which window is the densest.

    Of the columns from `start` to before `stop`. `younger`, `older`, pairs of (n_times, n_prices), are what is at
    least as old as each age, long and short; `most`, `which` (n_times, n_prices) the largest window of a cell so far,
    in USD of both sides, and its number.
    """
    for t in range(start, stop):
        for r in range(most.shape[1]):
            long = max(younger[0][t, r] - older[0][t, r], np.float32(0.0))
            short = max(younger[1][t, r] - older[1][t, r], np.float32(0.0))
            if wanted:
                shown[0][t, r] += long
                shown[1][t, r] += short
                if long + short > most[t, r]:
                    most[t, r] = long + short
                    which[t, r] = window
