"""Clients that others wrote take the server for the real thing: ccxt.pro, pybit and Binance's own connector."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.exchange_server import ExchangeServer, ServerThread
from tests.exchange_server.clients import ccxt_pro, session
from tests.exchange_server.tls import Certificates

_BTC = "BTC/USDT:USDT"


@pytest.fixture
def serving(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ServerThread]:
    """The server in a thread; every name of the world leads to it, and its authority is the only one trusted."""
    thread = ServerThread(ExchangeServer(certificates=certificates))
    with thread as server:
        ca = server.environment(tmp_path)["HEATDESK_EXCHANGE_CA"]
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca)
        monkeypatch.setenv("WEBSOCKET_CLIENT_CA_BUNDLE", ca)
        real = socket.getaddrinfo

        def loopback(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
            return real("127.0.0.1", server.port, *rest, **options)

        monkeypatch.setattr(socket, "getaddrinfo", loopback)
        yield thread


def _wait(until: Callable[[], object], what: str, seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.02)


@pytest.mark.parametrize(("name", "size"), [("binanceusdm", 1.0), ("bybit", 1.0), ("okx", 0.01)])
def test_ccxt_pro_trades_books_and_candles(certificates: Certificates, name: str, size: float) -> None:
    ccxt = ccxt_pro()
    exchange = name.removesuffix("usdm")
    kinds = ["swap"] if name == "okx" else ["linear"]

    async def work(server: ExchangeServer, client: Any) -> None:
        await client.load_markets()
        assert client.market(_BTC)["contractSize"] == size
        candles = await client.fetch_ohlcv(_BTC, "1m", limit=10)
        truth = server.truth.candles(exchange, _BTC, candles[0][0], candles[-1][0])
        assert [row[:5] for row in candles[:-1]] == [list(row[:5]) for row in truth]
        assert [row[5] for row in candles[:-1]] == pytest.approx([row[5] for row in truth])
        await client.watch_order_book(_BTC)
        for _ in range(5):  # it checks numbers and, where there is one, the checksum
            book = await client.watch_order_book(_BTC)
        assert book["bids"][0][0] < book["asks"][0][0]
        heard = asyncio.ensure_future(client.watch_trades(_BTC))
        await asyncio.sleep(0.3)
        server.market.trade_burst(server.truth.listing(exchange, _BTC), 10)
        trade = (await heard)[-1]
        now = int(server.clock.now_ms())
        known = server.truth.trades(exchange, _BTC, trade["timestamp"], now)
        amounts = {(t, p, round(q / size, 9)) for _, t, p, q, _ in known}
        assert (trade["timestamp"], trade["price"], trade["amount"]) in amounts

    async def run() -> None:
        async with ExchangeServer(certificates=certificates) as server, session(server) as http:
            client = getattr(ccxt, name)({"session": http, "options": {"fetchMarkets": {"types": kinds}}})
            try:
                async with asyncio.timeout(20):
                    await work(server, client)
            finally:
                await client.close()

    asyncio.run(run())


def test_pybit_over_http(serving: ServerThread) -> None:
    unified = pytest.importorskip("pybit.unified_trading")
    client = unified.HTTP()
    client.client.verify = os.environ[
        "REQUESTS_CA_BUNDLE"
    ]  # it sends prepared requests, past the environment
    try:
        rows = client.get_kline(category="linear", symbol="BTCUSDT", interval=1, limit=5)["result"]["list"]
        first, last = int(rows[-1][0]), int(rows[0][0])
        truth = serving.call(lambda: serving.server.truth.candles("bybit", _BTC, first, last))
        assert [(int(r[0]), float(r[4]), float(r[5])) for r in reversed(rows[1:])] == [
            (t, close, pytest.approx(volume)) for t, _, _, _, close, volume, _ in truth
        ]
        ticker = client.get_tickers(category="linear", symbol="ETHUSDT")["result"]["list"][0]
        assert float(ticker["openInterest"]) == pytest.approx(
            2 * float(ticker["singleOpenInterest"]), rel=1e-3
        )
        interest = client.get_open_interest(category="linear", symbol="BTCUSDT", intervalTime="5min", limit=3)
        assert len(interest["result"]["list"]) == 3
        tiers = client.get_risk_limit(category="linear", symbol="BTCUSDT")["result"]["list"]
        assert [float(t["maintenanceMargin"]) for t in tiers] == sorted(
            float(t["maintenanceMargin"]) for t in tiers
        )
        book = client.get_orderbook(category="linear", symbol="BTCUSDT", limit=50)["result"]
        assert float(book["b"][0][0]) < float(book["a"][0][0])
    finally:
        client.client.close()


def test_pybit_over_its_websocket(serving: ServerThread) -> None:
    unified = pytest.importorskip("pybit.unified_trading")
    trades: list[dict[str, Any]] = []
    forced: list[dict[str, Any]] = []
    books: list[dict[str, Any]] = []
    client = unified.WebSocket(testnet=False, channel_type="linear", restart_on_error=False)
    # It notes a question after it has sent it, and gives up at an answer to one that it has not noted: an exchange is
    # far enough away for that, a loopback is not.
    noted, handle = threading.Lock(), client.callback

    def when_noted(message: dict[str, Any]) -> None:
        with noted:
            handle(message)

    client.callback = when_noted
    try:
        with noted:
            client.trade_stream("BTCUSDT", lambda message: trades.extend(message["data"]))
            client.all_liquidation_stream("BTCUSDT", lambda message: forced.extend(message["data"]))
            client.orderbook_stream(50, "BTCUSDT", books.append)
        serving.call(lambda: serving.server.faults.play("burst", "bybit"))
        _wait(lambda: len(forced) >= 200, "200 liquidations")
        _wait(lambda: len(trades) >= 200, "the trades that closed them")
        _wait(lambda: len(books) >= 5, "order books")
    finally:
        held = client.ws.sock.sock if client.ws.sock else None
        serving.call(lambda: serving.server.faults.play("close", "bybit"))  # its own `exit` can wait for ever
        client.wst.join(5)
        if held is not None:
            held.close()
    assert {row["S"] for row in forced} == {"Buy"}
    assert float(books[-1]["data"]["b"][0][0]) < float(
        books[-1]["data"]["a"][0][0]
    )  # as pybit itself keeps it


def test_binances_connector_over_http(serving: ServerThread) -> None:
    futures = pytest.importorskip("binance.um_futures")
    client = futures.UMFutures()
    try:
        rows = client.klines("BTCUSDT", "1m", limit=5)
        truth = serving.call(lambda: serving.server.truth.candles("binance", _BTC, rows[0][0], rows[-1][0]))
        assert [(r[0], float(r[5]), float(r[9])) for r in rows[:-1]] == [
            (t, pytest.approx(volume), pytest.approx(bought)) for t, _, _, _, _, volume, bought in truth
        ]
        assert client.mark_price("BTCUSDT")["symbol"] == "BTCUSDT"
        assert len(client.open_interest_hist("BTCUSDT", "5m", limit=7)) == 7
        assert len(client.funding_rate("BTCUSDT", limit=4)) == 4
        assert {row["symbol"] for row in client.exchange_info()["symbols"]} >= {"BTCUSDT", "AVAXUSDT"}
    finally:
        client.session.close()


@pytest.mark.parametrize(
    ("address", "speaks"), [("wss://fstream.binance.com/market", True), ("wss://fstream.binance.com", False)]
)
def test_binances_connector_over_its_websocket(serving: ServerThread, address: str, speaks: bool) -> None:
    streams = pytest.importorskip("binance.websocket.um_futures.websocket_client")
    heard: list[str] = []
    client = streams.UMFuturesWebsocketClient(
        stream_url=address, on_message=lambda _, text: heard.append(text)
    )
    try:
        client.agg_trade("btcusdt", id=1)
        _wait(lambda: len(heard) >= 1, "acknowledgement")
        listing = serving.server.truth.listing("binance", _BTC)
        serving.call(lambda: serving.server.market.trade_burst(listing, 30))
        if speaks:
            _wait(lambda: sum('"aggTrade"' in text for text in heard) >= 30, "trades")
        else:  # the address it dials unless told: acknowledged, and silent since the streams moved
            time.sleep(0.5)
            assert heard == ['{"result":null,"id":1}']
    finally:
        client.stop()
        client.socket_manager.join(5)
        client.socket_manager.ws.shutdown()
