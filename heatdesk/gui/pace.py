"""Between windows: whose map is worked out anew, and when the next one may be."""

from __future__ import annotations

from typing import Final

_BREATH_S: Final = 0.1  # between two maps
_LOST_S: Final = 2.0  # whoever has not been answered by then keeps nobody waiting


class Pace:
    """Lets the maps of all windows be worked out one after the other, with a breath between two of them.

    A worker takes the interpreter from the thread that paints, for as long as it works: four in a row are four times as
    long. Used on the GUI thread alone; times are seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._at_work: object | None = None
        self._began_s = self._free_s = -_LOST_S

    def may_begin(self, who: object, now_s: float) -> bool:
        """Whether the map of one window may be asked for now."""
        waits = self._at_work not in (None, who) and now_s - self._began_s < _LOST_S
        return not waits and now_s >= self._free_s

    def begins(self, who: object, now_s: float) -> None:
        """It has been asked for."""
        self._at_work, self._began_s = who, now_s

    def ends(self, who: object, now_s: float) -> None:
        """An answer is there, or why there is none."""
        if self._at_work is who:
            self._at_work, self._free_s = None, now_s + _BREATH_S


EVERY_WINDOW: Final = Pace()
