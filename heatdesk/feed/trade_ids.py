"""Which trades have been seen, by their ascending ids: each counts once, in whatever order they come."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

_MOST_GAPS: Final = (
    8192  # where ids are sparse every trade leaves one; what lies before the oldest kept is over
)


class TradeIds:
    """Ids seen so far, kept as the highest one and the gaps below it, so that a steady stream costs nothing."""

    __slots__ = ("_ends", "_starts", "floor", "last")

    def __init__(self) -> None:
        self.last = 0
        self.floor = 0  # ids below were seen or are too old to matter
        self._starts: list[int] = []
        self._ends: list[int] = []  # exclusive

    def is_new(self, number: int) -> bool:
        """Whether this id comes for the first time; it counts as seen from then on."""
        last = self.last
        if number == last + 1:
            self.last = number
            return True
        if number > last:
            if last:
                self._starts.append(last + 1)
                self._ends.append(number)
                if len(self._starts) > _MOST_GAPS:
                    self._forget(_MOST_GAPS // 2)
            else:
                self.floor = number  # what came before the first was never ours to hear
            self.last = number
            return True
        return number >= self.floor and self._fill(number)

    def missing(self) -> list[tuple[int, int]]:
        """Stretches of ids that have not come, half open."""
        return list(zip(self._starts, self._ends, strict=True))

    def _fill(self, number: int) -> bool:
        at = bisect_right(self._starts, number) - 1
        if at < 0 or number >= self._ends[at]:
            return False
        start, end = self._starts[at], self._ends[at]
        pieces = [(a, b) for a, b in ((start, number), (number + 1, end)) if a < b]
        self._starts[at : at + 1] = [a for a, _ in pieces]
        self._ends[at : at + 1] = [b for _, b in pieces]
        return True

    def _forget(self, oldest: int) -> None:
        self.floor = self._ends[oldest - 1]
        del self._starts[:oldest], self._ends[:oldest]
