"""Holes in a series that is stamped at a fixed step."""

from __future__ import annotations

import numpy as np

from heatdesk.market import Interval, Times


def gaps(
    times: Times, step_ms: int, start_ms: int | None = None, end_ms: int | None = None
) -> tuple[Interval, ...]:
    """Stretches of ``[start_ms, end_ms)`` for which no row stands; by default between first and last row.

    `times` are the ascending starts of rows that each last `step_ms`. Not every hole is a loss: an exchange writes
    no candle while it is down, and a quiet market may have none either.
    """
    if not len(times):
        both = start_ms is not None and end_ms is not None and start_ms < end_ms
        return (Interval(start_ms, end_ms),) if both and start_ms is not None and end_ms is not None else ()
    first = int(times[0]) if start_ms is None else start_ms
    last = int(times[-1]) + step_ms if end_ms is None else end_ms
    inside = times[(times > first - step_ms) & (times < last)]
    covered_to = np.concatenate([[first], inside + step_ms])
    next_start = np.concatenate([inside, [last]])
    holes = np.flatnonzero(next_start > covered_to)
    return tuple(Interval(int(covered_to[i]), int(next_start[i])) for i in holes)
