"""What cannot be right is not believed until something else says the same; it is counted, never drawn, never fatal."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

from heatdesk.market import DAY_MS, HOUR_MS

FARTHEST: Final = 0.2  # of a price, within one stride
AGREE: Final = 0.05  # two sources that are this close mean the same price
ALONE: Final = 50  # trades in a row that agree, where no other source speaks
FUTURE_MS: Final = 60_000
PAST_MS: Final = DAY_MS
OI_FACTOR: Final = 5.0
OI_STUBBORN: Final = 3  # readings in a row that agree make a jump believable
OI_FRESH_MS: Final = HOUR_MS


class Quarantine:
    """How many values of each kind were not believed, per symbol."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def add(self, symbol: str, why: str) -> None:
        """One more."""
        self.counts[symbol, why] += 1

    @property
    def total(self) -> int:
        """All of them."""
        return self.counts.total()

    def by_symbol(self) -> dict[str, str]:
        """How often and why, in words, by symbol."""
        told: dict[str, list[str]] = {}
        for (symbol, why), number in self.counts.items():
            told.setdefault(symbol, []).append(f"{why} ({number:,})")
        return {symbol: ", ".join(words) for symbol, words in told.items()}


class PriceCheck:
    """Whether a price follows from those before it.

    A price more than a fifth away is believed once a second source (trades, candles, the mark price) is there too, or
    once many trades in a row have been.
    """

    __slots__ = ("_claims", "_row", "reference")

    def __init__(self) -> None:
        self.reference = math.nan
        self._claims: dict[str, float] = {}
        self._row = 0

    def fits(self, price: float, source: str) -> bool:
        """Whether to believe it; the reference moves along."""
        reference = self.reference
        if abs(price - reference) <= FARTHEST * reference or reference != reference:
            self.reference = price
            if self._claims:
                self._claims.pop(source, None)
                self._row = 0
            return True
        before = self._claims.get(source)
        self._row = self._row + 1 if before is not None and _alike(before, price) else 1
        self._claims[source] = price
        others = any(_alike(price, p) for other, p in self._claims.items() if other != source)
        if others or (source == "trades" and self._row >= ALONE):
            self.reference = price
            self._claims.clear()
            self._row = 0
            return True
        return False


class OpenInterestCheck:
    """Whether open interest follows from what it was: a jump like a wrong unit must be told several times."""

    __slots__ = ("_claim", "_times", "time_ms", "value")

    def __init__(self) -> None:
        self.value = math.nan
        self.time_ms = 0
        self._claim = math.nan
        self._times = 0

    def fits(self, value: float, time_ms: int) -> bool:
        """Whether to believe it."""
        fresh = 0 <= time_ms - self.time_ms < OI_FRESH_MS
        if fresh and not self.value / OI_FACTOR <= value <= self.value * OI_FACTOR:
            self._times = self._times + 1 if _alike(self._claim, value) else 1
            self._claim = value
            if self._times < OI_STUBBORN:
                return False
        self.value, self.time_ms, self._times = value, time_ms, 0
        return True


def in_time(time_ms: int, now_ms: float) -> bool:
    """Whether a stamp can be of the exchange's present, `now_ms` being what its clock shows."""
    return now_ms - PAST_MS <= time_ms <= now_ms + FUTURE_MS


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= AGREE * other
