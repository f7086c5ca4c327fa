"""Whatever REST answers, a reader gives what it promises or raises RestError: every exchange, every reader."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heatdesk.events import Funding, LongShort, OpenInterest
from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.feed.exchanges.base import Exchange, RestError
from heatdesk.live import Instrument
from heatdesk.market import COLUMNS, MINUTE_MS, Records
from tests.feed.exchanges.wire import ODD, sound

_AT = 1_709_416_020_000
_KEYS = st.sampled_from(
    ["data", "result", "list", "markets", "BTC-USD", "candles", "rates", "tickers", "instruments", "symbol", "time",
     "ts", "openInterest", "fundingRate", "universe", "name", "levels", "bids", "asks", "ticks", "open", "symbols"]
)  # fmt: skip
_ANSWERS = st.recursive(
    st.sampled_from([*ODD, "BTC-USD", "BTC", "1.5", _AT, str(_AT), 2.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)
READERS = [
    name for name, _ in inspect.getmembers(Exchange, inspect.iscoroutinefunction) if name.startswith("read_")
]


class Anything:
    """A `Rest` that answers everything with one value, or refuses everything."""

    def __init__(self, answer: Any, refuses: bool = False) -> None:
        self.answer, self.refuses = answer, refuses

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        if self.refuses:
            raise RestError("not offered here", 404)
        return self.answer

    async def get(self, url: str, params: dict[str, Any] | None = None) -> Any:
        return await self.call(url)

    async def markets(self) -> dict[str, dict[str, Any]]:
        await self.call("markets")
        return {"BTC/USDT:USDT": {"id": "BTC", "info": {}}}


def _asked(exchange: Exchange, reader: str, rest: Anything, instrument: Instrument) -> Any:
    """Call a reader with what it takes."""
    wanted: dict[str, Any] = {
        "rest": rest, "instrument": instrument, "timeframe": "1m", "start_ms": _AT, "end_ms": _AT + 10 * MINUTE_MS,
    }  # fmt: skip
    method = getattr(exchange, reader)
    return asyncio.run(method(**{name: wanted[name] for name in inspect.signature(method).parameters}))


def _keeps_its_promise(exchange: Exchange, found: Any) -> None:
    if isinstance(found, Records):
        assert set(found.columns) == set(COLUMNS[found.kind])
        assert (found.time_ms[1:] > found.time_ms[:-1]).all()
    elif isinstance(found, OpenInterest | Funding | LongShort):
        sound(found, exchange)


def _known(name: str) -> tuple[Exchange, Instrument]:
    exchange = EXCHANGES[name]()
    wire = "BTC-USD" if name == "dydx" else "BTC"
    instrument = Instrument(name, "BTC/USDT:USDT", wire, "BTC", "USDT", "linear")
    exchange.know([instrument])
    return exchange, instrument


@pytest.mark.parametrize("name", sorted(EXCHANGES))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answer=_ANSWERS, reader=st.sampled_from(READERS))
def test_an_answer_is_read_or_refused(name: str, answer: Any, reader: str) -> None:
    exchange, instrument = _known(name)
    try:
        found = _asked(exchange, reader, Anything(answer), instrument)
    except RestError as error:
        assert str(error).isprintable()
        return
    _keeps_its_promise(exchange, found)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", sorted(EXCHANGES))
def test_a_missing_endpoint_is_no_more_than_that(name: str, reader: str) -> None:
    exchange, instrument = _known(name)
    try:
        found = _asked(exchange, reader, Anything(None, refuses=True), instrument)
    except RestError:
        return
    assert found is None or not len(found)
