"""The exchanges that are spoken. A module that is added is entered in `PROTOCOLS`."""

from __future__ import annotations

from tests.exchange_server.protocols.base import Protocol
from tests.exchange_server.protocols.binance import Binance
from tests.exchange_server.protocols.bybit import Bybit
from tests.exchange_server.protocols.okx import Okx

PROTOCOLS: tuple[type[Protocol], ...] = (Binance, Bybit, Okx)

__all__ = ["PROTOCOLS", "Protocol"]
