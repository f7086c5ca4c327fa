"""The holes of a ledger in memory, so arranged that a question touches only the holes it is about.

Of one thing in one state, holes lie in the order of time and never over each other. A market that is traded every few
minutes has thousands of them, and is asked about all the time.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator
from heapq import merge
from itertools import islice, takewhile
from operator import itemgetter
from typing import Final, NamedTuple

from heatdesk.events import Market
from heatdesk.live import Hole, HoleState
from heatdesk.market import Interval

_STATES: Final = tuple(map(str, HoleState))


class Thing(NamedTuple):
    """What is listened to: an empty `symbol` means all of the exchange's."""

    exchange: str
    symbol: str
    what: str


class Holes:
    """Holes under the numbers that the file knows them by."""

    def __init__(self, numbered: Iterable[tuple[int, Hole]] = ()) -> None:
        self._holes: dict[int, Hole] = {}
        self._starts: dict[tuple[Thing, str], list[tuple[int, int]]] = {}  # (start, number), ascending
        self._things: dict[Market, set[Thing]] = {}
        self._open: dict[str, int] = {}  # by exchange
        self._next = 1
        for number, hole in sorted(numbered, key=lambda row: row[1].interval):
            self._next = max(self._next, number + 1)
            before = self.meeting(Thing(*hole[:3]), hole.state, hole.interval)
            start = max([hole.interval.start_ms, *(other.interval.end_ms for _, other in before)])
            if start < hole.interval.end_ms:  # an older file may tell a moment twice
                self._put(number, hole._replace(interval=Interval(start, hole.interval.end_ms)))

    def __len__(self) -> int:
        return len(self._holes)

    def __getitem__(self, number: int) -> Hole:
        return self._holes[number]

    def __iter__(self) -> Iterator[Hole]:
        return iter(self._holes.values())

    def keep(self, hole: Hole) -> int:
        """Keep a hole that lies over no other of its thing and state; returns its number."""
        number, self._next = self._next, self._next + 1
        self._put(number, hole)
        return number

    def take(self, number: int) -> Hole:
        """Keep a hole no longer; returns it."""
        hole = self._holes.pop(number)
        starts = self._starts[Thing(*hole[:3]), str(hole.state)]
        del starts[bisect_left(starts, (hole.interval.start_ms, number))]
        self._count(hole, -1)
        return hole

    def meeting(self, thing: Thing, state: str, span: Interval) -> list[tuple[int, Hole]]:
        """What of a thing in a state overlaps a stretch or touches it, the newest first."""
        starts = self._starts.get((thing, str(state)), [])
        met = []
        for at in range(bisect_left(starts, (span.end_ms + 1,)) - 1, -1, -1):
            number = starts[at][1]
            hole = self._holes[number]
            if hole.interval.end_ms < span.start_ms:
                break
            met.append((number, hole))
        return met

    def oldest(self, state: str) -> Iterator[Iterator[tuple[int, Hole]]]:
        """What is in a state, of one thing after the other, the oldest first of each."""
        for (_, named), starts in self._starts.items():
            if named == str(state):
                yield ((number, self._holes[number]) for _, number in starts)

    def newest(self, markets: Collection[Market], since_ms: int, most: int) -> list[Hole]:
        """The newest holes of some markets and of whole exchanges that end after a moment, ascending.

        No more than `most`; the ones that are open before any other.
        """
        things = [
            thing
            for market, its in self._things.items()
            if market in markets or not market.symbol
            for thing in its
        ]
        found = self._latest(things, [str(HoleState.OPEN)], since_ms, most)
        rest = [state for state in _STATES if state != HoleState.OPEN]
        found += self._latest(things, rest, since_ms, most - len(found))
        return sorted(found, key=by_time)

    @property
    def open(self) -> dict[str, int]:
        """How many holes are open, by exchange."""
        return self._open.copy()

    def _latest(
        self, things: Iterable[Thing], states: Collection[str], since_ms: int, most: int
    ) -> list[Hole]:
        each = (
            takewhile(lambda hole: hole.interval.end_ms > since_ms, self._backwards(thing, state))
            for thing in things
            for state in states
        )
        return list(islice(merge(*each, key=by_time, reverse=True), most))

    def _backwards(self, thing: Thing, state: str) -> Iterator[Hole]:
        return map(
            self._holes.__getitem__, map(itemgetter(1), reversed(self._starts.get((thing, state), [])))
        )

    def _put(self, number: int, hole: Hole) -> None:
        thing = Thing(*hole[:3])
        self._holes[number] = hole
        insort(self._starts.setdefault((thing, str(hole.state)), []), (hole.interval.start_ms, number))
        self._things.setdefault(Market(hole.exchange, hole.symbol), set()).add(thing)
        self._count(hole, 1)

    def _count(self, hole: Hole, more: int) -> None:
        if hole.state == HoleState.OPEN:
            self._open[hole.exchange] = self._open.get(hole.exchange, 0) + more


def by_time(hole: Hole) -> tuple[Interval, Hole]:
    """The order holes are told in."""
    return hole.interval, hole
