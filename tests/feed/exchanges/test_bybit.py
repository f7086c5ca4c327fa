"""Bybit's frames and answers, in our units and on our sides."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

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
from heatdesk.feed.exchanges.base import FrameError, RestError, What
from heatdesk.feed.exchanges.bybit import Bybit
from heatdesk.live import Instrument
from heatdesk.market import MINUTE_MS
from tests.feed.exchanges import recorded
from tests.feed.exchanges.recorded import Pages, bitcoin, frame

PERPETUAL = bitcoin("bybit", "BTCUSDT")
PAIR = bitcoin("bybit", "BTCUSDT", "spot")
DAY = 1_786_233_600_000
KNOWN = [
    PERPETUAL,
    PAIR,
    *(
        Instrument("bybit", f"{base}/USDT:USDT", f"{base}USDT", base, "USDT", "linear")
        for base in ("ETH", "SOL", "DOGE")
    ),
    Instrument("bybit", "ETH/USDT", "ETHUSDT", "ETH", "USDT", "spot"),
]


@pytest.fixture
def bybit() -> Bybit:
    exchange = Bybit()
    exchange.know(KNOWN)
    return exchange


# The published format; nobody recorded one.
LIQUIDATED = {
    "topic": "allLiquidation.BTCUSDT", "type": "snapshot", "ts": 1739502303204,
    "data": [
        {"T": 1739502302929, "s": "BTCUSDT", "S": "Buy", "v": "0.201", "p": "64499.10"},
        {"T": 1739502303001, "s": "BTCUSDT", "S": "Sell", "v": "0.500", "p": "66100.00"},
    ],
}  # fmt: skip
# Recorded on 2026-08-09.
TICKER = {
    "topic": "tickers.BTCUSDT", "type": "snapshot", "cs": 753843907769, "ts": 1786310817783,
    "data": {
        "symbol": "BTCUSDT", "lastPrice": "65114.30", "markPrice": "65117.44", "indexPrice": "65137.76",
        "openInterest": "59891.732", "singleOpenInterest": "29945.866", "nextFundingTime": "1786320000000",
        "fundingRate": "0.0001", "bid1Price": "65114.20", "preOpenPrice": "",
    },
}  # fmt: skip
TRADES = {
    "topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": 1786310819681,
    "data": [
        {"T": 1786310819680, "s": "BTCUSDT", "S": "Sell", "v": "0.004", "p": "65114.20", "L": "MinusTick",
         "i": "a9188a0a-82bc-50de-be60-03eedbe3cdd7", "BT": False, "RPI": False, "seq": 753843954913},
        {"T": 1786310819680, "s": "BTCUSDT", "S": "Sell", "v": "0.010", "p": "65114.10", "L": "MinusTick",
         "i": "b9188a0a-82bc-50de-be60-03eedbe3cdd7", "BT": False, "RPI": False, "seq": 753843954913},
    ],
}  # fmt: skip
CANDLE = {
    "topic": "kline.1.BTCUSDT", "ts": 1786310818440, "type": "snapshot",
    "data": [
        {"start": 1786310760000, "end": 1786310819999, "interval": "1", "open": "65119.9", "close": "65114.3",
         "high": "65119.9", "low": "65114.2", "volume": "1.576", "turnover": "102627.995", "confirm": False,
         "timestamp": 1786310818440},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("message", "event", "field", "told", "decoded"),
    [
        (TRADES, 0, "price", "65114.20", 65114.2),
        (TRADES, 0, "quantity", "0.004", 0.004),
        (TRADES, 0, "side", "Sell", -1),
        (TRADES, 0, "time_ms", 1786310819680, 1786310819680),
        (TRADES, 1, "quantity", "0.010", 0.01),
        (CANDLE, 0, "time_ms", 1786310760000, 1786310760000),
        (CANDLE, 0, "close", "65114.3", 65114.3),
        (CANDLE, 0, "volume", "1.576", 1.576),
        (CANDLE, 0, "closed", False, False),
        (CANDLE, 0, "timeframe", "1", "1m"),
        (TICKER, 0, "mark_price", "65117.44", 65117.44),
        (TICKER, 0, "index_price", "65137.76", 65137.76),
        (TICKER, 1, "open_interest", "29945.866", 29945.866),  # one side, though both are told as well
        (TICKER, 2, "funding_rate", "0.0001", 0.0001),
        (TICKER, 2, "next_ms", "1786320000000", 1786320000000),
        (LIQUIDATED, 0, "side", "Buy", 1),  # the position's: a long was liquidated
        (LIQUIDATED, 1, "side", "Sell", -1),
        (LIQUIDATED, 0, "price", "64499.10", 64499.1),
        (LIQUIDATED, 0, "quantity", "0.201", 0.201),
        (LIQUIDATED, 1, "time_ms", 1739502303001, 1739502303001),
    ],
)
def test_table(
    bybit: Bybit, message: dict[str, object], event: int, field: str, told: object, decoded: object
) -> None:
    assert json.dumps(told) in json.dumps(message)
    _, events = bybit.decode(frame(message))
    assert getattr(events[event], field) == decoded


def test_everything_recorded_is_read(bybit: Bybit, shared: Path) -> None:
    seen: Counter[tuple[str, type]] = Counter()
    books: dict[tuple[str, str], int] = {}
    ids: dict[str, int] = {}
    for route, text in recorded.bybit(shared / "data/frames/bybit/bybit_v5_2026-08-09.jsonl.zst"):
        if route.startswith("https"):
            continue
        topic, events = bybit.decoder(route)(text)
        assert topic == json.loads(text).get("topic", "")
        for event in events:
            seen[route, type(event)] += 1
            if isinstance(event, BookChange):
                if not event.snapshot:
                    assert event.previous_id == books[route, event.symbol]
                books[route, event.symbol] = event.last_id
            elif isinstance(event, Trade):
                assert event.symbol.endswith(":USDT") == (route == "linear")
                assert event.id > ids.get(event.symbol, 0)
                ids[event.symbol] = event.id
            elif isinstance(event, OpenInterest) and event.symbol == "BTC/USDT:USDT":
                assert 29_000 < event.open_interest < 31_000  # both sides are twice that
    assert seen["linear", Ack] == 17 and seen["spot", Ack] == 7
    assert seen["linear", Trade] > 100 and seen["spot", Trade] > 10
    assert seen["linear", MarkPrice] == 89 and seen["linear", Funding] >= 4
    assert seen["linear", Candle] == 75 and seen["spot", Candle] >= 25
    assert seen["spot", MarkPrice] == seen["spot", OpenInterest] == 0


def test_older_recordings(bybit: Bybit, shared: Path) -> None:
    folder = shared / "data/frames/bybit"
    trades = [bybit.decode(frame(m)) for m in recorded.wrapped(folder / "bybit_perp_btcusdt_trades.json.gz")]
    assert trades[0][1] == [Trade("BTC/USDT:USDT", 1706607141138, 43365.9, 0.003, 1, 0)]  # no sequence then
    tickers = [
        event
        for m in recorded.wrapped(folder / "bybit_perp_btcusdt_oifunding.json.gz")
        for event in bybit.decode(frame(m))[1]
    ]
    assert tickers[:2] == [
        Funding("BTC/USDT:USDT", 1706607140023, 0.0001, 0),
        MarkPrice("BTC/USDT:USDT", 1706607140523, 43370.5, 43392.64),
    ]


def test_both_sides_are_halved(bybit: Bybit) -> None:
    message = {"topic": "tickers.BTCUSDT", "type": "delta", "ts": DAY, "data": {"openInterest": "59891.732"}}
    assert bybit.decode(frame(message))[1] == [OpenInterest("BTC/USDT:USDT", DAY, 29945.866)]
    assert Bybit.row.open_interest_sides == 2


def test_trades_of_one_order_have_ids_of_their_own(bybit: Bybit) -> None:
    first, second = bybit.decode(frame(TRADES))[1]
    assert second.id == first.id + 1
    later = TRADES | {"data": [TRADES["data"][0] | {"seq": 753843954914}]}
    assert bybit.decode(frame(later))[1][0].id > second.id


def test_a_burst_of_liquidations_counts_one_by_one(bybit: Bybit) -> None:
    many = LIQUIDATED | {"data": LIQUIDATED["data"] * 100}
    topic, events = bybit.decode(frame(many))
    assert topic == "allLiquidation.BTCUSDT"
    assert len(events) == 200 and {type(event) for event in events} == {Liquidation}


def test_subscribing(bybit: Bybit) -> None:
    streams = bybit.streams(PERPETUAL, book=True)
    assert {s.topic for s in streams} == {
        "kline.1.BTCUSDT", "publicTrade.BTCUSDT", "tickers.BTCUSDT", "allLiquidation.BTCUSDT",
        "orderbook.200.BTCUSDT",
    }  # fmt: skip
    assert [s.topic for s in streams if s.quiet] == ["allLiquidation.BTCUSDT"]
    spot = bybit.streams(PAIR)
    assert {s.what for s in spot} == {What.CANDLES, What.TRADES} and {s.route for s in spot} == {"spot"}
    messages = [json.loads(text) for text in bybit.subscribe(spot * 12)]
    assert [len(message["args"]) for message in messages] == [10, 10, 4]  # as many as its spot sockets take
    assert json.loads(bybit.unsubscribe(streams)[0])["op"] == "unsubscribe"


def test_answers_are_no_events(bybit: Bybit) -> None:
    assert bybit.decode('{"success":true,"ret_msg":"pong","conn_id":"a","op":"ping"}') == ("", [])
    assert bybit.decode('{"req_id":"","op":"pong","args":["1786310818440"],"conn_id":"a"}') == ("", [])
    text = '{"success":false,"ret_msg":"error:handler not found,topic:publicTrade.NONE","op":"subscribe"}'
    assert bybit.decode(text)[1] == [
        Refusal("publicTrade.NONE", "error:handler not found,topic:publicTrade.NONE")
    ]
    unknown = TRADES | {"topic": "publicTrade.NEWUSDT"}
    assert bybit.decode(frame(unknown)) == ("publicTrade.NEWUSDT", [])


@pytest.mark.parametrize(
    "change",
    [{"p": "0"}, {"p": "nan"}, {"v": "-3"}, {"v": None}, {"v": {}}, {"S": "buy"}, {"S": []}, {"T": "x"},
     {"T": 1786310819}, {"seq": -5}, {"seq": "many"}],
)  # fmt: skip
def test_what_is_not_as_promised_is_refused(bybit: Bybit, change: dict[str, object]) -> None:
    with pytest.raises(FrameError):
        bybit.decode(frame(TRADES | {"data": [TRADES["data"][0] | change]}))
    for rows in ({}, None, [7], ["text"], [None]):
        with pytest.raises(FrameError):
            bybit.decode(frame(TRADES | {"data": rows}))


def _klines(params: dict[str, object]) -> dict[str, object]:
    """The newest candles of a stretch first, as many as asked for."""
    start, end = int(str(params["start"])), int(str(params["end"]))
    times = list(range(-(-start // MINUTE_MS) * MINUTE_MS, end + 1, MINUTE_MS))[-int(str(params["limit"])) :]
    rows = [[str(t), "100", "101", "99", "100.5", "12.5", "1250"] for t in reversed(times)]
    return {"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": rows}}


def test_candles_begin_where_asked(bybit: Bybit) -> None:
    rest = Pages({"publicGetV5MarketKline": _klines})
    page = asyncio.run(bybit.read_candles(rest, PERPETUAL, "1m", DAY, DAY + 5000 * MINUTE_MS))
    assert len(page) == 1000 and page.time_ms[0] == DAY
    part = asyncio.run(bybit.read_candles(rest, PAIR, "1m", DAY, DAY + 90_000))
    assert list(part.time_ms) == [DAY] and rest.asked[-1][1]["category"] == "spot"


def test_open_interest_history_is_gathered_to_its_start(bybit: Bybit) -> None:
    step = 5 * MINUTE_MS
    kept = range(DAY, DAY + 700 * step, step)

    def answer(params: dict[str, object]) -> dict[str, object]:
        low, high = int(str(params["startTime"])), int(str(params["endTime"]))
        rows = [{"openInterest": "60000", "timestamp": str(t)} for t in reversed(kept) if low <= t <= high][
            :200
        ]
        return {"retCode": 0, "result": {"list": rows}}

    rest = Pages({"publicGetV5MarketOpenInterest": answer})
    long_before = DAY - 300 * step
    read = asyncio.run(bybit.read_open_interest_history(rest, PERPETUAL, long_before, DAY + 650 * step))
    assert read is not None and list(read.time_ms) == list(kept)[:650]
    assert set(read["open_interest"]) == {30_000.0}
    assert len(rest.asked) == 4


def test_recorded_and_published_answers(bybit: Bybit, shared: Path) -> None:
    folder = shared / "data/frames/bybit"
    (ratio, *_) = recorded.wrapped(folder / "bybit_perp_btcusdt_gta.json.gz")
    ticker = {
        "retCode": 0, "time": DAY,
        "result": {"list": [{"openInterest": "59891.732", "turnover24h": "1142118412.9", "fundingRate": "-0.0002",
                             "nextFundingTime": "1786320000000"}]},
    }  # fmt: skip
    tiers = {
        "retCode": 0,
        "result": {
            "list": [
                {"symbol": "BTCUSDT", "riskLimitValue": "4000000", "maintenanceMargin": "0.01",
                 "initialMargin": "0.02", "maxLeverage": "50.00"},
                {"symbol": "BTCUSDT", "riskLimitValue": "2000000", "maintenanceMargin": "0.005",
                 "initialMargin": "0.01", "maxLeverage": "100.00"},
            ]
        },
    }  # fmt: skip
    rest = Pages(
        {
            "publicGetV5MarketAccountRatio": ratio,
            "publicGetV5MarketTickers": ticker,
            "publicGetV5MarketRiskLimit": tiers,
        }
    )
    told = asyncio.run(bybit.read_long_short(rest, PERPETUAL))
    assert told is not None and told.time_ms == 1706572800000
    assert told.ratio == pytest.approx(0.5301 / 0.4699)
    interest = asyncio.run(bybit.read_open_interest(rest, PERPETUAL))
    assert interest == OpenInterest("BTC/USDT:USDT", DAY, 29945.866)
    assert asyncio.run(bybit.read_quote_volume(rest, PERPETUAL)) == 1142118412.9
    paid = asyncio.run(bybit.read_funding(rest, PERPETUAL))
    assert paid == Funding("BTC/USDT:USDT", DAY, -0.0002, 1786320000000)
    brackets = asyncio.run(bybit.read_brackets(rest, PERPETUAL))
    assert brackets == [(0.0, 0.005, 100.0), (2_000_000.0, 0.01, 50.0)]


def test_recorded_listings_of_pairs(bybit: Bybit, shared: Path) -> None:
    listings = [
        json.loads(text)
        for route, text in recorded.bybit(shared / "data/frames/bybit/bybit_v5_2026-08-09.jsonl.zst")
        if "category=spot" in route
    ]
    rest = Pages({"publicGetV5MarketInstrumentsInfo": listings[0]})
    pairs = {pair.symbol: pair for pair in asyncio.run(bybit.read_instruments(rest))}
    assert {"BTC/USDT", "ETH/USDT", "SOL/USDT"} <= set(pairs) and len(pairs) <= 10
    assert (pairs["BTC/USDT"].wire, pairs["BTC/USDT"].lot) == ("BTCUSDT", 1e-6)


def test_refusals_come_in_the_envelope(bybit: Bybit) -> None:
    refused = {"retCode": 10001, "retMsg": "params error\x07", "result": {}}
    for answer in (refused, {}, None, [], {"retCode": 0}, {"retCode": 0, "result": {"list": "text"}}):
        rest = Pages({"publicGetV5MarketKline": answer, "publicGetV5MarketTickers": answer})
        with pytest.raises(RestError):
            asyncio.run(bybit.read_candles(rest, PERPETUAL, "1m", DAY, DAY + MINUTE_MS))
        with pytest.raises(RestError):
            asyncio.run(bybit.read_open_interest(rest, PERPETUAL))
