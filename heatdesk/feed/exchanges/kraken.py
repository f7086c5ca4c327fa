"""Kraken Futures: perpetuals with several collaterals (PF, in coins) and inverse ones (PI, in contracts of one USD).

A liquidation is a trade of that type, told with the side of the order that closes the position. There is no stream of
candles: the feed makes the running minute of trades, and closed ones are read. A subscription is answered with the
trades before it, newest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import orjson

from heatdesk.events import (
    Ack,
    BookChange,
    Event,
    Funding,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Refusal,
    Trade,
)
from heatdesk.feed.exchanges.base import FrameError, Limits, Row, Stream, What
from heatdesk.feed.exchanges.frames import MISREAD, parse, unreadable
from heatdesk.feed.exchanges.kraken_history import KrakenHistory
from heatdesk.feed.exchanges.numbers import amount, coins, count, millis, number, positive
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument

_ROUTE: Final = "public"


class Kraken(KrakenHistory):
    """See the module."""

    row: ClassVar[Row] = Row(
        name="kraken",
        title="Kraken Futures",
        ccxt_id="krakenfutures",
        hosts=("futures.kraken.com",),
        liquidations="complete",
        liquidation_price="fill",
        limits=Limits(messages_per_s=5.0, topics_per_message=50),
    )

    @property
    def routes(self) -> dict[str, str]:
        """One address for all feeds."""
        return {_ROUTE: "wss://futures.kraken.com/ws/v1"}

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """Trades with liquidations among them, and the ticker."""
        name, symbol = instrument.wire, instrument.symbol
        wanted = [
            Stream(f"trade:{name}", What.TRADES, symbol, _ROUTE),
            Stream(f"ticker:{name}", What.MARK_PRICE, symbol, _ROUTE),
        ]
        if book:
            wanted.append(Stream(f"book:{name}", What.BOOK, symbol, _ROUTE))
        return tuple(wanted)

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """A message per feed, with many instruments."""
        return self._asked("subscribe", streams)

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """A message per feed, with many instruments."""
        return self._asked("unsubscribe", streams)

    def _asked(self, event: str, streams: Sequence[Stream]) -> list[str]:
        feeds: dict[str, list[str]] = {}
        for stream in streams:
            feed, _, name = stream.topic.partition(":")
            feeds.setdefault(feed, []).append(name)
        size = self.row.limits.topics_per_message
        return [
            orjson.dumps({"event": event, "feed": feed, "product_ids": names[at : at + size]}).decode()
            for feed, names in feeds.items()
            for at in range(0, len(names), size)
        ]

    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        """A frame; raises FrameError."""
        message = parse(frame)
        try:
            if "event" in message:
                return "", _answer(message)
            feed, name = message["feed"], message.get("product_id", "")
            instrument = self.instruments.get(name)
            if feed == "heartbeat":
                return "", []
            if feed == "trade":
                return f"trade:{name}", [] if instrument is None else _trade(message, instrument)
            if feed == "trade_snapshot":  # what was before fills holes and is no sign of life
                return "", [] if instrument is None else _before(message["trades"], instrument)
            if feed == "ticker":
                return f"ticker:{name}", [] if instrument is None else _ticker(message, instrument)
            if feed in ("book", "book_snapshot"):
                return f"book:{name}", [] if instrument is None else [_book(message, instrument)]
        except MISREAD as error:
            raise unreadable(error) from None
        raise FrameError("a feed that was not asked for")


def _answer(message: dict[str, Any]) -> list[Event]:
    event = message["event"]
    if event == "subscribed":
        return [Ack(tuple(f"{message['feed']}:{name}" for name in message.get("product_ids", ())))]
    if event in ("subscribed_failed", "error", "alert"):
        told = message.get("message") or message.get("error") or event
        return [Refusal(str(message.get("feed", "")), plain(told))]
    return []


def _before(trades: list[dict[str, Any]], instrument: Instrument) -> list[Event]:
    return [event for told in reversed(trades) for event in _trade(told, instrument)]


def _trade(told: dict[str, Any], instrument: Instrument) -> list[Event]:
    symbol, time_ms, price = instrument.symbol, millis(told["time"]), positive(told["price"])
    quantity = positive(coins(positive(told["qty"]), price, instrument))
    side = _SIDES[told["side"]]
    events: list[Event] = [Trade(symbol, time_ms, price, quantity, side, count(told["seq"]))]
    if told.get("type") == "liquidation":
        events.append(Liquidation(symbol, time_ms, -side, price, quantity))
    return events


def _ticker(told: dict[str, Any], instrument: Instrument) -> list[Event]:
    symbol, time_ms, mark = instrument.symbol, millis(told["time"]), positive(told["markPrice"])
    events: list[Event] = [MarkPrice(symbol, time_ms, mark, positive(told["index"]))]
    held = coins(amount(told["openInterest"]), mark, instrument)
    if held:
        events.append(OpenInterest(symbol, time_ms, held))
    rate = told.get("relative_funding_rate")
    if rate is not None:
        paid = told.get("next_funding_rate_time")
        events.append(Funding(symbol, time_ms, number(rate), millis(paid) if paid else 0))
    return events


def _book(told: dict[str, Any], instrument: Instrument) -> BookChange:
    """The whole, or one level at a time; numbers ascend one by one."""
    time_ms, last = millis(told["timestamp"]), count(told["seq"])
    if told["feed"] == "book_snapshot":
        bids, asks = ([_level(level, instrument) for level in told[side]] for side in ("bids", "asks"))
        return BookChange(instrument.symbol, time_ms, True, bids, asks, -1, last, -1)
    levels, bought = [_level(told, instrument)], _SIDES[told["side"]] > 0
    bids, asks = (levels, []) if bought else ([], levels)
    return BookChange(instrument.symbol, time_ms, False, bids, asks, last, last, last - 1)


def _level(told: dict[str, Any], instrument: Instrument) -> tuple[float, float]:
    price = positive(told["price"])
    return price, coins(amount(told["qty"]), price, instrument)


_SIDES: Final = {"buy": 1, "sell": -1}
