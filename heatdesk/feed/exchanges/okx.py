"""OKX's linear perpetuals, and the spot pairs beside them.

Quantities are contracts, each of `contract_size` coins, but where a field says currency. One frame of liquidations may
hold several, of several instruments; the first one after subscribing is old news, as its times say. Their price is the
bankruptcy price. Candles come on a socket of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from heatdesk.feed.exchanges.base import FrameError, Limits, Row, Stream, What
from heatdesk.feed.exchanges.frames import MISREAD, listed, parse, sane, unreadable
from heatdesk.feed.exchanges.numbers import amount, count, levels, millis, number, positive
from heatdesk.feed.exchanges.okx_history import OkxHistory
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument

LIQUIDATIONS: Final = "liquidation-orders:SWAP"


class Okx(OkxHistory):
    """See the module. A topic is its channel and what it is about, with a colon between."""

    row: ClassVar[Row] = Row(
        name="okx",
        title="OKX",
        ccxt_id="okx",
        hosts=("www.okx.com", "ws.okx.com"),
        liquidations="throttled",
        liquidation_price="bankruptcy",
        open_interest_history=True,
        open_interest_days=5.0,
        volume_at_last=True,
        default=True,
        limits=Limits(messages_per_s=3.0, topics_per_message=100, connects_per_s=1.0),
        ccxt_options={"fetchMarkets": {"types": ["swap"]}},
    )
    ping: ClassVar[str] = "ping"

    @property
    def routes(self) -> dict[str, str]:
        """Candles are business, the rest is public."""
        return {
            "public": "wss://ws.okx.com/ws/v5/public",
            "business": "wss://ws.okx.com/ws/v5/business",
        }

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """1m candles, trades, mark price, open interest, funding; of a spot pair candles and trades only."""
        name, symbol = instrument.wire, instrument.symbol
        wanted = [
            Stream(f"candle1m:{name}", What.CANDLES, symbol, "business"),
            Stream(f"trades:{name}", What.TRADES, symbol, "public"),
        ]
        if instrument.kind != "spot":
            wanted.append(Stream(f"mark-price:{name}", What.MARK_PRICE, symbol, "public"))
            wanted.append(Stream(f"open-interest:{name}", What.MARK_PRICE, symbol, "public", quiet=True))
            wanted.append(Stream(f"funding-rate:{name}", What.MARK_PRICE, symbol, "public", quiet=True))
        if book:
            wanted.append(Stream(f"books:{name}", What.BOOK, symbol, "public"))
        return tuple(wanted)

    def market_streams(self) -> tuple[Stream, ...]:
        """Liquidations of all perpetuals."""
        return (Stream(LIQUIDATIONS, What.LIQUIDATIONS, "", "public", quiet=True),)

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """Many topics at once, since an hour allows 480 messages."""
        return self._ask("subscribe", streams)

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """Many topics at once, since an hour allows 480 messages."""
        return self._ask("unsubscribe", streams)

    def _ask(self, op: str, streams: Sequence[Stream]) -> list[str]:
        size = self.row.limits.topics_per_message
        arguments = [_argument(stream.topic) for stream in streams]
        return [
            orjson.dumps({"op": op, "args": arguments[start : start + size]}).decode()
            for start in range(0, len(arguments), size)
        ]

    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        """A frame of either socket; raises FrameError."""
        if frame in ("pong", b"pong"):
            return "", []
        message = parse(frame)
        try:
            if "event" in message:
                return _answer(message)
            about = message["arg"]
            channel = about["channel"]
            if channel == "liquidation-orders":
                return LIQUIDATIONS, self._liquidations(listed(message["data"]))
            read = _READERS.get(channel)
            if read is None:
                raise FrameError("a frame of a kind that was not asked for")
            name = about["instId"]
            instrument = self.instruments.get(name)
            events = [] if instrument is None else read(message, instrument)
            return f"{channel}:{name}", events
        except MISREAD as error:
            raise unreadable(error) from None

    def _liquidations(self, rows: list[Any]) -> list[Event]:
        """All of them: in one-way mode the order's side tells the position's."""
        events: list[Event] = []
        for told in rows:
            instrument = self.instruments.get(told["instId"])
            if instrument is None:
                continue
            for one in listed(told["details"]):
                side = _POSITIONS.get(one.get("posSide")) or -_SIDES[one["side"]]
                events.append(
                    Liquidation(
                        instrument.symbol,
                        millis(one["ts"]),
                        side,
                        positive(one["bkPx"]),
                        positive(one["sz"]) * instrument.contract_size,
                    )
                )
        return events


def _trades(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    symbol, size = instrument.symbol, instrument.contract_size
    return [
        Trade(
            symbol,
            millis(told["ts"]),
            positive(told["px"]),
            positive(told["sz"]) * size,
            _SIDES[told["side"]],
            count(told["tradeId"]),
        )
        for told in listed(message["data"])
    ]


def _candles(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    """Of the three volumes the one in coins: the first of a pair, the second of a perpetual."""
    place = 5 if instrument.kind == "spot" else 6
    return [
        sane(
            Candle(
                instrument.symbol,
                "1m",
                millis(told[0]),
                positive(told[1]),
                positive(told[2]),
                positive(told[3]),
                positive(told[4]),
                amount(told[place]),
                nan,
                _CLOSED[told[8]],
            )
        )
        for told in listed(message["data"])
    ]


def _mark_price(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    return [
        MarkPrice(instrument.symbol, millis(told["ts"]), positive(told["markPx"]), nan)
        for told in listed(message["data"])
    ]


def _open_interest(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    return [
        OpenInterest(instrument.symbol, millis(told["ts"]), positive(told["oi"]) * instrument.contract_size)
        for told in listed(message["data"])
    ]


def _funding(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    return [
        Funding(
            instrument.symbol, millis(told["ts"]), number(told["fundingRate"]), millis(told["fundingTime"])
        )
        for told in listed(message["data"])
    ]


def _book(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    size, action = instrument.contract_size, message["action"]
    if action not in ("snapshot", "update"):
        raise FrameError("a book is neither whole nor a change")
    return [
        BookChange(
            instrument.symbol,
            millis(told["ts"]),
            action == "snapshot",
            levels(told["bids"], size),
            levels(told["asks"], size),
            -1,
            count(told["seqId"]),
            -1 if action == "snapshot" else count(told["prevSeqId"]),
        )
        for told in listed(message["data"])
    ]


def _argument(topic: str) -> dict[str, str]:
    channel, _, name = topic.partition(":")
    return {"channel": channel, "instType" if channel == "liquidation-orders" else "instId": name}


def _answer(message: dict[str, Any]) -> tuple[str, list[Event]]:
    """What is no event: confirmations, refusals and announcements."""
    event = message["event"]
    about = message.get("arg") or {}
    topic = f"{about['channel']}:{about.get('instId') or about.get('instType')}" if about else ""
    if event == "subscribe":
        return "", [Ack((topic,) if topic else ())]
    if event == "error" or event == "channel-conn-count-error":
        text = plain(f"{message.get('code', '')}: {message.get('msg', 'refused')}")
        return "", [Refusal(topic or _refused(text), text)]
    if event in ("unsubscribe", "notice", "channel-conn-count"):
        return "", []
    raise FrameError("a frame of a kind that was not asked for")


def _refused(text: str) -> str:
    """The topic that the text of a refusal names as ``channel:…,instId:…``; empty where it names none."""
    named = dict(part.split(":", 1) for part in text.replace(" ", ",").split(",") if part.count(":") == 1)
    channel, name = named.get("channel", ""), named.get("instId", "")
    return f"{channel}:{name}" if channel and name else ""


_SIDES: Final = {"buy": 1, "sell": -1}
_POSITIONS: Final = {"long": 1, "short": -1}
_CLOSED: Final = {"0": False, "1": True}
_READERS: Final = {
    "trades": _trades,
    "candle1m": _candles,
    "mark-price": _mark_price,
    "open-interest": _open_interest,
    "funding-rate": _funding,
    "books": _book,
}
