"""What an exchange told while nobody listened: written down in the ledger, and fetched where it still can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from heatdesk.feed.backfill import Backfill
from heatdesk.feed.exchanges.base import What
from heatdesk.feed.folding import MarketFold
from heatdesk.feed.heard import GATHERED_MS
from heatdesk.feed.hearing import Loss
from heatdesk.feed.writer import Writer
from heatdesk.live import Hole, HoleState, Instrument
from heatdesk.market import MINUTE_MS, Interval

_GONE: Final = (What.TRADES, What.LIQUIDATIONS)  # what no exchange tells a second time


class Missed:
    """For one exchange. Candles are holes that are filled; trades and liquidations are gone."""

    def __init__(self, exchange: str, writer: Writer, backfill: Backfill) -> None:
        self._exchange = exchange
        self._writer = writer
        self._backfill = backfill
        self._left: dict[str, list[Interval]] = {}  # by symbol: holes of an earlier run
        self._asked_to: dict[str, int] = {}  # by symbol: where the history that was asked for ends

    def left_open(self, hole: Hole) -> None:
        """A hole that an earlier run left: it is filled once the instrument is followed."""
        self._left.setdefault(hole.symbol, []).append(hole.interval)

    def begin(self, instrument: Instrument, now_ms: int) -> None:
        """An instrument is followed from now on, and its history asked for up to now."""
        self._asked_to[instrument.symbol] = now_ms // MINUTE_MS * MINUTE_MS
        for span in self._left.pop(instrument.symbol, []):
            self._fill(instrument, span)

    def join(self, folds: Mapping[str, MarketFold], instruments: Mapping[str, Instrument]) -> None:
        """Minutes after the history that was asked for and before the first one heard are a hole like any other."""
        for symbol, start in list(self._asked_to.items()):
            fold, instrument = folds.get(symbol), instruments.get(symbol)
            if fold is None or instrument is None:
                del self._asked_to[symbol]
            elif fold.since_ms:
                del self._asked_to[symbol]
                if fold.since_ms > start:
                    span = Interval(start, fold.since_ms)
                    self._write_down(symbol, "candles", span, "no data since subscribe")
                    self._fill(instrument, span)

    def lost(self, loss: Loss, instruments: Mapping[str, Instrument]) -> Interval:
        """A stream is heard again; returns the stretch that counts as not heard."""
        span = Interval(loss.from_ms, max(loss.to_ms, loss.from_ms + 1))
        what, symbol = loss.stream.what, loss.stream.symbol
        if what in _GONE:
            span = Interval(span.start_ms - GATHERED_MS, span.end_ms)
            self.gone(symbol, what, span, loss.cause)
        elif what is What.CANDLES:
            start = span.start_ms // MINUTE_MS * MINUTE_MS
            end = span.end_ms // MINUTE_MS * MINUTE_MS  # the minute that runs is not missing yet
            instrument = instruments.get(symbol)
            if end > start:
                self._write_down(symbol, "candles", Interval(start, end), loss.cause)
                if instrument is not None:
                    self._fill(instrument, Interval(start, end))
        return span

    def gone(self, symbol: str, what: What, span: Interval, cause: str) -> None:
        """Something was not heard that nobody can fetch."""
        self._write_down(symbol, what.value, span, cause)
        self._writer.tell(
            lambda ledger: ledger.settle(self._exchange, symbol, what.value, span, HoleState.NONE_THERE)
        )

    def _write_down(self, symbol: str, what: str, span: Interval, cause: str) -> None:
        hole = Hole(self._exchange, symbol, what, span, HoleState.OPEN, cause)
        self._writer.tell(lambda ledger: ledger.add([hole]))

    def _fill(self, instrument: Instrument, span: Interval) -> None:
        self._backfill.fill(instrument, "1m", span)
        self._backfill.fill(instrument, "5m", span)
