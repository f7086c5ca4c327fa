"""Binance USDⓈ-M futures, and the spot pairs beside them.

Since April 2026 the futures' sockets are parted: books under ``/public``, everything else under ``/market``; a topic
asked for on the wrong one is acknowledged and never speaks. Of liquidations only the newest of each second and symbol
is told. ``forceOrder`` names the side of the order that closes the position.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count as counter
from math import nan
from typing import Any, ClassVar, Final

import orjson

from heatdesk.events import Ack, BookChange, Candle, Event, Funding, Liquidation, MarkPrice, Refusal, Trade
from heatdesk.feed.exchanges.base import FrameError, Limits, Row, Stream, What
from heatdesk.feed.exchanges.binance_history import BinanceHistory
from heatdesk.feed.exchanges.frames import portions, sane
from heatdesk.feed.exchanges.numbers import amount, count, levels, millis, number, positive
from heatdesk.feed.exchanges.paired import Known, Paired
from heatdesk.feed.plain_text import plain
from heatdesk.live import Instrument

LIQUIDATIONS: Final = "!forceOrder@arr"


class Binance(BinanceHistory, Paired):
    """See the module."""

    row: ClassVar[Row] = Row(
        name="binance",
        title="Binance",
        ccxt_id="binanceusdm",
        hosts=(
            "fapi.binance.com",
            "fstream.binance.com",
            "api.binance.com",
            "stream.binance.com",
            "www.binance.com",
        ),
        liquidations="throttled",
        liquidation_price="bankruptcy",
        open_interest_history=True,
        open_interest_days=30.0,
        default=True,
        limits=Limits(messages_per_s=4.0, topics_per_message=100, longest_socket_s=24 * 3600.0),
        ccxt_options={"fetchMarkets": {"types": ["linear"]}},
    )

    def __init__(self) -> None:
        super().__init__()
        self._asked = counter(1)

    @property
    def routes(self) -> dict[str, str]:
        """Sockets by what may be asked for on them."""
        return {
            "market": "wss://fstream.binance.com/market/ws",
            "public": "wss://fstream.binance.com/public/ws",
            "spot": "wss://stream.binance.com:9443/ws",
        }

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """1m candles, aggregated trades, mark price each second; of a spot pair candles and trades only."""
        name, symbol = instrument.wire.lower(), instrument.symbol
        spot = instrument.kind == "spot"
        route = "spot" if spot else "market"
        wanted = [
            Stream(f"{name}@kline_1m", What.CANDLES, symbol, route),
            Stream(f"{name}@aggTrade", What.TRADES, symbol, route),
        ]
        if not spot:
            wanted.append(Stream(f"{name}@markPrice@1s", What.MARK_PRICE, symbol, route))
        if book:
            wanted.append(Stream(f"{name}@depth@100ms", What.BOOK, symbol, "spot" if spot else "public"))
        return tuple(wanted)

    def market_streams(self) -> tuple[Stream, ...]:
        """Liquidations of everything, on the socket of the mark prices, so that its silence is never a dead line."""
        return (Stream(LIQUIDATIONS, What.LIQUIDATIONS, "", "market", quiet=True),)

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """SUBSCRIBE, numbered."""
        return self._ask("SUBSCRIBE", streams)

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """UNSUBSCRIBE, numbered."""
        return self._ask("UNSUBSCRIBE", streams)

    def _ask(self, method: str, streams: Sequence[Stream]) -> list[str]:
        return [
            orjson.dumps({"method": method, "params": topics, "id": next(self._asked)}).decode()
            for topics in portions(streams, self.row.limits.topics_per_message)
        ]

    def read(self, message: dict[str, Any], known: Known) -> tuple[str, list[Event]]:
        """Where streams are combined, the message stands inside another that names its stream."""
        named = message.get("stream")
        if named is not None:
            message = message["data"]
        read = _READERS.get(message.get("e", ""))
        if read is None:
            return _answer(message)
        topic, events = read(message, known)
        return topic if named is None else str(named), events


def _trade(message: dict[str, Any], known: Known) -> tuple[str, list[Event]]:
    name = message["s"]
    topic = name.lower() + "@aggTrade"
    instrument = known.get(name)
    if instrument is None:
        return topic, []
    sold = message["m"]
    if sold is not True and sold is not False:
        raise FrameError("a trade does not say who took")
    return topic, [
        Trade(
            instrument.symbol,
            millis(message["T"]),
            positive(message["p"]),
            positive(message["q"]),
            -1 if sold else 1,
            count(message["a"]),
        )
    ]


def _candle(message: dict[str, Any], known: Known) -> tuple[str, list[Event]]:
    told = message["k"]
    topic = f"{message['s'].lower()}@kline_{told['i']}"
    instrument = known.get(message["s"])
    if instrument is None:
        return topic, []
    closed = told["x"]
    if closed is not True and closed is not False:
        raise FrameError("a candle does not say whether it is closed")
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
                amount(told["V"]),
                closed,
            )
        )
    ]


def _mark_price(message: dict[str, Any], known: Known) -> tuple[str, list[Event]]:
    topic = message["s"].lower() + "@markPrice@1s"
    instrument = known.get(message["s"])
    if instrument is None:
        return topic, []
    time_ms = millis(message["E"])
    events: list[Event] = [
        MarkPrice(
            instrument.symbol,
            time_ms,
            positive(message["p"]),
            positive(message["i"]) if message.get("i") else nan,
        )
    ]
    if message.get("r") not in (None, ""):  # contracts with an end have none
        paid = message.get("T")
        events.append(Funding(instrument.symbol, time_ms, number(message["r"]), millis(paid) if paid else 0))
    return topic, events


def _liquidation(message: dict[str, Any], known: Known) -> tuple[str, list[Event]]:
    order = message["o"]
    instrument = known.get(order["s"])
    if instrument is None:
        return LIQUIDATIONS, []
    return LIQUIDATIONS, [
        Liquidation(
            instrument.symbol,
            millis(order["T"]),
            _SIDES[order["S"]],
            positive(order["p"]),
            positive(order["q"]),
        )
    ]


def _book(message: dict[str, Any], known: Known) -> tuple[str, list[Event]]:
    topic = message["s"].lower() + "@depth@100ms"
    instrument = known.get(message["s"])
    if instrument is None:
        return topic, []
    return topic, [
        BookChange(
            instrument.symbol,
            millis(message["T"] if "T" in message else message["E"]),
            False,
            levels(message["b"]),
            levels(message["a"]),
            count(message["U"]),
            count(message["u"]),
            count(message["pu"]) if "pu" in message else -1,
        )
    ]


def _answer(message: dict[str, Any]) -> tuple[str, list[Event]]:
    """What is no event: the answer to a question, which does not repeat it."""
    if "error" in message or "code" in message:
        told = message.get("error", message)
        return "", [Refusal("", plain(f"{told.get('code')}: {told.get('msg')}"))]
    if "result" in message and message["result"] is None:
        return "", [Ack(())]
    raise FrameError("a frame of a kind that was not asked for")


_SIDES: Final = {"SELL": 1, "BUY": -1}  # the order's → the position's
_READERS: Final = {
    "aggTrade": _trade,
    "kline": _candle,
    "markPriceUpdate": _mark_price,
    "forceOrder": _liquidation,
    "depthUpdate": _book,
}
