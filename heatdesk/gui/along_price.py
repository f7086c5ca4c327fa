"""What the renderings do along price: smoothing for `smoothed`, closing of gaps for `bands`.

Both only ever fill: no cell becomes less than it is, so nothing vanishes, and neither moves a peak. Take any zone (a
run of rows of at least some density, less beside it) and its densest row p. Smoothed, a row is at most the largest of
itself and its two neighbours, so no row of the zone exceeds p. Closed, a row exceeds the amount of p only where a gap
that contains the whole zone is filled, and then p is filled alike.

Each compiled kernel stands beside a readable NumPy twin; the tests hold them equal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numba import njit

from heatdesk.model.heatmap import Notional

_REACH: Final = 2  # rows on either side
_WEIGHTS: Final = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)

_Kernel = Callable[[Notional, Notional], None]


def smoothed(notional: Notional) -> Notional:
    """A map (n_prices, n_times), kept time-major: shoulders beside bands, shallower valleys between them.

    A row becomes the binomial mean of five, no less than it was and no more than the largest of itself and its two
    neighbours. Signs are smoothed apart and the stronger of them stays.
    """
    return _by_sign(notional, smooth)


def closed(notional: Notional) -> Notional:
    """A map (n_prices, n_times), kept time-major, in which gaps of up to four rows have joined the band around them.

    The morphological closing by five rows, signs apart, the stronger of them stays.
    """
    return _by_sign(notional, close)


def _by_sign(notional: Notional, kernel: _Kernel) -> Notional:
    above = _filtered(notional.T, kernel)
    if not (notional < 0).any():
        return above.T
    below = _filtered(-notional.T, kernel)
    return np.where(above >= below, above, -below).T


def _filtered(columns: Notional, kernel: _Kernel) -> Notional:
    # A copy of its own is writable: what is not would be another type to the compiler.
    there, out = np.fmax(columns, np.float32(0), order="C"), np.empty(columns.shape, np.float32)
    kernel(there, out)
    return out


@njit(cache=True, nogil=True)
def smooth(columns: Notional, out: Notional) -> None:
    """Write each of the `columns` (n_times, n_prices), float32 ≥ 0 in C order, smoothed."""
    n_times, n_prices = columns.shape
    padded = np.zeros(n_prices + 2 * _REACH, np.float32)
    for t in range(n_times):
        padded[_REACH : _REACH + n_prices] = columns[t]
        for r in range(n_prices):
            mean = np.float32(0)
            for k in range(2 * _REACH + 1):
                mean += np.float32(_WEIGHTS[k]) * padded[r + k]
            own, beside = padded[r + _REACH], max(padded[r + _REACH - 1], padded[r + _REACH + 1])
            out[t, r] = max(own, min(mean, beside))


@njit(cache=True, nogil=True)
def close(columns: Notional, out: Notional) -> None:
    """Write each of the `columns` (n_times, n_prices), float32 ≥ 0 in C order, with its gaps closed."""
    n_times, n_prices = columns.shape
    grown = np.zeros(
        n_prices + 2 * _REACH, np.float32
    )  # rows beyond the map too, or its ends would count as full
    for t in range(n_times):
        grown[:] = 0
        # One shift after the other along whole rows: the compiler turns each into wide maxima and minima.
        for k in range(2 * _REACH + 1):
            for r in range(n_prices):
                grown[r + k] = max(grown[r + k], columns[t, r])
        for r in range(n_prices):
            out[t, r] = grown[r]
        for k in range(1, 2 * _REACH + 1):
            for r in range(n_prices):
                out[t, r] = min(out[t, r], grown[r + k])


def smooth_readable(columns: Notional, out: Notional) -> None:
    """The readable twin of `smooth`."""
    windows = _windows(np.pad(columns, ((0, 0), (_REACH, _REACH))))
    mean = windows @ np.array(_WEIGHTS, np.float32)
    beside = np.maximum(windows[..., _REACH - 1], windows[..., _REACH + 1])
    out[:] = np.maximum(columns, np.minimum(mean, beside))


def close_readable(columns: Notional, out: Notional) -> None:
    """The readable twin of `close`."""
    grown = _windows(np.pad(columns, ((0, 0), (2 * _REACH, 2 * _REACH)))).max(axis=-1)
    out[:] = _windows(grown).min(axis=-1)


def _windows(columns: Notional) -> Notional:
    """Every five rows that follow each other, (n_times, n_prices − 4, 5)."""
    return np.lib.stride_tricks.sliding_window_view(columns, 2 * _REACH + 1, axis=1)
