"""Time as the feeds know it: everything that waits or stamps does it here, so that tests can let time fly."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for stamps, steady time for waiting. Seconds of `steady` and `sleep` are the same."""

    def now_ms(self) -> float:
        """Wall time, milliseconds UTC; may jump."""
        ...

    def steady(self) -> float:
        """Seconds that never jump back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own."""

    def now_ms(self) -> float:
        """Wall time, milliseconds UTC."""
        return time.time() * 1000.0

    def steady(self) -> float:
        """Seconds that never jump back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class FastClock:
    """`factor` seconds in every second of the machine, from `start_ms` on: for servers and tests that play a market."""

    def __init__(self, factor: float, start_ms: float) -> None:
        self.factor, self._start_ms, self._began = factor, start_ms, time.monotonic()

    def now_ms(self) -> float:
        """Wall time, milliseconds UTC."""
        return self._start_ms + self.steady() * 1000.0

    def steady(self) -> float:
        """Seconds since it was made."""
        return (time.monotonic() - self._began) * self.factor

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds / self.factor)


def haste(clock: Clock) -> float:
    """Seconds of a clock in one of the machine's: a stall of the machine is as many times longer on a fast clock."""
    return clock.factor if isinstance(clock, FastClock) else 1.0
