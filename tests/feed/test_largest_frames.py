"""The largest frames that are let in cost every decoder little, whatever is in them (N8)."""

from __future__ import annotations

import contextlib
import time

import pytest

from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.feed.exchanges.base import MAX_FRAME_BYTES, FrameError

_MOST_S = 0.05
_HEAD = b'{"stream":"btcusdt@aggTrade","topic":"publicTrade.BTCUSDT","channel":"trades","data":['
_FRAMES = {
    "nested": b"[" * MAX_FRAME_BYTES,
    "one number": b"1" * MAX_FRAME_BYTES,
    "one text": b'"' + b"x" * (MAX_FRAME_BYTES - 2) + b'"',
    "numbers": b"[" + b"1e308," * (MAX_FRAME_BYTES // 6 - 1) + b"1]",
    "objects": _HEAD + b'{"x":1},' * (MAX_FRAME_BYTES // 8 - 20) + b"{}]}",
    "no text": b"\xff" * MAX_FRAME_BYTES,
}


@pytest.mark.parametrize("name", EXCHANGES)
@pytest.mark.parametrize("kind", _FRAMES)
def test_a_hostile_frame_is_rejected_or_empty_and_soon(name: str, kind: str) -> None:
    exchange = EXCHANGES[name]()
    for route in exchange.routes:
        decode = exchange.decoder(route)
        costs = []
        for _ in range(3):
            began = time.process_time()
            with contextlib.suppress(FrameError):
                assert decode(_FRAMES[kind])[1] == []
            costs.append(time.process_time() - began)
        assert min(costs) <= _MOST_S
