"""Liquidations that are told twice: they bear no number, and two sockets that overlap both tell them.

Equal ones in one frame are several; equal ones in two frames are the same, told again. So of each kind as many count as
stood in the fullest frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from heatdesk.events import Event, Liquidation

_REMEMBERED: Final = 8192


class Repeats:
    """Remembers the newest liquidations of a line, whatever socket they came by."""

    def __init__(self) -> None:
        self._told: dict[Liquidation, int] = {}

    def without(self, events: list[Event]) -> list[Event]:
        """The events of one frame less the liquidations that an earlier one told; most frames tell of none."""
        for event in events:
            if isinstance(event, Liquidation):
                return self._fresh(events)
        return events

    def _fresh(self, events: list[Event]) -> list[Event]:
        counts = Counter(event for event in events if isinstance(event, Liquidation))
        surplus = {one: min(count, self._told.get(one, 0)) for one, count in counts.items()}
        self._remember(counts.items())
        fresh: list[Event] = []
        for event in events:
            if isinstance(event, Liquidation) and surplus[event]:
                surplus[event] -= 1
            else:
                fresh.append(event)
        return fresh

    def _remember(self, counts: Iterable[tuple[Liquidation, int]]) -> None:
        for one, count in counts:
            self._told[one] = max(count, self._told.get(one, 0))
        while len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]
