"""When an exchange's liquidations were listened to: only there does silence mean that nothing happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from heatdesk.events import Liquidation
from heatdesk.intervals import clipped, union, without
from heatdesk.market import DAY_MS, MINUTE_MS, Interval

# A stream that is thought quiet may turn out to have been dead: what was heard is certain only after a while.
CERTAIN_AFTER_MS: Final = MINUTE_MS
GATHERED_MS: Final = 2_000  # what an exchange had gathered when it fell silent was not told either
_MOST_REMEMBERED: Final = 20_000


class HeardSpans:
    """Stretches that were heard, per symbol; the empty symbol stands for streams about all of them."""

    def __init__(self) -> None:
        self._spans: dict[str, tuple[Interval, ...]] = {}
        self._taken: dict[str, int] = {}

    def add(self, symbol: str, span: Interval) -> None:
        """This was listened to."""
        kept_from = span.end_ms - 2 * DAY_MS
        self._spans[symbol] = clipped(
            union([*self._spans.get(symbol, ()), span]), kept_from, span.end_ms + DAY_MS
        )

    def lose(self, symbol: str, span: Interval) -> None:
        """This turns out not to have been heard."""
        self._spans[symbol] = without(self._spans.get(symbol, ()), [span])

    def of(self, symbol: str) -> tuple[Interval, ...]:
        """All that was heard of a symbol."""
        return union([*self._spans.get(symbol, ()), *self._spans.get("", ())])

    def take(self, symbol: str, until_ms: int) -> tuple[Interval, ...]:
        """What was heard before a moment and has not been taken yet.

        The end of the newest stretch waits until it goes on: a loss of what was gathered is told only after it.
        """
        since, heard = self._taken.get(symbol, 0), self.of(symbol)
        newest_ms = heard[-1].end_ms if heard else 0
        ready = clipped(heard, since, min(until_ms, newest_ms - GATHERED_MS))
        if ready:
            self._taken[symbol] = ready[-1].end_ms
        return ready


class ToldOnce:
    """Liquidations that two sockets, or a socket that dials again, tell twice."""

    def __init__(self) -> None:
        self._seen: Counter[Liquidation] = Counter()

    def new(self, batch: Iterable[Liquidation]) -> list[Liquidation]:
        """Those of a batch that were not told before; equal ones of one batch are as many as they are."""
        counted: Counter[Liquidation] = Counter()
        fresh = []
        for event in batch:
            counted[event] += 1
            if counted[event] > self._seen[event]:
                self._seen[event] += 1
                fresh.append(event)
        if len(self._seen) > _MOST_REMEMBERED:
            newest = sorted(self._seen, key=lambda event: event.time_ms)[_MOST_REMEMBERED // 2 :]
            self._seen = Counter({event: self._seen[event] for event in newest})
        return fresh


def share(spans: Sequence[Interval], start_ms: int, end_ms: int) -> float:
    """The share of ``[start_ms, end_ms)`` that lies in the spans."""
    if end_ms <= start_ms:
        return 1.0
    return sum(end - start for start, end in clipped(spans, start_ms, end_ms)) / (end_ms - start_ms)
