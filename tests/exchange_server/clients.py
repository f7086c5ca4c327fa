"""How a test's own aiohttp client dials production addresses and lands on loopback, TLS and names intact."""

from __future__ import annotations

import socket
import sys
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.exchange_server.server import ExchangeServer


class Loopback(AbstractResolver):
    """Every name is the server's address."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


def session(server: ExchangeServer, **options: Any) -> aiohttp.ClientSession:
    """A client session that trusts the server's authority alone and reaches it under every name."""
    connector = aiohttp.TCPConnector(
        resolver=Loopback(server.port), ssl=server.certificates.client_context(), use_dns_cache=False
    )
    return aiohttp.ClientSession(connector=connector, **options)


def ccxt_pro() -> Any:
    """The whole of ccxt.pro, whatever part of ccxt the feed has imported in this process; skips where it is missing."""
    if "ccxt.pro" not in sys.modules:
        for name in [name for name in sys.modules if name.partition(".")[0] == "ccxt"]:
            del sys.modules[name]
    return pytest.importorskip("ccxt.pro")
