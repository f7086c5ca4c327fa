"""Books that are not whole are made anew: by REST where a stream brings changes only, else by subscribing again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, Rest, RestError, Stream, What
from heatdesk.feed.folds import Folds

EVERY_S: Final = 0.25
_log = logging.getLogger(__name__)


class Rebuilding:
    """Looks after the books of one exchange; `renew` subscribes to a stream anew."""

    def __init__(
        self, exchange: Exchange, rest: Rest, clock: Clock, folds: Folds, renew: Callable[[Stream], None]
    ) -> None:
        self._exchange = exchange
        self._rest = rest
        self._clock = clock
        self._folds = folds
        self._renew = renew

    async def run(self) -> None:
        """Work until cancelled; a slow answer about one book holds up no other."""
        async with asyncio.TaskGroup() as group:
            while True:
                for symbol, book in self._folds.books.items():
                    if book.wants_new(self._clock.steady()):
                        group.create_task(self._rebuild(symbol))
                await self._clock.sleep(EVERY_S)

    async def _rebuild(self, symbol: str) -> None:
        instrument = self._exchange.by_symbol.get(symbol)
        if instrument is None:
            return
        try:
            snapshot = await self._exchange.read_book(self._rest, instrument)
        except RestError as error:
            _log.info("%s %s: %s", self._exchange.row.title, symbol, error)
            return
        except Exception:  # our mistake costs one book, and not the exchange's streams
            _log.exception("%s %s: a book was not understood", self._exchange.row.title, symbol)
            return
        if snapshot is not None:
            self._folds.take(self._clock.now_ms(), [snapshot])
            return
        for stream in self._exchange.streams(instrument, book=True):
            if stream.what is What.BOOK:
                self._renew(stream)
