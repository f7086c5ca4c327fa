"""The only way out: TLS to the hosts of the exchange table, and to no others.

Certificates are always checked, against the system's authorities and Mozilla's; redirects are not followed; cookies are
not kept. Proxies are taken from the environment. What fails is told in plain words (`heatdesk.feed.reasons`).
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from heatdesk.feed.bans import Bans
from heatdesk.feed.clock import Clock
from heatdesk.feed.detour import Detour
from heatdesk.feed.exchanges.base import MAX_FRAME_BYTES, RestError, Row, UnreachedError
from heatdesk.feed.names import addresses
from heatdesk.feed.reasons import plain, reason

MOST_ANSWER_BYTES: Final = 32 << 20
CONNECT_WITHIN_S: Final = 8.0
ANSWER_WITHIN_S: Final = 20.0
_FAREWELL_S: Final = 0.25  # sockets that were closed a moment ago still say goodbye over TLS
_REMEMBER_ADDRESSES_S: Final = 60
_HEADERS: Final = {"User-Agent": "heatdesk", "Accept-Encoding": "gzip, deflate"}


class Answer(NamedTuple):
    """What a host answered, inflated."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Network:
    """One pool of connections for REST and sockets of every exchange; belongs to the loop that first uses it.

    `rows` name the hosts that may be reached. With a `detour` all of them are looked for there. `bans` are those that
    stand already.
    """

    def __init__(
        self, rows: Iterable[Row], clock: Clock, detour: Detour | None = None, bans: Bans | None = None
    ) -> None:
        self.bans = bans or Bans(clock)
        self._hosts = frozenset(host for row in rows for host in row.hosts)
        self._detour = detour
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def from_environment(cls, rows: Iterable[Row], clock: Clock, bans: Bans | None = None) -> Network:
        """The network as the environment has it; raises UsageError and MachineError (see `Detour`)."""
        return cls(rows, clock, Detour.from_environment(os.environ), bans)

    async def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        most_bytes: int = MOST_ANSWER_BYTES,
    ) -> Answer:
        """One request, never repeated. Raises RestError where nothing usable came back, or a ban stands."""
        host = self._allowed(url, "https")
        self.bans.check(host)
        try:
            async with self._open().request(
                method,
                URL(url, encoded=True),
                headers={**_HEADERS, **(headers or {})},
                data=body,
                allow_redirects=False,
                proxy=self._proxy(host),
            ) as response:
                answer = Answer(response.status, response.headers, await _bounded(response, host, most_bytes))
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise UnreachedError(reason(error, host)) from error
        ban = self.bans.heed(host, answer.status, answer.headers, answer.body)
        if ban is not None:
            raise UnreachedError(ban.reason, ban.status)
        return answer

    async def socket(self, url: str) -> aiohttp.ClientWebSocketResponse[bool]:
        """Open a WebSocket. Raises RestError with a plain sentence.

        Compression is not offered, so a small frame cannot inflate to a large one; one above 1 MiB ends the socket.
        """
        host = self._allowed(url, "wss")
        self.bans.check(host)
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                return await self._open().ws_connect(
                    url,
                    compress=0,
                    max_msg_size=MAX_FRAME_BYTES,
                    decode_text=False,
                    autoping=True,
                    proxy=self._proxy(host),
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
        except aiohttp.WSServerHandshakeError as error:
            ban = self.bans.heed(host, error.status, error.headers or {}, b"")
            raise RestError(reason(error, host) if ban is None else ban.reason, error.status) from error
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise RestError(reason(error, host)) from error

    async def close(self) -> None:
        """Close every connection; the network can be used again."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            await asyncio.sleep(_FAREWELL_S)

    def _allowed(self, url: str, scheme: str) -> str:
        """The host of an address of the table; raises RestError for any other."""
        parts = URL(url, encoded=True)
        if parts.scheme != scheme or parts.host not in self._hosts:
            raise RestError(
                f"{plain(parts.host)} over {plain(parts.scheme)} is not in the table of exchanges."
            )
        return parts.host

    def _proxy(self, host: str) -> str | None:
        if self._detour is not None or proxy_bypass(host):
            return None
        return _proxies().get("https")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=self._tls(),
                resolver=_Resolver(self._hosts, self._detour),
                limit=0,
                ttl_dns_cache=_REMEMBER_ADDRESSES_S,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN_S, sock_connect=CONNECT_WITHIN_S),
            )
        return self._session

    def _tls(self) -> ssl.SSLContext:
        if self._detour is not None:
            context = ssl.create_default_context(cafile=str(self._detour.ca))
        else:
            context = ssl.create_default_context()
            context.load_verify_locations(certifi.where())
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class _Resolver(AbstractResolver):
    """Finds the hosts of the table and of the proxy; any other has no address."""

    def __init__(self, hosts: frozenset[str], detour: Detour | None) -> None:
        proxies = (URL(address).host for address in _proxies().values())
        self._hosts = hosts if detour else hosts | {host for host in proxies if host}
        self._detour = detour

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self._hosts:
            raise OSError(f"{host} is not in the table of exchanges")
        if self._detour is None:
            return await addresses(host, port, family)
        at = self._detour
        return [
            ResolveResult(
                hostname=host,
                host=at.host,
                port=at.port,
                family=socket.AF_INET6 if ":" in at.host else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _proxies() -> dict[str, str]:
    """Proxies of the environment, or of the system where the environment names none."""
    return {
        kind: address
        for kind, address in getproxies().items()
        if kind in ("http", "https") and "://" in address
    }


async def _bounded(response: aiohttp.ClientResponse, host: str, most_bytes: int) -> bytes:
    """The whole answer; raises RestError for one that is too long."""
    parts, size = [], 0
    async for part in response.content.iter_chunked(1 << 18):
        size += len(part)
        if size > most_bytes:
            response.close()
            raise RestError(f"{host} sent more than {most_bytes >> 20} MiB in one answer.")
        parts.append(part)
    return b"".join(parts)
