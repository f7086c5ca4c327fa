"""Curves as lines: as many points as there are pixels, and a hole where nothing is known."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats

_PER_PIXEL: Final = 2  # points, before they are thinned


def visible(times_ms: Floats, x_min: float, x_max: float) -> slice:
    """The columns in a range, with one more at either side so that lines leave the plot."""
    first = int(np.searchsorted(times_ms, x_min, side="left")) - 1
    last = int(np.searchsorted(times_ms, x_max, side="right")) + 1
    return slice(max(first, 0), min(last, len(times_ms)))


def thinned(x: Floats, values: Floats, pixels: int) -> tuple[Floats, Floats]:
    """The lowest and the highest of each run of points, in their order, where there are many for each pixel.

    What is not known stays a hole where a whole run of it is not.
    """
    run = len(x) // max(pixels * _PER_PIXEL // 2, 1)
    if run < 2 or len(x) <= pixels * _PER_PIXEL:
        return x, values
    n = len(x) // run
    head, rest = values[: n * run].reshape(n, run), slice(n * run, None)
    known = np.isfinite(head)
    some: NDArray[np.bool_] = np.any(known, axis=1)
    low = np.where(known, head, np.inf).argmin(axis=1)
    high = np.where(known, head, -np.inf).argmax(axis=1)
    order = np.sort(np.column_stack([low, high]), axis=1)
    at = order + (np.arange(n) * run)[:, None]
    picked = np.where(some[:, None], values[at], np.nan)
    return np.concatenate((x[at].reshape(-1), x[rest])), np.concatenate((picked.reshape(-1), values[rest]))


def segments(x: Floats, y: Floats) -> Floats:
    """A line through points as pieces (n, 4) of two ends each, none over a y that is NaN.

    A point alone between holes is a dash of one pixel. Pieces are drawn ten times faster than one thick path.
    """
    known = np.concatenate(([False], np.isfinite(y), [False]))
    both = known[1:-2] & known[2:-1]
    pieces = np.column_stack([x[:-1], y[:-1], x[1:], y[1:]])[both]
    alone = known[1:-1] & ~known[:-2] & ~known[2:]
    dashes = np.column_stack([x[alone] - 0.5, y[alone], x[alone] + 0.5, y[alone]])
    return np.concatenate((pieces.reshape(-1, 4), dashes.reshape(-1, 4)))


def value_range(values: list[Floats], from_zero: bool) -> tuple[float, float] | None:
    """Low and high of what is known, with a little room; None where nothing is. Bars stand on zero."""
    known = [row[np.isfinite(row)] for row in values]
    rows = [row for row in known if len(row)]
    if not rows:
        return None
    low, high = min(float(r.min()) for r in rows), max(float(r.max()) for r in rows)
    if from_zero:
        low = min(low, 0.0)
    room = 0.08 * (high - low) or max(abs(high) * 1e-3, 1e-9)
    return (low if from_zero and low == 0.0 else low - room), high + room
