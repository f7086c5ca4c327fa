"""The silence test: an exchange that liquidates nobody while the others do has probably stopped telling.

Liquidation feeds are silent for hours by nature, so nothing on one exchange can tell a quiet market from a dead feed.
Others can. Whichever exchange the next liquidation comes from, it is this one with its usual share; so the chance that
n in a row came from others is (1 - share)^n, and below one in a million it is no accident.
"""

from __future__ import annotations

import math
from typing import Final

_MOST: Final = 14.0  # exp(-14) < 1e-6
_SHORTEST_S: Final = 60.0
_APART_S: Final = (
    1.0  # one count a second and instrument: a cascade is one event, and some feeds tell no more anyway
)
_PRIOR_OWN: Final = 1.0
_PRIOR_OTHERS: Final = 10.0
_REMEMBERED: Final = 500.0  # own liquidations after which older ones weigh half


class _Record:
    """What is known of one exchange: its own liquidations, others' beside them, and others' since its last."""

    __slots__ = ("others", "own", "since", "since_s")

    def __init__(self, now_s: float) -> None:
        self.own, self.others = 0.0, 0.0
        self.since, self.since_s = 0.0, now_s


class Silence:
    """Counts liquidations across exchanges; shared by all supervisors of a feed. Times are steady seconds."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}
        self._listening: set[str] = set()
        self._counted_s: dict[tuple[str, str], float] = {}

    def listening(self, exchange: str, now_s: float) -> None:
        """An exchange's liquidations are listened to from now on; the silence before was ours."""
        record = self._records.setdefault(exchange, _Record(now_s))
        record.since, record.since_s = 0.0, now_s
        self._listening.add(exchange)

    def gone(self, exchange: str) -> None:
        """Nobody listens to this exchange at the moment."""
        self._listening.discard(exchange)

    def heard(self, exchange: str, symbol: str, now_s: float) -> None:
        """An exchange told of a liquidation."""
        if now_s - self._counted_s.get((exchange, symbol), -_APART_S) < _APART_S:
            return
        self._counted_s[exchange, symbol] = now_s
        if exchange not in self._listening:
            self.listening(exchange, now_s)
        for name in self._listening:
            record = self._records[name]
            if name != exchange:
                record.since += 1.0
                continue
            record.own += 1.0
            record.others += record.since
            record.since, record.since_s = 0.0, now_s
            if record.own > _REMEMBERED:
                record.own, record.others = record.own / 2.0, record.others / 2.0

    def improbability(self, exchange: str) -> float:
        """How improbable its silence is: −ln of the chance that it means nothing."""
        record = self._records.get(exchange)
        if record is None or exchange not in self._listening:
            return 0.0
        return record.since * math.log1p((record.own + _PRIOR_OWN) / (record.others + _PRIOR_OTHERS))

    def suspect(self, exchange: str, now_s: float) -> bool:
        """Whether its silence is no accident."""
        record = self._records.get(exchange)
        if record is None or now_s - record.since_s < _SHORTEST_S:
            return False
        return self.improbability(exchange) > _MOST
