"""Hyperliquid, its first exchange (those of builders are left out). Instruments go by the coin's name.

There is no public feed of liquidations. Open interest counts the long and the short of every contract: in the
minutes of 11 to 16 June 2026 it moves by up to 1.5 times what is traded in an hour, and never by twice as much; one
coin traded opens one contract at most. Public sources say both; readers halve it. A trade's own number is a hash, so
the block's time is set before it: that ascends. Asset contexts carry no time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any, ClassVar, Final

import orjson

from heatdesk.events import (
    Ack,
    BookChange,
    Candle,
    Event,
    Funding,
    MarkPrice,
    OpenInterest,
    Refusal,
    Trade,
)
from heatdesk.feed.exchanges.base import FrameError, Limits, Row, Stream, What
from heatdesk.feed.exchanges.frames import MISREAD, parse, sane, unreadable
from heatdesk.feed.exchanges.hyperliquid_history import SIDES_COUNTED, HyperliquidHistory
from heatdesk.feed.exchanges.numbers import amount, count, levels, millis, number, positive
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument

_ROUTE: Final = "info"
_ID_BITS: Final = 64
_Known = Mapping[str, Instrument]


class Hyperliquid(HyperliquidHistory):
    """See the module."""

    row: ClassVar[Row] = Row(
        name="hyperliquid",
        title="Hyperliquid",
        ccxt_id="hyperliquid",
        hosts=("api.hyperliquid.xyz",),
        liquidations="none",
        liquidation_price="",
        open_interest_sides=SIDES_COUNTED,
        default=True,
        # 2,000 messages a minute, 1,000 subscriptions
        limits=Limits(messages_per_s=20.0, topics_per_message=1),
        ccxt_options={"fetchMarkets": {"types": ["swap"]}},
    )
    ping: ClassVar[str] = '{"method":"ping"}'

    @property
    def routes(self) -> dict[str, str]:
        """One address for everything."""
        return {_ROUTE: "wss://api.hyperliquid.xyz/ws"}

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """1m candles, trades, and the asset's context: mark and oracle price, funding, open interest."""
        coin, symbol = instrument.wire, instrument.symbol
        wanted = [
            Stream(f"candle:{coin}:1m", What.CANDLES, symbol, _ROUTE),
            Stream(f"trades:{coin}", What.TRADES, symbol, _ROUTE),
            Stream(f"activeAssetCtx:{coin}", What.MARK_PRICE, symbol, _ROUTE),
        ]
        if book:
            wanted.append(Stream(f"l2Book:{coin}", What.BOOK, symbol, _ROUTE))
        return tuple(wanted)

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """One message each."""
        return [_asked("subscribe", stream.topic) for stream in streams]

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """One message each."""
        return [_asked("unsubscribe", stream.topic) for stream in streams]

    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        """A frame; raises FrameError."""
        message = parse(frame)
        try:
            channel = message["channel"]
            if channel == "trades":
                return _trades(message["data"], self.instruments)
            if channel == "candle":
                return _candle(message["data"], self.instruments)
            if channel == "activeAssetCtx":
                return _context(message["data"], self.instruments)
            if channel == "l2Book":
                return _book(message["data"], self.instruments)
            if channel == "subscriptionResponse":
                return "", _acknowledged(message["data"])
            if channel == "error":
                refused = plain(message["data"])
                return "", [] if "Already subscribed" in refused else [Refusal("", refused)]
            if channel == "pong":
                return "", []
        except MISREAD as error:
            raise unreadable(error) from None
        raise FrameError("a frame of a kind that was not asked for")


def _asked(method: str, topic: str) -> str:
    kind, _, coin = topic.partition(":")
    subscription = {"type": kind, "coin": coin}
    if kind == "candle":
        subscription["coin"], _, subscription["interval"] = coin.rpartition(":")
    return orjson.dumps({"method": method, "subscription": subscription}).decode()


def _acknowledged(data: dict[str, Any]) -> list[Event]:
    if data["method"] != "subscribe":
        return []
    told = data["subscription"]
    topic = f"{told['type']}:{told['coin']}" if "coin" in told else str(told["type"])
    return [Ack((f"{topic}:{told['interval']}" if "interval" in told else topic,))]


def _trades(data: list[dict[str, Any]], known: _Known) -> tuple[str, list[Event]]:
    """All of one coin, oldest first; what comes on subscribing may have the newest first."""
    if not data:
        return "", []
    coin = data[0]["coin"]
    instrument = known.get(coin)
    if instrument is None:
        return f"trades:{coin}", []
    symbol = instrument.symbol
    events: list[Event] = []
    for trade in data if data[0]["time"] <= data[-1]["time"] else reversed(data):
        if trade["coin"] != coin:
            raise FrameError("trades of several coins in one frame")
        time_ms = millis(trade["time"])
        events.append(
            Trade(
                symbol,
                time_ms,
                positive(trade["px"]),
                positive(trade["sz"]),
                _SIDES[trade["side"]],
                time_ms << _ID_BITS | count(trade["tid"]),
            )
        )
    return f"trades:{coin}", events


def _candle(told: dict[str, Any], known: _Known) -> tuple[str, list[Event]]:
    topic = f"candle:{told['s']}:{told['i']}"
    instrument = known.get(told["s"])
    if instrument is None:
        return topic, []
    return topic, [
        sane(
            Candle(
                instrument.symbol,
                str(told["i"]),
                millis(told["t"]),
                positive(told["o"]),
                positive(told["h"]),
                positive(told["l"]),
                positive(told["c"]),
                amount(told["v"]),
                nan,
                False,
            )
        )
    ]


def _context(data: dict[str, Any], known: _Known) -> tuple[str, list[Event]]:
    topic = f"activeAssetCtx:{data['coin']}"
    instrument = known.get(data["coin"])
    if instrument is None:
        return topic, []
    told, symbol = data["ctx"], instrument.symbol
    events: list[Event] = [
        MarkPrice(symbol, 0, positive(told["markPx"]), positive(told["oraclePx"])),
        Funding(symbol, 0, number(told["funding"]), 0),
    ]
    held = amount(told["openInterest"])
    if held:
        events.append(OpenInterest(symbol, 0, held / SIDES_COUNTED))
    return topic, events


def _book(data: dict[str, Any], known: _Known) -> tuple[str, list[Event]]:
    """Twenty levels of each side, always the whole of them."""
    topic = f"l2Book:{data['coin']}"
    instrument = known.get(data["coin"])
    if instrument is None:
        return topic, []
    bids, asks = ([(level["px"], level["sz"]) for level in side] for side in data["levels"])
    return topic, [
        BookChange(instrument.symbol, millis(data["time"]), True, levels(bids), levels(asks), -1, -1, -1)
    ]


_SIDES: Final = {"B": 1, "A": -1}
