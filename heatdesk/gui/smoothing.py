"""Smoothing along price for the eye: valleys and shoulders are filled, peaks stay as high and where they are.

A row becomes the binomial mean of itself and two rows on either side, but no less than it was and no more than the
largest of itself and its two neighbours. Of any zone (a run of rows of at least some density, the rows beside it below
that) no row can therefore grow above the zone's peak, and the peak keeps its own amount: smoothing never moves it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from heatdesk.model.heatmap import Notional

_REACH: Final = 2
_WEIGHTS: Final = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def smoothed(notional: Notional) -> Notional:
    """A map (n_prices, n_times), kept time-major, smoothed along price; signs apart, the stronger of them stays."""
    above = _smoothed_above_zero(notional.T)
    if not (notional < 0).any():
        return above.T
    below = _smoothed_above_zero(-notional.T)
    return np.where(above >= below, above, -below).T


def _smoothed_above_zero(columns: Notional) -> Notional:
    # A copy of its own is writable: what is not would be another type to the compiler.
    there, out = np.fmax(columns, np.float32(0), order="C"), np.empty(columns.shape, np.float32)
    smooth(there, out)
    return out


@njit(cache=True, nogil=True)
def smooth(columns: Notional, out: Notional) -> None:
    """Write each of the `columns` (n_times, n_prices), float32 ≥ 0 in C order, smoothed."""
    n_times, n_prices = columns.shape
    padded = np.zeros(n_prices + 2 * _REACH, np.float32)
    for t in range(n_times):
        for r in range(n_prices):
            padded[r + _REACH] = columns[t, r]
        for r in range(n_prices):
            mean = np.float32(0)
            for k in range(2 * _REACH + 1):
                mean += np.float32(_WEIGHTS[k]) * padded[r + k]
            own, beside = padded[r + _REACH], max(padded[r + _REACH - 1], padded[r + _REACH + 1])
            out[t, r] = max(own, min(mean, beside))


def smooth_readable(columns: Notional, out: Notional) -> None:
    """The readable twin of `smooth`."""
    rows = columns.shape[1]
    padded = np.pad(columns, ((0, 0), (_REACH, _REACH)))
    mean = sum(np.float32(w) * padded[:, k : k + rows] for k, w in enumerate(_WEIGHTS))
    own, lower, upper = (padded[:, k : k + rows] for k in (_REACH, _REACH - 1, _REACH + 1))
    out[:] = np.maximum(own, np.minimum(mean, np.maximum(lower, upper)))
