"""The candle that is forming now: what the snapshot holds of it, and what has been heard since."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from heatdesk.engine import Snapshot
from heatdesk.events import Candle, Market
from heatdesk.gui.hover import Ohlc
from heatdesk.live import Live
from heatdesk.market import timeframe_ms


@dataclass(frozen=True, slots=True)
class LiveBar:
    """A candle of the chart's own width that is not closed: start and width in ms, prices in USD."""

    time_ms: int
    width_ms: int
    ohlc: Ohlc

    @property
    def end_ms(self) -> int:
        """When it closes."""
        return self.time_ms + self.width_ms

    def over(self, width_ms: int) -> int:
        """The start of the wider slot it lies in."""
        return self.time_ms // width_ms * width_ms


def shown_markets(snapshot: Snapshot) -> tuple[Market, ...]:
    """The instruments that make up a map; those of its question where it does not say."""
    question = snapshot.question
    return snapshot.markets or tuple(Market(name, question.symbol) for name in question.exchanges)


def shown_market(snapshot: Snapshot) -> Market:
    """Where the candles of a snapshot come from: the first of its markets."""
    return shown_markets(snapshot)[0]


def follows_now(snapshot: Snapshot | None) -> bool:
    """Whether a snapshot shows a real market up to now, so that what is heard belongs to it."""
    return snapshot is not None and not snapshot.question.simulated and snapshot.question.end_ms is None


class Forming:
    """Follows one market's forming candle through its minutes. What an older minute reached is not forgotten."""

    def __init__(self) -> None:
        self._of: tuple[Market, int] | None = None
        self._bar: LiveBar | None = None
        self._stored: LiveBar | None = None

    def show_snapshot(self, snapshot: Snapshot) -> LiveBar | None:
        """Go on from the newest stored candle; returns what is still forming of the same market."""
        width = timeframe_ms(snapshot.question.timeframe)
        of = shown_market(snapshot), width
        if of != self._of:
            self._of, self._bar = of, None
        candles = snapshot.candles
        self._stored = None
        if not follows_now(snapshot):
            self._of = self._bar = None
        elif len(candles):
            ohlc = Ohlc(*(float(candles[name][-1]) for name in ("open", "high", "low", "close")))
            self._stored = LiveBar(int(candles.time_ms[-1]), width, ohlc)
            if self._bar is not None and self._bar.time_ms < self._stored.time_ms:
                self._bar = None
        return self._bar

    def hear(self, live: Live) -> LiveBar | None:
        """The forming candle now, None where nothing newer than the stored candles is known."""
        state = None if self._of is None else live.markets.get(self._of[0])
        if self._of is None or state is None or state.forming is None:
            self._bar = None
            return None
        minute = _with_price(state.forming, state.price)
        slot = state.forming.time_ms // self._of[1] * self._of[1]
        if self._stored is not None and slot < self._stored.time_ms:
            self._bar = None
            return None
        heard = LiveBar(slot, self._of[1], minute)
        for before in (self._bar, self._stored):  # what is stored knows the open
            if before is not None and before.time_ms == slot and all(map(math.isfinite, before.ohlc)):
                heard = replace(heard, ohlc=_joined(before.ohlc, heard.ohlc))
        self._bar = heard
        return heard


def _with_price(candle: Candle, price: float) -> Ohlc:
    """The open minute with the newest price; NaN where none is known."""
    price = price if math.isfinite(price) and price > 0.0 else candle.close
    return Ohlc(candle.open, max(candle.high, price), min(candle.low, price), price)


def _joined(before: Ohlc, after: Ohlc) -> Ohlc:
    return Ohlc(before.open, max(before.high, after.high), min(before.low, after.low), after.close)


def countdown(remaining_ms: float) -> str:
    """``4:07``, ``11:59:03``: how long a candle stays open; empty where it should have closed."""
    seconds = math.ceil(remaining_ms / 1000.0)
    if seconds <= 0:
        return ""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
