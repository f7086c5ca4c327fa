"""An order book that is always whole and never crossed, and the steps by which it changes."""

from __future__ import annotations

import random
from typing import NamedTuple

DEPTH = 200


class Step(NamedTuple):
    """One change: levels as (ticks, lots), 0 lots take a level away. Numbers run `first` … `last` after `previous`.

    `move` counts the changes themselves.
    """

    time_ms: int
    move: int
    previous: int
    first: int
    last: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    before: tuple[dict[int, int], dict[int, int]]

    def within(self, depth: int, book: Book) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The change as seen by who is told only the best `depth` levels; `book` is the one after it."""
        sides = []
        for old, new, changed, best in zip(
            self.before, (book.bids, book.asks), (self.bids, self.asks), (True, False), strict=True
        ):
            was = dict(sorted(old.items(), reverse=best)[:depth])
            now = dict(sorted(new.items(), reverse=best)[:depth])
            told = {t: q for t, q in now.items() if was.get(t) != q} | {t: 0 for t in was if t not in now}
            told |= {t: q for t, q in changed if q and t not in new}  # a lie
            sides.append(sorted(told.items(), reverse=best))
        return sides[0], sides[1]


class Book:
    """`bids` and `asks` map ticks to lots; `last` is the number of the newest change, `moves` counts them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.last = 1_000
        self.moves = 1
        self.time_ms = 0
        self.cross_next = False  # a lie: the next change tells a bid above the asks

    def move(self, time_ms: int, middle: int) -> Step:
        """Go to a time at which it trades at `middle` ticks; what was crossed goes, some levels change."""
        previous, self.time_ms = self.last, time_ms
        before = (dict(self.bids), dict(self.asks))
        bids: dict[int, int] = {}
        asks: dict[int, int] = {}
        for side, changes, sign in ((self.bids, bids, -1), (self.asks, asks, 1)):
            wanted = range(middle + sign, middle + sign * (DEPTH + 1), sign)
            for ticks in [t for t in side if t not in wanted]:
                del side[ticks]
                changes[ticks] = 0
            fresh = [t for t in wanted if t not in side]
            for ticks in fresh + [middle + sign * self._random.randint(1, DEPTH) for _ in range(5)]:
                changes[ticks] = side[ticks] = self._random.randint(1, 5000)
        if self.cross_next:
            self.cross_next = False
            bids[middle + 3] = 7
        self.last = previous + self._random.randint(1, 5)
        self.moves += 1
        told = sorted(bids.items(), reverse=True), sorted(asks.items())
        return Step(time_ms, self.moves, previous, previous + 1, self.last, *told, before)

    def levels(self, depth: int = DEPTH) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Bids and asks, best first."""
        return sorted(self.bids.items(), reverse=True)[:depth], sorted(self.asks.items())[:depth]
