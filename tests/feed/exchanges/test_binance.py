"""Binance's frames and answers, in our units and on our sides."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest

from heatdesk.events import Ack, BookChange, Candle, Funding, Liquidation, MarkPrice, Refusal, Trade
from heatdesk.feed.exchanges.base import FrameError, RestError, What
from heatdesk.feed.exchanges.binance import LIQUIDATIONS, Binance
from heatdesk.feed.exchanges.binance_history import BRACKETS_URL
from heatdesk.market import MINUTE_MS, Kind
from tests.feed.exchanges.recorded import Pages, bitcoin, frame, lines, wrapped

PERPETUAL = bitcoin("binance", "BTCUSDT")
PAIR = bitcoin("binance", "BTCUSDT", "spot")
DAY = 1_723_161_600_000


@pytest.fixture
def binance() -> Binance:
    exchange = Binance()
    exchange.know([PERPETUAL, PAIR])
    return exchange


# The published formats; nobody recorded these three.
TRADE = {
    "e": "aggTrade", "E": 1723161256323, "s": "BTCUSDT", "a": 2272541871, "p": "61800.30", "q": "0.006",
    "f": 5266583935, "l": 5266583936, "T": 1723161256322, "m": False,
}  # fmt: skip
CANDLE = {
    "e": "kline", "E": 1723161300010, "s": "BTCUSDT",
    "k": {
        "t": 1723161240000, "T": 1723161299999, "s": "BTCUSDT", "i": "1m", "f": 1, "L": 2, "o": "61800.10",
        "c": "61799.00", "h": "61812.50", "l": "61790.20", "v": "104.250", "n": 900, "x": True,
        "q": "6442000.1", "V": "60.125", "Q": "3715000.2", "B": "0",
    },
}  # fmt: skip
FORCED = {
    "e": "forceOrder", "E": 1723161256400,
    "o": {
        "s": "BTCUSDT", "S": "SELL", "o": "LIMIT", "f": "IOC", "q": "0.214", "p": "61512.34", "ap": "61700.00",
        "X": "FILLED", "l": "0.014", "z": "0.214", "T": 1723161256393,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("message", "field", "told", "decoded"),
    [
        (TRADE, "price", "61800.30", 61800.3),
        (TRADE, "quantity", "0.006", 0.006),
        (TRADE, "side", False, 1),  # the maker did not buy: the taker did
        (TRADE | {"m": True}, "side", True, -1),
        (TRADE, "time_ms", 1723161256322, 1723161256322),
        (TRADE, "id", 2272541871, 2272541871),
        (CANDLE, "time_ms", 1723161240000, 1723161240000),
        (CANDLE, "open", "61800.10", 61800.1),
        (CANDLE, "high", "61812.50", 61812.5),
        (CANDLE, "low", "61790.20", 61790.2),
        (CANDLE, "close", "61799.00", 61799.0),
        (CANDLE, "volume", "104.250", 104.25),
        (CANDLE, "taker_buy_volume", "60.125", 60.125),
        (CANDLE, "closed", True, True),
        (FORCED, "side", "SELL", 1),  # the order sells: a long was liquidated
        (FORCED, "price", "61512.34", 61512.34),  # of bankruptcy, not of the fill
        (FORCED, "quantity", "0.214", 0.214),
        (FORCED, "time_ms", 1723161256393, 1723161256393),
    ],
)
def test_published_formats(
    binance: Binance, message: dict[str, object], field: str, told: object, decoded: object
) -> None:
    assert json.dumps(told) in json.dumps(message)
    _, events = binance.decode(frame(message))
    assert getattr(events[0], field) == decoded


def test_recorded_books_and_mark_prices(binance: Binance, shared: Path) -> None:
    folder = shared / "data" / "frames" / "binance"
    books: list[BookChange] = []
    others: list[object] = []
    for raw in lines(folder / "btcusdt_depth_trade_markprice_2023-04-04.jsonl.gz"):
        name = json.loads(raw).get("stream", "")
        if "@depth" in name or "@markPrice" in name:
            topic, events = binance.decode(raw)
            assert topic == name
            books += [e for e in events if isinstance(e, BookChange)]
            others += [e for e in events if not isinstance(e, BookChange)]
    assert len(books) > 500
    assert all(now.previous_id == before.last_id for before, now in pairwise(books))
    assert books[0].bids and books[0].time_ms > 1_680_000_000_000 and not books[0].snapshot
    # field by field, as {"p":"28152.80000000","i":"28162.62523810","r":"0.00002754","T":1680652800000} is told
    at = [e for e in others if isinstance(e, MarkPrice) and e.time_ms == 1680652745000]
    assert at == [MarkPrice("BTC/USDT:USDT", 1680652745000, 28152.8, 28162.6252381)]
    paid = [e for e in others if isinstance(e, Funding) and e.time_ms == 1680652745000]
    assert [(e.funding_rate, e.next_ms) for e in paid] == [(0.00002754, 1680652800000)]


def test_pairs_and_perpetuals_share_a_name_and_not_a_route(binance: Binance) -> None:
    assert binance.decode(frame(TRADE))[1][0].symbol == "BTC/USDT:USDT"
    assert binance.decoder("market")(frame(TRADE))[1][0].symbol == "BTC/USDT:USDT"
    assert binance.decoder("spot")(frame(TRADE | {"M": True}))[1][0].symbol == "BTC/USDT"
    decode = binance.decoder("spot")
    binance.know([PERPETUAL])  # a decoder that a socket holds learns of it
    assert decode(frame(TRADE)) == ("btcusdt@aggTrade", [])


def test_each_topic_is_asked_for_where_it_speaks(binance: Binance) -> None:
    routes = {stream.topic: stream.route for stream in binance.streams(PERPETUAL, book=True)}
    assert routes == {
        "btcusdt@kline_1m": "market",
        "btcusdt@aggTrade": "market",
        "btcusdt@markPrice@1s": "market",
        "btcusdt@depth@100ms": "public",
    }
    assert {stream.route for stream in binance.streams(PAIR, book=True)} == {"spot"}
    assert What.MARK_PRICE not in {stream.what for stream in binance.streams(PAIR)}
    (forced,) = binance.market_streams()
    assert (forced.topic, forced.route, forced.quiet) == (LIQUIDATIONS, "market", True)
    decoded = [binance.decode(frame(message))[0] for message in (TRADE, CANDLE, FORCED)]
    assert decoded == ["btcusdt@aggTrade", "btcusdt@kline_1m", LIQUIDATIONS]


def test_messages_that_subscribe_are_numbered_and_bounded(binance: Binance) -> None:
    streams = [binance.market_streams()[0]._replace(topic=f"{n}@aggTrade") for n in range(250)]
    messages = [json.loads(text) for text in binance.subscribe(streams) + binance.unsubscribe(streams[:1])]
    assert [len(message["params"]) for message in messages] == [100, 100, 50, 1]
    assert [message["method"] for message in messages] == ["SUBSCRIBE"] * 3 + ["UNSUBSCRIBE"]
    assert len({message["id"] for message in messages}) == 4


def test_answers_are_no_events(binance: Binance) -> None:
    assert binance.decode('{"result":null,"id":1}') == ("", [Ack(())])
    refused = binance.decode('{"error":{"code":2,"msg":"Invalid request\\u0007"},"id":1}')
    assert refused == ("", [Refusal("", "2: Invalid request?")])
    other = json.dumps(TRADE | {"s": "NEWUSDT"})
    assert binance.decode(other) == ("newusdt@aggTrade", [])


@pytest.mark.parametrize(
    "change",
    [{"p": "0"}, {"p": "-1"}, {"p": "NaN"}, {"p": "Infinity"}, {"p": "1e999"}, {"p": ""}, {"p": None},
     {"p": [1]}, {"p": "1_0"}, {"q": True}, {"q": "abc"}, {"m": "false"}, {"m": 1}, {"T": 1723161256},
     {"T": "soon"}, {"T": 1.5}, {"a": -1}, {"a": 1 << 70}, {"s": ["BTCUSDT"]}, {"e": "aggtrade"}, {"e": {}}],
)  # fmt: skip
def test_what_is_not_as_promised_is_refused(binance: Binance, change: dict[str, object]) -> None:
    with pytest.raises(FrameError):
        binance.decode(frame(TRADE | change))


def test_a_candle_that_contradicts_itself_is_refused(binance: Binance) -> None:
    lie = CANDLE | {"k": CANDLE["k"] | {"h": "61795.00"}}
    with pytest.raises(FrameError, match="enclose"):
        binance.decode(frame(lie))
    doubtful = CANDLE | {"k": CANDLE["k"] | {"V": "200.0"}}  # more was bought than was traded
    (event,) = binance.decode(frame(doubtful))[1]
    assert isinstance(event, Candle) and isnan(event.taker_buy_volume) and event.volume == 104.25


def _klines(params: dict[str, object]) -> list[list[object]]:
    """Candles of a minute each, as many as asked for."""
    start, end = int(str(params["startTime"])), int(str(params["endTime"]))
    times = range(-(-start // MINUTE_MS) * MINUTE_MS, end + 1, MINUTE_MS)
    return [
        [t, "100.0", "101.0", "99.0", "100.5", "12.5", t + MINUTE_MS - 1, "1250.0", 30, "7.5", "750.0", "0"]
        for t in times
    ][: int(str(params["limit"]))]


def test_candles_come_closed_and_with_the_taker(binance: Binance) -> None:
    rest = Pages({"fapiPublicGetKlines": _klines, "publicGetKlines": _klines})
    end = DAY + 10 * MINUTE_MS + 30_000  # in the middle of a minute
    page = asyncio.run(binance.read_candles(rest, PERPETUAL, "1m", DAY, end))
    assert list(page.time_ms) == [DAY + n * MINUTE_MS for n in range(10)]
    assert page.kind is Kind.CANDLES
    assert (page["volume"][0], page["taker_buy_volume"][0], page["high"][0]) == (12.5, 7.5, 101.0)
    long = asyncio.run(binance.read_candles(rest, PERPETUAL, "1m", DAY, DAY + 4000 * MINUTE_MS))
    assert len(long) == 1500 and long.time_ms[0] == DAY
    spot = asyncio.run(binance.read_candles(rest, PAIR, "1m", DAY, DAY + 4000 * MINUTE_MS))
    assert len(spot) == 1000 and rest.asked[-1][0] == "publicGetKlines"


def test_rows_that_lie_are_left_out(binance: Binance) -> None:
    good = _klines({"startTime": DAY, "endTime": DAY + 5 * MINUTE_MS, "limit": 5})
    good[1][2] = "98.0"  # a high below the low
    good[2][4] = "NaN"
    good[3][5] = "nonsense"
    rest = Pages({"fapiPublicGetKlines": [good[4], *good, good[0]]})
    page = asyncio.run(binance.read_candles(rest, PERPETUAL, "1m", DAY, DAY + 60 * MINUTE_MS))
    assert [(t - DAY) // MINUTE_MS for t in page.time_ms] == [0, 4]
    assert np.isfinite(page["volume"]).all()
    for nonsense in ({}, None, "text", [1, 2], [None]):
        with pytest.raises(RestError):
            rest = Pages({"fapiPublicGetKlines": nonsense})
            asyncio.run(binance.read_candles(rest, PERPETUAL, "1m", DAY, DAY + MINUTE_MS))


def test_recorded_answers(binance: Binance, shared: Path) -> None:
    folder = shared / "data" / "frames" / "binance"
    (interest, *_), (ratio, *_), (funding, *_) = (
        wrapped(folder / f"binance_perp_btcusdt_{name}.json") for name in ("oi", "gta", "funding")
    )
    rest = Pages(
        {
            "fapiPublicGetOpenInterest": interest,
            "fapiDataGetGlobalLongShortAccountRatio": ratio,
            "fapiPublicGetFundingRate": funding,
        }
    )
    read = asyncio.run(binance.read_open_interest(rest, PERPETUAL))
    assert read is not None  # {"symbol":"BTCUSDT","openInterest":"78555.499","time":1706607138470}
    assert (read.open_interest, read.time_ms) == (78555.499, 1706607138470)
    told = asyncio.run(binance.read_long_short(rest, PERPETUAL))
    assert told is not None and (told.ratio, told.time_ms) == (1.2558, 1706607000000)
    paid = asyncio.run(binance.read_funding_history(rest, PERPETUAL, 0, 2_000_000_000_000))
    assert paid is not None and list(paid.time_ms) == [1706601600000]
    assert list(paid["funding_rate"]) == [0.00009492]
    assert asyncio.run(binance.read_open_interest(rest, PAIR)) is None


def test_what_is_kept_of_open_interest_is_read_however_far_back_one_asks(binance: Binance) -> None:
    kept_from = DAY - 30 * 86_400_000

    def answer(params: dict[str, object]) -> list[dict[str, object]]:
        start, end = int(str(params["startTime"])), int(str(params["endTime"]))
        if start < kept_from:
            raise RestError('binanceusdm {"code":-1130,"msg":"parameter \'startTime\' is invalid."}', 400)
        times = range(-(-start // 300_000) * 300_000, end + 1, 300_000)
        return [{"symbol": "BTCUSDT", "sumOpenInterest": "8.5", "timestamp": t} for t in times]

    rest = Pages({"fapiDataGetOpenInterestHist": answer, "fapiPublicGetTime": {"serverTime": DAY}})
    whole = asyncio.run(
        binance.read_open_interest_history(rest, PERPETUAL, kept_from - 60_000, kept_from + 3_600_000)
    )
    assert whole is not None and len(whole) == 10 and set(whole["open_interest"]) == {8.5}
    gone = asyncio.run(
        binance.read_open_interest_history(rest, PERPETUAL, kept_from - 7_200_000, kept_from - 3_600_000)
    )
    assert gone is not None and len(gone) == 0


def test_what_lacks_is_an_error_of_rest_and_nothing_else(binance: Binance) -> None:
    empty = Pages({name: {} for name in ("fapiPublicGetOpenInterest", "fapiPublicGetDepth", BRACKETS_URL)})
    for reader in (
        binance.read_open_interest(empty, PERPETUAL),
        binance.read_book(empty, PERPETUAL),
        binance.read_brackets(empty, PERPETUAL),
        binance.read_time(empty),
        binance.read_quote_volume(empty, PERPETUAL),
        binance.read_funding(empty, PERPETUAL),
        binance.read_long_short(empty, PERPETUAL),
    ):
        with pytest.raises(RestError):
            asyncio.run(reader)


def test_brackets_ascend(binance: Binance) -> None:
    def bracket(floor: float, rate: float, leverage: int) -> dict[str, object]:
        return {
            "bracketNotionalFloor": floor,
            "bracketMaintenanceMarginRate": rate,
            "maxOpenPosLeverage": leverage,
        }

    told = {"symbol": "BTCUSDT", "riskBrackets": [bracket(50_000, 0.005, 100), bracket(0, 0.004, 125)]}
    rest = Pages({BRACKETS_URL: {"code": "000000", "data": {"brackets": [{"symbol": "A"}, told]}}})
    assert asyncio.run(binance.read_brackets(rest, PERPETUAL)) == [(0, 0.004, 125), (50_000, 0.005, 100)]


def test_instruments_out_of_markets(binance: Binance) -> None:
    market = {
        "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT",
        "swap": True, "linear": True, "contractSize": 1.0, "active": True,
        "precision": {"price": 0.1, "amount": 0.001}, "limits": {"leverage": {"max": None}},
    }  # fmt: skip
    dated = market | {"symbol": "BTC/USDT:USDT-261225", "swap": False}
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "stepSize": "1e-5"},
    ]
    pair = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "filters": filters}
    rest = Pages({"publicGetExchangeInfo": {"symbols": [pair]}}, {"a": market, "b": dated})
    perpetual, spot = asyncio.run(binance.read_instruments(rest))
    assert (perpetual.symbol, perpetual.wire, perpetual.kind) == ("BTC/USDT:USDT", "BTCUSDT", "linear")
    assert (perpetual.tick, perpetual.lot, perpetual.contract_size) == (0.1, 0.001, 1.0)
    assert isnan(perpetual.max_leverage) and (spot.symbol, spot.kind, spot.tick) == ("BTC/USDT", "spot", 0.01)
    alone = asyncio.run(binance.read_instruments(Pages({}, {"a": market})))  # without the pairs
    assert [i.symbol for i in alone] == ["BTC/USDT:USDT"]


def test_types_hold(binance: Binance) -> None:
    kinds = [type(binance.decode(frame(message))[1][0]) for message in (TRADE, CANDLE, FORCED)]
    assert kinds == [Trade, Candle, Liquidation]
    mark = {"e": "markPriceUpdate", "E": 1723161257000, "s": "BTCUSDT", "p": "1.5", "i": "", "r": "", "T": 0}
    assert repr(binance.decode(frame(mark))[1]) == repr([MarkPrice("BTC/USDT:USDT", 1723161257000, 1.5, nan)])
