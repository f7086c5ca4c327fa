"""Five windows of the age of a position, with four limits that a person may set."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from heatdesk.declared import check, declared
from heatdesk.errors import BadInputError
from heatdesk.market import HOUR_MS

WINDOWS: Final = 5
ALL_WINDOWS: Final = tuple(range(WINDOWS))
_DAY: Final = 24.0  # hours


@dataclass(frozen=True, slots=True)
class AgeWindows:
    """Limits in hours, ascending; an age on a limit belongs to the older window.

    Raises BadInputError for a limit outside its declared range or not above the one before.
    """

    first: float = declared(4.0, "Youngest below", "h", 0.05, 20_000.0, help="since the position was opened")
    second: float = declared(24.0, "Second below", "h", 0.05, 20_000.0, help="and at least the limit before")
    third: float = declared(72.0, "Third below", "h", 0.05, 20_000.0, help="and at least the limit before")
    fourth: float = declared(
        168.0, "Fourth below", "h", 0.05, 20_000.0, help="all that is older is the fifth window"
    )

    def __post_init__(self) -> None:
        check(self)
        for younger, older in pairwise(self.limits):
            if not younger < older:
                raise BadInputError(
                    f"The age limits go from {younger:g} to {older:g} hours; give them in ascending order."
                )

    @property
    def limits(self) -> tuple[float, ...]:
        """The four limits in hours."""
        return self.first, self.second, self.third, self.fourth

    @property
    def limits_ms(self) -> tuple[int, ...]:
        """The four limits in milliseconds."""
        return tuple(round(hours * HOUR_MS) for hours in self.limits)

    def labels(self) -> tuple[str, ...]:
        """``< 4 h``, ``4–24 h``, ``1–3 d``, ``3–7 d``, ``≥ 7 d``."""
        between = tuple(_between(a, b) for a, b in pairwise(self.limits))
        return (f"< {_said(self.first)}", *between, f"≥ {_said(self.fourth)}")


@dataclass(frozen=True, slots=True)
class AgeChoice:
    """A map by age: its windows, and which of them, youngest 0, are drawn. Raises BadInputError where none is."""

    windows: AgeWindows = field(default_factory=AgeWindows)
    shown: tuple[int, ...] = ALL_WINDOWS

    def __post_init__(self) -> None:
        if not self.shown or not set(self.shown) <= set(ALL_WINDOWS):
            raise BadInputError("No age is chosen; choose at least one of the five windows.")

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return set(self.shown) == set(ALL_WINDOWS)


def _said(hours: float) -> str:
    return f"{hours / _DAY:.3g} d" if hours >= 2 * _DAY else f"{hours:.3g} h"


def _between(younger: float, older: float) -> str:
    in_days = older >= 2 * _DAY
    a, b = (younger / _DAY, older / _DAY) if in_days else (younger, older)
    return f"{a:.2g}–{b:.3g} {'d' if in_days else 'h'}"
