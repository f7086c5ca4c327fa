"""One exchange's liquidations on their way to the history, together with when they were listened to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from heatdesk.events import Liquidation
from heatdesk.feed.exchanges.base import Exchange, Stream, What
from heatdesk.feed.heard import CERTAIN_AFTER_MS, HeardSpans, share
from heatdesk.feed.shelf import Shelf
from heatdesk.feed.writer import Writer
from heatdesk.market import DAY_MS, Interval, Kind, SeriesKey

EVERY_MS: Final = 10_000
OTHERS_EVERY_MS: Final = 600_000  # for symbols that nobody follows
TOLD_LATE_MS: Final = 12_000  # until a supervisor has told what was heard


class Liquidations:
    """Collects what is told and heard, and hands it to the writer every ten seconds, events at once."""

    def __init__(self, exchange: Exchange, writer: Writer, shelf: Shelf) -> None:
        self._exchange = exchange.row.name
        self._told = exchange.row.liquidations != "none"
        self._writer = writer
        self._shelf = shelf
        self._spans = HeardSpans()
        self._carriers: frozenset[str] = frozenset()
        self._new: dict[str, list[Liquidation]] = {}
        self._others: set[str] = set()  # symbols that nobody follows, of which liquidations were told
        self._flushed_ms = self._others_ms = 0
        self._began_ms = 0

    def listen(self, streams: Iterable[Stream]) -> None:
        """These are subscribed: liquidations come on streams of their own, or among the trades."""
        wanted = list(streams)
        own = frozenset(s.topic for s in wanted if s.what is What.LIQUIDATIONS)
        among = frozenset(s.topic for s in wanted if s.what is What.TRADES and ":" in s.symbol)
        self._carriers = own or (among if self._told else frozenset())

    def take(self, new: Iterable[Liquidation]) -> None:
        """Liquidations that were not told before."""
        for event in new:
            self._new.setdefault(event.symbol, []).append(event)

    def heard(self, stream: Stream, span: Interval) -> None:
        """A stream was listened to."""
        self._began_ms = self._began_ms or span.start_ms
        if stream.topic in self._carriers:
            self._spans.add(stream.symbol, span)

    def lost(self, stream: Stream, span: Interval) -> None:
        """A stream was not heard after all."""
        if stream.topic in self._carriers:
            self._spans.lose(stream.symbol, span)

    def flush(self, followed: Collection[str], now_ms: int, *, certain: bool = False) -> None:
        """Hand over what came, and what was heard and is certain by now; `certain` where nothing can follow."""
        due = now_ms - self._flushed_ms >= EVERY_MS or certain
        if not (due or self._new):
            return
        until_ms = now_ms if certain else now_ms - CERTAIN_AFTER_MS
        new, self._new = self._new, {}
        symbols = {symbol for symbol in followed if ":" in symbol} if due else set()
        if due:
            self._flushed_ms = now_ms
        if certain or now_ms - self._others_ms >= OTHERS_EVERY_MS:
            self._others_ms = now_ms
            symbols |= self._others
        self._others |= new.keys() - set(followed)
        for symbol in symbols | new.keys():
            key = SeriesKey(self._exchange, symbol, Kind.EVENTS)
            covered = self._spans.take(symbol, until_ms) if symbol in symbols else ()
            self._writer.put_liquidations(key, new.get(symbol, ()), covered)

    def coverage(self, followed: Collection[str], now_ms: int) -> float:
        """The least share of the last day, or of the time since the start, for which an instrument was heard."""
        now_ms -= TOLD_LATE_MS
        start = max(now_ms - DAY_MS, self._began_ms)
        perpetual = [symbol for symbol in followed if ":" in symbol]
        if not (self._carriers and self._began_ms and perpetual):
            return 0.0 if self._told and perpetual else 1.0
        return min(share(self._spans.of(symbol), start, now_ms) for symbol in perpetual)
