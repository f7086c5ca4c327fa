"""One exchange of a feed: its lines, its minutes, its history and its place in the picture, composed."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from heatdesk.events import Event, Liquidation, Market
from heatdesk.feed.backfill import Backfill
from heatdesk.feed.bracket_reading import BracketReading, KeepBrackets
from heatdesk.feed.catalogue import Catalogue
from heatdesk.feed.clock import Clock
from heatdesk.feed.completion import Completion
from heatdesk.feed.exchanges.base import Exchange, Rest, Stream, What
from heatdesk.feed.folds import Folds
from heatdesk.feed.following import Following, following
from heatdesk.feed.hearing import Loss
from heatdesk.feed.liquidations import Liquidations
from heatdesk.feed.missed import Missed
from heatdesk.feed.plan import FeedPlan
from heatdesk.feed.polls import Polls
from heatdesk.feed.rebuilding import Rebuilding
from heatdesk.feed.rows import candles_of
from heatdesk.feed.shelf import Shelf
from heatdesk.feed.supervisor import Supervisor
from heatdesk.feed.writer import Writer
from heatdesk.live import (
    BookState,
    ExchangeState,
    Health,
    Hole,
    HoleState,
    Instrument,
    MarketState,
    StreamState,
    Watched,
)
from heatdesk.market import HOUR_MS, MINUTE_MS, Interval, Records

if TYPE_CHECKING:
    from heatdesk.feed.network import Network
    from heatdesk.feed.silence import Silence

CLOCK_SET_MS: Final = 1_000.0
PAID_S: Final = 1800.0  # how often to look for funding that was paid
_RECENT_MS: Final = HOUR_MS  # how old candles of a page may be to still complete live minutes
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all stations of a feed share."""

    plan: FeedPlan
    clock: Clock
    network: Network
    writer: Writer
    shelf: Shelf
    silence: Silence
    printed: Callable[[str, list[Liquidation]], None]
    keep_brackets: KeepBrackets | None = None


class Station:
    """Everything about one exchange; belongs to the feed's loop. It is the supervisor's listener."""

    def __init__(self, exchange: Exchange, live: Rest, backfill: Rest, around: Surroundings) -> None:
        self.name = exchange.row.name
        self._exchange = exchange
        self._around = around
        self._clock = around.clock
        self._watched = Watched()
        self._following = Following()
        self.folds = Folds(self.name, around.writer, around.clock, self._print)
        self.liquidations = Liquidations(exchange, around.writer, around.shelf)
        self.supervisor = Supervisor(exchange, around.network, around.clock, self, around.silence)
        self.catalogue = Catalogue(exchange, live, around.clock, self._follow)
        self.backfill = Backfill(exchange, backfill, around.clock, around.shelf, self._arrived)
        self._polls = Polls(exchange, live, around.clock, self.folds)
        keep = around.keep_brackets
        self._brackets = None if keep is None else BracketReading(exchange, backfill, around.clock, keep)
        self._completion = Completion(exchange, live, around.clock, self.folds, around.shelf)
        self._rebuilding = Rebuilding(exchange, live, around.clock, self.folds, self.supervisor.renew)
        self.missed = Missed(self.name, around.writer, self.backfill)
        self._doubted: set[str] = set()
        self._offset_ms = self._clock.now_ms() - self._clock.steady() * 1000.0

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.catalogue.run())
            group.create_task(self.supervisor.run())
            group.create_task(self.backfill.run())
            group.create_task(self._completion.run())
            group.create_task(self._polls.run(self._perpetuals, lambda: self._following.shown))
            group.create_task(self._rebuilding.run())
            group.create_task(self._tick())
            if self._brackets is not None:
                group.create_task(self._brackets.run(self._perpetuals))

    async def close(self) -> None:
        """Close the sockets and hand over what was heard."""
        await self.supervisor.close()
        self.liquidations.flush(self._following.instruments, int(self._clock.now_ms()), certain=True)

    def watch(self, watched: Watched) -> None:
        """What charts show from now on."""
        self._watched = watched
        if self.catalogue.instruments:
            self._follow()

    # --- the supervisor's listener

    def events(self, exchange: str, received_ms: float, events: list[Event]) -> None:
        """Everything that one read of a socket brought; a mistake of ours in it costs this batch and nothing else."""
        try:
            self.folds.take(received_ms, events)
        except Exception:
            self.folds.quarantine.add("", "not understood")
            _log.exception("%s: a batch of %d events could not be folded", self.name, len(events))

    def heard(self, exchange: str, stream: Stream, from_ms: int, to_ms: int) -> None:
        """A stream was listened to all the time between."""
        self.liquidations.heard(stream, Interval(from_ms, to_ms))

    def lost(self, loss: Loss) -> None:
        """A stream is heard again: what it missed is written down, and fetched where it can be."""
        self.liquidations.lost(loss.stream, self.missed.lost(loss, self._following.instruments))

    # --- the picture

    def markets(self) -> Iterable[MarketState]:
        """The state of every instrument that changed since this was last asked."""
        changed, self.folds.changed = self.folds.changed, set()
        for symbol in changed:
            fold = self.folds.markets.get(symbol)
            if fold is not None:
                yield fold.state()

    def followed(self) -> Collection[str]:
        """The symbols that are followed."""
        return self.folds.markets.keys()

    def books(self) -> dict[Market, BookState]:
        """Every book that charts show."""
        return {book.market: book.state() for book in self.folds.books.values()}

    def notices(self) -> list[str]:
        """What a person should know: contracts that changed, instruments that went, units that do not fit."""
        title = self._exchange.row.title
        return self.catalogue.notices + [
            f"{title} {symbol}: trades make up {ratio:.3g} times the volume of the candles"
            for symbol, ratio in self.folds.doubts.items()
            if ratio > 1.0
        ]

    def open_holes(self, now_ms: int) -> list[Hole]:
        """The silences that last."""
        return [
            Hole(
                self.name, loss.stream.symbol, loss.stream.what.value, Interval(loss.from_ms, now_ms),
                HoleState.OPEN, loss.cause,
            )
            for loss in self.supervisor.unheard()
            if loss.from_ms < now_ms
        ]  # fmt: skip

    def state(self, now_ms: int, gaps_open: int) -> ExchangeState:
        """How the exchange is."""
        state = self.supervisor.state(now_ms)
        health, reason = state.health, state.reason
        if not self.catalogue.instruments:
            health, reason = self.catalogue.health, self.catalogue.trouble
        elif not self._following.instruments and health is Health.CONNECTING:
            health = Health.LIVE
        left_out = self.folds.quarantine.by_symbol()
        refused = self.backfill.refused
        return replace(
            state,
            streams=tuple(_noted(stream, left_out) for stream in state.streams)
            if left_out
            else state.streams,
            health=health,
            reason=reason,
            skew_ms=self.catalogue.skew_ms,
            rejected=state.rejected + self.folds.quarantine.total,
            gaps_open=gaps_open,
            progress=self.backfill.progress,
            refused=refused.stretches,
            refused_why=refused.why,
            refused_until_ms=refused.until_ms,
            coverage=self.liquidations.coverage(self._following.instruments, now_ms),
        )

    # --- the inside

    def _print(self, new: list[Liquidation]) -> None:
        self.liquidations.take(new)
        self._around.printed(self.name, new)

    def _perpetuals(self) -> Collection[Instrument]:
        return [
            instrument for instrument in self._following.instruments.values() if instrument.kind != "spot"
        ]

    def _follow(self) -> None:
        """Listen to what is recorded or watched, as far as the exchange trades it."""
        self._heed_clocks()
        before = self._following.instruments
        self._following = now = following(
            self.name, self.catalogue.instruments, self._around.plan, self._watched
        )
        self.folds.follow(now.instruments, now.books)
        streams = [
            stream
            for symbol, instrument in now.instruments.items()
            for stream in self._exchange.streams(instrument, symbol in now.books)
        ]
        streams += self._exchange.market_streams()
        self.liquidations.listen(streams)
        self.supervisor.want(dict.fromkeys(streams))
        self.backfill.prefer(now.shown)
        self._deepen([i for symbol, i in now.instruments.items() if symbol not in before])
        self._forget([symbol for symbol in before if symbol not in now.instruments])

    def _deepen(self, new: Iterable[Instrument]) -> None:
        plan, now_ms = self._around.plan, int(self.folds.now_ms())
        for instrument in new:
            shown = instrument.symbol in self._following.shown
            self.backfill.deepen(instrument, shown, now_ms, plan.history_days, plan.minute_days)
            self.missed.begin(instrument, now_ms)

    def _forget(self, gone: Collection[str]) -> None:
        things = [(self.name, symbol, what) for symbol in gone for what in ("candles", "liquidations")]
        if things:
            self._around.writer.tell(lambda ledger: ledger.forget(things))

    def _arrived(self, instrument: Instrument, timeframe: str, page: Records) -> None:
        """A page of history: its newest rows may be what live minutes miss."""
        recent = page.take(page.time_ms >= self.folds.now_ms() - _RECENT_MS)
        if timeframe == "1m" and len(recent):
            fold = self.folds.markets.get(instrument.symbol)
            since = fold.since_ms if fold is not None else 0
            candles = candles_of(recent, instrument.symbol, timeframe)
            if since:
                self.folds.close(instrument.symbol, [c for c in candles if c.time_ms >= since])
        fold = self.folds.markets.get(instrument.symbol)
        if fold is not None and len(page):
            first = int(page.time_ms[0])
            fold.history_from_ms = min(fold.history_from_ms or first, first)
            self.folds.changed.add(instrument.symbol)

    async def _tick(self) -> None:
        paid_s = self._clock.steady()
        while True:
            await self._clock.sleep(0.5)
            self._heed_clocks()
            self.folds.tick()
            self.missed.join(self.folds.markets, self._following.instruments)
            if self._clock.steady() - paid_s > PAID_S:
                paid_s = self._clock.steady()
                for instrument in self._perpetuals():
                    self.backfill.refresh(instrument, int(self.folds.now_ms()))
            self.liquidations.flush(self._following.instruments, int(self._clock.now_ms()))
            for symbol, minute in self.folds.take_lacking():
                span = Interval(minute, minute + MINUTE_MS)
                self.missed.gone(symbol, What.TRADES, span, "trades are missing")
            if self.folds.doubts.keys() - self._doubted:
                self.catalogue.doubt()  # has the contract changed?
            self._doubted = set(self.folds.doubts)

    def _heed_clocks(self) -> None:
        """Times are judged by the exchange's clock; where ours was set or slept, theirs is read again."""
        if math.isfinite(self.catalogue.skew_ms):
            self.folds.skew_ms = self.catalogue.skew_ms
        offset_ms = self._clock.now_ms() - self._clock.steady() * 1000.0
        if abs(offset_ms - self._offset_ms) > CLOCK_SET_MS:
            self.catalogue.doubt()
        self._offset_ms = offset_ms


def _noted(stream: StreamState, left_out: Mapping[str, str]) -> StreamState:
    """A stream of trades with what was not believed of its symbol."""
    if stream.kind != What.TRADES or stream.symbol not in left_out or stream.note:
        return stream
    return replace(stream, note=f"left out: {left_out[stream.symbol]}")
