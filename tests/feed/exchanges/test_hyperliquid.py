"""Hyperliquid: published and recorded frames, field by field, and what its open interest counts."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.events import Ack, BookChange, Funding, MarkPrice, OpenInterest, Refusal
from heatdesk.feed.exchanges.base import FrameError, RestError
from heatdesk.feed.exchanges.hyperliquid import Hyperliquid
from heatdesk.live import Instrument
from heatdesk.market import MINUTE_MS
from tests.feed.exchanges.recorded import Pages
from tests.feed.exchanges.wire import gone_wrong, survives

SYMBOL = "BTC/USDC:USDC"
BTC = Instrument("hyperliquid", SYMBOL, "BTC", "BTC", "USDC", "linear")
MINUTE = 1_710_146_280_000


def trade(at: int, tid: int, side: str = "A", coin: str = "BTC") -> dict[str, Any]:
    return {
        "coin": coin, "side": side, "px": "68517.0", "sz": "0.005", "time": at, "hash": "0xc8", "tid": tid,
        "users": ["0x1", "0x2"],
    }  # fmt: skip


CANDLE = {
    "t": MINUTE, "T": MINUTE + 59_999, "s": "BTC", "i": "1m", "o": "71400.0", "c": "71411.0", "h": "71422.0",
    "l": "71389.0", "v": "1.20407", "n": 20,
}  # fmt: skip
CONTEXT = {
    "funding": "-0.0000015186", "openInterest": "27353.17682", "prevDayPx": "76317.0",
    "dayNtlVlm": "1516669192.1953897476", "premium": "-0.0005927453", "oraclePx": "77605.0", "markPx": "77562.0",
    "midPx": "77558.5", "impactPxs": ["77558.0", "77559.0"], "dayBaseVlm": "19707.77457",
}  # fmt: skip
BOOK = {
    "coin": "BTC",
    "time": 1_710_131_872_708,
    "levels": [[{"px": "68674.0", "sz": "0.97139", "n": 4}], [{"px": "68675.0", "sz": "0.04396", "n": 1}]],
}
FRAMES = [
    {"channel": "trades", "data": [trade(MINUTE, 981894269203506), trade(MINUTE, 3, "B")]},
    {"channel": "candle", "data": CANDLE},
    {"channel": "activeAssetCtx", "data": {"coin": "BTC", "ctx": CONTEXT}},
    {"channel": "l2Book", "data": BOOK},
    {
        "channel": "subscriptionResponse",
        "data": {"method": "subscribe", "subscription": {"type": "candle", "coin": "BTC", "interval": "1m"}},
    },
]


@pytest.fixture
def hyperliquid() -> Hyperliquid:
    exchange = Hyperliquid()
    exchange.know([BTC])
    return exchange


def decode(hyperliquid: Hyperliquid, frame: object) -> tuple[str, list[Any]]:
    return hyperliquid.decode(json.dumps(frame))


def test_a_trade_is_in_coins_and_its_side_is_the_takers(hyperliquid: Hyperliquid, shared: Path) -> None:
    recorded = json.loads((shared / "data/frames/hyperliquid/http_recent_trades_btc.json").read_text())
    topic, events = decode(hyperliquid, {"channel": "trades", "data": recorded})
    assert topic == "trades:BTC"
    # the newest stands first in the recorded answer
    assert [(t["side"], t["px"], t["sz"]) for t in recorded] == [
        ("A", "104320.0", "0.01500"), ("B", "104310.5", "0.02000"), ("A", "104300.0", "0.00500"),
    ]  # fmt: skip
    assert [(e.time_ms, e.side, e.price, e.quantity) for e in events] == [
        (1_769_916_000_000, -1, 104300.0, 0.005),
        (1_769_916_001_000, 1, 104310.5, 0.02),
        (1_769_916_002_000, -1, 104320.0, 0.015),
    ]


def test_ids_ascend_with_time_though_hashes_do_not(hyperliquid: Hyperliquid) -> None:
    frame = {"channel": "trades", "data": [trade(MINUTE, 9), trade(MINUTE, 7), trade(MINUTE + 1, 1)]}
    _, events = decode(hyperliquid, frame)
    assert len({event.id for event in events}) == 3
    assert max(events[0].id, events[1].id) < events[2].id


def test_a_candle_does_not_say_that_it_is_closed(hyperliquid: Hyperliquid) -> None:
    topic, [candle] = decode(hyperliquid, FRAMES[1])
    assert topic == "candle:BTC:1m"
    assert candle[:8] == (SYMBOL, "1m", MINUTE, 71400.0, 71422.0, 71389.0, 71411.0, 1.20407)
    assert isnan(candle.taker_buy_volume)
    assert not candle.closed


def test_a_recorded_context(hyperliquid: Hyperliquid, shared: Path) -> None:
    recorded = json.loads((shared / "data/frames/hyperliquid/ws_all_dexs_asset_ctxs.json").read_text())
    first = recorded["data"]["ctxs"][0][1][0]
    assert first == CONTEXT  # BTC is the first coin of the first exchange
    topic, events = decode(hyperliquid, {"channel": "activeAssetCtx", "data": {"coin": "BTC", "ctx": first}})
    assert topic == "activeAssetCtx:BTC"
    assert events == [
        MarkPrice(SYMBOL, 0, 77562.0, 77605.0),
        Funding(SYMBOL, 0, -0.0000015186, 0),
        OpenInterest(SYMBOL, 0, 27353.17682 / 2),
    ]
    assert float(first["dayNtlVlm"]) / float(first["dayBaseVlm"]) == pytest.approx(77562, rel=0.02)


@pytest.mark.parametrize("coin", ["BTC", "ETH", "SOL"])
def test_open_interest_counts_both_sides(shared: Path, coin: str) -> None:
    """A coin traded opens at most one contract, yet open interest moves by more than was traded in 70 minutes."""
    with gzip.open(shared / f"data/hyperliquid/{coin}_1m_oi.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    held = np.array([float(row["open_interest"] or nan) for row in rows])
    traded = np.concatenate([[0.0], np.cumsum([float(row["volume"]) for row in rows])])
    starts = np.arange(6, len(rows) - 67)
    moved = np.abs(held[starts + 60] - held[starts])
    ratio = moved / (traded[starts + 66] - traded[starts - 5])  # five minutes more on either side
    most = float(np.nanmax(ratio))
    assert 1.04 < most < Hyperliquid.row.open_interest_sides


def test_a_book_is_always_whole(hyperliquid: Hyperliquid, shared: Path) -> None:
    recorded = json.loads((shared / "data/frames/hyperliquid/ws_book_data.json").read_text())
    topic, [book] = decode(hyperliquid, {"channel": "l2Book", "data": recorded})
    assert topic == "l2Book:BTC"
    assert isinstance(book, BookChange)
    assert book.snapshot
    assert (book.bids[0], book.asks[-1]) == ((98450.5, 2.5), (98454.0, 2.8))


def test_answers_and_other_coins_are_no_events(hyperliquid: Hyperliquid) -> None:
    assert decode(hyperliquid, FRAMES[4]) == ("", [Ack(("candle:BTC:1m",))])
    ended = {"method": "unsubscribe", "subscription": {"type": "trades", "coin": "BTC"}}
    assert decode(hyperliquid, {"channel": "subscriptionResponse", "data": ended}) == ("", [])
    assert decode(hyperliquid, {"channel": "pong"}) == ("", [])
    assert decode(hyperliquid, {"channel": "trades", "data": [trade(MINUTE, 1, coin="ETH")]}) == (
        "trades:ETH",
        [],
    )
    _, [refusal] = decode(hyperliquid, {"channel": "error", "data": "Invalid subscription"})
    assert refusal == Refusal("", "Invalid subscription")
    assert decode(hyperliquid, {"channel": "error", "data": "Already subscribed: {}"}) == ("", [])


@pytest.mark.parametrize(
    "frame",
    [
        {"channel": "trades", "data": [trade(MINUTE, 1) | {"sz": "0"}]},
        {"channel": "trades", "data": [trade(MINUTE, 1), trade(MINUTE, 1, coin="ETH")]},
        {"channel": "trades", "data": [trade(MINUTE, 1, "C")]},
        {"channel": "trades", "data": [trade(MINUTE // 1000, 1)]},
        {"channel": "candle", "data": CANDLE | {"h": "71400.5"}},
        {"channel": "activeAssetCtx", "data": {"coin": "BTC", "ctx": CONTEXT | {"markPx": "-1"}}},
        {"channel": "l2Book", "data": BOOK | {"levels": [[]]}},
        {"channel": "user", "data": {}},
        "text",
    ],
)
def test_what_cannot_be_is_refused(hyperliquid: Hyperliquid, frame: object) -> None:
    with pytest.raises(FrameError):
        decode(hyperliquid, frame)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_no_bytes_bring_it_down(data: st.DataObject) -> None:
    exchange = Hyperliquid()
    exchange.know([BTC])
    survives(exchange, data.draw(gone_wrong(FRAMES)))


def test_every_stream_that_is_asked_for_can_be_decoded(hyperliquid: Hyperliquid) -> None:
    streams = hyperliquid.streams(BTC, book=True)
    assert {stream.topic for stream in streams} <= {decode(hyperliquid, frame)[0] for frame in FRAMES}
    asked = [json.loads(text) for text in hyperliquid.subscribe(streams)]
    assert asked[0] == {
        "method": "subscribe",
        "subscription": {"type": "candle", "coin": "BTC", "interval": "1m"},
    }
    for text, stream in zip(asked, streams, strict=True):  # the exchange repeats the question
        answer = {"channel": "subscriptionResponse", "data": text}
        assert decode(hyperliquid, answer) == ("", [Ack((stream.topic,))])
    assert json.loads(hyperliquid.unsubscribe(streams[-1:])[0])["method"] == "unsubscribe"


# --- REST


def posted(**answers: Any) -> Pages:
    """Answers by the type of the question."""

    def answer(params: dict[str, Any]) -> Any:
        if params["type"] not in answers:
            raise RestError("nothing answers", 422)
        return answers[params["type"]]

    return Pages({"publicPostInfo": answer})


def test_candles_ask_for_the_coin_by_name(hyperliquid: Hyperliquid) -> None:
    rest = posted(candleSnapshot=[CANDLE, CANDLE | {"t": MINUTE + MINUTE_MS}])
    read = asyncio.run(hyperliquid.read_candles(rest, BTC, "1m", MINUTE, MINUTE + 90_000))
    assert read.time_ms.tolist() == [MINUTE]  # the second is still open then
    assert read["volume"].tolist() == [1.20407]
    assert rest.asked[0][1]["req"] == {
        "coin": "BTC", "interval": "1m", "startTime": MINUTE, "endTime": MINUTE + 90_000 - 1,
    }  # fmt: skip


def test_contexts_stand_in_the_order_of_the_coins(hyperliquid: Hyperliquid, shared: Path) -> None:
    universe = json.loads((shared / "data/frames/hyperliquid/http_meta_perp_sample.json").read_text())
    other = CONTEXT | {"openInterest": "7"}
    universe["universe"].reverse()
    rest = posted(
        metaAndAssetCtxs=[universe, [other, other, CONTEXT]], exchangeStatus={"time": "1764617438643"}
    )
    held = asyncio.run(hyperliquid.read_open_interest(rest, BTC))
    assert held == OpenInterest(SYMBOL, 0, 27353.17682 / 2)
    assert asyncio.run(hyperliquid.read_funding(rest, BTC)) == Funding(SYMBOL, 0, -0.0000015186, 0)
    assert asyncio.run(hyperliquid.read_quote_volume(rest, BTC)) == 1516669192.1953897476
    assert asyncio.run(hyperliquid.read_time(rest)) == 1_764_617_438_643


def test_recorded_funding(hyperliquid: Hyperliquid, shared: Path) -> None:
    page = json.loads((shared / "data/frames/hyperliquid/http_funding_history.json").read_text())
    read = asyncio.run(
        hyperliquid.read_funding_history(
            posted(fundingHistory=page), BTC, 1_769_908_800_000, 1_769_916_000_000
        )
    )
    assert read is not None
    assert read["funding_rate"].tolist() == [0.0000125, -0.0000081]


def test_margin_tables_become_brackets(hyperliquid: Hyperliquid) -> None:
    tiers = [{"lowerBound": "0.0", "maxLeverage": 40}, {"lowerBound": "150000000.0", "maxLeverage": 20}]
    meta = {
        "universe": [
            {"name": "BTC", "maxLeverage": 40, "szDecimals": 5, "marginTableId": 56},
            {"name": "ATOM", "maxLeverage": 5, "szDecimals": 2, "marginTableId": 5},
        ],
        "marginTables": [[56, {"description": "tiered 40x", "marginTiers": tiers}]],
    }
    assert asyncio.run(hyperliquid.read_brackets(posted(meta=meta), BTC)) == [
        (0.0, 1 / 80, 40.0),
        (150_000_000.0, 1 / 40, 20.0),
    ]
    atom = Instrument("hyperliquid", "ATOM/USDC:USDC", "ATOM", "ATOM", "USDC", "linear")
    assert asyncio.run(hyperliquid.read_brackets(posted(meta=meta), atom)) == [(0.0, 0.1, 5.0)]
    with pytest.raises(RestError):
        asyncio.run(hyperliquid.read_brackets(posted(meta={"universe": []}), BTC))


def test_the_wire_goes_by_the_coins_name(hyperliquid: Hyperliquid) -> None:
    market = {
        "id": "0", "symbol": SYMBOL, "base": "BTC", "quote": "USDC", "settle": "USDC", "swap": True, "linear": True,
        "contractSize": 1.0, "precision": {"amount": 1e-05, "price": 1.0}, "limits": {"leverage": {"max": 40}},
        "info": {"name": "BTC"},
    }  # fmt: skip
    [found] = asyncio.run(hyperliquid.read_instruments(Pages({}, {SYMBOL: market})))
    assert (found.wire, found.lot, found.max_leverage) == ("BTC", 1e-05, 40.0)


@pytest.mark.parametrize(
    "answer", [None, {}, [], [{"universe": []}, []], [{"universe": [{"name": "BTC"}]}, [{}]]]
)
def test_answers_of_another_shape_are_refused(hyperliquid: Hyperliquid, answer: object) -> None:
    with pytest.raises(RestError):
        asyncio.run(hyperliquid.read_open_interest(posted(metaAndAssetCtxs=answer), BTC))
