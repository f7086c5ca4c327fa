"""Bybit's linear perpetuals, and the spot pairs beside them.

Liquidations are all told, every 500 ms, by the side of the *position*. ``openInterest`` counts both sides of every
contract, ``singleOpenInterest`` one. Tickers tell only what has changed. A trade's own id says nothing of its order;
``seq`` ascends, but the trades that one order made share it.
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
from heatdesk.feed.exchanges.bybit_history import INTERVALS, SIDES_COUNTED, BybitHistory
from heatdesk.feed.exchanges.frames import listed, portions, sane
from heatdesk.feed.exchanges.numbers import amount, count, levels, millis, number, positive
from heatdesk.feed.exchanges.paired import Known, Paired
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument

_SPOT_TOPICS: Final = 10  # which its spot sockets take in one message
_SHARERS: Final = 1 << 12  # more trades than one order makes


class Bybit(BybitHistory, Paired):
    """See the module."""

    row: ClassVar[Row] = Row(
        name="bybit",
        title="Bybit",
        ccxt_id="bybit",
        hosts=("api.bybit.com", "stream.bybit.com"),
        liquidations="complete",
        liquidation_price="bankruptcy",
        open_interest_sides=SIDES_COUNTED,
        open_interest_history=True,
        default=True,
        limits=Limits(messages_per_s=5.0, topics_per_message=100),
        ccxt_options={"fetchMarkets": {"types": ["linear"]}},
    )
    ping: ClassVar[str] = '{"op":"ping"}'

    @property
    def routes(self) -> dict[str, str]:
        """One socket for perpetuals, one for pairs."""
        return {
            "linear": "wss://stream.bybit.com/v5/public/linear",
            "spot": "wss://stream.bybit.com/v5/public/spot",
        }

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """1m candles, trades, ticker, liquidations, 200 levels; of a spot pair no ticker and no liquidations."""
        name, symbol = instrument.wire, instrument.symbol
        spot = instrument.kind == "spot"
        route = "spot" if spot else "linear"
        wanted = [
            Stream(f"kline.1.{name}", What.CANDLES, symbol, route),
            Stream(f"publicTrade.{name}", What.TRADES, symbol, route),
        ]
        if not spot:
            wanted.append(Stream(f"tickers.{name}", What.MARK_PRICE, symbol, route))
            wanted.append(Stream(f"allLiquidation.{name}", What.LIQUIDATIONS, symbol, route, quiet=True))
        if book:
            wanted.append(Stream(f"orderbook.200.{name}", What.BOOK, symbol, route))
        return tuple(wanted)

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """Topics as they are."""
        return self._ask("subscribe", streams)

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """Topics as they are."""
        return self._ask("unsubscribe", streams)

    def _ask(self, op: str, streams: Sequence[Stream]) -> list[str]:
        spot = bool(streams) and streams[0].route == "spot"
        size = _SPOT_TOPICS if spot else self.row.limits.topics_per_message
        return [orjson.dumps({"op": op, "args": topics}).decode() for topics in portions(streams, size)]

    def read(self, message: dict[str, Any], known: Known) -> tuple[str, list[Event]]:
        """The topic says what the message is, and of which instrument."""
        topic = message.get("topic")
        if topic is None:
            return _answer(message)
        kind, _, name = topic.partition(".")
        read = _READERS.get(kind)
        if read is None:
            raise FrameError("a frame of a kind that was not asked for")
        instrument = known.get(name.rpartition(".")[2])
        return topic, ([] if instrument is None else read(message, instrument))


def _trades(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    symbol = instrument.symbol
    events: list[Event] = []
    before, sharers = -1, 0
    for told in listed(message["data"]):
        seq = told.get("seq")
        if seq is None:
            number_ = 0
        else:
            seq = count(seq)
            sharers = sharers + 1 if seq == before else 0
            before, number_ = seq, seq * _SHARERS + sharers
        events.append(
            Trade(
                symbol,
                millis(told["T"]),
                positive(told["p"]),
                positive(told["v"]),
                _SIDES[told["S"]],
                number_,
            )
        )
    return events


def _candles(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    return [_candle(told, instrument.symbol) for told in listed(message["data"])]


def _candle(told: dict[str, Any], symbol: str) -> Candle:
    closed = told["confirm"]
    if closed is not True and closed is not False:
        raise FrameError("a candle does not say whether it is closed")
    return sane(
        Candle(
            symbol,
            _TIMEFRAMES[told["interval"]],
            millis(told["start"]),
            positive(told["open"]),
            positive(told["high"]),
            positive(told["low"]),
            positive(told["close"]),
            amount(told["volume"]),
            nan,
            closed,
        )
    )


def _ticker(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    """What has changed, as far as it concerns us."""
    told, symbol, time_ms = message["data"], instrument.symbol, millis(message["ts"])
    events: list[Event] = []
    if told.get("markPrice"):
        index = positive(told["indexPrice"]) if told.get("indexPrice") else nan
        events.append(MarkPrice(symbol, time_ms, positive(told["markPrice"]), index))
    if told.get("singleOpenInterest"):
        events.append(OpenInterest(symbol, time_ms, positive(told["singleOpenInterest"])))
    elif told.get("openInterest"):
        events.append(OpenInterest(symbol, time_ms, positive(told["openInterest"]) / SIDES_COUNTED))
    if told.get("fundingRate"):
        paid = told.get("nextFundingTime")
        events.append(Funding(symbol, time_ms, number(told["fundingRate"]), millis(paid) if paid else 0))
    return events


def _liquidations(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    return [
        Liquidation(
            instrument.symbol,
            millis(told["T"]),
            _SIDES[told["S"]],
            positive(told["p"]),
            positive(told["v"]),
        )
        for told in listed(message["data"])
    ]


def _book(message: dict[str, Any], instrument: Instrument) -> list[Event]:
    told = message["data"]
    snapshot = message["type"] == "snapshot"
    if not snapshot and message["type"] != "delta":
        raise FrameError("a book is neither whole nor a change")
    update = count(told["u"])
    return [
        BookChange(
            instrument.symbol,
            millis(message["ts"]),
            snapshot,
            levels(told["b"]),
            levels(told["a"]),
            update,
            update,
            -1 if snapshot else update - 1,
        )
    ]


def _answer(message: dict[str, Any]) -> tuple[str, list[Event]]:
    """What is no event: answers to questions and pings; a refusal names the topic in its text."""
    op = message["op"]
    if message.get("success") is False:
        text = plain(message.get("ret_msg", "refused"))
        return "", [Refusal(text.rpartition("topic:")[2].strip() if "topic:" in text else "", text)]
    if op == "subscribe":
        return "", [Ack(())]
    if op in ("pong", "ping", "unsubscribe"):
        return "", []
    raise FrameError("a frame of a kind that was not asked for")


_SIDES: Final = {"Buy": 1, "Sell": -1}  # the taker's of a trade, the position's of a liquidation
_TIMEFRAMES: Final = {interval: timeframe for timeframe, interval in INTERVALS.items()}
_READERS: Final = {
    "publicTrade": _trades,
    "kline": _candles,
    "tickers": _ticker,
    "allLiquidation": _liquidations,
    "orderbook": _book,
}
