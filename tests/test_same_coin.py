"""One coin under several names."""

from __future__ import annotations

import pytest

from heatdesk.events import Market
from heatdesk.same_coin import parts_of, spot_of, symbol_on

MARKETS = (
    Market("binance", "BTC/USDT:USDT"),
    Market("binance", "BTC/USDC:USDC"),
    Market("binance", "BTC/USDT"),
    Market("binance", "BTC/USDT:USDT-261225"),
    Market("dydx", "BTC/USDC:USDC"),
    Market("hyperliquid", "BTC/USDC:USDC"),
    Market("hyperliquid", "ETH/USDC:USDC"),
    Market("deribit", "BTC/USD:BTC"),
    Market("deribit", "BTC/USD:BTC-261225"),
    Market("kraken", "BTC/USD:BTC"),
    Market("kraken", "BTC/USD:USD"),
    Market("okx", "BTC/USDT"),
)


@pytest.mark.parametrize(
    ("symbol", "exchange", "own"),
    [
        ("BTC/USDT:USDT", "binance", "BTC/USDT:USDT"),
        ("BTC/USDC:USDC", "binance", "BTC/USDC:USDC"),
        ("BTC/USDT:USDT", "dydx", "BTC/USDC:USDC"),
        ("BTC/USDT:USDT", "deribit", "BTC/USD:BTC"),
        ("BTC/USDT:USDT", "kraken", "BTC/USD:USD"),
        ("BTC/USD:BTC", "kraken", "BTC/USD:BTC"),
        ("BTC/USD:BTC", "binance", "BTC/USDT:USDT"),
        ("ETH/USDT:USDT", "hyperliquid", "ETH/USDC:USDC"),
        ("ETH/USDT:USDT", "binance", None),
        ("BTC/USDT:USDT", "okx", None),  # spot is never meant
        ("BTC/USDC", "binance", None),
        ("BTC/USDT:USDT", "nowhere", None),
    ],
)
def test_the_nearest_perpetual_of_the_coin_is_meant(symbol: str, exchange: str, own: str | None):
    assert symbol_on(MARKETS, symbol, exchange) == own


def test_a_symbol_says_how_it_is_settled():
    assert parts_of("BTC/USD:BTC").inverse
    assert not parts_of("BTC/USDT:USDT").inverse
    assert parts_of("BTC/USDT").spot
    assert spot_of("BTC/USDC:USDC")[0] == "BTC/USDT"
