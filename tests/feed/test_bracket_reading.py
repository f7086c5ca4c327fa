"""Brackets are asked once a day of each perpetual; one that fails is asked again, and nothing ends the asking."""

from __future__ import annotations

import asyncio
from typing import Any

from heatdesk.errors import BadInputError
from heatdesk.events import Market
from heatdesk.feed.bracket_reading import AGAIN_S, FAILED_S, BracketReading, kept_safely
from heatdesk.feed.exchanges.base import RestError
from heatdesk.feed.exchanges.okx import Okx
from heatdesk.live import Instrument

_BTC = Instrument("okx", "BTC/USDT:USDT", "BTC-USDT-SWAP", "BTC", "USDT", "linear")
_SPOT = Instrument("okx", "BTC/USDT", "BTC-USDT", "BTC", "USDT", "spot")
_ROWS = [(0.0, 0.004, 100.0)]


class _Leaping:
    """A clock that is always where one waits for; ends the run after a while."""

    def __init__(self, until_s: float) -> None:
        self._now_s, self._until_s = 0.0, until_s

    def now_ms(self) -> float:
        return self._now_s * 1000.0

    def steady(self) -> float:
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        self._now_s += max(seconds, 60.0)
        if self._now_s > self._until_s:
            raise asyncio.CancelledError
        await asyncio.sleep(0)


def _asked(answers: list[Any], until_s: float) -> tuple[list[float], list[tuple[Market, Any, int]]]:
    exchange, clock = Okx(), _Leaping(until_s)
    asked: list[float] = []
    kept: list[tuple[Market, Any, int]] = []

    async def read_brackets(rest: object, instrument: Instrument) -> Any:
        asked.append(clock.steady())
        answer = answers[min(len(asked), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    exchange.read_brackets = read_brackets  # type: ignore[method-assign,assignment]
    reading = BracketReading(exchange, None, clock, lambda *told: kept.append(told))  # type: ignore[arg-type]

    async def run() -> None:
        try:
            await reading.run(lambda: [_BTC, _SPOT])
        except asyncio.CancelledError:
            return

    asyncio.run(run())
    return asked, kept


def test_a_table_is_read_once_a_day_and_spot_has_none() -> None:
    asked, kept = _asked([_ROWS], 2.5 * AGAIN_S)
    assert len(asked) == 3
    assert [market for market, _, _ in kept] == [_BTC.market] * 3
    assert kept[0][1] == _ROWS


def test_what_fails_is_asked_again_sooner() -> None:
    asked, kept = _asked([RestError("no answer"), _ROWS], AGAIN_S / 2)
    assert len(asked) == 2
    assert FAILED_S <= asked[1] - asked[0] <= FAILED_S + 300.0
    assert len(kept) == 1


def test_an_exchange_that_tells_none_is_left_alone_for_a_day() -> None:
    asked, kept = _asked([None], AGAIN_S / 2)
    assert (len(asked), kept) == (1, [])


def test_a_table_that_cannot_be_kept_ends_nothing() -> None:
    def refuse(*_: object) -> None:
        raise BadInputError("cannot be")

    kept_safely(refuse)(_BTC.market, _ROWS, 0)
