"""Stretches of history that are to be fetched, and when one is tried again that did not come."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from heatdesk.feed.clock import Clock
from heatdesk.live import Instrument
from heatdesk.market import Interval, Kind, SeriesKey

RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)  # the last one for ever where the exchange cannot be reached
LONGEST_S: Final = 4 * 3600.0  # between two questions that the exchange refuses


class Rank(IntEnum):
    """What is fetched first."""

    HOLE = 0
    FIRST_CHART = 1
    FIRST_INTEREST = 2
    DEPTH = 3
    INTEREST = 4
    MINUTES = 5
    FUNDING = 6
    SPOT = 7


@dataclass(order=True, slots=True)
class Stretch:
    """A stretch of one series; a market that charts show is preferred within its rank."""

    rank: Rank
    watched: int  # 0 where a chart shows it
    number: int
    instrument: Instrument = field(compare=False)
    kind: Kind = field(compare=False)
    timeframe: str = field(compare=False)
    span: Interval = field(compare=False)
    tries: int = field(default=0, compare=False)
    again: bool = field(default=False, compare=False)  # asks for the second time for what was not there
    refused: str = field(default="", compare=False)  # why the exchange does not give it, where it said so

    @property
    def key(self) -> SeriesKey:
        """Where its rows go."""
        named = "" if self.kind is Kind.FUNDING else self.timeframe
        return SeriesKey(self.instrument.exchange, self.instrument.symbol, self.kind, named)


class Refused(NamedTuple):
    """How many stretches of history are not given, why the next one is not, and when it is asked for again (ms UTC)."""

    stretches: int = 0
    why: str = ""
    until_ms: int = 0


class Later:
    """Stretches that wait for their time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[tuple[float, int, Stretch]] = []

    def __iter__(self) -> Iterator[Stretch]:
        return (stretch for _, _, stretch in self._waiting)

    def put(self, stretch: Stretch, seconds: float) -> None:
        """Bring a stretch back after some time."""
        heapq.heappush(self._waiting, (self._clock.steady() + seconds, stretch.number, stretch))

    def not_reached(self, stretch: Stretch) -> None:
        """Bring it back soon: nobody has said no."""
        stretch.refused = ""
        self.put(stretch, RETRY_S[min(stretch.tries, len(RETRY_S) - 1)])
        stretch.tries = min(stretch.tries + 1, len(RETRY_S))

    def refuse(self, stretch: Stretch, why: str) -> None:
        """Bring it back after twice the time of the last refusal, hours in the end: the question is the same."""
        over = stretch.tries - len(RETRY_S)
        growing = RETRY_S[stretch.tries] if over < 0 else RETRY_S[-1] * 2.0 ** (min(over, 20) + 1)
        stretch.refused = why
        stretch.tries += 1
        self.put(stretch, min(growing, LONGEST_S))

    def due(self) -> Iterator[Stretch]:
        """Those whose time has come; they wait here no longer."""
        while self._waiting and self._waiting[0][0] <= self._clock.steady():
            yield heapq.heappop(self._waiting)[2]

    def refused(self) -> Refused:
        """What the exchange has refused often enough to be told."""
        told = [row for row in self._waiting if row[2].refused and row[2].tries >= len(RETRY_S)]
        if not told:
            return Refused()
        due_s, _, first = min(told)
        until_ms = self._clock.now_ms() + (due_s - self._clock.steady()) * 1000.0
        return Refused(len(told), f"{first.instrument.symbol}: {first.refused}", int(until_ms))
