"""Gate's USDT perpetuals. Everything is counted in contracts; `contract_size` is coins per contract.

A trade's size is negative where the taker sold, a liquidation's where the order that closes the position sells. Since
August 2026 liquidations come gathered once a second, none left out. A candle says when its window is over.
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
from heatdesk.feed.clock import Clock, SystemClock
from heatdesk.feed.exchanges.base import FrameError, Limits, Row, Stream, What
from heatdesk.feed.exchanges.frames import MISREAD, parse, sane, unreadable
from heatdesk.feed.exchanges.gate_history import BOOK_LEVELS, GateHistory, book_side
from heatdesk.feed.exchanges.numbers import amount, count, millis, number, positive
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument

_ROUTE: Final = "usdt"
_LIQUIDATIONS: Final = "futures.public_liquidates"


class Gate(GateHistory):
    """See the module. Its requests carry the time, which `clock` tells."""

    row: ClassVar[Row] = Row(
        name="gate",
        title="Gate",
        ccxt_id="gate",
        hosts=("api.gateio.ws", "fx-ws.gateio.ws"),
        liquidations="complete",
        liquidation_price="fill",
        open_interest_history=True,
        open_interest_days=30.0,
        limits=Limits(messages_per_s=10.0, topics_per_message=1),
        ccxt_options={
            "defaultType": "swap",
            "fetchMarkets": {"types": ["swap"]},
            "swap": {"fetchMarkets": {"settlementCurrencies": ["usdt"]}},
        },
    )

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self._clock = clock or SystemClock()

    @property
    def routes(self) -> dict[str, str]:
        """One address for what is settled in USDT."""
        return {_ROUTE: "wss://fx-ws.gateio.ws/v4/ws/usdt"}

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """1m candles, trades, and the ticker with mark price, funding and open interest."""
        name, symbol = instrument.wire, instrument.symbol
        wanted = [
            Stream(f"futures.candlesticks:1m:{name}", What.CANDLES, symbol, _ROUTE),
            Stream(f"futures.trades:{name}", What.TRADES, symbol, _ROUTE),
            Stream(f"futures.tickers:{name}", What.MARK_PRICE, symbol, _ROUTE),
        ]
        if book:
            wanted.append(Stream(f"futures.order_book_update:{name}", What.BOOK, symbol, _ROUTE))
        return tuple(wanted)

    def market_streams(self) -> tuple[Stream, ...]:
        """Liquidations of all contracts."""
        return (Stream(f"{_LIQUIDATIONS}:!all", What.LIQUIDATIONS, "", _ROUTE, quiet=True),)

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """One message each."""
        return [self._asked("subscribe", stream.topic) for stream in streams]

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """One message each."""
        return [self._asked("unsubscribe", stream.topic) for stream in streams]

    def _asked(self, event: str, topic: str) -> str:
        channel, *payload = topic.split(":")
        if channel == "futures.order_book_update":
            payload += ["100ms", str(BOOK_LEVELS)]
        asked = {
            "time": int(self._clock.now_ms() / 1000),
            "channel": channel,
            "event": event,
            "payload": payload,
        }
        return orjson.dumps(asked).decode()

    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        """A frame; raises FrameError."""
        message = parse(frame)
        try:
            channel = message["channel"]
            if message.get("error"):
                return "", [Refusal("", plain(f"{channel}: {message['error'].get('message')}"))]
            if message["event"] in ("subscribe", "unsubscribe"):
                return "", [Ack(_acknowledged(message))] if message["event"] == "subscribe" else []
            if channel == "futures.pong":
                return "", []
            result = message["result"]
            told = result if type(result) is list else [result]
            if not told:
                return "", []
            if channel == _LIQUIDATIONS:
                events = [e for row in told for e in self._of(row["contract"], _liquidation, row, message)]
                return f"{_LIQUIDATIONS}:!all", events
            return self._read(channel, told, message)
        except MISREAD as error:
            raise unreadable(error) from None

    def _read(
        self, channel: str, told: list[dict[str, Any]], message: dict[str, Any]
    ) -> tuple[str, list[Event]]:
        """A frame of one contract's channel; trades may come newest first."""
        read, names = _READERS[channel]
        name = told[0][names]
        contract = name.partition("_")[2] if channel == "futures.candlesticks" else name
        topic = f"{channel}:{name.replace('_', ':', 1)}" if contract is not name else f"{channel}:{name}"
        if channel == "futures.trades" and told[0]["id"] > told[-1]["id"]:
            told = told[::-1]
        if any(row[names] != name for row in told):
            raise FrameError("several contracts in one frame")
        return topic, [event for row in told for event in self._of(contract, read, row, message)]

    def _of(self, contract: str, read: _Reader, row: dict[str, Any], message: dict[str, Any]) -> list[Event]:
        instrument = self.instruments.get(contract)
        return [] if instrument is None else read(row, instrument, message)


def _acknowledged(message: dict[str, Any]) -> tuple[str, ...]:
    """What was asked for, where the answer repeats it."""
    payload = [str(part) for part in message.get("payload") or ()]
    if not payload:
        return ()
    named = payload[:1] if message["channel"] == "futures.order_book_update" else payload
    return (":".join((message["channel"], *named)),)


_Reader = Callable[[dict[str, Any], Instrument, dict[str, Any]], list[Event]]


def _trade(row: dict[str, Any], instrument: Instrument, message: dict[str, Any]) -> list[Event]:
    size, price = number(row["size"]), positive(row["price"])
    side = 1 if size > 0 else -1
    quantity = positive(abs(size) * instrument.contract_size)
    return [Trade(instrument.symbol, _moment(row["create_time_ms"]), price, quantity, side, count(row["id"]))]


def _liquidation(row: dict[str, Any], instrument: Instrument, message: dict[str, Any]) -> list[Event]:
    size, price = number(row["size"]), positive(row["price"])
    quantity = positive(abs(size) * instrument.contract_size)
    return [Liquidation(instrument.symbol, millis(row["time_ms"]), -1 if size > 0 else 1, price, quantity)]


def _candle(row: dict[str, Any], instrument: Instrument, message: dict[str, Any]) -> list[Event]:
    candle = Candle(
        instrument.symbol,
        "1m",
        millis(int(row["t"]) * 1000),
        positive(row["o"]),
        positive(row["h"]),
        positive(row["l"]),
        positive(row["c"]),
        amount(row["v"]) * instrument.contract_size,
        nan,
        row.get("w") is True,
    )
    return [sane(candle)]


def _ticker(row: dict[str, Any], instrument: Instrument, message: dict[str, Any]) -> list[Event]:
    symbol = instrument.symbol
    time_ms = millis(message["time_ms"] if "time_ms" in message else message["time"] * 1000)
    events: list[Event] = [
        MarkPrice(symbol, time_ms, positive(row["mark_price"]), positive(row["index_price"]))
    ]
    held = amount(row["total_size"]) * instrument.contract_size
    if held:
        events.append(OpenInterest(symbol, time_ms, held))
    if row.get("funding_rate"):
        events.append(Funding(symbol, time_ms, number(row["funding_rate"]), 0))
    return events


def _book(row: dict[str, Any], instrument: Instrument, message: dict[str, Any]) -> list[Event]:
    size = instrument.contract_size
    bids, asks = book_side(row["b"], size), book_side(row["a"], size)
    whole = row.get("full") is True
    first, last = count(row["U"]), count(row["u"])
    return [BookChange(instrument.symbol, millis(row["t"]), whole, bids, asks, first, last, -1)]


def _moment(value: Any) -> int:
    """Sockets stamp trades in milliseconds, REST calls the same name seconds with a fraction."""
    read = positive(value)
    return millis(round(read * 1000 if read < 1e11 else read))


# How a row of a channel is read, and where it has its contract's name.
_READERS: Final[dict[str, tuple[_Reader, str]]] = {
    "futures.trades": (_trade, "contract"),
    "futures.candlesticks": (_candle, "n"),
    "futures.tickers": (_ticker, "contract"),
    "futures.order_book_update": (_book, "s"),
}
