"""REST through ccxt's addresses: bans cost nothing (N7), live calls do not wait for backfill, errors are plain."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from heatdesk.feed.ban_file import BanFile
from heatdesk.feed.bans import Bans
from heatdesk.feed.clock import Clock, FastClock, SystemClock
from heatdesk.feed.exchanges.base import RestError, Row, UnreachedError
from heatdesk.feed.network import Network
from heatdesk.feed.rest import Lanes
from tests.feed.test_pace import LeapingClock
from tests.feed.tiny_exchange import TinyServer, certified

_HOST = "fapi.binance.com"
_ROW = Row(
    "binance", "Binance", "binanceusdm", (_HOST,), "throttled", "bankruptcy",
    ccxt_options={"fetchMarkets": {"types": ["linear"]}},
)  # fmt: skip
_START_MS = 1_790_000_000_000.0

Answers = Callable[[web.Request], web.StreamResponse]


@contextlib.asynccontextmanager
async def _lanes(
    folder: Path, clock: Clock, answers: Answers
) -> AsyncIterator[tuple[TinyServer, Lanes, Network]]:
    async with certified(folder, SystemClock(), (_HOST,)) as (server, detour):
        server.rest = answers
        out = Network([_ROW], clock, detour)
        try:
            yield server, Lanes(_ROW, out, clock), out
        finally:
            await out.close()


def _json(told: Any, **more: Any) -> Answers:
    return lambda request: web.json_response(told, **more)


def test_answers_come_back_parsed_and_untouched(tmp_path: Path) -> None:
    rows = [
        [
            1_790_000_000_000,
            "100.0",
            "101",
            "99",
            "100.5",
            "12.5",
            1_790_000_059_999,
            "1250",
            7,
            "6.25",
            "625",
            "0",
        ]
    ]
    asked: list[web.Request] = []

    def answers(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        return web.json_response(rows)

    async def scene() -> None:
        async with _lanes(tmp_path, SystemClock(), answers) as (_, lanes, _):
            params = {"symbol": "BTCUSDT", "interval": "1m", "limit": 1500}
            assert await lanes.live.call("fapiPublicGetKlines", params) == rows
            assert await lanes.live.get(f"https://{_HOST}/fapi/v1/klines", params) == rows
        for request in asked:
            assert (request.host, request.path) == (_HOST, "/fapi/v1/klines")
            assert dict(request.query) == {"symbol": "BTCUSDT", "interval": "1m", "limit": "1500"}

    asyncio.run(scene())


@pytest.mark.parametrize("status", [429, 418])
def test_nothing_is_asked_while_a_ban_lasts(tmp_path: Path, status: int) -> None:
    """N7: from no lane, by no method; the first request after it is answered."""

    async def scene() -> None:
        clock = LeapingClock()
        until_ms = int(clock.now_ms()) + 90_000
        body = {"code": -1003, "msg": f"Way too many requests; IP banned until {until_ms:013d}."}
        async with _lanes(
            tmp_path, clock, _json(body, status=status, headers={"Retry-After": "20"})
        ) as scene:
            server, lanes, out = scene
            with pytest.raises(RestError, match=r"fapi\.binance\.com") as told:
                await lanes.backfill.call("fapiPublicGetTime")
            assert told.value.status == status
            server.rest = _json({"serverTime": 1})
            banned_s, tried = clock.steady(), 0
            while clock.now_ms() < until_ms - 3000:
                for lane in (lanes.live, lanes.backfill):
                    for ask in (
                        lane.call("fapiPublicGetTime"),
                        lane.get(f"https://{_HOST}/x"),
                        lane.markets(),
                    ):
                        with pytest.raises(RestError):
                            await ask
                        tried += 1
                await clock.sleep(2.0)
            assert tried > 20
            assert clock.steady() - banned_s > 60.0
            assert len(server.requests_s) == 1
            assert out.bans.standing((_HOST,)) is not None
            while out.bans.standing((_HOST,)) is not None:
                await clock.sleep(1.0)
            assert clock.now_ms() >= until_ms
            assert await lanes.live.call("fapiPublicGetTime") == {"serverTime": 1}
            assert len(server.requests_s) == 2

    asyncio.run(scene())


def test_nothing_is_asked_after_a_new_start_until_the_ban_ends(tmp_path: Path) -> None:
    """N7 over a restart of the process: all that it has of the run before is the file."""

    async def scene() -> None:
        clock, file = LeapingClock(), BanFile(tmp_path / "bans.json")
        told_ms = clock.now_ms()
        async with certified(tmp_path, SystemClock(), (_HOST,)) as (server, detour):

            @contextlib.asynccontextmanager
            async def started() -> AsyncIterator[tuple[Lanes, Network]]:
                out = Network([_ROW], clock, detour, Bans(clock, file.read(), file.keep))
                try:
                    yield Lanes(_ROW, out, clock), out
                finally:
                    await out.close()

            server.rest = _json({}, status=418, headers={"Retry-After": "600"})
            async with started() as (lanes, _):
                with pytest.raises(RestError):
                    await lanes.live.call("fapiPublicGetTime")
            server.rest = _json({"serverTime": 1})
            for _ in range(3):
                async with started() as (lanes, _):
                    for lane in (lanes.live, lanes.backfill):
                        with pytest.raises(RestError, match="banned"):
                            await lane.call("fapiPublicGetTime")
            assert len(server.requests_s) == 1
            async with started() as (lanes, out):
                while out.bans.standing((_HOST,)) is not None:
                    await clock.sleep(5.0)
                assert clock.now_ms() >= told_ms + 600_000
                assert await lanes.live.call("fapiPublicGetTime") == {"serverTime": 1}

    asyncio.run(scene())


@pytest.mark.parametrize("status", [451, 403])
def test_an_exchange_that_is_not_offered_here_is_asked_once_an_hour(tmp_path: Path, status: int) -> None:
    async def scene() -> None:
        clock = FastClock(1000.0, _START_MS)
        page = web.Response(status=status, text="<html>Unavailable", content_type="text/html")
        async with _lanes(tmp_path, clock, lambda request: page) as (server, lanes, out):
            for _ in range(10):
                with pytest.raises(RestError, match="not offered here") as told:
                    await lanes.live.call("fapiPublicGetTime")
                assert told.value.status == status
            ban = out.bans.standing((_HOST,))
            assert ban is not None
            assert ban.not_offered
            assert len(server.requests_s) == 1

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("answer", "words", "status"),
    [
        ({"status": 503, "text": "<html>Service Unavailable</html>"}, "503", 503),
        ({"status": 500, "text": "{}"}, "500", 500),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}, "302", 302),
        ({"status": 200, "text": "<html>Sign in to the network</html>"}, "a page that is no data", 0),
        ({"status": 200, "text": '{"cut": '}, "that is no data", 0),
        ({"status": 200, "text": '{"price": NaN}'}, "that is no data", 0),
        ({"status": 200, "text": "[" * 100_000}, "that is no data", 0),
        ({"status": 200, "body": b"\xff\xfe\x00"}, "that is no data", 0),
        ({"status": 200, "text": ""}, "that is no data", 0),
        ({"status": 400, "text": '{"code":-1121,"msg":"Invalid symbol.\\u202e<b>"}'}, "Invalid symbol", 400),
    ],
)
def test_what_is_no_answer_is_a_plain_error(
    tmp_path: Path, answer: dict[str, Any], words: str, status: int
) -> None:
    async def scene() -> None:
        async with _lanes(tmp_path, SystemClock(), lambda request: web.Response(**answer)) as (
            server,
            lanes,
            _,
        ):
            with pytest.raises(RestError, match=words) as told:
                await lanes.live.call("fapiPublicGetTime")
            assert told.value.status == status
            assert str(told.value).isascii()
            assert len(str(told.value)) <= 320
            assert len(server.requests_s) == 1, "nothing is repeated by itself"

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("code", "words", "refused"),
    [
        (-1000, "An unknown error occurred.", False),
        (-1007, "Timeout waiting for response from backend server.", False),
        (-1121, "Invalid symbol.", True),
    ],
)
def test_an_exchange_in_trouble_refuses_nothing(tmp_path: Path, code: int, words: str, refused: bool) -> None:
    """What is refused is asked for ever more seldom; what failed is not."""

    async def scene() -> None:
        async with _lanes(tmp_path, SystemClock(), _json({"code": code, "msg": words}, status=400)) as scene:
            with pytest.raises(RestError, match=words) as told:
                await scene[1].live.call("fapiPublicGetTime")
            assert isinstance(told.value, UnreachedError) is not refused

    asyncio.run(scene())


def test_a_live_call_does_not_wait_for_backfill_and_both_keep_the_pace(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = SystemClock()
        async with _lanes(tmp_path, clock, _json({"serverTime": 1})) as (server, lanes, _):
            await lanes.live.call("fapiPublicGetTime")
            pages = [
                asyncio.create_task(lanes.backfill.call("fapiPublicGetKlines", {"limit": 1500}))
                for _ in range(8)
            ]
            await asyncio.sleep(0.15)
            began = clock.steady()
            await lanes.live.call("fapiPublicGetTime")
            assert clock.steady() - began < 0.25
            assert not all(page.done() for page in pages)
            for page in pages:
                page.cancel()
            await asyncio.gather(*pages, return_exceptions=True)
            assert len(server.requests_s) < 8

    asyncio.run(scene())


def test_markets_are_read_once_a_minute_and_shared(tmp_path: Path) -> None:
    symbol = {
        "symbol": "BTCUSDT", "pair": "BTCUSDT", "contractType": "PERPETUAL", "status": "TRADING",
        "baseAsset": "BTC", "quoteAsset": "USDT", "marginAsset": "USDT", "deliveryDate": 4133404800000,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.1", "maxPrice": "1000000", "tickSize": "0.1"},
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        ],
    }  # fmt: skip

    async def scene() -> None:
        clock = FastClock(50.0, _START_MS)
        async with _lanes(tmp_path, clock, _json({"symbols": [symbol]})) as (server, lanes, _):
            first, second = await asyncio.gather(lanes.live.markets(), lanes.live.markets())
            assert list(first) == list(second) == ["BTC/USDT:USDT"]
            assert len(server.requests_s) == 1
            await clock.sleep(70.0)
            await lanes.live.markets()
            assert len(server.requests_s) == 2
            server.rest = _json({"symbols": [{"symbol": None}]})
            await clock.sleep(70.0)
            with contextlib.suppress(RestError):
                await lanes.live.markets()

    asyncio.run(scene())


def test_only_the_wanted_exchanges_of_ccxt_are_imported() -> None:
    """In a process of its own, as a start is: nothing of ccxt with the feed, and then a fraction of it."""
    script = """
import sys, time
import heatdesk.feed.rest, heatdesk.feed.supervisor
assert "ccxt" not in sys.modules
from heatdesk.feed.ccxt_import import async_exchanges
kinds = async_exchanges(["binanceusdm", "bybit"])
assert kinds["bybit"]().id == "bybit" and kinds["binanceusdm"]().id == "binanceusdm"
loaded = [name for name in sys.modules if name.startswith(("ccxt.async_support.", "ccxt.abstract."))]
assert "ccxt.async_support.binance" in loaded and "ccxt.async_support.kraken" not in loaded
assert len(loaded) < 30, len(loaded)
import ccxt.async_support.kraken
assert ccxt.async_support.kraken.kraken().id == "kraken"
assert async_exchanges(["okx"])["okx"]().id == "okx"
"""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-W", "error", "-c", script], check=True, timeout=60, cwd=Path(__file__).parents[2]
    )
    assert time.monotonic() - began < 30.0
