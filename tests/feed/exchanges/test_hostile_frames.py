"""Whatever bytes come, a decoder answers with events that can be true, or with FrameError: no other way out."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.events import Ack, BookChange, Candle, Event, Funding, Refusal
from heatdesk.feed.exchanges.base import MAX_FRAME_BYTES, Decoder, FrameError
from heatdesk.feed.exchanges.binance import Binance
from heatdesk.feed.exchanges.bybit import Bybit
from heatdesk.feed.exchanges.okx import Okx
from tests.feed.exchanges import test_binance, test_bybit, test_okx

BOOK = {"e": "depthUpdate", "E": 1723161256299, "T": 1723161256298, "s": "BTCUSDT", "U": 1, "u": 2, "pu": 0,
        "b": [["58710.20", "0"]], "a": [["61800.30", "2.5"]]}  # fmt: skip
MARK = {"e": "markPriceUpdate", "E": 1680652745000, "s": "BTCUSDT", "p": "28152.8", "i": "28162.6",
        "r": "0.00002754", "T": 1680652800000}  # fmt: skip
SEEDS: list[tuple[str, Any]] = [
    *(("binance", m) for m in (test_binance.TRADE, test_binance.CANDLE, test_binance.FORCED, BOOK, MARK)),
    *(("bybit", m) for m in (test_bybit.TRADES, test_bybit.CANDLE, test_bybit.TICKER, test_bybit.LIQUIDATED)),
    ("okx", test_okx.about("trades", test_okx.TRADE)),
    ("okx", test_okx.about("candle1m", test_okx.CANDLE)),
    ("okx", test_okx.forced(test_okx.DETAILS)),
    (
        "okx",
        {"event": "error", "code": "1", "msg": "channel:a,instId:b", "arg": {"channel": "a", "instId": "b"}},
    ),
]
ODD = [
    None, True, False, 0, -1, 1, 10**400, 1e308, -0.5, "", "0", "-1", "nan", "inf", "1e999", "1e-400", "abc",
    "\ud800", "\x00", [], {}, [[]], [None], {"a": 1}, "9" * 5000, "１２", " 1 ", "1_0", [["1"]], [[1, 2, 3]],
]  # fmt: skip


def decoders() -> dict[str, Decoder]:
    binance, bybit, okx = Binance(), Bybit(), Okx()
    binance.know([test_binance.PERPETUAL])
    bybit.know([test_bybit.PERPETUAL])
    okx.know([test_okx.PERPETUAL, test_okx.PAIR])
    return {"binance": binance.decode, "bybit": bybit.decode, "okx": okx.decode}


DECODERS = decoders()
SYMBOLS = {"BTC/USDT:USDT", "BTC/USDT"}


def judge(decode: Decoder, raw: str | bytes) -> bool:
    """Whether it was refused; fails where an event cannot be true."""
    try:
        topic, events = decode(raw)
    except FrameError as error:
        assert str(error).isascii() and str(error).isprintable() and len(str(error)) <= 300
        return True
    assert isinstance(topic, str)
    for event in events:
        believable(event)
    return False


def believable(event: Event) -> None:
    if isinstance(event, Ack):
        return
    if isinstance(event, Refusal):
        assert event.text.isascii() and event.text.isprintable() and len(event.text) <= 300
        return
    assert event.symbol in SYMBOLS and type(event.time_ms) is int and 1e12 < event.time_ms < 5e12
    if isinstance(event, BookChange):
        for price, quantity in (*event.bids, *event.asks):
            assert 0 < price < math.inf and 0 <= quantity < math.inf
        return
    for name, value in event._asdict().items():
        if isinstance(value, float):
            unknown = name in ("index_price", "taker_buy_volume") and math.isnan(value)
            assert unknown or math.isfinite(value), (name, event)
            free = name == "funding_rate" or (isinstance(event, Candle) and "volume" in name)
            assert unknown or value > 0 or (free and (value >= 0 or isinstance(event, Funding))), (
                name,
                event,
            )
    assert getattr(event, "side", 1) in (1, -1)


def places(message: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a message."""
    entries = (
        message.items()
        if isinstance(message, dict)
        else enumerate(message)
        if isinstance(message, list)
        else ()
    )
    for key, value in entries:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(message: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(message))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


def text(message: Any) -> bytes:
    return json.dumps(message).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(("name", "message"), SEEDS)
def test_anything_in_any_place(name: str, message: Any) -> None:
    assert not judge(DECODERS[name], text(message))
    refused = sum(
        judge(DECODERS[name], text(changed(message, path, odd))) for path in places(message) for odd in ODD
    )
    assert refused > len(ODD)  # most of them make no sense at all


@pytest.mark.parametrize(("name", "message"), SEEDS)
def test_what_is_missing(name: str, message: Any) -> None:
    for path in places(message):
        copy = json.loads(json.dumps(message))
        inner = copy
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]
        judge(DECODERS[name], text(copy))


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_no_frames_at_all(name: str) -> None:
    deep = b"[" * 100_000
    long = b'{"a":"' + b"x" * MAX_FRAME_BYTES + b'"}'
    for raw in (b"", b"\x00", b"\xff\xfe", "", "nope", "null", "[]", "{}", "1", '"text"', "[1]", deep, long,
                b'{"e":"aggTrade"', b'{"p":NaN}', b"<html>503</html>", b"\x1f\x8b\x08", "\ud800"):  # fmt: skip
        assert judge(DECODERS[name], raw)
    nested: Any = {"e": "aggTrade"}
    for _ in range(900):
        nested = {"data": nested}
    assert judge(DECODERS[name], text(nested))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["e", "s", "k", "o", "p", "q", "T", "topic", "data", "arg", "channel", "event", "stream"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(message=JSON, name=st.sampled_from(sorted(DECODERS)))
@settings(max_examples=300)
def test_any_json(message: Any, name: str) -> None:
    judge(DECODERS[name], json.dumps(message))


@given(raw=st.binary(max_size=300), name=st.sampled_from(sorted(DECODERS)))
@settings(max_examples=200)
def test_any_bytes(raw: bytes, name: str) -> None:
    judge(DECODERS[name], raw)


@pytest.mark.slow
def test_many_damaged_frames() -> None:
    """Bytes overwritten, cut out and doubled: 300,000 frames."""
    chance = random.Random(20261121)
    refused = 0
    for _ in range(300_000):
        name, message = chance.choice(SEEDS)
        raw = bytearray(text(message))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(raw))
            kind = chance.randrange(3)
            if kind == 0:
                raw[at] = chance.choice(b'0123456789.-+eE"[]{},:nulltrefas \x00\xff')
            elif kind == 1:
                del raw[at : at + chance.randint(1, 8)]
            else:
                raw[at:at] = raw[at : at + chance.randint(1, 12)]
            raw = raw or bytearray(b"0")
        refused += judge(DECODERS[name], bytes(raw))
    assert refused > 100_000
