"""Sets of half-open intervals: what was recorded, what is damaged."""

from __future__ import annotations

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


def without(intervals: Iterable[Interval], holes: Iterable[Interval]) -> tuple[Interval, ...]:
    """The stretches minus the holes."""
    left = list(union(intervals))
    for hole in holes:
        pieces: list[Interval] = []
        for start, end in left:
            pieces.append(Interval(start, min(end, hole.start_ms)))
            pieces.append(Interval(max(start, hole.end_ms), end))
        left = [piece for piece in pieces if piece.start_ms < piece.end_ms]
    return tuple(left)


def clipped(intervals: Iterable[Interval], start_ms: int, end_ms: int) -> tuple[Interval, ...]:
    """What of the stretches lies in ``[start_ms, end_ms)``."""
    return union(Interval(max(start, start_ms), min(end, end_ms)) for start, end in intervals)
