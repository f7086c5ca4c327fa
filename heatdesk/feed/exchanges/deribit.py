"""Deribit's perpetuals: inverse ones, whose amounts are USD, and linear ones in USDC, whose amounts are coins.

A trade of which a side was liquidated says so: T the taker's, M the maker's, MT both; the taker's side is told, the
maker's is the other. Its number within the instrument ascends one by one. Funding runs all the time and is told per
8 hours. Open interest is USD of an inverse contract, turned into coins by the mark price beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count as counter
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
from heatdesk.feed.exchanges.deribit_history import DeribitHistory
from heatdesk.feed.exchanges.frames import MISREAD, parse, portions, sane, unreadable
from heatdesk.feed.exchanges.numbers import amount, coins, count, millis, number, positive
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument

_ROUTE: Final = "public"


class Deribit(DeribitHistory):
    """See the module."""

    row: ClassVar[Row] = Row(
        name="deribit",
        title="Deribit",
        ccxt_id="deribit",
        hosts=("www.deribit.com",),
        liquidations="complete",
        liquidation_price="fill",
        limits=Limits(messages_per_s=2.0, topics_per_message=100, streams_per_socket=400),
    )
    ping: ClassVar[str] = '{"jsonrpc":"2.0","id":0,"method":"public/test","params":{}}'

    def __init__(self) -> None:
        super().__init__()
        self._asked = counter(1)

    @property
    def routes(self) -> dict[str, str]:
        """One address for everything."""
        return {_ROUTE: "wss://www.deribit.com/ws/api/v2"}

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """1m candles, trades with liquidations among them, and the ticker."""
        name, symbol = instrument.wire, instrument.symbol
        wanted = [
            Stream(f"chart.trades.{name}.1", What.CANDLES, symbol, _ROUTE),
            Stream(f"trades.{name}.100ms", What.TRADES, symbol, _ROUTE),
            Stream(f"ticker.{name}.100ms", What.MARK_PRICE, symbol, _ROUTE),
        ]
        if book:
            wanted.append(Stream(f"book.{name}.100ms", What.BOOK, symbol, _ROUTE))
        return tuple(wanted)

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """Numbered requests."""
        return self._ask("public/subscribe", streams)

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """Numbered requests."""
        return self._ask("public/unsubscribe", streams)

    def _ask(self, method: str, streams: Sequence[Stream]) -> list[str]:
        return [
            orjson.dumps(
                {"jsonrpc": "2.0", "id": next(self._asked), "method": method, "params": {"channels": topics}}
            ).decode()
            for topics in portions(streams, self.row.limits.topics_per_message)
        ]

    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        """A frame; raises FrameError."""
        message = parse(frame)
        try:
            if "method" not in message:
                return "", _answer(message)
            if message["method"] != "subscription":
                raise FrameError("a frame of a kind that was not asked for")
            told = message["params"]
            channel: str = told["channel"]
            parts = channel.split(".")
            instrument = self.instruments.get(parts[2] if parts[0] == "chart" else parts[1])
            if instrument is None:
                return channel, []
            return channel, _READERS[parts[0]](told["data"], instrument)
        except MISREAD as error:
            raise unreadable(error) from None


def _answer(message: dict[str, Any]) -> list[Event]:
    if "error" in message:
        told = message["error"]
        return [Refusal("", plain(f"{told.get('code')}: {told.get('message')}"))]
    result = message["result"]
    return [Ack(tuple(str(topic) for topic in result))] if type(result) is list else []


def _trades(data: list[dict[str, Any]], instrument: Instrument) -> list[Event]:
    symbol, events = instrument.symbol, list[Event]()
    for trade in data:
        time_ms, price = millis(trade["timestamp"]), positive(trade["price"])
        quantity = positive(coins(positive(trade["amount"]), price, instrument))
        side = _SIDES[trade["direction"]]
        events.append(Trade(symbol, time_ms, price, quantity, side, count(trade["trade_seq"])))
        whose = trade.get("liquidation")
        if whose:
            events += [
                Liquidation(symbol, time_ms, position, price, quantity)
                for position in _LIQUIDATED[whose](side)
            ]
    return events


def _candle(told: dict[str, Any], instrument: Instrument) -> list[Event]:
    candle = Candle(
        instrument.symbol,
        "1m",
        millis(told["tick"]),
        positive(told["open"]),
        positive(told["high"]),
        positive(told["low"]),
        positive(told["close"]),
        amount(told["volume"]),
        nan,
        False,
    )
    return [sane(candle)]


def _ticker(told: dict[str, Any], instrument: Instrument) -> list[Event]:
    symbol, time_ms = instrument.symbol, millis(told["timestamp"])
    mark = positive(told["mark_price"])
    events: list[Event] = [MarkPrice(symbol, time_ms, mark, positive(told["index_price"]))]
    held = coins(amount(told["open_interest"]), mark, instrument)
    if held:
        events.append(OpenInterest(symbol, time_ms, held))
    if told.get("funding_8h") is not None:
        events.append(Funding(symbol, time_ms, number(told["funding_8h"]), 0))
    return events


def _book(told: dict[str, Any], instrument: Instrument) -> list[Event]:
    whole = told["type"] == "snapshot"
    if not whole and told["type"] != "change":
        raise FrameError("a book is neither whole nor changed")
    bids, asks = (_levels(told[side], instrument) for side in ("bids", "asks"))
    last, before = count(told["change_id"]), -1 if whole else count(told["prev_change_id"])
    return [BookChange(instrument.symbol, millis(told["timestamp"]), whole, bids, asks, -1, last, before)]


def _levels(rows: list[Any], instrument: Instrument) -> list[tuple[float, float]]:
    """Each says what becomes of it: new, change or delete."""
    levels = []
    for action, told, size in rows:
        price = positive(told)
        if action not in ("new", "change", "delete"):
            raise FrameError("a level neither comes, changes nor goes")
        levels.append((price, 0.0 if action == "delete" else coins(amount(size), price, instrument)))
    return levels


_SIDES: Final = {"buy": 1, "sell": -1}
# Sides of the positions that were liquidated, by the taker's.
_LIQUIDATED: Final[dict[str, Callable[[int], tuple[int, ...]]]] = {
    "T": lambda side: (-side,),
    "M": lambda side: (side,),
    "MT": lambda side: (-side, side),
}
_READERS: Final[dict[str, Callable[[Any, Instrument], list[Event]]]] = {
    "trades": _trades,
    "chart": _candle,
    "ticker": _ticker,
    "book": _book,
}
