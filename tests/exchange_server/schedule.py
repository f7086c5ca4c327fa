"""Draws what goes wrong and when: the same faults for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

# What a feed must come through with nothing lost: how often it is drawn, shortest and longest seconds.
SURVIVABLE: dict[str, tuple[int, float, float]] = {
    "cut": (4, 0, 0),
    "close": (3, 0, 0),
    "outage": (4, 20, 400),
    "ack_no_data": (2, 30, 120),
    "mute": (4, 60, 300),
    "half_open": (3, 0, 0),
    "429": (2, 20, 90),
    "418": (1, 60, 180),
    "503": (2, 10, 120),
    "html": (1, 10, 90),
    "malformed": (2, 0, 0),
    "partial": (2, 0, 0),
    "binary": (1, 0, 0),
    "duplicate": (2, 30, 200),
    "reorder": (2, 30, 200),
    "missing": (2, 10, 60),
    "poison": (2, 10, 120),
    "halt": (2, 0, 0),
    "stall": (3, 10, 150),
    "burst": (4, 0, 0),
    "trade_burst": (2, 0, 0),
}


class Planned(NamedTuple):
    """Seconds are of the market's clock, from the start on."""

    at_s: float
    exchange: str
    name: str
    seconds: float


class Schedule:
    """What goes wrong within `length_s`, ascending; ends early enough that all can be mended by then."""

    def __init__(
        self, seed: int, exchanges: Sequence[str], length_s: float, faults: int = 8, names: Sequence[str] = ()
    ) -> None:
        chance = random.Random(seed)
        kinds = {name: SURVIVABLE[name] for name in (names or SURVIVABLE)}
        drawn = chance.choices(list(kinds), [often for often, _, _ in kinds.values()], k=faults)
        planned = []
        for name in drawn:
            _, shortest, longest = kinds[name]
            at = chance.uniform(0.05, 0.7) * length_s
            longest = min(longest, 0.85 * length_s - at)
            planned.append(
                Planned(
                    round(at, 1),
                    chance.choice(exchanges),
                    name,
                    round(chance.uniform(min(shortest, longest), longest), 1),
                )
            )
        self.planned = sorted(planned)
        self._next = 0

    def due(self, now_s: float) -> list[Planned]:
        """What begins up to now and was not given out yet."""
        first = self._next
        while self._next < len(self.planned) and self.planned[self._next].at_s <= now_s:
            self._next += 1
        return self.planned[first : self._next]
