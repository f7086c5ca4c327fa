"""Bitget: recorded frames of its second interface, published ones of its third, field by field."""

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
from heatdesk.feed.exchanges.base import FrameError, RestError
from heatdesk.feed.exchanges.bitget import Bitget
from heatdesk.market import MINUTE_MS
from tests.feed.exchanges.recorded import Pages, bitcoin, frame, wrapped
from tests.feed.exchanges.wire import gone_wrong, survives

BTC = bitcoin("bitget", "BTCUSDT")
SYMBOL = BTC.symbol
MINUTE = 1_709_416_020_000


def second(channel: str, data: list[Any], action: str = "update") -> dict[str, Any]:
    argument = {"instType": "USDT-FUTURES", "channel": channel, "instId": "BTCUSDT"}
    return {"action": action, "arg": argument, "data": data, "ts": MINUTE}


def third(topic: str, data: list[Any], action: str = "update", symbol: str = "BTCUSDT") -> dict[str, Any]:
    argument = {"instType": "usdt-futures", "topic": topic} | ({"symbol": symbol} if symbol else {})
    return {"action": action, "arg": argument, "data": data, "ts": MINUTE}


ROW = [str(MINUTE), "61886", "61890", "61880.5", "61888", "12.5", "773600", "773600"]
TRADE = {
    "ts": "1709416040003",
    "price": "61887.5",
    "size": "0.001",
    "side": "buy",
    "tradeId": "1147939562249760769",
}
FORCED = {"symbol": "BTCUSDT", "side": "buy", "price": "62000", "amount": "3100", "ts": "1709416040003"}
LEVELS = {
    "b": [["61887", "1.5"]],
    "a": [["61888", "0"]],
    "seq": "12",
    "pseq": "11",
    "ts": str(MINUTE),
    "checksum": 0,
}
TICKER = {
    "lastPrice": "61886", "markPrice": "61881.7", "indexPrice": "61840.1", "fundingRate": "0.000584",
    "openInterest": "51269.638", "nextFundingTime": "1709424000000",
}  # fmt: skip
FRAMES = [
    second("trade", [TRADE]),
    second("candle1m", [ROW]),
    third("ticker", [TICKER], "snapshot"),
    third("books", [LEVELS]),
    third("books", [LEVELS | {"pseq": 0}], "snapshot"),
    third("liquidation", [FORCED], symbol=""),
    {"event": "subscribe", "arg": {"instType": "usdt-futures", "topic": "liquidation"}},
]


@pytest.fixture
def bitget() -> Bitget:
    exchange = Bitget()
    exchange.know([BTC])
    return exchange


def test_recorded_trades_are_in_coins_and_ascend(bitget: Bitget, shared: Path) -> None:
    before, *updates = [
        message
        for message in wrapped(shared / "data/frames/bitget/bitget_perp_btcusdt_trades.json.gz")
        if "data" in message
    ]
    assert before["data"][0] == {
        "ts": "1709416036838", "price": "61886.0", "size": "0.354", "side": "sell", "tradeId": "1147939548974788615",
    }  # fmt: skip
    topic, events = bitget.decode(frame(before))
    assert topic == ""  # what was before is no sign of life
    assert events[-1] == Trade(SYMBOL, 1_709_416_036_838, 61886.0, 0.354, -1, 1147939548974788615)
    ids = [event.id for event in events]
    for message in updates:
        topic, events = bitget.decode(frame(message))
        assert topic == "USDT-FUTURES/trade/BTCUSDT"
        ids += [event.id for event in events]
    assert ids == sorted(set(ids))


def test_a_recorded_ticker(bitget: Bitget, shared: Path) -> None:
    told = next(
        message
        for message in wrapped(shared / "data/frames/bitget/bitget_perp_btcusdt_oifunding.json.gz")
        if "data" in message
    )
    [fields] = told["data"]
    assert (fields["markPrice"], fields["holdingAmount"], fields["fundingRate"]) == (
        "61881.7",
        "51269.638",
        "0.000584",
    )
    _, events = bitget.decode(frame(told))
    at = 1_709_416_039_210
    assert events == [
        MarkPrice(SYMBOL, at, 61881.7, 61840.1),
        OpenInterest(SYMBOL, at, 51269.638),
        Funding(SYMBOL, at, 0.000584, 1_709_424_000_000),
    ]
    volume = float(fields["quoteVolume"]) / float(fields["baseVolume"])
    assert volume == pytest.approx(61886, rel=0.02)  # quantities are coins
    _, again = bitget.decode(frame(FRAMES[2]))  # the same of the third interface
    assert [event[2:] for event in again] == [event[2:] for event in events]


def test_a_liquidation_names_the_position_and_its_worth(bitget: Bitget) -> None:
    topic, events = bitget.decode(frame(FRAMES[5]))
    assert topic == "usdt-futures/liquidation"
    assert events == [Liquidation(SYMBOL, 1_709_416_040_003, 1, 62000.0, 0.05)]
    other = third("liquidation", [FORCED | {"symbol": "ETHUSDT"}, FORCED | {"side": "sell"}], symbol="")
    _, events = bitget.decode(frame(other))
    assert [event.side for event in events] == [-1]


def test_candles_and_books(bitget: Bitget) -> None:
    topic, [candle] = bitget.decode(frame(FRAMES[1]))
    assert topic == "USDT-FUTURES/candle1m/BTCUSDT"
    assert candle[2:8] == (MINUTE, 61886.0, 61890.0, 61880.5, 61888.0, 12.5)
    assert not candle.closed
    old = [str(MINUTE - MINUTE_MS), *ROW[1:]]
    topic, [candle] = bitget.decode(frame(second("candle1m", [old, ROW], "snapshot")))
    assert (topic, candle.time_ms) == ("", MINUTE)
    topic, [book] = bitget.decode(frame(FRAMES[3]))
    assert topic == "usdt-futures/books/BTCUSDT"
    assert book == BookChange(SYMBOL, MINUTE, False, [(61887.0, 1.5)], [(61888.0, 0.0)], -1, 12, 11)
    _, [book] = bitget.decode(frame(FRAMES[4]))
    assert (book.snapshot, book.previous_id) == (True, -1)


def test_answers(bitget: Bitget) -> None:
    assert bitget.decode(b"pong") == ("", [])
    assert bitget.decode(frame(FRAMES[6])) == ("", [Ack(("usdt-futures/liquidation",))])
    refused = {"event": "error", "arg": None, "code": 30001, "msg": "no such channel"}
    assert bitget.decode(frame(refused)) == ("", [Refusal("", "30001: no such channel")])


def test_what_is_asked_for_is_answered_by_the_same_name(bitget: Bitget) -> None:
    streams = (*bitget.streams(BTC, book=True), *bitget.market_streams())
    for route in ("second", "third"):
        mine = [stream for stream in streams if stream.route == route]
        [asked] = [json.loads(text) for text in bitget.subscribe(mine)]
        for argument, stream in zip(asked["args"], mine, strict=True):
            _, [ack] = bitget.decode(frame({"event": "subscribe", "arg": argument}))
            assert ack == Ack((stream.topic,))
    topics = {bitget.decode(frame(one))[0] for one in FRAMES}
    assert {stream.topic for stream in streams} <= topics


@pytest.mark.parametrize(
    "bad",
    [
        second("trade", [TRADE | {"size": "0"}]),
        second("candle1m", [ROW[:5]]),
        third("ticker", [TICKER | {"markPrice": "NaN"}]),
        third("books", [LEVELS | {"seq": "-1"}]),
        third("funding", [{}]),
        [1],
    ],
)
def test_what_cannot_be_is_refused(bitget: Bitget, bad: object) -> None:
    with pytest.raises(FrameError):
        bitget.decode(frame(bad))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_bytes_bring_it_down(data: st.DataObject) -> None:
    exchange = Bitget()
    exchange.know([BTC])
    survives(exchange, data.draw(gone_wrong(FRAMES)))


def test_rest(bitget: Bitget) -> None:
    mix = "publicMixGetV2MixMarket"
    stamp = str(MINUTE)
    rest = Pages(
        {
            f"{mix}Candles": {"data": []},
            f"{mix}HistoryCandles": {"data": [ROW]},
            f"{mix}OpenInterest": {
                "data": {"openInterestList": [{"symbol": "BTCUSDT", "size": "5"}], "ts": stamp}
            },
            f"{mix}CurrentFundRate": {"data": [{"fundingRate": "0.0001", "nextUpdate": stamp}]},
            f"{mix}HistoryFundRate": {"data": [{"fundingRate": "0.0002", "fundingTime": stamp}]},
            f"{mix}AccountLongShort": {"data": [{"longShortAccountRatio": "1.5", "ts": stamp}]},
            f"{mix}Ticker": {"data": [{"quoteVolume": "7"}]},
            f"{mix}QueryPositionLever": {
                "data": [
                    {"startUnit": "150000", "leverage": "100", "keepMarginRate": "0.005"},
                    {"startUnit": "0", "leverage": "125", "keepMarginRate": "0.004"},
                ]
            },
            "publicCommonGetV2PublicTime": {"data": {"serverTime": stamp}},
        }
    )
    read = asyncio.run(bitget.read_candles(rest, BTC, "1m", MINUTE, MINUTE + MINUTE_MS))
    assert read["volume"].tolist() == [12.5]
    assert [method for method, _ in rest.asked] == [f"{mix}Candles", f"{mix}HistoryCandles"]
    assert asyncio.run(bitget.read_open_interest(rest, BTC)) == OpenInterest(SYMBOL, MINUTE, 5.0)
    assert asyncio.run(bitget.read_funding(rest, BTC)) == Funding(SYMBOL, 0, 0.0001, MINUTE)
    paid = asyncio.run(bitget.read_funding_history(rest, BTC, MINUTE, MINUTE + 1))
    assert paid is not None
    assert paid["funding_rate"].tolist() == [0.0002]
    assert asyncio.run(bitget.read_long_short(rest, BTC)) == LongShort(SYMBOL, MINUTE, 1.5)
    assert asyncio.run(bitget.read_quote_volume(rest, BTC)) == 7.0
    assert asyncio.run(bitget.read_brackets(rest, BTC)) == [(0.0, 0.004, 125.0), (150_000.0, 0.005, 100.0)]
    assert asyncio.run(bitget.read_time(rest)) == MINUTE
    with pytest.raises(RestError):
        asyncio.run(bitget.read_open_interest(Pages({f"{mix}OpenInterest": {"data": None}}), BTC))
