"""Noticing that time has passed without us: a machine that slept, a process that was stopped, a clock that was set."""

from __future__ import annotations

from typing import Final, NamedTuple

from heatdesk.feed.clock import Clock, haste

_JUMP_S: Final = 3.0
_LATE: Final = 3.0  # waits


class Jump(NamedTuple):
    """`lost_s` seconds passed unnoticed; with `set_back` the wall clock went back by as many.

    `since_ms` is the last moment at which all was well, wall time.
    """

    lost_s: float
    set_back: bool
    since_ms: int

    @property
    def words(self) -> str:
        """For the user."""
        if self.set_back:
            return f"the clock was set back by {duration(self.lost_s)}"
        return f"resumed after {duration(self.lost_s)}, filling"


class Wake:
    """Asked at steady intervals, tells when more time has passed than can be.

    A stopped process sees its steady clock run on, a machine that slept only the wall's: either is a jump.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jump_s = _JUMP_S * haste(clock)
        self.late = (
            False  # whether the last look came so late that what has come in meanwhile is not read yet
        )
        self._wall_s, self._steady_s = clock.now_ms() / 1000.0, clock.steady()

    def look(self, waited_s: float) -> Jump | None:
        """The jump since the last look, which was meant to be `waited_s` ago."""
        wall_s, steady_s = self._clock.now_ms() / 1000.0, self._clock.steady()
        wall, steady = wall_s - self._wall_s, steady_s - self._steady_s
        since_ms = int(self._wall_s * 1000.0)
        self._wall_s, self._steady_s = wall_s, steady_s
        self.late = steady > _LATE * waited_s and not self.late  # once: then all has been read
        lost_s = max(wall, steady) - waited_s
        if lost_s > self._jump_s:
            return Jump(lost_s, False, since_ms)
        if steady - wall > self._jump_s:
            return Jump(steady - wall, True, since_ms)
        return None


def duration(seconds: float) -> str:
    """Such as ``2 h 14 min``, ``3 min 5 s``, ``12 s``."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
