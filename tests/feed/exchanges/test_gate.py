"""Gate: contracts become coins, signs become sides; recorded trades, contracts and books."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.events import (
    Ack,
    BookChange,
    Funding,
    Liquidation,
    LongShort,
    MarkPrice,
    OpenInterest,
    Refusal,
    Trade,
)
from heatdesk.feed.clock import FastClock
from heatdesk.feed.exchanges.base import FrameError, RestError
from heatdesk.feed.exchanges.gate import Gate
from heatdesk.market import MINUTE_MS
from tests.feed.exchanges.recorded import Pages, bitcoin, frame, wrapped
from tests.feed.exchanges.wire import gone_wrong, survives

SIZE = 0.0001
BTC = bitcoin("gate", "BTC_USDT", size=SIZE)
SYMBOL = BTC.symbol
MINUTE = 1_709_549_700_000
FUTURES = "publicFuturesGetSettle"


def told(channel: str, result: Any, event: str = "update") -> dict[str, Any]:
    return {
        "time": MINUTE // 1000, "time_ms": MINUTE, "channel": f"futures.{channel}", "event": event, "result": result,
    }  # fmt: skip


TRADE = {
    "id": 269205796, "contract": "BTC_USDT", "create_time": 1709549757, "create_time_ms": 1709549757142, "size": 17,
    "price": "65054.7",
}  # fmt: skip
CANDLE = {
    "t": MINUTE // 1000, "v": "27525", "c": "95.4", "h": "96.9", "l": "89.5", "o": "94.3", "n": "1m_BTC_USDT",
    "a": "314732.87412", "w": False,
}  # fmt: skip
FORCED = {"price": 65000.0, "size": "-124", "time": MINUTE // 1000, "time_ms": MINUTE, "contract": "BTC_USDT"}
TICKER = {
    "contract": "BTC_USDT", "last": "61794.7", "mark_price": "61793.09", "index_price": "61730.23",
    "total_size": "105399336", "funding_rate": "0.000477", "volume_24h_quote": "1",
}  # fmt: skip
BOOK = {
    "t": MINUTE,
    "s": "BTC_USDT",
    "U": 5,
    "u": 7,
    "b": [{"p": "65000", "s": 3}],
    "a": [{"p": "65001", "s": 0}],
}
FRAMES = [
    told("trades", [TRADE]),
    told("candlesticks", [CANDLE]),
    told("tickers", [TICKER]),
    told("public_liquidates", [FORCED]),
    told("order_book_update", BOOK),
    told("tickers", {"status": "success"}, "subscribe") | {"payload": ["BTC_USDT"]},
]


@pytest.fixture
def gate() -> Gate:
    exchange = Gate(FastClock(1.0, MINUTE))
    exchange.know([BTC])
    return exchange


def test_recorded_trades(gate: Gate, shared: Path) -> None:
    page = wrapped(shared / "data/frames/gate/gateio_perp_btcusdt_trades.json")[0]
    assert page[0] == {
        "id": 269205796, "contract": "BTC_USDT", "create_time": 1709549757.142, "create_time_ms": 1709549757.142,
        "size": 17, "price": "65054.7",
    }  # fmt: skip
    assert page[2]["size"] == -1792
    topic, events = gate.decode(frame(told("trades", page)))
    assert topic == "futures.trades:BTC_USDT"
    assert events[-1] == Trade(SYMBOL, 1_709_549_757_142, 65054.7, 17 * SIZE, 1, 269205796)
    assert (events[-3].side, events[-3].quantity) == (-1, 1792 * SIZE)
    assert [event.id for event in events] == sorted(event.id for event in events)
    _, [event] = gate.decode(frame(FRAMES[0]))  # sockets stamp in milliseconds
    assert event == events[-1]


def test_a_recorded_contract_and_ticker(gate: Gate, shared: Path) -> None:
    contract = wrapped(shared / "data/frames/gate/gateio_perp_btcusdt_funding.json")[0]
    assert (contract["quanto_multiplier"], contract["position_size"]) == ("0.0001", 105399336)
    rest = Pages({f"{FUTURES}ContractsContract": contract})
    held = asyncio.run(gate.read_open_interest(rest, BTC))
    assert held == OpenInterest(SYMBOL, 0, 105399336 * SIZE)
    assert asyncio.run(gate.read_funding(rest, BTC)) == Funding(SYMBOL, 0, 0.000477, 1_709_452_800_000)
    topic, events = gate.decode(frame(FRAMES[2]))
    assert topic == "futures.tickers:BTC_USDT"
    assert events == [
        MarkPrice(SYMBOL, MINUTE, 61793.09, 61730.23),
        OpenInterest(SYMBOL, MINUTE, 105399336 * SIZE),
        Funding(SYMBOL, MINUTE, 0.000477, 0),
    ]


def test_a_recorded_book(gate: Gate, shared: Path) -> None:
    page = wrapped(shared / "data/frames/gate/gateio_perp_btcusdt_depth.json")[0]
    assert page["asks"][0] == {"s": 3929, "p": "65215"}
    book = asyncio.run(gate.read_book(Pages({f"{FUTURES}OrderBook": page | {"id": 42}}), BTC))
    assert isinstance(book, BookChange)
    assert book.snapshot
    assert (book.asks[0], book.last_id, book.time_ms) == ((65215.0, 3929 * SIZE), 42, 1_709_553_161_547)
    topic, [change] = gate.decode(frame(FRAMES[4]))
    assert topic == "futures.order_book_update:BTC_USDT"
    assert (change.bids, change.asks, change.first_id, change.last_id) == (
        [(65000.0, 3 * SIZE)],
        [(65001.0, 0.0)],
        5,
        7,
    )


def test_a_liquidation_is_told_by_its_order(gate: Gate) -> None:
    topic, events = gate.decode(frame(told("public_liquidates", [FORCED, FORCED | {"size": 2}])))
    assert topic == gate.market_streams()[0].topic
    assert events[0] == Liquidation(SYMBOL, MINUTE, 1, 65000.0, 124 * SIZE)  # sold: a long was liquidated
    assert events[1].side == -1
    _, events = gate.decode(frame(told("public_liquidates", [FORCED | {"contract": "ETH_USDT"}, FORCED])))
    assert len(events) == 1


def test_a_candle_says_when_it_is_over(gate: Gate) -> None:
    topic, [candle] = gate.decode(frame(FRAMES[1]))
    assert topic == "futures.candlesticks:1m:BTC_USDT"
    assert candle[2:8] == (MINUTE, 94.3, 96.9, 89.5, 95.4, 27525 * SIZE)
    assert not candle.closed
    _, [candle] = gate.decode(frame(told("candlesticks", [CANDLE | {"w": True}])))
    assert candle.closed


def test_requests_carry_the_time_and_answers_repeat_them(gate: Gate) -> None:
    streams = (*gate.streams(BTC, book=True), *gate.market_streams())
    asked = [json.loads(text) for text in gate.subscribe(streams)]
    assert {request["time"] for request in asked} == {MINUTE // 1000}
    assert asked[3]["payload"] == ["BTC_USDT", "100ms", "100"]
    for request, stream in zip(asked, streams, strict=True):
        answer = told(request["channel"].removeprefix("futures."), {"status": "success"}, "subscribe")
        assert gate.decode(frame(answer | {"payload": request["payload"]})) == ("", [Ack((stream.topic,))])
    refused = told("trades", None, "subscribe") | {"error": {"code": 2, "message": "unknown currency pair"}}
    assert gate.decode(frame(refused)) == ("", [Refusal("", "futures.trades: unknown currency pair")])
    assert {stream.topic for stream in streams} <= {gate.decode(frame(one))[0] for one in FRAMES}


@pytest.mark.parametrize(
    "bad",
    [
        told("trades", [TRADE | {"size": 0}]),
        told("trades", [TRADE, TRADE | {"contract": "ETH_USDT"}]),
        told("candlesticks", [CANDLE | {"h": "95"}]),
        told("tickers", [TICKER | {"mark_price": ""}]),
        told("autoorders", [{}]),
        {},
    ],
)
def test_what_cannot_be_is_refused(gate: Gate, bad: object) -> None:
    with pytest.raises(FrameError):
        gate.decode(frame(bad))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_bytes_bring_it_down(data: st.DataObject) -> None:
    exchange = Gate()
    exchange.know([BTC])
    survives(exchange, data.draw(gone_wrong(FRAMES)))


def test_rest(gate: Gate) -> None:
    seconds = MINUTE // 1000
    rest = Pages(
        {
            f"{FUTURES}Candlesticks": [
                {"t": seconds, "o": "1", "h": "2", "l": "1", "c": "2", "v": 50, "sum": "1"}
            ],
            f"{FUTURES}ContractStats": [{"time": seconds, "open_interest": 700, "lsr_account": 1.25}],
            f"{FUTURES}FundingRate": [{"t": seconds, "r": "0.0001"}],
            f"{FUTURES}Tickers": [{"contract": "BTC_USDT", "volume_24h_quote": "77"}],
            f"{FUTURES}RiskLimitTiers": [
                {"tier": 2, "risk_limit": "2000000", "maintenance_rate": "0.005", "leverage_max": "100"},
                {"tier": 1, "risk_limit": "1000000", "maintenance_rate": "0.004", "leverage_max": "125"},
            ],
            "publicSpotGetTime": {"server_time": MINUTE},
        }
    )
    read = asyncio.run(gate.read_candles(rest, BTC, "1m", MINUTE, MINUTE + MINUTE_MS))
    assert (read.time_ms.tolist(), read["volume"].tolist()) == ([MINUTE], [50 * SIZE])
    assert rest.asked[0][1]["from"] == seconds
    held = asyncio.run(gate.read_open_interest_history(rest, BTC, MINUTE, MINUTE + 1))
    assert held is not None
    assert held["open_interest"].tolist() == [700 * SIZE]
    paid = asyncio.run(gate.read_funding_history(rest, BTC, MINUTE, MINUTE + 1))
    assert paid is not None
    assert paid["funding_rate"].tolist() == [0.0001]
    assert asyncio.run(gate.read_long_short(rest, BTC)) == LongShort(SYMBOL, MINUTE, 1.25)
    assert asyncio.run(gate.read_quote_volume(rest, BTC)) == 77.0
    assert asyncio.run(gate.read_brackets(rest, BTC)) == [(0.0, 0.004, 125.0), (1_000_000.0, 0.005, 100.0)]
    assert asyncio.run(gate.read_time(rest)) == MINUTE
    with pytest.raises(RestError):
        asyncio.run(gate.read_long_short(Pages({f"{FUTURES}ContractStats": []}), BTC))
