"""The pictures that windows see: made of what the stations tell, a new one only when something changed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Sequence
from types import MappingProxyType
from typing import Final

from heatdesk.events import Liquidation, Market
from heatdesk.feed.clock import Clock
from heatdesk.feed.plan import GapLedger
from heatdesk.feed.station import Station
from heatdesk.feed.writer import Writer
from heatdesk.live import BookState, ExchangeState, Hole, Live, MarketState, Printed
from heatdesk.market import DAY_MS

MOST_PRINTED: Final = 2000
_LIVELY_S: Final = 1.0
STATES_S: Final = 0.5  # how often the exchanges' own states are made anew
LEDGER_S: Final = 1.0
HOLES_SINCE_MS: Final = 31 * DAY_MS
MOST_HOLES: Final = 2000


class Pictures:
    """Makes `Live` values; belongs to the feed's loop."""

    def __init__(self, clock: Clock, writer: Writer, ledger: GapLedger) -> None:
        self.newest = Live()
        self._clock = clock
        self._writer = writer
        self._ledger = ledger
        self._markets: dict[Market, MarketState] = {}
        self._books: dict[Market, BookState] = {}
        self._states: tuple[ExchangeState, ...] = ()
        self._states_s = self._ledger_s = float("-inf")
        self._noted: tuple[Hole, ...] = ()  # of what is shown, as of
        self._noted_at: tuple[int, frozenset[Market]] = -1, frozenset()  # these changes of the ledger
        self._holes: tuple[Hole, ...] = ()
        self._printed: deque[Printed] = deque(maxlen=MOST_PRINTED)
        self._numbers = 0
        self._moved_s = float("-inf")
        self._told = 0  # how many liquidations the newest picture knows

    @property
    def lively(self) -> bool:
        """Whether a market has moved lately."""
        return self._clock.steady() - self._moved_s < _LIVELY_S

    def print(self, exchange: str, liquidations: Sequence[Liquidation]) -> None:
        """Liquidations that were not told before, in the order they came."""
        for event in liquidations:
            self._numbers += 1
            self._printed.append(Printed(self._numbers, exchange, event))

    def make(self, stations: Collection[Station], watched: frozenset[Market], notices: Sequence[str]) -> bool:
        """A new picture if anything is new; whether one was made."""
        now_s, now_ms = self._clock.steady(), int(self._clock.now_ms())
        changed = self._update(stations)
        if changed:
            self._moved_s = now_s
        if now_s - self._states_s >= STATES_S:
            self._states_s = now_s
            self._look(stations, watched, now_s, now_ms)
            changed = True  # ages have moved on
        last = self.newest
        if not changed and self._told == self._numbers and last.stored == self._writer.stored:
            return False
        told, self._told = self._told, self._numbers
        trouble = (self._writer.notice,) if self._writer.notice else ()
        self.newest = Live(
            last.number + 1,
            now_ms,
            self._states,
            MappingProxyType(self._markets.copy()),
            MappingProxyType(self._books.copy()),
            last.liquidations if told == self._told else tuple(self._printed),
            self._holes,
            self._writer.stored,
            (*trouble, *notices),
        )
        return True

    def _update(self, stations: Collection[Station]) -> bool:
        changed = False
        for station in stations:
            for state in station.markets():
                self._markets[state.market] = state
                changed = True
            for market, book in station.books().items():
                if self._books.get(market) is not book:
                    self._books[market] = book
                    changed = True
        return changed

    def _look(
        self, stations: Collection[Station], watched: frozenset[Market], now_s: float, now_ms: int
    ) -> None:
        """What is looked at a few times a second: states, holes, and what is no longer followed."""
        if now_s - self._ledger_s >= LEDGER_S:
            self._ledger_s = now_s
            self._read_ledger(watched or frozenset(self._markets), now_ms)
        lasting = [hole for station in stations for hole in station.open_holes(now_ms)]
        open_by = Counter(self._ledger.open_holes())
        open_by.update(hole.exchange for hole in lasting)
        self._states = tuple(station.state(now_ms, open_by[station.name]) for station in stations)
        shown = self._noted_at[1]
        concern = [h for h in lasting if not h.symbol or Market(h.exchange, h.symbol) in shown]
        # the same tuple where nothing has changed: nobody has to look at it again
        self._holes = (*self._noted, *concern)[-MOST_HOLES:] if concern else self._noted
        followed = {Market(s.name, symbol) for s in stations for symbol in s.followed()}
        self._markets = {market: state for market, state in self._markets.items() if market in followed}
        there = {market for station in stations for market in station.books()}
        self._books = {market: book for market, book in self._books.items() if market in there}

    def _read_ledger(self, shown: frozenset[Market], now_ms: int) -> None:
        at = self._ledger.changes, shown
        if at != self._noted_at:
            self._noted_at = at
            self._noted = self._ledger.newest(shown, now_ms - HOLES_SINCE_MS, MOST_HOLES)
