"""ccxt.pro, which others wrote, takes the server for dYdX, Hyperliquid, Bitget, Gate, Deribit and Kraken Futures."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.exchange_server import ExchangeServer
from tests.exchange_server.clients import ccxt_pro, session
from tests.exchange_server.listings import COINS
from tests.exchange_server.tls import Certificates

# ccxt's name, ours, the symbol, coins in what ccxt calls an amount
_OTHERS = [
    ("dydx", "dydx", "BTC/USDC:USDC", 1.0),
    ("hyperliquid", "hyperliquid", "BTC/USDC:USDC", 1.0),
    ("bitget", "bitget", "BTC/USDT:USDT", 1.0),
    ("gate", "gate", "BTC/USDT:USDT", 0.0001),
    ("deribit", "deribit", "BTC/USDC:USDC", 1.0),
    ("krakenfutures", "kraken", "BTC/USD:USD", 1.0),
]
_OPTIONS = {
    "hyperliquid": {"fetchMarkets": {"types": ["swap"]}},
    "bitget": {"defaultType": "swap", "fetchMarkets": {"types": ["swap"]}},
    "gate": {
        "fetchMarkets": {"types": ["swap"]},
        "swap": {"fetchMarkets": {"settlementCurrencies": ["usdt"]}},
    },
}


@pytest.mark.parametrize(("name", "exchange", "symbol", "size"), _OTHERS, ids=[row[1] for row in _OTHERS])
def test_ccxt_pro(certificates: Certificates, name: str, exchange: str, symbol: str, size: float) -> None:
    ccxt = ccxt_pro()

    async def work(server: ExchangeServer, client: Any) -> None:
        await client.load_markets()
        assert client.market(symbol)["swap"] and client.market(symbol)["linear"]
        now = server.market.now_ms() // 60_000 * 60_000
        candles = await client.fetch_ohlcv(symbol, "1m", since=now - 20 * 60_000, limit=10)
        truth = server.truth.candles(exchange, symbol, candles[0][0], candles[-1][0])
        assert len(candles) >= 5
        assert [row[:5] for row in candles[:-1]] == [list(row[:5]) for row in truth]
        assert [row[5] * size for row in candles[:-1]] == pytest.approx([row[5] for row in truth])
        await client.watch_order_book(symbol)
        for _ in range(3):
            book = await client.watch_order_book(symbol)
        assert book["bids"][0][0] < book["asks"][0][0]
        item = server.truth.listing(exchange, symbol)
        heard: set[tuple[int, float, float, str]] = set()
        start = server.market.next_ms()
        server.market.trade_burst(item, 10, 2000)
        while sum(t >= start for t, *_ in heard) < 3:
            for trade in await client.watch_trades(symbol):
                coins = round(trade["amount"] * size, 9)
                heard.add((trade["timestamp"], trade["price"], coins, trade["side"]))
        first, last = min(heard)[0], max(heard)[0]
        known = {
            (t, p, round(q, 9), "buy" if side > 0 else "sell")
            for _, t, p, q, side in server.truth.trades(exchange, symbol, first, last + 1)
        }
        assert heard <= known

    async def run() -> None:
        server = ExchangeServer(certificates=certificates, coins=COINS[:2], exchanges=[exchange])
        async with server, session(server) as http:
            options = _OPTIONS.get(name, {})
            client = getattr(ccxt, name)(
                {"session": http, "options": options, "has": {"fetchCurrencies": False}}
            )
            try:
                async with asyncio.timeout(25):
                    await work(server, client)
            finally:
                await client.close()

    asyncio.run(run())
