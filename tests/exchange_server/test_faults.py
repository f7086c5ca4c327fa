"""Every fault does on the wire what its name says, to its exchange alone, and ends when it should."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from heatdesk.feed.clock import SystemClock
from tests.exchange_server import ExchangeServer
from tests.exchange_server.clients import session
from tests.exchange_server.faults import KINDS
from tests.exchange_server.schedule import SURVIVABLE, Schedule
from tests.exchange_server.tls import Certificates
from tests.patience import PatientClock

Work = Callable[[ExchangeServer, aiohttp.ClientSession], Awaitable[None]]
_MARKET = "wss://fstream.binance.com/market/ws"
_TIME = "https://fapi.binance.com/fapi/v1/time"


def _play(certificates: Certificates, work: Work, **options: Any) -> None:
    clock = PatientClock(SystemClock().now_ms())

    async def run() -> None:
        server = ExchangeServer(
            clock, certificates=certificates, tick_s=0.01, exchanges=["binance", "bybit"], **options
        )
        async with server, session(server) as client, asyncio.timeout(20):
            await work(server, client)

    clock.run(run())


async def _open(
    client: aiohttp.ClientSession, *topics: str, **options: Any
) -> aiohttp.ClientWebSocketResponse:
    socket = await client.ws_connect(_MARKET, **options)
    await socket.send_str(json.dumps({"method": "SUBSCRIBE", "params": topics, "id": 1}))
    await socket.receive()
    return socket


async def _hear(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> list[aiohttp.WSMessage]:
    heard = []
    end = asyncio.get_running_loop().time() + seconds
    while (left := end - asyncio.get_running_loop().time()) > 0 and not socket.closed:
        try:
            heard.append(await asyncio.wait_for(socket.receive(), left))
        except TimeoutError:
            break
    return heard


def _busy(server: ExchangeServer, count: int = 50) -> None:
    server.market.trade_burst(server.truth.listing("binance", "BTC/USDT:USDT"), count, within_ms=100)


@pytest.mark.parametrize(("name", "code"), [("cut", 1006), ("close", 1001)])
def test_sockets_are_reset_or_closed(certificates: Certificates, name: str, code: int) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        socket = await _open(client, "btcusdt@aggTrade")
        server.faults.play(name, "bybit")
        assert not socket.closed
        server.faults.play(name, "binance")
        await _hear(socket, 1.0)
        assert socket.close_code == code

    _play(certificates, work)


def test_an_outage_hangs_up_until_it_ends(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        server.faults.play("outage", "binance", 0.4)
        with pytest.raises(aiohttp.ClientError):
            await client.get(_TIME)
        with pytest.raises(aiohttp.ClientError):
            await client.ws_connect(_MARKET)
        async with client.get("https://api.bybit.com/v5/market/time") as answer:
            assert answer.status == 200
        await asyncio.sleep(0.5)
        async with client.get(_TIME) as answer:
            assert answer.status == 200

    _play(certificates, work)


def test_acknowledged_and_no_data(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        server.faults.play("ack_no_data", "binance", 30)
        socket = await _open(client, "btcusdt@aggTrade", "btcusdt@kline_1m")
        _busy(server)
        assert await _hear(socket, 0.4) == []
        assert server.counts["binance"].withheld >= 50
        server.faults.end("binance")
        _busy(server)
        assert await _hear(socket, 0.4)
        await socket.close()

    _play(certificates, work)


@pytest.mark.parametrize("heals", ["resubscribe", "socket", "never"])
def test_one_mute_stream_heals_as_it_says(certificates: Certificates, heals: str) -> None:
    async def trades(server: ExchangeServer, socket: aiohttp.ClientWebSocketResponse) -> int:
        _busy(server)
        return sum('"aggTrade"' in str(message.data) for message in await _hear(socket, 0.3))

    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        socket = await _open(client, "btcusdt@aggTrade", "btcusdt@kline_1m")
        server.faults.play("mute", "binance", 30, topic="btcusdt@aggTrade", heals=heals)
        assert await trades(server, socket) == 0
        for method in ("UNSUBSCRIBE", "SUBSCRIBE"):
            await socket.send_str(json.dumps({"method": method, "params": ["btcusdt@aggTrade"], "id": 2}))
        await asyncio.sleep(0.1)
        assert (await trades(server, socket) > 0) == (heals == "resubscribe")
        other = await _open(client, "btcusdt@aggTrade")
        assert (await trades(server, other) > 0) == (heals != "never")
        await socket.close()
        await other.close()

    _play(certificates, work)


def test_only_what_a_mute_stream_of_liquidations_withheld_is_noted(certificates: Certificates) -> None:
    clock, topic = PatientClock(1_790_000_000_000, step_s=0.1), "btcusdt@forceOrder"

    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        item = server.truth.listing("binance", "BTC/USDT:USDT")
        socket = await _open(client, topic)
        fault = server.faults.play("mute", "binance", 60, topic=topic)
        withheld = server.market.burst(item, 5)
        await clock.sleep(2.0)
        for method in ("UNSUBSCRIBE", "SUBSCRIBE"):
            await socket.send_str(json.dumps({"method": method, "params": [topic], "id": 2}))
        await clock.sleep(1.0)
        told = server.market.burst(item, 5)
        await clock.sleep(2.0)
        for one in (*withheld, *told):
            noted = any(start <= one.time_ms < end for start, end in fault.words["untold"])
            assert noted == (one in withheld)
        await socket.close()

    async def run() -> None:
        server = ExchangeServer(clock, exchanges=["binance"], tick_s=0.1, certificates=certificates)
        async with server, session(server) as client:
            await work(server, client)

    clock.run(run())


def test_half_open_says_nothing_and_answers_no_ping(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        socket = await _open(client, "btcusdt@aggTrade", autoping=False)
        server.faults.play("half_open", "binance")
        _busy(server)
        await socket.ping()
        assert await _hear(socket, 0.4) == []
        other = await _open(client, "btcusdt@aggTrade", autoping=False)
        await other.ping()
        _busy(server)
        assert aiohttp.WSMsgType.PONG in {message.type for message in await _hear(other, 0.4)}
        server.faults.play("cut", "binance")

    _play(certificates, work)


def test_sockets_that_are_too_old_are_closed(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        socket = await _open(client, "btcusdt@aggTrade")
        server.faults.play("daily_cut", "binance", 30, age=0.3)
        await _hear(socket, 1.0)
        assert socket.close_code == 1001

    _play(certificates, work)


@pytest.mark.parametrize(
    ("name", "status"), [("429", 429), ("418", 418), ("451", 451), ("403", 403), ("503", 503)]
)
def test_requests_are_refused(certificates: Certificates, name: str, status: int) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        server.faults.play(name, "binance", 60)
        async with client.get(_TIME) as answer:
            assert answer.status == status
            if status in (418, 429):
                assert 50 <= int(answer.headers["Retry-After"]) <= 60
        assert server.counts["binance"].while_banned == 0  # nobody had told it before
        server.faults.end("binance")
        async with client.get(_TIME) as answer:
            assert answer.status == 200

    _play(certificates, work)


def test_a_page_where_json_belongs(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        server.faults.play("html", "binance", 60)
        async with client.get(_TIME) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert b"<!doctype html>" in await answer.read()

    _play(certificates, work)


def test_hostile_frames_are_sent_and_the_stream_goes_on(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        socket = await _open(client, "btcusdt@aggTrade", max_msg_size=0)
        for name in ("malformed", "huge", "binary"):
            server.faults.play(name, "binance")
        _busy(server)
        heard = await _hear(socket, 0.6)
        assert max(len(message.data) for message in heard) > 2 << 20
        assert aiohttp.WSMsgType.BINARY in {message.type for message in heard}
        assert sum("aggTrade" in str(message.data)[:40] for message in heard) >= 50
        server.faults.play("partial", "binance")
        await _hear(socket, 0.5)
        assert socket.close_code is not None

    _play(certificates, work)


def test_a_bomb_is_small_on_the_wire_and_64_mib_inside(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        socket = await _open(client, "btcusdt@forceOrder", compress=15, max_msg_size=1 << 20)
        server.faults.play("bomb", "binance")
        await _hear(socket, 1.0)
        assert socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG

    _play(certificates, work)


@pytest.mark.parametrize(("name", "factor"), [("duplicate", 2.0), ("missing", 2 / 3), ("reorder", 1.0)])
def test_frames_come_twice_or_not_or_in_another_order(
    certificates: Certificates, name: str, factor: float
) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        socket = await _open(client, "btcusdt@aggTrade")
        server.faults.play(name, "binance", 30)
        _busy(server, 300)
        numbers = [json.loads(m.data)["a"] for m in await _hear(socket, 0.5) if '"aggTrade"' in str(m.data)]
        assert len(numbers) == pytest.approx(300 * factor, abs=8)
        assert (numbers == sorted(numbers)) == (name != "reorder")
        await socket.close()

    _play(certificates, work)


def test_numbers_that_are_none_come_before_the_true_frame(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        socket = await _open(client, "btcusdt@aggTrade")
        server.faults.play("poison", "binance", 30)
        _busy(server, 100)
        texts = [str(m.data) for m in await _hear(socket, 0.5)]
        prices = [json.loads(text)["p"] for text in texts]
        good = [p for p in prices if isinstance(p, str) and p.replace(".", "").isdigit() and p != "0"]
        assert len(good) == pytest.approx(len(prices) / 2, abs=1)
        await socket.close()

    _play(certificates, work)


def test_a_gap_in_the_book_shows_in_its_numbers(certificates: Certificates) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        socket = await client.ws_connect("wss://fstream.binance.com/public/ws/btcusdt@depth@100ms")
        before = await _hear(socket, 0.5)
        server.faults.play("book_gap", "binance", 5)
        after = await _hear(socket, 0.5)
        changes = [json.loads(m.data) for m in before + after]
        gaps = [b["pu"] != a["u"] for a, b in itertools.pairwise(changes)]
        assert gaps.count(True) == 1
        server.faults.play("book_crossed", "binance")
        crossed = [json.loads(m.data) for m in await _hear(socket, 0.4)]
        lowest = min(float(p) for change in changes + crossed for p, q in change["a"] if float(q))
        assert any(float(p) > lowest for change in crossed for p, _ in change["b"])
        await socket.close()

    _play(certificates, work)


@pytest.mark.parametrize("name", ["self_signed", "wrong_host", "expired"])
def test_certificates_that_must_be_refused(certificates: Certificates, name: str) -> None:
    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        server.faults.play(name, "binance", 60)
        with pytest.raises((aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError)):
            await client.get(_TIME)
        async with client.get("https://api.bybit.com/v5/market/time") as answer:
            assert answer.status == 200

    _play(certificates, work)


def test_listings_change(certificates: Certificates) -> None:
    async def symbols(client: aiohttp.ClientSession) -> dict[str, str]:
        async with client.get("https://fapi.binance.com/fapi/v1/exchangeInfo") as answer:
            return {row["symbol"]: row["status"] for row in (await answer.json())["symbols"]}

    async def work(server: ExchangeServer, client: aiohttp.ClientSession) -> None:
        before = await symbols(client)
        server.faults.play("new_listing", "binance")
        server.faults.play("delist", "binance", symbol="SOL/USDT:USDT")
        after = await symbols(client)
        assert set(after) - set(before) == {"NEWCUSDT"}
        assert after["SOLUSDT"] != before["SOLUSDT"] == "TRADING"
        socket = await _open(client, "newcusdt@kline_1m", "solusdt@kline_1m")
        for symbol in ("NEWC", "SOL"):  # a minute is told of once it has a trade
            server.market.trade_burst(
                server.truth.listing("binance", f"{symbol}/USDT:USDT"), 5, within_ms=100
            )
        heard = [json.loads(m.data)["s"] for m in await _hear(socket, 0.7)]
        assert set(heard) == {"NEWCUSDT"}
        await socket.close()

    _play(certificates, work)


def test_a_schedule_is_the_same_for_the_same_seed_and_ends_in_time() -> None:
    draws = [Schedule(5, ["binance", "okx"], 3600, faults=40).planned for _ in range(2)]
    assert draws[0] == draws[1] != Schedule(6, ["binance", "okx"], 3600, faults=40).planned
    assert all(planned.at_s + planned.seconds <= 0.86 * 3600 for planned in draws[0])
    assert set(SURVIVABLE) <= set(KINDS)
