"""Time that only passes when everybody has done what there was to do: what a machine is busy with takes no time.

So a market is played over real sockets as fast as the machine can; a halt or a crowd on the machine makes it slower and
changes nothing in it.
"""

from __future__ import annotations

import asyncio
import math
import selectors
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")


class PatientClock:
    """A `heatdesk.feed.clock.Clock`, and the time of the timers of all loops that it makes, in one thread or several.

    When each of them waits, with nothing to read and nothing under way in its pool of threads, the clock is put forward
    to the first of their timers, and by `step_s` at least: timers that are due close together come together.
    """

    def __init__(self, start_ms: float, step_s: float = 0.01) -> None:
        self._start_ms, self._step_s, self._now_s = start_ms, step_s, 0.0
        self._loops: list[_Loop] = []
        self._held = False
        self._guard = threading.RLock()

    def now_ms(self) -> float:
        """Wall time, milliseconds UTC."""
        return self._start_ms + self._now_s * 1000.0

    def steady(self) -> float:
        """Seconds since it was made."""
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def loop(self) -> asyncio.AbstractEventLoop:
        """One more loop that lives by this clock, which stands still until it runs."""
        loop = _Loop(self)
        with self._guard:
            self._loops.append(loop)
        return loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """As `asyncio.run`, in such a loop; a clock that is held goes on meanwhile."""
        loop, held = self.loop(), self._held
        self.release()
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                return runner.run(work)
        finally:
            self._held = held

    def hold(self) -> None:
        """Stand still from now on, for a thread without a loop that wants to look around."""
        with self._guard:
            self._held = True

    def release(self) -> None:
        """Go on."""
        with self._guard:
            self._held = False
            for loop in self._loops:
                loop.wake()

    def leave(self, loop: _Loop) -> None:
        """A loop ends; those that are left look again whether all wait."""
        with self._guard:
            if loop in self._loops:
                self._loops.remove(loop)
            for other in self._loops:
                other.wake()

    def wait(self, loop: _Loop, seconds: float) -> bool:
        """A loop has nothing to do before `seconds` have passed; whether they have, by its own hand."""
        with self._guard:
            loop.due_s = self._now_s + seconds
            if self._all_wait():
                self._go_on(loop)
            if loop.due_s <= self._now_s:
                loop.due_s = None
                return True
            return False

    def resume(self, loop: _Loop) -> None:
        """A loop has something to do."""
        with self._guard:
            loop.due_s = None

    def _all_wait(self) -> bool:
        if self._held or not all(loop.rests for loop in self._loops):
            return False
        return not any(loop.selector.ready() for loop in self._loops)

    def _go_on(self, caller: _Loop) -> None:
        due_s = min(one.due_s for one in self._loops if one.due_s is not None)
        if due_s == math.inf:
            return
        self._now_s = max(due_s, self._now_s + self._step_s)
        for one in self._loops:
            if one is not caller and one.due_s is not None and one.due_s <= self._now_s:
                one.wake()


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Tells the clock when its loop is about to wait."""

    loop: _Loop

    def ready(self) -> list[Any]:
        """What can be read or written now; may be asked from any thread while the loop waits."""
        return super().select(0)

    def select(self, timeout: float | None = None) -> list[Any]:
        found = self.ready()
        if found or (timeout is not None and timeout <= 0):
            return found
        clock = self.loop.clock
        if clock.wait(self.loop, math.inf if timeout is None else timeout):
            return []
        try:
            return super().select(None)
        finally:
            clock.resume(self.loop)


class _Loop(asyncio.SelectorEventLoop):
    """`due_s` is the clock's time until which it waits; None while it works."""

    def __init__(self, clock: PatientClock) -> None:
        self.clock, self.selector, self.due_s = clock, _Selector(), None
        self.selector.loop = self
        self._jobs = 0  # in other threads
        super().__init__(self.selector)

    due_s: float | None

    @property
    def rests(self) -> bool:
        """Whether it waits for time alone, or for others."""
        return self.due_s is not None and not self._jobs

    def wake(self) -> None:
        """Have it look at the clock."""
        self.call_soon_threadsafe(lambda: None)

    def time(self) -> float:
        return self.clock.steady()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Work in the loop's own pool holds the time; that in a pool of the caller's does not."""
        future = super().run_in_executor(executor, func, *args)
        if executor is None:
            self._jobs += 1
            future.add_done_callback(self._done)
        return future

    async def shutdown_default_executor(self, *args: Any) -> None:
        self._jobs += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._jobs -= 1

    def close(self) -> None:
        self.clock.leave(self)
        super().close()

    def _done(self, _: asyncio.Future[Any]) -> None:
        self._jobs -= 1
