"""Noticing that time has passed without us: a machine that slept, a process that was stopped, a clock that was set."""

from __future__ import annotations

from typing import Final, NamedTuple

from heatdesk.feed.clock import Clock

_JUMP_S: Final = 3.0


class Jump(NamedTuple):
    """`lost_s` seconds passed unnoticed; with `set_back` the wall clock went back by as many."""

    lost_s: float
    set_back: bool

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
        self._wall_s, self._steady_s = clock.now_ms() / 1000.0, clock.steady()

    def look(self, waited_s: float) -> Jump | None:
        """The jump since the last look, which was meant to be `waited_s` ago."""
        wall_s, steady_s = self._clock.now_ms() / 1000.0, self._clock.steady()
        wall, steady = wall_s - self._wall_s, steady_s - self._steady_s
        self._wall_s, self._steady_s = wall_s, steady_s
        lost_s = max(wall, steady) - waited_s
        if lost_s > _JUMP_S:
            return Jump(lost_s, False)
        if steady - wall > _JUMP_S:
            return Jump(steady - wall, True)
        return None


def duration(seconds: float) -> str:
    """Such as ``2 h 14 min``, ``3 min 5 s``, ``12 s``."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
