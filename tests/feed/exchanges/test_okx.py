"""OKX's frames and answers, in our units and on our sides."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from heatdesk.events import Ack, BookChange, Funding, Liquidation, OpenInterest, Refusal, Trade
from heatdesk.feed.exchanges.base import FrameError, RestError, What
from heatdesk.feed.exchanges.okx import LIQUIDATIONS, Okx
from heatdesk.live import Instrument
from heatdesk.market import MINUTE_MS
from tests.feed.exchanges.recorded import Pages, bitcoin, frame, wrapped

PERPETUAL = bitcoin("okx", "BTC-USDT-SWAP", size=0.01)
PAIR = bitcoin("okx", "BTC-USDT", "spot")
API3 = Instrument("okx", "API3/USDT:USDT", "API3-USDT-SWAP", "API3", "USDT", "linear", 1.0)
SOL = Instrument("okx", "SOL/USDT:USDT", "SOL-USDT-SWAP", "SOL", "USDT", "linear", 1.0)
DAY = 1_706_572_800_000


@pytest.fixture
def okx() -> Okx:
    exchange = Okx()
    exchange.know([PERPETUAL, PAIR, API3, SOL])
    return exchange


def about(channel: str, *rows: object, name: str = "BTC-USDT-SWAP", **more: object) -> dict[str, object]:
    return {"arg": {"channel": channel, "instId": name}, "data": list(rows), **more}


TRADE = {
    "instId": "BTC-USDT-SWAP", "tradeId": "732718382", "px": "43390.7", "sz": "3", "side": "sell",
    "ts": "1706607140566", "count": "1",
}  # fmt: skip
CANDLE = ["1706607120000", "43390", "43395.5", "43380.1", "43391", "3304", "33.04", "1433000.5", "1"]
DETAILS = [
    {"bkLoss": "0", "bkPx": "43021.5", "ccy": "", "posSide": "long", "side": "sell", "sz": "12", "ts": "1706607168920"},
    {"bkLoss": "0", "bkPx": "43881.5", "ccy": "", "posSide": "net", "side": "buy", "sz": "7", "ts": "1706607168921"},
]  # fmt: skip


def forced(details: list[dict[str, str]], name: str = "BTC-USDT-SWAP") -> dict[str, object]:
    return {
        "arg": {"channel": "liquidation-orders", "instType": "SWAP"},
        "data": [{"details": details, "instFamily": "BTC-USDT", "instId": name, "instType": "SWAP"}],
    }


@pytest.mark.parametrize(
    ("message", "event", "field", "told", "decoded"),
    [
        (about("trades", TRADE), 0, "price", "43390.7", 43390.7),
        (about("trades", TRADE), 0, "quantity", "3", 0.03),  # contracts of 0.01 coins
        (about("trades", TRADE), 0, "side", "sell", -1),
        (about("trades", TRADE), 0, "id", "732718382", 732718382),
        (about("trades", TRADE | {"sz": "0.5"}, name="BTC-USDT"), 0, "quantity", "0.5", 0.5),  # coins
        (about("candle1m", CANDLE), 0, "time_ms", "1706607120000", 1706607120000),
        (about("candle1m", CANDLE), 0, "volume", "33.04", 33.04),  # neither contracts nor USDT
        (about("candle1m", CANDLE, name="BTC-USDT"), 0, "volume", "3304", 3304.0),  # of a pair the first
        (about("candle1m", CANDLE), 0, "closed", "1", True),
        (about("mark-price", {"markPx": "42310.6", "ts": "1706607120100"}), 0, "mark_price", "42310.6", 42310.6),
        (about("open-interest", {"oi": "2507996", "oiCcy": "25079.96", "ts": "1706607138454"}), 0,
         "open_interest", "25079.96", 25079.96),
        (forced(DETAILS), 0, "side", "long", 1),
        (forced(DETAILS), 1, "side", "buy", -1),  # one-way mode: the order buys back a short
        (forced(DETAILS), 0, "price", "43021.5", 43021.5),
        (forced(DETAILS), 0, "quantity", "12", 0.12),
        (forced(DETAILS), 1, "time_ms", "1706607168921", 1706607168921),
    ],
)  # fmt: skip
def test_table(
    okx: Okx, message: dict[str, object], event: int, field: str, told: object, decoded: object
) -> None:
    assert json.dumps(told) in json.dumps(message)
    _, events = okx.decode(frame(message))
    assert getattr(events[event], field) == pytest.approx(decoded, rel=1e-12)


def test_recorded_frames(okx: Okx, shared: Path) -> None:
    folder = shared / "data/frames/okx"

    def read(name: str) -> list[tuple[str, object]]:
        found = []
        for message in wrapped(folder / name):
            topic, events = okx.decode(frame(message))
            found += [(topic, event) for event in events]
        return found

    assert read("okx_perp_btcusdt_trades.json.gz")[0] == (
        "trades:BTC-USDT-SWAP",  # {"px":"43390.7","sz":"3","side":"sell","ts":"1706607140566"}
        Trade("BTC/USDT:USDT", 1706607140566, 43390.7, 0.03, -1, 732718382),
    )
    assert read("okx_perp_btcusdt_oi.json")[0] == (
        "open-interest:BTC-USDT-SWAP",  # {"oi":"2507996","oiCcy":"25079.96","ts":"1706607138454"}
        OpenInterest("BTC/USDT:USDT", 1706607138454, 25079.96),
    )
    assert read("okx_perp_btcusdt_funding.json")[0] == (
        "funding-rate:BTC-USDT-SWAP",  # {"fundingRate":"0.0000155339117702","fundingTime":"1706630400000"}
        Funding("BTC/USDT:USDT", 1706607140307, 0.0000155339117702, 1706630400000),
    )
    assert read("okx_perp_btc_liquidations.json")[0] == (
        LIQUIDATIONS,  # {"bkPx":"3.075","posSide":"short","side":"buy","sz":"2076","ts":"1706607168920"}
        Liquidation("API3/USDT:USDT", 1706607168920, -1, 3.075, 2076.0),
    )
    assert read("okx_btcusdt_perpetual_depth.json")[0] == (
        "trades:BTC-USDT",
        Trade("BTC/USDT", 1706188117070, 39892.0, 0.01813, 1, 478062925),
    )


def test_all_liquidations_of_a_frame_count(okx: Okx) -> None:
    many = forced(DETAILS * 100)
    many["data"] += forced(DETAILS[:1], "SOL-USDT-SWAP")["data"] + forced(DETAILS, "NEW-USDT-SWAP")["data"]
    topic, events = okx.decode(frame(many))
    assert topic == LIQUIDATIONS and len(events) == 201
    assert sum(event.symbol == "BTC/USDT:USDT" for event in events) == 200


def test_books_are_numbered_and_in_coins(okx: Okx) -> None:
    levels = {
        "asks": [["8476.98", "415", "0", "13"]],
        "bids": [["8476.97", "0", "0", "0"]],
        "ts": "1706607138454",
    }
    snapshot = about("books", levels | {"prevSeqId": -1, "seqId": 123}, action="snapshot")
    change = about("books", levels | {"prevSeqId": 123, "seqId": 125}, action="update")
    first, second = okx.decode(frame(snapshot))[1][0], okx.decode(frame(change))[1][0]
    assert first == BookChange(
        "BTC/USDT:USDT", 1706607138454, True, [(8476.97, 0.0)], [(8476.98, pytest.approx(4.15))], -1, 123, -1
    )
    assert isinstance(second, BookChange) and not second.snapshot
    assert (second.previous_id, second.last_id) == (123, 125)


def test_subscribing(okx: Okx) -> None:
    streams = okx.streams(PERPETUAL, book=True)
    assert {s.topic: s.route for s in streams} == {
        "candle1m:BTC-USDT-SWAP": "business",
        "trades:BTC-USDT-SWAP": "public",
        "mark-price:BTC-USDT-SWAP": "public",
        "open-interest:BTC-USDT-SWAP": "public",
        "funding-rate:BTC-USDT-SWAP": "public",
        "books:BTC-USDT-SWAP": "public",
    }
    assert {s.what for s in okx.streams(PAIR)} == {What.CANDLES, What.TRADES}
    (text,) = okx.subscribe(okx.market_streams())
    assert json.loads(text) == {
        "op": "subscribe",
        "args": [{"channel": "liquidation-orders", "instType": "SWAP"}],
    }
    messages = [json.loads(text) for text in okx.subscribe([streams[1]] * 150)]
    assert [len(message["args"]) for message in messages] == [100, 50]
    assert messages[0]["args"][0] == {"channel": "trades", "instId": "BTC-USDT-SWAP"}
    assert json.loads(okx.unsubscribe(streams[:1])[0])["op"] == "unsubscribe"


def test_answers_are_no_events(okx: Okx) -> None:
    assert okx.decode("pong") == okx.decode(b"pong") == ("", [])
    ack = {"event": "subscribe", "arg": {"channel": "trades", "instId": "BTC-USDT"}, "connId": "a4d3ae55"}
    assert okx.decode(frame(ack)) == ("", [Ack(("trades:BTC-USDT",))])
    ack["arg"] = {"channel": "liquidation-orders", "instType": "SWAP"}
    assert okx.decode(frame(ack))[1] == [Ack((LIQUIDATIONS,))]
    text = "Wrong URL or channel:trades,instId:NONE-USDT-SWAP doesn't exist."
    refused = okx.decode(frame({"event": "error", "code": "60018", "msg": text, "connId": "a4d3ae55"}))
    assert refused == ("", [Refusal("trades:NONE-USDT-SWAP", f"60018: {text}")])
    assert okx.decode(frame({"event": "notice", "code": "64008", "msg": "closing soon"})) == ("", [])


@pytest.mark.parametrize(
    "change",
    [{"px": "0"}, {"px": "-1"}, {"sz": "inf"}, {"sz": None}, {"side": "SELL"}, {"ts": "1706607140"},
     {"ts": None}, {"tradeId": "abc"}, {"tradeId": "-1"}, {"px": []}],
)  # fmt: skip
def test_what_is_not_as_promised_is_refused(okx: Okx, change: dict[str, object]) -> None:
    with pytest.raises(FrameError):
        okx.decode(frame(about("trades", TRADE | change)))


def test_candles_of_several_pages_are_gathered(okx: Okx) -> None:
    def answer(params: dict[str, object]) -> dict[str, object]:
        low, high = int(str(params["before"])) + 1, int(str(params["after"]))
        times = range(-(-low // MINUTE_MS) * MINUTE_MS, high, MINUTE_MS)
        rows = [[str(t), "100", "101", "99", "100", "1200", "12", "1200", "1"] for t in reversed(times)][:300]
        return {"code": "0", "msg": "", "data": rows}

    rest = Pages({"publicGetMarketHistoryCandles": answer})
    page = asyncio.run(okx.read_candles(rest, PERPETUAL, "1m", DAY, DAY + 1000 * MINUTE_MS))
    assert list(page.time_ms) == [DAY + n * MINUTE_MS for n in range(1000)] and len(rest.asked) == 4
    assert set(page["volume"]) == {12.0}
    pair = asyncio.run(okx.read_candles(rest, PAIR, "1m", DAY, DAY + 90_000))
    assert list(pair["volume"]) == [1200.0]


def test_answers_of_rest(okx: Okx) -> None:
    def data(*rows: object) -> dict[str, object]:
        return {"code": "0", "msg": "", "data": list(rows)}

    rest = Pages(
        {
            "publicGetPublicOpenInterest": data({"oi": "2507996", "ts": str(DAY)}),
            "publicGetRubikStatContractsOpenInterestHistory": data(
                [str(DAY + 300_000), "2800476.45", "28004.7645", "2360916466.88"],
                [str(DAY), "2800000", "28000", "2360000000"],
            ),
            "publicGetPublicFundingRateHistory": data({"fundingRate": "-0.0001", "fundingTime": str(DAY)}),
            "publicGetRubikStatContractsLongShortAccountRatioContract": data([str(DAY), "0.9398"]),
            "publicGetMarketTicker": data({"last": "40000", "volCcy24h": "150.5"}),
            "publicGetPublicTime": data({"ts": str(DAY)}),
            "publicGetPublicPositionTiers": data(
                {"minSz": "1000", "maxSz": "5000", "mmr": "0.005", "maxLever": "75"},
                {"minSz": "0", "maxSz": "1000", "mmr": "0.004", "maxLever": "100"},
            ),
        }
    )
    interest = asyncio.run(okx.read_open_interest(rest, PERPETUAL))
    assert interest is not None and interest.open_interest == pytest.approx(25079.96)
    history = asyncio.run(okx.read_open_interest_history(rest, PERPETUAL, DAY, DAY + 600_000))
    assert history is not None and list(history["open_interest"]) == [28000.0, 28004.7645]
    funding = asyncio.run(okx.read_funding_history(rest, PERPETUAL, DAY, DAY + 1))
    assert funding is not None and list(funding["funding_rate"]) == [-0.0001]
    ratio = asyncio.run(okx.read_long_short(rest, PERPETUAL))
    assert ratio is not None and (ratio.ratio, ratio.time_ms) == (0.9398, DAY)
    assert asyncio.run(okx.read_quote_volume(rest, PERPETUAL)) == 150.5 * 40000
    assert asyncio.run(okx.read_time(rest)) == DAY
    brackets = asyncio.run(okx.read_brackets(rest, PERPETUAL))
    assert brackets == [(0.0, 0.004, 100.0), (pytest.approx(400_000.0), 0.005, 75.0)]


def test_refusals_come_in_the_envelope(okx: Okx) -> None:
    for answer in (
        {"code": "51001", "msg": "Instrument ID does not exist"},
        {},
        None,
        {"code": "0", "data": {}},
    ):
        rest = Pages({"publicGetMarketHistoryCandles": answer, "publicGetPublicOpenInterest": answer})
        with pytest.raises(RestError):
            asyncio.run(okx.read_candles(rest, PERPETUAL, "1m", DAY, DAY + MINUTE_MS))
        with pytest.raises(RestError):
            asyncio.run(okx.read_open_interest(rest, PERPETUAL))
