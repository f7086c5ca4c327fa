"""One exchange tried for a few seconds, as a user's machine reaches it: does it answer, speak, and count in coins?"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from heatdesk.events import Event
from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, RestError, Stream
from heatdesk.feed.hearing import Loss
from heatdesk.feed.network import Network
from heatdesk.feed.reasons import plain
from heatdesk.feed.rest import DialledRest
from heatdesk.feed.supervisor import Supervisor
from heatdesk.live import ExchangeState, Instrument
from heatdesk.market import DAY_MS, Records, timeframe_ms

MOST_SKEW_MS: Final = 5_000.0
MOST_OFF: Final = 0.02  # of the exchange's own volume, before units are in doubt
_NOT_OFFERED: Final = (403, 451)
_MUST_SPEAK: Final = (
    "mark_price",
    "book",
)  # of several streams of a kind one is enough: funding rates come slowly
_TIMEFRAME: Final = "5m"
_PAGES: Final = 12
_ASK_WITHIN_S: Final = 30.0
_ANSWERS: Final = 0.4  # of the time: what is said in it may be no more than the answer to a subscription


@dataclass(frozen=True, slots=True)
class Trial:
    """How one exchange did.

    `reason` says why it was not reached; `not_offered` where it refuses this place. `silent` names streams that gave
    nothing and should have. `units` is what the candles of 24 hours add up to ÷ the exchange's own quote volume, NaN
    where one of them is not told. `skew_ms` is how far its clock is ahead of ours.
    """

    exchange: str
    title: str
    reachable: bool = False
    not_offered: bool = False
    reason: str = ""
    instruments: int = 0
    symbol: str = ""
    heard: int = 0
    asked: int = 0
    quiet: int = 0  # streams besides, that may be silent for hours
    silent: tuple[str, ...] = ()
    messages: int = 0
    rejected: int = 0
    latency_ms: float = math.nan
    skew_ms: float = math.nan
    units: float = math.nan
    units_why: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, in words; nothing where the exchange is not offered here."""
        if self.not_offered:
            return ()
        if not self.reachable:
            return (self.reason or "it does not answer",)
        found = []
        if self.silent:
            found.append(f"no data on {', '.join(self.silent)}")
        if self.rejected:
            found.append(f"{self.rejected} messages could not be read")
        if abs(self.units - 1.0) > MOST_OFF:
            found.append(f"its candles add up to {self.units:.3f} times the volume it tells")
        if abs(self.skew_ms) > MOST_SKEW_MS:
            found.append(f"its clock differs by {self.skew_ms / 1000:+.1f} s: check this machine's")
        return tuple(found)


async def try_exchange(exchange: Exchange, network: Network, clock: Clock, seconds: float) -> Trial:
    """Ask it, hear its busiest coin for `seconds`, and add its candles up; raises nothing of the network's."""
    row = exchange.row
    trial = Trial(row.name, row.title)
    rest = DialledRest(row, network, clock)
    try:
        async with asyncio.timeout(_ASK_WITHIN_S):
            asked_ms = clock.now_ms()
            theirs_ms = await exchange.read_time(rest)
            now_ms = clock.now_ms()
            instruments = await exchange.read_instruments(rest)
        instrument = usual_instrument(instruments)
    except (RestError, TimeoutError) as error:
        refused = isinstance(error, RestError) and error.status in _NOT_OFFERED
        told = plain(error) or "it did not answer in time"
        return replace(trial, not_offered=refused, reason=told)
    skew_ms = math.nan if theirs_ms is None else theirs_ms - (asked_ms + now_ms) / 2.0
    trial = replace(trial, reachable=True, instruments=len(instruments), skew_ms=skew_ms)
    if instrument is None:
        return replace(trial, reachable=False, reason="it lists no perpetual")
    exchange.know(instruments)
    trial = replace(trial, symbol=instrument.symbol)
    since_ms = clock.now_ms() + _ANSWERS * seconds * 1000.0
    wanted = (*exchange.streams(instrument, book=True), *exchange.market_streams())
    state = await _listen(exchange, wanted, network, clock, seconds)
    trial = _with_streams(trial, state, wanted, since_ms)
    end_ms = int(clock.now_ms() + (0.0 if math.isnan(skew_ms) else skew_ms))
    try:
        async with asyncio.timeout(_ASK_WITHIN_S):
            return await _with_units(trial, exchange, rest, instrument, end_ms)
    except (RestError, TimeoutError) as error:
        return replace(trial, units_why=plain(error) or "it did not answer in time")


def usual_instrument(instruments: list[Instrument]) -> Instrument | None:
    """The perpetual everybody trades: BTC where there is one, linear before inverse; None without a perpetual."""
    perpetuals = [i for i in instruments if i.kind != "spot" and i.active]
    order = ("USDT", "USDC", "USD")
    return min(
        perpetuals,
        key=lambda i: (
            i.base != "BTC",
            i.kind != "linear",
            order.index(i.quote) if i.quote in order else 3,
            i.symbol,
        ),
        default=None,
    )


class _Nobody:
    """A listener who only wants the lines kept; see `heatdesk.feed.hearing.Listener`."""

    def events(self, exchange: str, received_ms: float, events: list[Event]) -> None:
        """Not kept."""

    def lost(self, loss: Loss) -> None:
        """Not kept."""

    def heard(self, exchange: str, stream: Stream, from_ms: int, to_ms: int) -> None:
        """Not kept."""


async def _listen(
    exchange: Exchange, wanted: Sequence[Stream], network: Network, clock: Clock, seconds: float
) -> ExchangeState:
    """Subscribe to everything about one instrument; how the lines are after a while."""
    supervisor = Supervisor(exchange, network, clock, _Nobody())
    supervisor.want(wanted)
    running = asyncio.create_task(supervisor.run())
    try:
        await clock.sleep(seconds)
        return supervisor.state(clock.now_ms())
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _with_streams(trial: Trial, state: ExchangeState, wanted: Sequence[Stream], since_ms: float) -> Trial:
    """Which streams spoke lately. Trades of a calm market may rest for ten seconds; a mark price and a book may not."""
    quiet = {stream.topic for stream in wanted if stream.quiet}
    loud = [stream for stream in state.streams if stream.topic not in quiet]
    told = [stream for stream in loud if stream.last_ms > since_ms]
    spoke = {stream.kind for stream in told}
    silent = [s.topic for s in loud if s.kind not in spoke and (not told or s.kind in _MUST_SPEAK)]
    reason = state.reason if not told else ""
    return replace(
        trial,
        heard=len(told),
        asked=len(loud),
        quiet=len(state.streams) - len(loud),
        silent=tuple(silent),
        messages=state.messages,
        rejected=state.rejected,
        latency_ms=state.latency_ms,
        reason=reason,
    )


async def _with_units(
    trial: Trial, exchange: Exchange, rest: DialledRest, instrument: Instrument, end_ms: int
) -> Trial:
    """Coins × price of a day's candles against the quote volume of 24 hours that the exchange itself tells."""
    own = await exchange.read_quote_volume(rest, instrument)
    if own is None or own <= 0:
        return replace(trial, units_why="it tells no volume")
    begin_ms, pages = end_ms - DAY_MS, list[Records]()
    for _ in range(_PAGES):
        page = await exchange.read_candles(rest, instrument, _TIMEFRAME, begin_ms, end_ms)
        if not len(page):
            break
        pages.append(page)
        begin_ms = int(page.time_ms[-1]) + timeframe_ms(_TIMEFRAME)
    if not pages:
        return replace(trial, units_why="it has no candles")
    # the candle that is still open, and the one that was open a day ago, are not among them
    span_ms = begin_ms - (end_ms - DAY_MS)
    last = float(pages[-1]["close"][-1]) if exchange.row.volume_at_last else None
    traded = sum(quote_volume(page, last) for page in pages)
    return replace(trial, units=traded / own * DAY_MS / max(span_ms, 1))


def quote_volume(candles: Records, price: float | None = None) -> float:
    """What was traded in quote units: all of it at one price, or each candle at the mean of its four."""
    mean = (candles["open"] + candles["high"] + candles["low"] + candles["close"]) / 4.0
    return float(np.sum(candles["volume"] * (mean if price is None else price)))
