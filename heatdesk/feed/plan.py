"""What a feed is asked to do, and what it needs from whoever keeps the history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from heatdesk.events import Market
from heatdesk.live import Hole
from heatdesk.market import DAY_MS, Interval, Kind, Records, SeriesKey


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """Which exchanges to dial, and what to record on each of them whether anybody looks or not.

    `symbols` are perpetuals by any exchange's unified name; an exchange that trades the coin under another one (USDC
    instead of USDT, inverse) records that, and its spot pair for volume where that is read. `history_days` is how
    far back 5m candles and open interest are fetched, `minute_days` 1m candles and spot.
    """

    exchanges: tuple[str, ...]
    symbols: tuple[str, ...] = ()
    history_days: float = 30.0
    minute_days: float = 2.0
    spot: bool = True

    @property
    def asked_ms(self) -> dict[str, int]:
        """How far back candles are fetched, by what the ledger calls them (see `what_of`)."""
        days = {"candles": self.minute_days, "candles 5m": max(self.history_days, self.minute_days)}
        return {what: int(fetched * DAY_MS) for what, fetched in days.items()}


class Stored(Protocol):
    """Rows that were read."""

    @property
    def records(self) -> Records:
        """The rows, ascending in time."""
        ...


class History(Protocol):
    """Where records go and what is there already; a store offers more. Any thread may call."""

    def append(self, key: SeriesKey, records: Records, coverage: Sequence[Interval] = ()) -> object:
        """Merge rows in; durable when it returns, MachineError where that cannot be."""
        ...

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> Stored:
        """Rows with ``start_ms <= time_ms < end_ms``."""
        ...

    def coverage(self, key: SeriesKey) -> tuple[Interval, ...]:
        """The recorded intervals of an event series."""
        ...


class GapLedger(Protocol):
    """Where holes are written down; see `heatdesk.store.ledger`. Any thread may call."""

    def begin(self, now_ms: int) -> tuple[Hole, ...]:
        """A recording begins: the holes that the end of the last one left, which are open from now on."""
        ...

    def heard(self, last_ms: dict[tuple[str, str, str], int]) -> None:
        """Until when (exchange, symbol, what) has been heard and stored."""
        ...

    def forget(self, whats: Sequence[tuple[str, str, str]]) -> None:
        """These are no longer listened to: their silence is nothing to explain."""
        ...

    def add(self, holes: Sequence[Hole]) -> None:
        """Write holes down; one that touches or overlaps an open one of the same thing and cause extends it."""
        ...

    def settle(self, exchange: str, symbol: str, what: str, interval: Interval, state: str) -> None:
        """What of the open holes lies in an interval is filled, or is known not to exist."""
        ...

    def age(self, now_ms: int, asked_ms: Mapping[str, int]) -> None:
        """Forget what nothing more becomes of, and is older than the history that is asked for, by `what`."""
        ...

    @property
    def changes(self) -> int:
        """Grows whenever a hole is added, settled or forgotten."""
        ...

    def holes(self, since_ms: int = 0) -> tuple[Hole, ...]:
        """Every hole that ends after a moment, by start."""
        ...

    def newest(self, markets: Collection[Market], since_ms: int, most: int) -> tuple[Hole, ...]:
        """The newest `most` holes of some markets and of whole exchanges, by start; open ones before any other."""
        ...

    def open_holes(self) -> dict[str, int]:
        """How many holes are open, by exchange."""
        ...

    def none_there(self, exchange: str, symbol: str, what: str, interval: Interval) -> tuple[Interval, ...]:
        """What of an interval the exchange is known not to have."""
        ...

    def end(self, now_ms: int) -> None:
        """The recording ends as it should."""
        ...


def what_of(key: SeriesKey) -> str:
    """What the ledger calls a series: ``candles`` are those of one minute, as they are heard."""
    if key.kind is Kind.EVENTS:
        return "liquidations"
    return key.kind.value if key.timeframe in ("1m", "") else f"{key.kind.value} {key.timeframe}"
