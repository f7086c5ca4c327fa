"""dYdX: published frames and recorded answers, field by field, in coins and with our sides."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.events import (
    Ack,
    BookChange,
    Candle,
    Funding,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Refusal,
    Trade,
)
from heatdesk.feed.exchanges.base import FrameError, RestError
from heatdesk.feed.exchanges.dydx import Dydx
from heatdesk.live import Instrument
from heatdesk.market import MINUTE_MS
from tests.feed.exchanges.recorded import Pages
from tests.feed.exchanges.wire import gone_wrong, survives

SYMBOL = "BTC/USDC:USDC"
BTC = Instrument("dydx", SYMBOL, "BTC-USD", "BTC", "USDC", "linear")
MINUTE = 1_765_210_260_000  # 2025-12-08 16:11


def told(
    channel: str, contents: Any, name: str | None = "BTC-USD", kind: str = "channel_data"
) -> dict[str, Any]:
    frame = {"type": kind, "connection_id": "c", "message_id": 3, "channel": channel, "contents": contents}
    return frame | ({"version": "1.0.0"} if kind == "channel_data" else {}) | ({"id": name} if name else {})


def trade(number: str, side: str = "SELL", kind: str = "LIMIT", at: str = "30.590") -> dict[str, str]:
    return {
        "id": number,
        "side": side,
        "size": "0.0365",
        "price": "89970",
        "type": kind,
        "createdAt": f"2025-12-08T16:11:{at}Z",
        "createdAtHeight": "66624085",
    }


CANDLE = {
    "startedAt": "2025-12-08T16:11:00.000Z", "ticker": "BTC-USD", "resolution": "1MIN", "low": "89911",
    "high": "89970", "open": "89934", "close": "89941", "baseTokenVolume": "3.2767", "usdVolume": "294697.4391",
    "trades": 49, "startingOpenInterest": "381.7348",
}  # fmt: skip
FRAMES = [
    told(
        "v4_trades", {"trades": [trade("03f89a550000000200000002"), trade("03f89a560000000200000002", "BUY")]}
    ),
    told("v4_trades", {"trades": [trade("03f89a57000000020000000e", "SELL", "LIQUIDATED")]}),
    told("v4_candles", CANDLE, "BTC-USD/1MIN"),
    told("v4_candles", {"candles": [CANDLE]}, "BTC-USD/1MIN", "subscribed"),
    told("v4_orderbook", {"bids": [{"price": "1.5", "size": "2"}], "asks": []}, kind="subscribed"),
    told("v4_orderbook", {"bids": [["89940", "0.5"]], "asks": [["89950", "0"]]}),
    told(
        "v4_orderbook", [{"bids": [["89940", "0.5"]]}, {"asks": [["89950", "0"]]}], kind="channel_batch_data"
    ),
    told(
        "v4_markets", {"trading": {"BTC-USD": {"openInterest": "381.7", "nextFundingRate": "-0.00001"}}}, None
    ),
    told(
        "v4_markets", {"markets": {"BTC-USD": {"oraclePrice": "1", "openInterest": "0"}}}, None, "subscribed"
    ),
]


@pytest.fixture
def dydx() -> Dydx:
    exchange = Dydx()
    exchange.know([BTC])
    return exchange


def decode(dydx: Dydx, frame: object) -> tuple[str, list[Any]]:
    return dydx.decode(json.dumps(frame))


# file, field and what is written there → place among the events, field, what it means
PUBLISHED = [
    ("ws_trades_update", "side SELL", 0, "side", -1),
    ("ws_trades_update", "side BUY", 1, "side", 1),
    ("ws_trades_update", "size 1.2", 0, "quantity", 1.2),
    ("ws_trades_update", "price 43248.0", 0, "price", 43248.0),
    ("ws_trades_update", "createdAt 2024-01-01T00:00:01.000Z", 0, "time_ms", 1_704_067_201_000),
    ("ws_candles_update", "startedAt 2024-01-01T00:01:00.000Z", 0, "time_ms", 1_704_067_260_000),
    ("ws_candles_update", "baseTokenVolume 8.765", 0, "volume", 8.765),
    ("ws_candles_update", "high 43600.0", 0, "high", 43600.0),
    ("ws_candles_update", "low 43350.0", 0, "low", 43350.0),
    ("ws_candles_update", "resolution 1MIN", 0, "timeframe", "1m"),
    ("ws_markets_update", "oraclePrice 43300.00", 0, "mark_price", 43300.0),
    ("ws_markets_update", "effectiveAt 2024-01-01T00:01:00.000Z", 0, "time_ms", 1_704_067_260_000),
    ("ws_markets_subscribed", "openInterest 987654321.0", 2, "open_interest", 987654321.0),
    ("ws_markets_subscribed", "nextFundingRate 0.0001", 3, "funding_rate", 0.0001),
    ("ws_markets_status_update", "nextFundingRate 0.0001", 0, "funding_rate", 0.0001),
    (
        "ws_orderbook_subscribed",
        "bids[0] 43240.0 1.5",
        1,
        "bids",
        [(43240.0, 1.5), (43235.0, 2.3), (43230.0, 0.8)],
    ),
    ("ws_orderbook_update", "asks[0] 43250.0 0.0", 0, "asks", [(43250.0, 0.0), (43252.0, 3.0)]),
]


@pytest.mark.parametrize(("file", "written", "place", "field", "means"), PUBLISHED)
def test_published_frames_mean(
    shared: Path, dydx: Dydx, file: str, written: str, place: int, field: str, means: object
) -> None:
    raw = (shared / "data/frames/dydx" / f"{file}.json").read_text()
    assert written.rpartition(" ")[2] in raw
    _, events = dydx.decode(raw)
    assert getattr(events[place], field) == means


def test_a_liquidation_is_a_trade_as_well_and_closes_the_position(dydx: Dydx) -> None:
    topic, events = decode(dydx, FRAMES[1])
    assert topic == "v4_trades:BTC-USD"
    at = 1_765_210_290_590
    number = 0x03F89A57000000020000000E
    assert events == [
        Trade(SYMBOL, at, 89970.0, 0.0365, -1, number),
        Liquidation(SYMBOL, at, 1, 89970.0, 0.0365),  # sold: a long was liquidated
    ]
    _, bought = decode(dydx, told("v4_trades", {"trades": [trade("03", "BUY", "LIQUIDATED")]}))
    assert bought[1].side == -1


def test_what_was_traded_before_comes_in_order_and_is_no_sign_of_life(dydx: Dydx) -> None:
    before = [trade("03f89a56000000020000000e", at="31.000"), trade("03f89a550000000200000002")]
    topic, events = decode(dydx, told("v4_trades", {"trades": before}, kind="subscribed"))
    assert topic == ""
    assert events[0] == Ack(("v4_trades:BTC-USD",))
    assert [event.time_ms for event in events[1:]] == [1_765_210_290_590, 1_765_210_291_000]
    assert events[1].id < events[2].id
    topic, events = decode(
        dydx, told("v4_candles", {"candles": [CANDLE, CANDLE | {"startedAt": "2025-12-08T16:10:00.000Z"}]},
                   "BTC-USD/1MIN", "subscribed")
    )  # fmt: skip
    assert topic == ""
    assert [event.time_ms for event in events[1:]] == [MINUTE]
    assert not events[1].closed
    assert isnan(events[1].taker_buy_volume)


def test_a_book_begins_with_the_whole_and_has_no_numbers(dydx: Dydx) -> None:
    topic, events = decode(dydx, FRAMES[4])
    assert topic == "v4_orderbook:BTC-USD"
    assert events[1] == BookChange(SYMBOL, 0, True, [(1.5, 2.0)], [], -1, -1, -1)
    _, events = decode(dydx, FRAMES[6])
    assert [event.snapshot for event in events] == [False, False]
    assert (events[0].bids, events[1].asks) == ([(89940.0, 0.5)], [(89950.0, 0.0)])


def test_markets_are_told_as_far_as_they_changed(dydx: Dydx) -> None:
    _, events = decode(dydx, FRAMES[7])
    assert events == [OpenInterest(SYMBOL, 0, 381.7), Funding(SYMBOL, 0, -0.00001, 0)]
    _, events = decode(dydx, FRAMES[8])  # a market without open interest yet
    assert [type(event) for event in events] == [Ack, MarkPrice]


def test_other_instruments_and_answers_are_no_events(dydx: Dydx) -> None:
    assert decode(dydx, told("v4_trades", {"trades": []}, "ETH-USD")) == ("v4_trades:ETH-USD", [])
    assert decode(dydx, {"type": "connected", "connection_id": "c", "message_id": 0}) == ("", [])
    _, [refusal] = decode(dydx, {"type": "error", "message": "bad\nid <b>é"})
    assert refusal == Refusal("", "bad id ?b??")


@pytest.mark.parametrize(
    "frame",
    [
        told("v4_trades", {"trades": [trade("03") | {"size": "0"}]}),
        told("v4_trades", {"trades": [trade("03") | {"price": "NaN"}]}),
        told("v4_trades", {"trades": [trade("03", "NEITHER")]}),
        told("v4_candles", CANDLE | {"low": "89960"}, "BTC-USD/1MIN"),
        told("v4_candles", CANDLE | {"startedAt": "2025-12-08T16:11:03.000Z"}, "BTC-USD/1MIN"),
        told("v4_unknown", {}),
        {"type": "other"},
        [],
    ],
)
def test_what_cannot_be_is_refused(dydx: Dydx, frame: object) -> None:
    with pytest.raises(FrameError):
        decode(dydx, frame)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_no_bytes_bring_it_down(data: st.DataObject) -> None:
    exchange = Dydx()
    exchange.know([BTC])
    survives(exchange, data.draw(gone_wrong(FRAMES)))


def test_subscriptions_name_channel_and_market(dydx: Dydx) -> None:
    streams = (*dydx.streams(BTC, book=True), *dydx.market_streams())
    assert [json.loads(text) for text in dydx.subscribe(streams)] == [
        {"type": "subscribe", "channel": "v4_candles", "id": "BTC-USD/1MIN"},
        {"type": "subscribe", "channel": "v4_trades", "id": "BTC-USD"},
        {"type": "subscribe", "channel": "v4_orderbook", "id": "BTC-USD"},
        {"type": "subscribe", "channel": "v4_markets"},
    ]
    assert json.loads(dydx.unsubscribe(streams[-1:])[0]) == {"type": "unsubscribe", "channel": "v4_markets"}


def test_every_stream_that_is_asked_for_can_be_decoded(dydx: Dydx) -> None:
    topics = {decode(dydx, frame)[0] for frame in FRAMES}
    assert {stream.topic for stream in (*dydx.streams(BTC, book=True), *dydx.market_streams())} <= topics


# --- REST


def recorded(shared: Path, name: str) -> Any:
    return json.loads((shared / "data/frames/dydx" / f"http_get_{name}.json").read_text())["result"]


def test_candles_of_a_recorded_page(shared: Path, dydx: Dydx) -> None:
    page = recorded(shared, "candles")
    rest = Pages({"indexerGetCandlesPerpetualMarketsMarket": page})
    start = MINUTE - 2 * MINUTE_MS
    read = asyncio.run(dydx.read_candles(rest, BTC, "1m", start, MINUTE + MINUTE_MS))
    assert read.time_ms.tolist() == [start, MINUTE - MINUTE_MS, MINUTE]  # newest first on the wire
    assert read["open"].tolist() == [90002.0, 90043.0, 89934.0]
    assert read["volume"].tolist() == [1.2221, 3.9023, 3.2767]
    assert all(isnan(value) for value in read["taker_buy_volume"])
    assert rest.asked[0][1]["fromISO"] == "2025-12-08T16:09:00.000Z"
    still_open = asyncio.run(dydx.read_candles(rest, BTC, "1m", start, MINUTE + MINUTE_MS - 1))
    assert still_open.time_ms.tolist()[-1] == MINUTE - MINUTE_MS


def test_markets_tell_open_interest_volume_margins_and_funding(shared: Path, dydx: Dydx) -> None:
    rest = Pages(
        {
            "indexerGetPerpetualMarkets": recorded(shared, "perpetual_markets"),
            "indexerGetHistoricalFundingMarket": recorded(shared, "historical_funding"),
            "indexerGetTime": recorded(shared, "time"),
        }
    )
    assert asyncio.run(dydx.read_open_interest(rest, BTC)) == OpenInterest(SYMBOL, 0, 381.7348)
    assert asyncio.run(dydx.read_funding(rest, BTC)) == Funding(SYMBOL, 0, 0.00000254545454545455, 0)
    assert asyncio.run(dydx.read_quote_volume(rest, BTC)) == 247500844.6834
    assert asyncio.run(dydx.read_brackets(rest, BTC)) == [(0.0, 0.012, 50.0)]
    assert asyncio.run(dydx.read_time(rest)) == 1_765_210_316_125
    paid = asyncio.run(dydx.read_funding_history(rest, BTC, MINUTE - 7_200_000, MINUTE))
    assert paid is not None
    assert paid["funding_rate"].tolist() == [0.000000375, 0.000002375]
    unknown = Instrument("dydx", "X/USDC:USDC", "X-USD", "X", "USDC", "linear")
    with pytest.raises(RestError, match="market"):
        asyncio.run(dydx.read_open_interest(rest, unknown))


def test_instruments_out_of_the_markets(dydx: Dydx) -> None:
    def market(ticker: str, base: str) -> dict[str, Any]:
        return {
            "id": ticker, "symbol": f"{base}/USDC:USDC", "base": base, "quote": "USDC", "settle": "USDC", "swap": True,
            "linear": True, "inverse": False, "contractSize": 1.0, "active": ticker != "OLD-USD",
            "precision": {"amount": 0.0001, "price": 1.0}, "limits": {"leverage": {"max": None}},
            "info": {"initialMarginFraction": "0.02"},
        }  # fmt: skip

    names = {"BTC-USD": "BTC", "OLD-USD": "OLD", "CAT,RAYDIUM,7BG-USD": "CAT,RAYDIUM,7BG"}
    listed = {f"{base}/USDC:USDC": market(ticker, base) for ticker, base in names.items()}
    found = asyncio.run(dydx.read_instruments(Pages({}, listed)))
    assert [(i.symbol, i.wire, i.max_leverage, i.active) for i in found] == [
        (SYMBOL, "BTC-USD", 50.0, True),
        ("OLD/USDC:USDC", "OLD-USD", 50.0, False),
    ]
    assert (found[0].tick, found[0].lot, found[0].contract_size) == (1.0, 0.0001, 1.0)


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"markets": {}}, {"markets": {"BTC-USD": {"openInterest": "-1"}}}]
)
def test_answers_of_another_shape_are_refused(dydx: Dydx, answer: object) -> None:
    rest = Pages({"indexerGetPerpetualMarkets": answer, "indexerGetCandlesPerpetualMarketsMarket": answer})
    with pytest.raises(RestError):
        asyncio.run(dydx.read_open_interest(rest, BTC))
    with pytest.raises(RestError):
        asyncio.run(dydx.read_candles(rest, BTC, "1m", 0, MINUTE))


def test_recorded_candles_fit_their_usd_volume(shared: Path) -> None:
    """The unit is coins: USD volume ÷ base volume is a price within the candle."""
    for row in recorded(shared, "candles")["candles"]:
        price = float(row["usdVolume"]) / float(row["baseTokenVolume"])
        assert float(row["low"]) <= price <= float(row["high"])
        assert datetime.fromisoformat(row["startedAt"]).second == 0
    assert Candle._fields[7] == "volume"
