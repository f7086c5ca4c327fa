"""Sets of half-open intervals: what was recorded, what is damaged."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from heatdesk.market import Interval


def union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same stretches, ascending, with overlapping and touching ones merged and empty ones dropped."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start <= merged[-1].end_ms:
            merged[-1] = Interval(merged[-1].start_ms, max(merged[-1].end_ms, end))
        else:
            merged.append(Interval(start, end))
    return tuple(merged)


def extended(there: tuple[Interval, ...], more: Iterable[Interval]) -> tuple[Interval, ...]:
    """The union of a union and some more; what ends before the first of them is not looked at."""
    added = union(more)
    if not added:
        return there
    first = bisect_left(there, added[0].start_ms, key=lambda interval: interval.end_ms)
    return (*there[:first], *union([*there[first:], *added]))


def without(intervals: Iterable[Interval], holes: Iterable[Interval]) -> tuple[Interval, ...]:
    """The stretches minus the holes."""
    taken = union(holes)
    left: list[Interval] = []
    first = 0  # of the holes that may still matter: both ascend
    for start, end in union(intervals):
        while first < len(taken) and taken[first].end_ms <= start:
            first += 1
        at = first
        while at < len(taken) and taken[at].start_ms < end:
            if start < taken[at].start_ms:
                left.append(Interval(start, taken[at].start_ms))
            start = taken[at].end_ms
            at += 1
        if start < end:
            left.append(Interval(start, end))
    return tuple(left)


def clipped(intervals: Iterable[Interval], start_ms: int, end_ms: int) -> tuple[Interval, ...]:
    """What of the stretches lies in ``[start_ms, end_ms)``."""
    return union(Interval(max(start, start_ms), min(end, end_ms)) for start, end in intervals)
