"""The exchanges that are spoken. A module that is added is entered in `PROTOCOLS`."""

from __future__ import annotations

from tests.exchange_server.protocols.base import Protocol
from tests.exchange_server.protocols.binance import Binance

PROTOCOLS: tuple[type[Protocol], ...] = (Binance,)

__all__ = ["PROTOCOLS", "Protocol"]
