"""What the tests of decoders share: sound events, and frames that went wrong."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import orjson
from hypothesis import strategies as st

from heatdesk.events import Ack, BookChange, Candle, Event, Liquidation, Refusal, Trade
from heatdesk.feed.exchanges.base import Exchange, FrameError

ODD: list[Any] = [
    None, True, 0, -1, 1e308, "", "NaN", "Infinity", "-1", "0", "1e999", "1_0", " 1", "x", [], {}, [[]], [None],
    {"p": 1}, 2**63, "9" * 400, "é", 1e-320, "0x10",
]  # fmt: skip


def sound(event: Event, known: Exchange) -> None:
    """Whether an event keeps what `Exchange.decode` promises."""
    if isinstance(event, Ack | Refusal):
        return
    assert event.symbol in known.by_symbol
    for name, value in zip(event._fields, event, strict=True):
        if isinstance(value, float):
            assert not math.isinf(value), name
            told = name in ("taker_buy_volume", "index_price")
            assert told or not math.isnan(value), name
    if isinstance(event, Trade | Liquidation):
        assert event.price > 0
        assert event.quantity > 0
        assert event.side in (1, -1)
    if isinstance(event, Candle):
        assert 0 < event.low <= min(event.open, event.close) <= max(event.open, event.close) <= event.high
        assert event.volume >= 0
        assert event.time_ms % 60_000 == 0
    if isinstance(event, BookChange):
        for price, quantity in (*event.bids, *event.asks):
            assert 0 < price < math.inf
            assert 0 <= quantity < math.inf


def survives(exchange: Exchange, frame: bytes) -> None:
    """A frame of any bytes is decoded soundly or raises FrameError, nothing else."""
    try:
        topic, events = exchange.decode(frame)
    except FrameError as error:
        assert str(error).isprintable()
        assert len(str(error)) <= 300
        return
    assert isinstance(topic, str)
    for event in events:
        sound(event, exchange)


@st.composite
def gone_wrong(draw: st.DrawFn, frames: list[Any]) -> bytes:
    """A frame with a value replaced or missing somewhere, cut short, or with bytes changed."""
    frame = json.loads(json.dumps(draw(st.sampled_from(frames))))
    for _ in range(draw(st.integers(1, 2))):
        holder, key = draw(st.sampled_from(list(_places(frame)) or [({}, None)]))
        if key is None:
            continue
        if draw(st.booleans()):
            holder[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif isinstance(holder, dict):
            holder.pop(key, None)
        else:
            holder.insert(0, copy.deepcopy(holder[key]))
    try:
        raw = bytearray(orjson.dumps(frame))
    except TypeError:  # a number beyond 64 bits
        raw = bytearray(json.dumps(frame).encode())
    if draw(st.integers(0, 3)) == 0:
        del raw[draw(st.integers(0, len(raw))) :]
    if raw and draw(st.integers(0, 3)) == 0:
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw)


def _places(value: Any) -> Any:
    """Every (container, key) of a nested value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
