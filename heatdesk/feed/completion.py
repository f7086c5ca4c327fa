"""Minutes that should have closed and have not: asked for by REST while they are fresh."""

from __future__ import annotations

import logging
from typing import Final

from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, Rest, RestError
from heatdesk.feed.folding import FIVE_MS, MarketFold
from heatdesk.feed.folds import Folds
from heatdesk.feed.rows import candles_of
from heatdesk.feed.shelf import Shelf
from heatdesk.live import Instrument
from heatdesk.market import MINUTE_MS, Interval, Kind, SeriesKey

GRACE_MS: Final = 6_000  # for exchanges that say when a candle has closed
GRACE_SILENT_MS: Final = 1_500  # for those that do not, and must be asked
ASK_AGAIN_S: Final = 4.0
ASK_SELDOM_S: Final = 12.0
LATE_S: Final = 12.0  # after which a bar that is not there is a hole
GIVE_UP_S: Final = 45.0  # after which a bar that is still not there is one that the exchange has not

_log = logging.getLogger(__name__)


class Completion:
    """Closes what the streams of one exchange left open. One `step` at a time, at most one page per market."""

    def __init__(self, exchange: Exchange, rest: Rest, clock: Clock, folds: Folds, shelf: Shelf) -> None:
        self._exchange = exchange
        self._rest = rest
        self._clock = clock
        self._folds = folds
        self._shelf = shelf
        self._next_s: dict[str, float] = {}  # by symbol: when to ask again at the soonest
        self._first_s: dict[tuple[str, str, int], float] = {}  # when a bar was first asked for in vain

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self._clock.sleep(0.5)
            for symbol, fold in list(self._folds.markets.items()):
                instrument = self._exchange.by_symbol.get(symbol)
                if instrument is not None and self._clock.steady() >= self._next_s.get(symbol, 0.0):
                    await self._complete(instrument, fold)

    async def _complete(self, instrument: Instrument, fold: MarketFold) -> None:
        now_ms = self._folds.now_ms()
        grace_ms = GRACE_MS if self._folds.closes else GRACE_SILENT_MS
        minutes = fold.missing(now_ms, grace_ms)
        fives = fold.missing_five(now_ms, 2 * GRACE_MS)
        for timeframe, step, starts in (("1m", MINUTE_MS, minutes), ("5m", FIVE_MS, fives)):
            if not starts:
                continue
            self._next_s[instrument.symbol] = self._clock.steady() + ASK_AGAIN_S
            try:
                page = await self._exchange.read_candles(
                    self._rest, instrument, timeframe, starts[0], starts[-1] + step
                )
            except RestError as error:
                _log.info("%s %s: %s", self._exchange.row.title, instrument.symbol, error)
                continue
            except Exception:  # our mistake costs one page, and not the exchange's streams
                _log.exception(
                    "%s %s: a page was not understood", self._exchange.row.title, instrument.symbol
                )
                continue
            candles = candles_of(page, instrument.symbol, timeframe)
            self._folds.close(instrument.symbol, candles)
            key = SeriesKey(instrument.exchange, instrument.symbol, Kind.CANDLES, timeframe)
            if timeframe == "5m" and len(page):
                self._shelf.put(key, page)
            for candle in candles:
                self._shelf.filled(key, Interval(candle.time_ms, candle.time_ms + step))
            self._judge(fold, key, step, set(starts) - {candle.time_ms for candle in candles})

    def _judge(self, fold: MarketFold, key: SeriesKey, step: int, left: set[int]) -> None:
        """Bars that were asked for twice, well apart, are written down as ones that the exchange has not."""
        now_s = self._clock.steady()
        for start in left:
            waited_s = now_s - self._first_s.setdefault((key.symbol, key.timeframe, start), now_s)
            if waited_s > LATE_S:
                self._next_s[key.symbol] = (
                    now_s + ASK_SELDOM_S
                )  # a market where nothing is traded has no candle
                self._shelf.lacks(key, Interval(start, start + step))
            if waited_s > GIVE_UP_S:
                self._shelf.is_none_there(key, Interval(start, start + step))
                if key.timeframe == "1m":
                    fold.absent.add(start)
                else:
                    fold.got_five(start)
        oldest = self._folds.now_ms() - 2 * 60 * MINUTE_MS
        self._first_s = {at: s for at, s in self._first_s.items() if at[2] > oldest}
