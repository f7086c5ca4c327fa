"""Kraken Futures: frames as its pages publish them; nothing of it is recorded."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.events import Ack, BookChange, Funding, Liquidation, MarkPrice, OpenInterest, Refusal, Trade
from heatdesk.feed.exchanges.base import FrameError, RestError
from heatdesk.feed.exchanges.kraken import Kraken
from heatdesk.live import Instrument
from heatdesk.market import MINUTE_MS
from tests.feed.exchanges.recorded import Pages, frame
from tests.feed.exchanges.wire import gone_wrong, survives

LINEAR = Instrument("kraken", "BTC/USD:USD", "PF_XBTUSD", "BTC", "USD", "linear")
INVERSE = Instrument("kraken", "BTC/USD:BTC", "PI_XBTUSD", "BTC", "USD", "inverse")
AT = 1_612_266_317_519
MINUTE = 1_612_266_300_000
TRADE = {
    "feed": "trade", "product_id": "PI_XBTUSD", "uid": "05af78ac-a774-478c-a50c-8b9c234e071e", "side": "sell",
    "type": "fill", "seq": 653355, "time": AT, "qty": 15000, "price": 34969.5,
}  # fmt: skip
TICKER = {
    "time": AT, "product_id": "PF_XBTUSD", "funding_rate": -0.12, "relative_funding_rate": -3.4e-06,
    "next_funding_rate_time": MINUTE, "feed": "ticker", "bid": 34832.5, "ask": 34847.5, "index": 34803.45,
    "openInterest": 1950.5, "markPrice": 34844.25, "volumeQuote": 1.0,
}  # fmt: skip
BOOK = {
    "feed": "book", "product_id": "PF_XBTUSD", "side": "sell", "seq": 12, "price": 34981.0, "qty": 0.0, "timestamp": AT,
}  # fmt: skip
WHOLE = {
    "feed": "book_snapshot", "product_id": "PF_XBTUSD", "timestamp": AT, "seq": 11, "tickSize": None,
    "bids": [{"price": 34892.5, "qty": 6.3}], "asks": [{"price": 34981.0, "qty": 1.5}],
}  # fmt: skip
FRAMES = [
    TRADE,
    TRADE | {"product_id": "PF_XBTUSD", "type": "liquidation", "qty": 0.5},
    {"feed": "trade_snapshot", "product_id": "PI_XBTUSD", "trades": [TRADE | {"seq": 2}, TRADE | {"seq": 1}]},
    TICKER,
    BOOK,
    WHOLE,
    {"event": "subscribed", "feed": "trade", "product_ids": ["PF_XBTUSD"]},
]


@pytest.fixture
def kraken() -> Kraken:
    exchange = Kraken()
    exchange.know([LINEAR, INVERSE])
    return exchange


# what a published frame says, and what it means
PUBLISHED = [
    (TRADE, "qty 15000", 0, "quantity", 15000 / 34969.5),
    (TRADE, "side sell", 0, "side", -1),
    (TRADE, "seq 653355", 0, "id", 653355),
    (FRAMES[1], "qty 0.5", 0, "quantity", 0.5),
    (FRAMES[1], "side sell", 1, "side", 1),
    (TICKER, "openInterest 1950.5", 1, "open_interest", 1950.5),
    (TICKER, "markPrice 34844.25", 0, "mark_price", 34844.25),
    (TICKER, "relative_funding_rate -3.4e-06", 2, "funding_rate", -3.4e-06),
]


@pytest.mark.parametrize(("told", "written", "place", "field", "means"), PUBLISHED)
def test_published_frames_mean(
    kraken: Kraken, told: dict[str, Any], written: str, place: int, field: str, means: object
) -> None:
    name, value = written.split()
    assert str(told[name]) == value
    _, events = kraken.decode(frame(told))
    assert getattr(events[place], field) == means


def test_a_liquidation_is_a_trade_as_well(kraken: Kraken) -> None:
    topic, events = kraken.decode(frame(FRAMES[1]))
    assert topic == "trade:PF_XBTUSD"
    assert events == [
        Trade("BTC/USD:USD", AT, 34969.5, 0.5, -1, 653355),
        Liquidation("BTC/USD:USD", AT, 1, 34969.5, 0.5),
    ]


def test_what_was_before_comes_in_order(kraken: Kraken) -> None:
    topic, events = kraken.decode(frame(FRAMES[2]))
    assert topic == ""
    assert [event.id for event in events] == [1, 2]


def test_tickers_and_books(kraken: Kraken) -> None:
    _, events = kraken.decode(frame(TICKER))
    assert events == [
        MarkPrice("BTC/USD:USD", AT, 34844.25, 34803.45),
        OpenInterest("BTC/USD:USD", AT, 1950.5),
        Funding("BTC/USD:USD", AT, -3.4e-06, MINUTE),
    ]
    _, events = kraken.decode(frame(TICKER | {"product_id": "PI_XBTUSD", "openInterest": 34844.25}))
    assert events[1] == OpenInterest("BTC/USD:BTC", AT, 1.0)
    _, [whole] = kraken.decode(frame(WHOLE))
    assert whole == BookChange("BTC/USD:USD", AT, True, [(34892.5, 6.3)], [(34981.0, 1.5)], -1, 11, -1)
    _, [change] = kraken.decode(frame(BOOK))
    assert change == BookChange("BTC/USD:USD", AT, False, [], [(34981.0, 0.0)], 12, 12, 11)


def test_answers_and_names(kraken: Kraken) -> None:
    assert kraken.decode(frame(FRAMES[6])) == ("", [Ack(("trade:PF_XBTUSD",))])
    assert kraken.decode(frame({"event": "info", "version": 1})) == ("", [])
    refused = {"event": "alert", "message": "Failed to subscribe"}
    assert kraken.decode(frame(refused)) == ("", [Refusal("", "Failed to subscribe")])
    streams = (*kraken.streams(LINEAR, book=True), *kraken.streams(INVERSE))
    assert json.loads(kraken.subscribe(streams)[0]) == {
        "event": "subscribe", "feed": "trade", "product_ids": ["PF_XBTUSD", "PI_XBTUSD"],
    }  # fmt: skip
    assert len(kraken.unsubscribe(streams)) == 3
    assert {stream.topic for stream in kraken.streams(LINEAR, book=True)} <= {
        kraken.decode(frame(one))[0] for one in FRAMES
    }


@pytest.mark.parametrize(
    "bad",
    [
        TRADE | {"qty": 0},
        TRADE | {"side": "none"},
        TICKER | {"markPrice": None},
        BOOK | {"seq": -1},
        {"feed": "open_orders"},
        "ping",
    ],
)
def test_what_cannot_be_is_refused(kraken: Kraken, bad: object) -> None:
    with pytest.raises(FrameError):
        kraken.decode(frame(bad))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_bytes_bring_it_down(data: st.DataObject) -> None:
    exchange = Kraken()
    exchange.know([LINEAR, INVERSE])
    survives(exchange, data.draw(gone_wrong(FRAMES)))


def test_rest(kraken: Kraken) -> None:
    candle = {"time": MINUTE, "open": "2", "high": "4", "low": "2", "close": "4", "volume": "8"}
    ticker = {
        "symbol": "PF_XBTUSD",
        "openInterest": 7.0,
        "markPrice": 100.0,
        "fundingRate": 0.5,
        "volumeQuote": 3.0,
    }
    levels = [
        {"numNonContractUnits": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01},
        {"numNonContractUnits": 500000, "initialMargin": 0.04, "maintenanceMargin": 0.02},
    ]
    rest = Pages(
        {
            "chartsGetPriceTypeSymbolInterval": {"candles": [candle], "more_candles": False},
            "publicGetTickers": {"tickers": [ticker], "serverTime": "2021-02-02T11:45:00.000Z"},
            "publicGetHistoricalfundingrates": {
                "rates": [
                    {"timestamp": "2021-02-02T11:45:00Z", "fundingRate": 1.0, "relativeFundingRate": 2e-06}
                ]
            },
            "publicGetInstruments": {"instruments": [{"symbol": "PF_XBTUSD", "marginLevels": levels}]},
        }
    )
    read = asyncio.run(kraken.read_candles(rest, LINEAR, "1m", MINUTE, MINUTE + MINUTE_MS))
    assert read["volume"].tolist() == [8.0]
    read = asyncio.run(kraken.read_candles(rest, INVERSE, "1m", MINUTE, MINUTE + MINUTE_MS))
    assert read["volume"].tolist() == [2.0]  # eight USD at four each
    assert asyncio.run(kraken.read_open_interest(rest, LINEAR)) == OpenInterest("BTC/USD:USD", MINUTE, 7.0)
    assert asyncio.run(kraken.read_funding(rest, LINEAR)) == Funding("BTC/USD:USD", MINUTE, 0.005, 0)
    paid = asyncio.run(kraken.read_funding_history(rest, LINEAR, MINUTE, MINUTE + 1))
    assert paid is not None
    assert paid["funding_rate"].tolist() == [2e-06]
    assert asyncio.run(kraken.read_quote_volume(rest, LINEAR)) == 3.0
    assert asyncio.run(kraken.read_brackets(rest, LINEAR)) == [(0.0, 0.01, 50.0), (500000.0, 0.02, 25.0)]
    assert asyncio.run(kraken.read_time(rest)) == MINUTE
    with pytest.raises(RestError):
        asyncio.run(kraken.read_open_interest(rest, INVERSE))
