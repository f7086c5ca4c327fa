"""dYdX v4, by the indexer that watches its chain.

Everything is in coins and one-sided. Margin goes by the oracle price, which stands here as the mark price. Liquidations
are all among the trades (type LIQUIDATED): the side is the order's that closes the position, the price its fill. One
channel tells of every market at once and stamps oracle prices only. A subscription is answered with what was traded
before; that fills holes and is no sign of life.
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
    Liquidation,
    MarkPrice,
    OpenInterest,
    Refusal,
    Trade,
)
from heatdesk.feed.exchanges.base import FrameError, Limits, Row, Stream, What
from heatdesk.feed.exchanges.dydx_history import DydxHistory
from heatdesk.feed.exchanges.frames import MISREAD, parse, sane, unreadable
from heatdesk.feed.exchanges.numbers import amount, iso_millis, levels, number, positive
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument

_MARKETS: Final = "v4_markets"
_ROUTE: Final = "indexer"


class Dydx(DydxHistory):
    """See the module."""

    row: ClassVar[Row] = Row(
        name="dydx",
        title="dYdX",
        ccxt_id="dydx",
        hosts=("indexer.dydx.trade",),
        liquidations="complete",
        liquidation_price="fill",
        default=True,
        # 32 subscriptions of a channel on a socket, two a second
        limits=Limits(messages_per_s=2.0, topics_per_message=1, streams_per_socket=32),
    )

    @property
    def routes(self) -> dict[str, str]:
        """One address for all channels."""
        return {_ROUTE: "wss://indexer.dydx.trade/v4/ws"}

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """1m candles and trades, the latter with liquidations among them."""
        name, symbol = instrument.wire, instrument.symbol
        wanted = [
            Stream(f"v4_candles:{name}/1MIN", What.CANDLES, symbol, _ROUTE),
            Stream(f"v4_trades:{name}", What.TRADES, symbol, _ROUTE),
        ]
        if book:
            wanted.append(Stream(f"v4_orderbook:{name}", What.BOOK, symbol, _ROUTE))
        return tuple(wanted)

    def market_streams(self) -> tuple[Stream, ...]:
        """Oracle price, open interest and funding of every market."""
        return (Stream(_MARKETS, What.MARK_PRICE, "", _ROUTE),)

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """One message each."""
        return [_asked("subscribe", stream.topic) for stream in streams]

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """One message each."""
        return [_asked("unsubscribe", stream.topic) for stream in streams]

    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        """A frame of the indexer; raises FrameError."""
        message = parse(frame)
        try:
            kind = message["type"]
            if kind in _TELLING:
                return self._told(message, first=kind == "subscribed")
            if kind == "error":
                return "", [Refusal("", plain(message["message"]))]
            if kind in ("connected", "unsubscribed"):
                return "", []
        except MISREAD as error:
            raise unreadable(error) from None
        raise FrameError("a frame of a kind that was not asked for")

    def _told(self, message: dict[str, Any], first: bool) -> tuple[str, list[Event]]:
        channel, contents = message["channel"], message["contents"]
        name: str = message.get("id", "")
        topic = f"{channel}:{name}" if name else str(channel)
        acks: list[Event] = [Ack((topic,))] if first else []
        # a frame of several updates, as asked for by "batched", holds them in a list
        parts = contents if type(contents) is list else [contents]
        if channel == _MARKETS:
            return topic, acks + [e for part in parts for e in _markets(part, self.instruments)]
        market = name.partition("/")[0]
        instrument = self.instruments.get(market)
        if instrument is None:
            return topic, acks
        symbol = instrument.symbol
        if channel == "v4_trades":
            return ("" if first else topic), acks + [e for part in parts for e in _trades(part, symbol)]
        if channel == "v4_candles":
            candles = [_newest(part["candles"]) for part in parts] if first else parts
            return ("" if first else topic), acks + [_candle(told, symbol) for told in candles if told]
        if channel == "v4_orderbook":
            return topic, acks + [_book(part, symbol, first) for part in parts]
        raise FrameError("a channel that was not asked for")


def _asked(kind: str, topic: str) -> str:
    channel, _, name = topic.partition(":")
    return orjson.dumps({"type": kind, "channel": channel, **({"id": name} if name else {})}).decode()


def _trades(contents: dict[str, Any], symbol: str) -> list[Event]:
    """Oldest first; the answer to a subscription has the newest first."""
    told = [(_number(trade["id"]), trade) for trade in contents["trades"]]
    if len(told) > 1 and told[0][0] > told[-1][0]:
        told.reverse()
    events: list[Event] = []
    for number_, trade in told:
        time_ms, side = iso_millis(trade["createdAt"]), _SIDES[trade["side"]]
        price, quantity = positive(trade["price"]), positive(trade["size"])
        events.append(Trade(symbol, time_ms, price, quantity, side, number_))
        if trade.get("type") == "LIQUIDATED":
            events.append(Liquidation(symbol, time_ms, -side, price, quantity))
    return events


def _number(trade_id: str) -> int:
    """An id is the block, the transaction and the event as one hexadecimal number, so it ascends; 0 for another."""
    try:
        return int(trade_id, 16) if len(trade_id) <= 24 else 0
    except ValueError:
        return 0


def _newest(candles: list[dict[str, Any]]) -> dict[str, Any] | None:
    return max(candles, key=lambda candle: str(candle["startedAt"]), default=None)


def _candle(told: dict[str, Any], symbol: str) -> Candle:
    if told["resolution"] != "1MIN":
        raise FrameError("a candle of another length than asked for")
    return sane(
        Candle(
            symbol,
            "1m",
            iso_millis(told["startedAt"]),
            positive(told["open"]),
            positive(told["high"]),
            positive(told["low"]),
            positive(told["close"]),
            amount(told["baseTokenVolume"]),
            nan,
            False,
        )
    )


def _book(contents: dict[str, Any], symbol: str, first: bool) -> BookChange:
    """Levels are objects in the whole book and pairs in its changes; neither is numbered or stamped."""
    bids, asks = contents.get("bids", []), contents.get("asks", [])
    return BookChange(symbol, 0, first, _levels(bids), _levels(asks), -1, -1, -1)


def _levels(rows: Any) -> list[tuple[float, float]]:
    if type(rows) is list and rows and type(rows[0]) is dict:
        return levels([(row["price"], row["size"]) for row in rows])
    return levels(rows)


def _markets(contents: dict[str, Any], known: Mapping[str, Instrument]) -> list[Event]:
    """The whole list once, then what changes of it, and oracle prices on their own."""
    events: list[Event] = []
    for name, told in {**contents.get("markets", {}), **contents.get("trading", {})}.items():
        instrument = known.get(name)
        if instrument is None:
            continue
        if told.get("oraclePrice"):
            events.append(MarkPrice(instrument.symbol, 0, positive(told["oraclePrice"]), nan))
        if told.get("openInterest") and number(told["openInterest"]) != 0:
            events.append(OpenInterest(instrument.symbol, 0, positive(told["openInterest"])))
        if told.get("nextFundingRate"):
            events.append(Funding(instrument.symbol, 0, number(told["nextFundingRate"]), 0))
    for name, told in contents.get("oraclePrices", {}).items():
        instrument = known.get(name)
        if instrument is not None:
            price = positive(told["oraclePrice"])
            events.append(MarkPrice(instrument.symbol, iso_millis(told["effectiveAt"]), price, nan))
    return events


_TELLING: Final = ("channel_data", "channel_batch_data", "subscribed")
_SIDES: Final = {"BUY": 1, "SELL": -1}
