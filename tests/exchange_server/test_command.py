"""Started by a person: what it prints points a client at it; load and plans do what they say."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import aiohttp
import pytest

from tests.exchange_server import ExchangeServer
from tests.exchange_server.__main__ import _planned
from tests.exchange_server.clients import Loopback, session
from tests.exchange_server.flood import Flood
from tests.exchange_server.path import MINUTE_MS
from tests.exchange_server.schedule import Planned
from tests.exchange_server.tls import Certificates

_CHECKOUT = Path(__file__).parents[2]


def test_it_prints_what_points_heatdesk_at_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.exchange_server", "--ca", str(tmp_path / "ca.pem")]
    command += ["--faults", "outage:bybit@0+30", "--exchanges", "binance,bybit"]
    process = subprocess.Popen(command, cwd=_CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    limit = threading.Timer(60, process.kill)
    limit.start()
    try:
        told = dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))
        assert process.stdout.readline().startswith("0 s: outage at bybit")
        port = int(told["HEATDESK_EXCHANGE_SERVER"].removeprefix("127.0.0.1:"))
        asyncio.run(_ask(port, told["HEATDESK_EXCHANGE_CA"]))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        limit.cancel()
        process.stdout.close()


async def _ask(port: int, ca: str) -> None:
    context = ssl.create_default_context(cafile=ca)
    connector = aiohttp.TCPConnector(resolver=Loopback(port), ssl=context)
    async with aiohttp.ClientSession(connector=connector) as client:
        async with client.get("https://fapi.binance.com/fapi/v1/time") as answer:
            assert "serverTime" in await answer.json()
        with pytest.raises(aiohttp.ClientError):
            await client.get("https://api.bybit.com/v5/market/time")


def test_plans_are_read_and_nonsense_is_refused() -> None:
    options = argparse.Namespace(outage=["okx@5+20"], faults=["cut:binance@9+0", "7"], minutes=10.0)
    planned = _planned(options, ["binance", "okx"])
    assert Planned(5.0, "okx", "outage", 20.0) in planned
    assert Planned(9.0, "binance", "cut", 0.0) in planned
    assert len(planned) == 10  # and eight that seed 7 draws
    for bad in ("cut:nowhere@1+1", "nothing:okx@1+1", "cut:okx@x+1"):
        with pytest.raises(SystemExit, match="cannot read"):
            _planned(argparse.Namespace(outage=[], faults=[bad], minutes=10.0), ["binance", "okx"])


@pytest.mark.parametrize(
    ("exchange", "url", "subscription"),
    [
        (
            "binance",
            "wss://fstream.binance.com/market/ws",
            {"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade"], "id": 1},
        ),
        (
            "bybit",
            "wss://stream.bybit.com/v5/public/linear",
            {"op": "subscribe", "args": ["publicTrade.BTCUSDT"]},
        ),
        (
            "okx",
            "wss://ws.okx.com:8443/ws/v5/public",
            {"op": "subscribe", "args": [{"channel": "trades", "instId": "BTC-USDT-SWAP"}]},
        ),
    ],
)
def test_a_flood_is_told_and_counted(
    certificates: Certificates, exchange: str, url: str, subscription: dict[str, object]
) -> None:
    async def run() -> None:
        server = ExchangeServer(certificates=certificates, exchanges=[exchange])
        async with server, session(server) as client, asyncio.timeout(20), client.ws_connect(url) as socket:
            await socket.send_str(json.dumps(subscription))
            await socket.receive()
            item = server.truth.listing(exchange, "BTC/USDT:USDT")
            flood = Flood(server, exchange, 2000, ["BTC"])
            start = int(server.clock.now_ms()) // MINUTE_MS * MINUTE_MS
            before = server.market.candles(item, start, start + 2 * MINUTE_MS).volume.sum()
            await flood.run(seconds=0.5)
            sent = flood.sent[item.symbol]
            heard = 0
            while heard < sent:
                heard += "10000000" in (await socket.receive()).data  # its own numbers
            after = server.market.candles(item, start, start + 2 * MINUTE_MS).volume.sum()
            assert 500 < sent <= 1100
            assert after - before >= sent

    asyncio.run(run())
