"""Deribit: recorded frames of an inverse perpetual, whose USD become coins; who was liquidated; linear ones."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.events import Ack, BookChange, Funding, Liquidation, MarkPrice, OpenInterest, Refusal, Trade
from heatdesk.feed.exchanges.base import FrameError, RestError
from heatdesk.feed.exchanges.deribit import Deribit
from heatdesk.live import Instrument
from heatdesk.market import MINUTE_MS
from tests.feed.exchanges.recorded import Pages, bitcoin, frame, wrapped
from tests.feed.exchanges.wire import gone_wrong, survives

BTC = bitcoin("deribit", "BTC-PERPETUAL", "inverse")
SYMBOL = BTC.symbol
LINEAR = Instrument("deribit", "BTC/USDC:USDC", "BTC_USDC-PERPETUAL", "BTC", "USDC", "linear")
MINUTE = 1_709_416_020_000
TRADE = {
    "trade_id": "185065006", "contracts": 4931.0, "instrument_name": "BTC-PERPETUAL", "trade_seq": 109829418,
    "amount": 49310.0, "direction": "sell", "price": 61961.5, "timestamp": 1709416038142,
}  # fmt: skip
CANDLE = {
    "volume": 1.5, "tick": MINUTE, "open": 61960.0, "low": 61950.0, "high": 61970.0, "cost": 92940.0, "close": 61961.0,
}  # fmt: skip
TICKER = {
    "timestamp": MINUTE, "mark_price": 61958.15, "index_price": 61923.3, "open_interest": 7343730290,
    "funding_8h": 0.0001038, "current_funding": 6.279e-05,
}  # fmt: skip
BOOK = {
    "type": "change", "prev_change_id": 11, "change_id": 12, "timestamp": MINUTE, "instrument_name": "BTC-PERPETUAL",
    "bids": [["new", 61950.0, 61950.0]], "asks": [["delete", 61960.0, 0.0]],
}  # fmt: skip


def told(channel: str, data: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}


FRAMES = [
    told("trades.BTC-PERPETUAL.100ms", [TRADE, TRADE | {"liquidation": "MT"}]),
    told("chart.trades.BTC-PERPETUAL.1", CANDLE),
    told("ticker.BTC-PERPETUAL.100ms", TICKER),
    told("book.BTC-PERPETUAL.100ms", BOOK),
    {"jsonrpc": "2.0", "id": 3, "result": ["trades.BTC-PERPETUAL.100ms"], "usIn": 1, "usOut": 2},
]


@pytest.fixture
def deribit() -> Deribit:
    exchange = Deribit()
    exchange.know([BTC, LINEAR])
    return exchange


def recorded(shared: Path, name: str) -> list[Any]:
    return wrapped(shared / "data/frames/deribit" / f"deribit_perp_btcusd_{name}.json.gz")


def test_recorded_trades_are_usd_on_the_wire(deribit: Deribit, shared: Path) -> None:
    messages = recorded(shared, "trades")
    first = messages[1]["params"]["data"][0]
    assert (first["amount"], first["price"], first["direction"], first["trade_seq"]) == (
        49310.0, 61961.5, "sell", 109829418,
    )  # fmt: skip
    topic, [trade] = deribit.decode(frame(messages[1]))
    assert topic == "trades.BTC-PERPETUAL.100ms"
    assert trade == Trade(SYMBOL, 1_709_416_038_142, 61961.5, 49310.0 / 61961.5, -1, 109829418)
    heard = [
        event for message in messages if "method" in message for event in deribit.decode(frame(message))[1]
    ]
    numbers = [event.id for event in heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # none is missing
    assert deribit.decode(frame(messages[2])) == ("", [Refusal("", "-32601: Method not found")])


def test_a_recorded_ticker(deribit: Deribit, shared: Path) -> None:
    message = recorded(shared, "oifunding")[1]
    data = message["params"]["data"]
    assert (data["open_interest"], data["mark_price"], data["funding_8h"]) == (
        7343730290,
        61958.15,
        0.0001038,
    )
    _, events = deribit.decode(frame(message))
    at = 1_709_416_037_629
    assert events == [
        MarkPrice(SYMBOL, at, 61958.15, 61923.3),
        OpenInterest(SYMBOL, at, 7343730290 / 61958.15),
        Funding(SYMBOL, at, 0.0001038, 0),
    ]
    assert data["stats"]["volume_usd"] / data["stats"]["volume"] == pytest.approx(61958, rel=0.02)


def test_a_recorded_book_follows_its_numbers(deribit: Deribit, shared: Path) -> None:
    _, whole, change, *_ = recorded(shared, "depth")
    _, [first] = deribit.decode(frame(whole))
    _, [then] = deribit.decode(frame(change))
    assert (first.snapshot, then.snapshot) == (True, False)
    assert then.previous_id == first.last_id
    assert whole["params"]["data"]["asks"][0] == ["new", 66579.5, 10000.0]
    assert first.asks[0] == (66579.5, 10000.0 / 66579.5)
    assert (66579.5, 0.0) in then.asks


@pytest.mark.parametrize(
    ("direction", "whose", "sides"),
    [("sell", "T", [1]), ("buy", "T", [-1]), ("sell", "M", [-1]), ("buy", "M", [1]), ("sell", "MT", [1, -1])],
)
def test_who_was_liquidated(deribit: Deribit, direction: str, whose: str, sides: list[int]) -> None:
    trade = TRADE | {"direction": direction, "liquidation": whose}
    _, [first, *forced] = deribit.decode(frame(told("trades.BTC-PERPETUAL.100ms", [trade])))
    assert isinstance(first, Trade)
    assert forced == [Liquidation(SYMBOL, first.time_ms, side, first.price, first.quantity) for side in sides]


def test_linear_amounts_are_coins(deribit: Deribit) -> None:
    trade = TRADE | {"instrument_name": "BTC_USDC-PERPETUAL", "amount": 0.25}
    _, [event] = deribit.decode(frame(told("trades.BTC_USDC-PERPETUAL.100ms", [trade])))
    assert (event.symbol, event.quantity) == ("BTC/USDC:USDC", 0.25)


def test_candles_answers_and_names(deribit: Deribit) -> None:
    topic, [candle] = deribit.decode(frame(FRAMES[1]))
    assert topic == "chart.trades.BTC-PERPETUAL.1"
    assert candle[2:8] == (MINUTE, 61960.0, 61970.0, 61950.0, 61961.0, 1.5)
    assert deribit.decode(frame(FRAMES[4])) == ("", [Ack(("trades.BTC-PERPETUAL.100ms",))])
    streams = deribit.streams(BTC, book=True)
    asked = [json.loads(text) for text in (*deribit.subscribe(streams), *deribit.unsubscribe(streams))]
    assert [request["id"] for request in asked] == [1, 2]
    assert asked[0]["params"]["channels"] == [stream.topic for stream in streams]
    assert {stream.topic for stream in streams} <= {deribit.decode(frame(one))[0] for one in FRAMES}


@pytest.mark.parametrize(
    "bad",
    [
        told("trades.BTC-PERPETUAL.100ms", [TRADE | {"amount": 0}]),
        told("trades.BTC-PERPETUAL.100ms", [TRADE | {"liquidation": "X"}]),
        told("book.BTC-PERPETUAL.100ms", BOOK | {"type": "other"}),
        told("book.BTC-PERPETUAL.100ms", BOOK | {"bids": [["gone", 1.0, 1.0]]}),
        told("quote.BTC-PERPETUAL", {}),
        told("trades", []),
        {"jsonrpc": "2.0", "method": "heartbeat", "params": {}},
        {},
    ],
)
def test_what_cannot_be_is_refused(deribit: Deribit, bad: object) -> None:
    with pytest.raises(FrameError):
        deribit.decode(frame(bad))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_bytes_bring_it_down(data: st.DataObject) -> None:
    exchange = Deribit()
    exchange.know([BTC])
    survives(exchange, data.draw(gone_wrong(FRAMES)))


def test_rest(deribit: Deribit) -> None:
    columns = {
        "ticks": [MINUTE, MINUTE + MINUTE_MS], "open": [1.0, 2.0], "high": [2.0, 2.5], "low": [1.0, 2.0],
        "close": [2.0, 2.5], "volume": [3.0, 4.0], "cost": [1.0, 1.0], "status": "ok",
    }  # fmt: skip
    rest = Pages(
        {
            "publicGetGetTradingviewChartData": {"result": columns},
            "publicGetTicker": {"result": TICKER | {"stats": {"volume_usd": 9.0}}},
            "publicGetGetFundingRateHistory": {"result": [{"timestamp": MINUTE, "interest_1h": 1e-06}]},
            "publicGetGetTime": {"result": MINUTE},
        }
    )
    read = asyncio.run(deribit.read_candles(rest, BTC, "1m", MINUTE, MINUTE + 90_000))
    assert (read.time_ms.tolist(), read["volume"].tolist()) == ([MINUTE], [3.0])
    assert not len(asyncio.run(deribit.read_candles(rest, BTC, "4h", 0, MINUTE)))
    held = asyncio.run(deribit.read_open_interest(rest, BTC))
    assert held == OpenInterest(SYMBOL, MINUTE, 7343730290 / 61958.15)
    assert asyncio.run(deribit.read_funding(rest, BTC)) == Funding(SYMBOL, MINUTE, 0.0001038, 0)
    paid = asyncio.run(deribit.read_funding_history(rest, BTC, MINUTE, MINUTE + 1))
    assert paid is not None
    assert paid["funding_rate"].tolist() == [1e-06]
    assert asyncio.run(deribit.read_quote_volume(rest, BTC)) == 9.0
    assert asyncio.run(deribit.read_time(rest)) == MINUTE
    for answer in (None, {"result": None}, {"result": {"ticks": [1]}}):
        with pytest.raises(RestError):
            asyncio.run(
                deribit.read_candles(
                    Pages({"publicGetGetTradingviewChartData": answer}), BTC, "1m", 0, MINUTE
                )
            )


def test_instruments_count_amounts_not_contracts(deribit: Deribit) -> None:
    inverse = {
        "id": "BTC-PERPETUAL", "symbol": SYMBOL, "base": "BTC", "quote": "USD", "settle": "BTC", "swap": True,
        "linear": False, "inverse": True, "contractSize": 10.0, "precision": {"amount": 10.0, "price": 0.5},
    }  # fmt: skip
    linear = inverse | {
        "id": "BTC_USDC-PERPETUAL", "symbol": "BTC/USDC:USDC", "quote": "USDC", "settle": "USDC", "linear": True,
        "inverse": False, "contractSize": 0.0001, "precision": {"amount": 0.0001, "price": 0.5},
    }  # fmt: skip
    markets = {market["symbol"]: market for market in (inverse, linear)}
    found = asyncio.run(deribit.read_instruments(Pages({}, markets)))
    assert [(i.symbol, i.kind, i.contract_size, i.lot) for i in found] == [
        (SYMBOL, "inverse", 1.0, 10.0),
        ("BTC/USDC:USDC", "linear", 1.0, 0.0001),
    ]


def test_a_whole_book_has_no_number_before_it(deribit: Deribit) -> None:
    whole = {key: value for key, value in BOOK.items() if key != "prev_change_id"} | {"type": "snapshot"}
    _, [book] = deribit.decode(frame(told("book.BTC-PERPETUAL.100ms", whole)))
    assert book == BookChange(SYMBOL, MINUTE, True, [(61950.0, 1.0)], [(61960.0, 0.0)], -1, 12, -1)
