"""How fast, and how soon again: turns at a steady pace, and waits that grow."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from heatdesk.feed.clock import Clock

FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 15.0
_JITTER: Final = 0.5


class Pace:
    """Turns of one kind, at most `per_s` of them a second, in the order they were asked for.

    A turn is paid after it: the first comes at once, the next when the one before is paid off. One that came late
    delays the next; turns never come in a bunch.
    """

    def __init__(self, clock: Clock, per_s: float) -> None:
        self._clock, self._per_s, self._free_s = clock, per_s, 0.0
        self._queue = asyncio.Lock()

    async def turn(self, cost: float = 1.0) -> None:
        """Wait for a turn that costs as much as `cost` ordinary ones."""
        async with self._queue:
            while (wait_s := self._free_s - self._clock.steady()) > 0.0:
                await self._clock.sleep(wait_s)
            self.owe(cost)

    def owe(self, cost: float) -> None:
        """Pay for a turn that was taken, here or elsewhere on the same account."""
        self._free_s = max(self._clock.steady(), self._free_s) + cost / self._per_s


class Backoff:
    """Waits between attempts: 0.25 s, doubling to 15 s, each ±50 % so that many who fail at once return one by one."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self._chance = chance or random.Random()  # noqa: S311  (spreading load is no secret)
        self.attempts = 0

    def wait_s(self) -> float:
        """How long to wait before the next attempt; counts it."""
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self.attempts, 10))
        self.attempts += 1
        return wait * self._chance.uniform(1.0 - _JITTER, 1.0 + _JITTER)

    def succeeded(self) -> None:
        """Begin from the shortest wait again."""
        self.attempts = 0
