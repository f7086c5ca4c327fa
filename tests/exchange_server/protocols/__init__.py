"""The exchanges that are spoken. A module that is added is entered in `PROTOCOLS`."""

from __future__ import annotations

from tests.exchange_server.protocols.base import Protocol
from tests.exchange_server.protocols.binance import Binance
from tests.exchange_server.protocols.bitget import Bitget
from tests.exchange_server.protocols.bybit import Bybit
from tests.exchange_server.protocols.deribit import Deribit
from tests.exchange_server.protocols.dydx import Dydx
from tests.exchange_server.protocols.gate import Gate
from tests.exchange_server.protocols.hyperliquid import Hyperliquid
from tests.exchange_server.protocols.kraken import Kraken
from tests.exchange_server.protocols.okx import Okx

PROTOCOLS: tuple[type[Protocol], ...] = (
    Binance,
    Bybit,
    Okx,
    Dydx,
    Hyperliquid,
    Bitget,
    Gate,
    Deribit,
    Kraken,
)

__all__ = ["PROTOCOLS", "Protocol"]
