"""What sockets and requests say is the market's truth, in each exchange's own units and under its own rules."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from heatdesk.feed.clock import SystemClock
from tests.exchange_server import ExchangeServer
from tests.exchange_server.clients import session
from tests.exchange_server.path import MINUTE_MS
from tests.exchange_server.tls import Certificates
from tests.patience import PatientClock

Work = Callable[[ExchangeServer, aiohttp.ClientSession], Awaitable[None]]
_START = 1_790_000_000_000
_TICK_S = 0.01


def _play(certificates: Certificates, work: Work, tick_s: float = _TICK_S, **options: Any) -> None:
    """Run a server and a client in one loop, whose time is the market's; `tick_s` apart exchanges speak."""
    clock = PatientClock(SystemClock().now_ms() if tick_s == _TICK_S else _START)

    async def run() -> None:
        server = ExchangeServer(clock, certificates=certificates, tick_s=tick_s, **options)
        async with server, session(server) as client, asyncio.timeout(2000 * tick_s):
            await work(server, client)

    clock.run(run())


async def _hear(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> list[Any]:
    """Every JSON text of the next seconds."""
    heard = []
    end = asyncio.get_running_loop().time() + seconds
    while (left := end - asyncio.get_running_loop().time()) > 0:
        try:
            message = await asyncio.wait_for(socket.receive(), left)
        except TimeoutError:
            break
        if message.type is not aiohttp.WSMsgType.TEXT:
            break
        heard.append(json.loads(message.data) if message.data != "pong" else "pong")
    return heard


def _subscribe(*topics: str) -> str:
    return json.dumps({"method": "SUBSCRIBE", "params": topics, "id": 1})


def test_binance_trades_add_up_to_its_candles(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        async with client.ws_connect("wss://fstream.binance.com/market/ws") as socket:
            await socket.send_str(_subscribe("btcusdt@aggTrade", "btcusdt@kline_1m"))
            heard = await _hear(socket, 1800.0)
        volumes: Counter[int] = Counter()
        bought: Counter[int] = Counter()
        for message in (m for m in heard if m.get("e") == "aggTrade"):
            lots = round(float(message["q"]) * 1000)
            volumes[message["T"] // MINUTE_MS] += lots
            bought[message["T"] // MINUTE_MS] += 0 if message["m"] else lots
        closed = [m["k"] for m in heard if m.get("e") == "kline" and m["k"]["x"]]
        url = f"https://fapi.binance.com/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime={_START}&limit=1500"
        async with client.get(url) as answer:
            rows = {row[0]: row for row in await answer.json()}
        whole = [k for k in closed if k["t"] // MINUTE_MS in sorted(volumes)[1:-1]]
        assert len(whole) > 20
        for k in whole:
            row, minute = rows[k["t"]], k["t"] // MINUTE_MS
            assert [k["o"], k["h"], k["l"], k["c"], k["v"], k["V"]] == [*row[1:6], row[9]]
            assert (round(float(k["v"]) * 1000), round(float(k["V"]) * 1000)) == (
                volumes[minute],
                bought[minute],
            )

    _play(certificates, work, tick_s=12.0)


def test_binance_acknowledges_a_stream_on_the_wrong_route_and_says_nothing(
    certificates: Certificates,
) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        for path, loud, silent in (("", "depthUpdate", "aggTrade"), ("/market", "aggTrade", "depthUpdate")):
            async with client.ws_connect(f"wss://fstream.binance.com{path}/ws") as socket:
                await socket.send_str(_subscribe("btcusdt@aggTrade", "btcusdt@depth@100ms"))
                heard = await _hear(socket, 150.0)
            assert heard[0] == {"result": None, "id": 1}
            names = {message.get("e") for message in heard}
            assert loud in names, path
            assert silent not in names, path

    _play(certificates, work, tick_s=3.0)


def test_binance_tells_one_liquidation_a_second_and_the_others_all(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        async with (
            client.ws_connect("wss://fstream.binance.com/market/ws") as binance,
            client.ws_connect("wss://stream.bybit.com/v5/public/linear") as bybit,
            client.ws_connect("wss://ws.okx.com:8443/ws/v5/public") as okx,
        ):
            await binance.send_str(_subscribe("!forceOrder@arr"))
            await bybit.send_str(json.dumps({"op": "subscribe", "args": ["allLiquidation.BTCUSDT"]}))
            arg = {"channel": "liquidation-orders", "instType": "SWAP"}
            await okx.send_str(json.dumps({"op": "subscribe", "args": [arg]}))
            await asyncio.sleep(0.2)
            for name in ("binance", "bybit", "okx"):
                server.faults.play("burst", name)
            told = await asyncio.gather(*(_hear(socket, 2.0) for socket in (binance, bybit, okx)))
        forced = [m["o"] for m in told[0] if m.get("e") == "forceOrder"]
        assert 1 <= len(forced) <= 3
        assert {o["S"] for o in forced} == {"SELL"}  # the order that closes a long
        rows = [row for m in told[1] if "topic" in m for row in m["data"]]
        assert (len(rows), {row["S"] for row in rows}) == (200, {"Buy"})  # the position that was long
        past, *frames = [m["data"] for m in told[2] if "data" in m]
        details = [d for data in frames for entry in data for d in entry["details"]]
        assert len(details) == 200
        assert {(d["side"], d["posSide"]) for d in details} == {("sell", "long")}
        assert len(past[0]["details"]) == 1  # the first frame is of long ago

    _play(certificates, work)


def test_bybit_and_okx_answer_pings_and_refuse_what_they_do_not_know(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        async with client.ws_connect("wss://stream.bybit.com/v5/public/linear") as socket:
            await socket.send_str('{"op":"ping","req_id":"7"}')
            await socket.send_str('{"op":"subscribe","args":["publicTrade.NONEUSDT"]}')
            pong, refused = await _hear(socket, 0.3)
            assert (pong["ret_msg"], pong["op"], refused["success"]) == ("pong", "ping", False)
        async with client.ws_connect("wss://ws.okx.com:8443/ws/v5/public") as socket:
            await socket.send_str("ping")
            arg = {"channel": "candle1m", "instId": "BTC-USDT-SWAP"}  # lives on /business
            await socket.send_str(json.dumps({"op": "subscribe", "args": [arg]}))
            pong, refused = await _hear(socket, 0.3)
            assert (pong, refused["code"]) == ("pong", "60018")

    _play(certificates, work)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://fapi.binance.com/fapi/v1/openInterest?symbol=BTCUSDT", lambda a: float(a["openInterest"])),
        (
            "https://api.bybit.com/v5/market/tickers?category=linear&symbol=BTCUSDT",
            lambda a: float(a["result"]["list"][0]["openInterest"]) / 2,  # both sides are told
        ),
        (
            "https://www.okx.com/api/v5/public/open-interest?instType=SWAP&instId=BTC-USDT-SWAP",
            lambda a: float(a["data"][0]["oi"]) * 0.01,  # contracts
        ),
    ],
)
def test_open_interest_in_each_exchanges_unit(
    certificates: Certificates, url: str, read: Callable[[Any], float]
) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        async with client.get(url) as answer:
            told = read(await answer.json())
        name = next(name for name in ("binance", "bybit", "okx") if name in url)
        truth = server.truth.open_interest(name, "BTC/USDT:USDT", server.clock.now_ms())
        assert told == pytest.approx(truth, rel=1e-3)

    _play(certificates, work)


def test_binance_gives_no_open_interest_older_than_thirty_days(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        base = "https://fapi.binance.com/futures/data/openInterestHist?symbol=BTCUSDT&period=5m"
        now = int(server.clock.now_ms())
        async with client.get(f"{base}&startTime={now - 31 * 86_400_000}") as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, -1130)
        async with client.get(f"{base}&startTime={now - 29 * 86_400_000}&limit=500") as answer:
            assert len(await answer.json()) == 500

    _play(certificates, work)


def test_too_much_weight_is_refused_then_banned_and_counted(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        url = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=5"
        statuses: list[int] = []
        for _ in range(140):
            async with client.get(url) as answer:
                statuses.append(answer.status)
                wait = answer.headers.get("Retry-After")
        assert statuses[0] == 200
        assert 429 in statuses
        assert (statuses[-1], int(wait or 0) > 0) == (418, True)
        count = server.counts["binance"]
        assert count.violations["weight"] == 11
        await asyncio.sleep(0.3)
        await client.get(url)
        assert count.while_banned == 1  # what came at once was under way

    _play(certificates, work)


def test_subscribing_too_fast_is_hung_up_on(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        async with client.ws_connect("wss://fstream.binance.com/market/ws") as socket:
            for _ in range(15):
                await socket.send_str(_subscribe("btcusdt@aggTrade"))
            heard = await _hear(socket, 1.0)
            assert socket.close_code == 1008
            assert len(heard) < 15
        assert server.counts["binance"].violations["messages"] >= 1

    _play(certificates, work)


def test_fifteen_hundred_instruments_are_listed_page_by_page(certificates: Certificates) -> None:
    from tests.exchange_server.listings import coins

    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        base = "https://api.bybit.com/v5/market/instruments-info?category=linear&limit=1000"
        found, cursor = [], ""
        for _ in range(3):
            async with client.get(f"{base}&cursor={cursor}" if cursor else base) as answer:
                page = (await answer.json())["result"]
            found += page["list"]
            cursor = page["nextPageCursor"]
            if not cursor:
                break
        assert len({row["symbol"] for row in found}) == len(found) == 1502  # and BTC and ETH against USDC

    _play(certificates, work, coins=coins(1500), exchanges=["bybit"])


def test_truth_is_told_over_https_too(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        now = int(server.clock.now_ms()) // MINUTE_MS * MINUTE_MS
        ask = f"exchange=okx&symbol=BTC/USDT:USDT&start={now - 5 * MINUTE_MS}&end={now + MINUTE_MS}"
        async with client.get(f"https://truth.localhost/candles?{ask}") as answer:
            rows = await answer.json()
        assert [tuple(row) for row in rows] == server.truth.candles(
            "okx", "BTC/USDT:USDT", now - 5 * MINUTE_MS, now
        )

    _play(certificates, work)
