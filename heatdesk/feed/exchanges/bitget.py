"""Bitget's USDT and USDC perpetuals.

Its second interface brings trades and candles, its third what the second lacks: liquidations of everything, and books
that say which change they follow. Tickers are heard on the third as well, so that a liquidation feed that is silent
there stands beside one that never is. Liquidations name the position's side and its worth in the quote currency, and
are a sample: not all are told. All other quantities are coins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from typing import Any, ClassVar, Final

import orjson

from heatdesk.events import (
    Ack,
    BookChange,
    Candle,
    Event,
    Funding,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Refusal,
    Trade,
)
from heatdesk.feed.exchanges.base import Limits, Row, Stream, What
from heatdesk.feed.exchanges.bitget_history import BitgetHistory, product
from heatdesk.feed.exchanges.frames import MISREAD, parse, sane, unreadable
from heatdesk.feed.exchanges.numbers import amount, count, levels, millis, number, positive
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument

_LIQUIDATIONS: Final = "liquidation"


class Bitget(BitgetHistory):
    """See the module. A topic is ``kind/channel/name``, its kind in small letters on the third interface."""

    row: ClassVar[Row] = Row(
        name="bitget",
        title="Bitget",
        ccxt_id="bitget",
        hosts=("api.bitget.com", "ws.bitget.com"),
        liquidations="throttled",
        liquidation_price="fill",
        limits=Limits(messages_per_s=8.0, topics_per_message=40, streams_per_socket=200),
        ccxt_options={"defaultType": "swap", "fetchMarkets": {"types": ["swap"]}},
    )
    ping: ClassVar[str] = "ping"

    @property
    def routes(self) -> dict[str, str]:
        """The second and the third interface."""
        return {"second": "wss://ws.bitget.com/v2/ws/public", "third": "wss://ws.bitget.com/v3/ws/public"}

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """1m candles, trades, and the ticker with mark price, funding and open interest."""
        name, symbol, kind = instrument.wire, instrument.symbol, product(instrument)
        wanted = [
            Stream(f"{kind}/candle1m/{name}", What.CANDLES, symbol, "second"),
            Stream(f"{kind}/trade/{name}", What.TRADES, symbol, "second"),
            Stream(f"{kind.lower()}/ticker/{name}", What.MARK_PRICE, symbol, "third"),
        ]
        if book:
            wanted.append(Stream(f"{kind.lower()}/books/{name}", What.BOOK, symbol, "third"))
        return tuple(wanted)

    def market_streams(self) -> tuple[Stream, ...]:
        """Liquidations of all perpetuals in USDT; there are none of the others."""
        return (Stream(f"usdt-futures/{_LIQUIDATIONS}", What.LIQUIDATIONS, "", "third", quiet=True),)

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """A list of arguments each."""
        return self._asked("subscribe", streams)

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """A list of arguments each."""
        return self._asked("unsubscribe", streams)

    def _asked(self, method: str, streams: Sequence[Stream]) -> list[str]:
        size = self.row.limits.topics_per_message
        return [
            orjson.dumps({"op": method, "args": [_argument(s) for s in streams[at : at + size]]}).decode()
            for at in range(0, len(streams), size)
        ]

    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        """A frame of either interface; raises FrameError."""
        if frame in ("pong", b"pong"):
            return "", []
        message = parse(frame)
        try:
            if "event" in message:
                return "", _answer(message)
            argument = message["arg"]
            topic = _topic(argument)
            channel = argument.get("topic") or argument["channel"]
            first = message["action"] == "snapshot"
            if channel == _LIQUIDATIONS:
                return topic, self._liquidations(message["data"])
            instrument = self.instruments.get(argument.get("symbol") or argument["instId"])
            if instrument is None:
                return topic, []
            read = _READERS[channel]
            # what was before fills holes and is no sign of life
            old = first and channel in ("trade", "candle1m")
            return "" if old else topic, read(message, instrument.symbol, first)
        except MISREAD as error:
            raise unreadable(error) from None

    def _liquidations(self, data: list[dict[str, Any]]) -> list[Event]:
        events: list[Event] = []
        for told in data:
            instrument = self.instruments.get(told["symbol"])
            if instrument is not None:
                price = positive(told["price"])
                quantity = positive(positive(told["amount"]) / price)
                side = _SIDES[told["side"]]
                events.append(Liquidation(instrument.symbol, millis(told["ts"]), side, price, quantity))
        return events


def _argument(stream: Stream) -> dict[str, str]:
    kind, channel, *name = stream.topic.split("/")
    if stream.route == "second":
        return {"instType": kind, "channel": channel, "instId": name[0]}
    return {"instType": kind, "topic": channel, **({"symbol": name[0]} if name else {})}


def _topic(argument: dict[str, str]) -> str:
    if "channel" in argument:
        return f"{argument['instType']}/{argument['channel']}/{argument['instId']}"
    name = f"/{argument['symbol']}" if "symbol" in argument else ""
    return f"{argument['instType']}/{argument['topic']}{name}"


def _answer(message: dict[str, Any]) -> list[Event]:
    if message["event"] == "subscribe":
        return [Ack((_topic(message["arg"]),))]
    if message["event"] == "error":
        topic = _topic(message["arg"]) if message.get("arg") else ""
        return [Refusal(topic, plain(f"{message.get('code')}: {message.get('msg')}"))]
    return []


def _trades(message: dict[str, Any], symbol: str, first: bool) -> list[Event]:
    """The newest stands first in a frame."""
    return [
        Trade(
            symbol,
            millis(trade["ts"]),
            positive(trade["price"]),
            positive(trade["size"]),
            _SIDES[trade["side"]],
            count(trade["tradeId"]),
        )
        for trade in reversed(message["data"])
    ]


def _candles(message: dict[str, Any], symbol: str, first: bool) -> list[Event]:
    """Of the hours that come on subscribing only the newest row, which is still open."""
    rows = message["data"][-1:] if first else message["data"]
    return [
        sane(
            Candle(
                symbol,
                "1m",
                millis(row[0]),
                positive(row[1]),
                positive(row[2]),
                positive(row[3]),
                positive(row[4]),
                amount(row[5]),
                nan,
                False,
            )
        )
        for row in rows
    ]


def _ticker(message: dict[str, Any], symbol: str, first: bool) -> list[Event]:
    """What changed; the second interface calls open interest the amount held."""
    events: list[Event] = []
    for told in message["data"]:
        time_ms = millis(told.get("ts") or message["ts"])
        if told.get("markPrice"):
            index = told.get("indexPrice")
            events.append(
                MarkPrice(symbol, time_ms, positive(told["markPrice"]), positive(index) if index else nan)
            )
        held = told.get("openInterest") or told.get("holdingAmount")
        if held and amount(held):
            events.append(OpenInterest(symbol, time_ms, amount(held)))
        if told.get("fundingRate"):
            paid = told.get("nextFundingTime")
            rate, next_ms = number(told["fundingRate"]), millis(paid) if paid and paid != "0" else 0
            events.append(Funding(symbol, time_ms, rate, next_ms))
    return events


def _book(message: dict[str, Any], symbol: str, first: bool) -> list[Event]:
    return [
        BookChange(
            symbol,
            millis(told["ts"]),
            first,
            levels(told["b"]),
            levels(told["a"]),
            -1,
            count(told["seq"]),
            -1 if first else count(told["pseq"]),
        )
        for told in message["data"]
    ]


_SIDES: Final = {"buy": 1, "sell": -1}
_READERS: Final[dict[str, Callable[[dict[str, Any], str, bool], list[Event]]]] = {
    "trade": _trades,
    "candle1m": _candles,
    "ticker": _ticker,
    "books": _book,
}
