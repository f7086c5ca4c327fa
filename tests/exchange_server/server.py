"""The server: production hosts of every exchange on one loopback port, over TLS, told apart by name."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson
from aiohttp import WSMsgType, web

from heatdesk.feed.clock import Clock, SystemClock, haste
from tests.exchange_server.counts import Counts
from tests.exchange_server.faults import Faults
from tests.exchange_server.limits import Meter
from tests.exchange_server.line import Line
from tests.exchange_server.listings import COINS, Coin, Listing
from tests.exchange_server.market import Market
from tests.exchange_server.protocols import PROTOCOLS
from tests.exchange_server.protocols.base import Ask, Protocol, Reply
from tests.exchange_server.pump import Pump
from tests.exchange_server.tls import Certificates
from tests.exchange_server.truth import HOST as TRUTH_HOST
from tests.exchange_server.truth import Truth

_LONGEST_BODY = 1 << 20
_LONGEST_S = 120.0  # of a busy machine
T = TypeVar("T")


class ExchangeServer:
    """``async with ExchangeServer() as server:`` listens on ``127.0.0.1:server.port``.

    `market`, `truth`, `faults` and `counts` may be used from the loop that it runs in. `exchanges` picks some by name;
    `tick_s` (seconds of the loop) is how often subscribers are told what has happened.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        seed: int = 1,
        coins: Iterable[Coin] = COINS,
        exchanges: Iterable[str] | None = None,
        tick_s: float = 0.05,
        certificates: Certificates | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.market = Market(self.clock, seed, coins)
        wanted = None if exchanges is None else set(exchanges)
        chosen = [kind for kind in PROTOCOLS if wanted is None or kind.name in wanted]
        self.protocols: dict[str, Protocol] = {kind.name: kind(self.market) for kind in chosen}
        self._by_host = {host: p for p in self.protocols.values() for host in p.hosts}
        self.certificates = certificates or Certificates([*self._by_host, TRUTH_HOST, "localhost"])
        self.counts = Counts()
        self.lines: list[Line] = []
        self.port = 0
        self.pumping = True  # whether the market is told; recordings are played without it
        self._meters = {
            host: Meter(p.limits, self.counts[p.name], haste(self.clock)) for host, p in self._by_host.items()
        }
        self._pump = Pump(self.market, self.protocols.values())
        self.faults = Faults(self)
        self._pump.lie = self.faults.frames
        self.truth = Truth(self.market, self.protocols, self.counts)
        self._tick_s = tick_s
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None
        for protocol in self.protocols.values():
            protocol.admit = self._admit
            protocol.streamed = self._streamed

    # --- life

    async def start(self, port: int = 0) -> int:
        """Listen; returns the port."""
        app = web.Application(client_max_size=_LONGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handle_signals=False)
        await self._runner.setup()
        self.certificates.right.sni_callback = self._present
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=self.certificates.right, backlog=1024)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        self.market.told_ms = self.market.now_ms()
        self._ticking = asyncio.create_task(self._tick())
        return self.port

    async def stop(self) -> None:
        """Hang up on everybody."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        if self._runner is not None and self._runner.server is not None:
            # Abort: TLS would wait for the other side's farewell.
            for connection in self._runner.server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await self._runner.cleanup()
            await asyncio.sleep(0.01)
        self.certificates.right.sni_callback = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def environment(self, folder: Path) -> dict[str, str]:
        """The variables that point heatdesk here; the authority's certificate is written into the folder."""
        file = folder / "exchange-ca.pem"
        self.certificates.write_authority(file)
        return {"HEATDESK_EXCHANGE_SERVER": f"127.0.0.1:{self.port}", "HEATDESK_EXCHANGE_CA": str(file)}

    def tell(self) -> None:
        """Tell subscribers everything up to now."""
        if self.pumping:
            self._pump.turn(self.lines)

    def meter(self, host: str) -> Meter:
        """Who counts what is asked of a host."""
        return self._meters[host]

    # --- requests

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0].lower()
        if host == TRUTH_HOST:
            return web.Response(
                body=self.truth.answer(request.path, dict(request.query)), content_type="application/json"
            )
        protocol = self._by_host.get(host)
        if protocol is None:
            return web.Response(status=421, text=f"no exchange is called {host}")
        if self.faults.down(protocol.name):
            self.counts[protocol.name].refused += 1
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, protocol, host)
        return await self._rest(request, protocol, host)

    async def _rest(self, request: web.Request, protocol: Protocol, host: str) -> web.StreamResponse:
        count, meter = self.counts[protocol.name], self._meters[host]
        ask = Ask(request.method, host, request.path, dict(request.query) | await _body(request))
        count.requests[ask.path] += 1
        status, seconds = meter.ask(ask.path, self.clock.steady())
        reply = (
            protocol.banned(status, seconds) if status != 200 else await self._truthful_or_not(protocol, ask)
        )
        count.answers[reply.status] += 1
        headers = dict(reply.headers)
        if meter.limits.used_header:
            headers[meter.limits.used_header] = str(meter.used)
        return web.Response(body=reply.body, status=reply.status, headers=headers)

    async def _truthful_or_not(self, protocol: Protocol, ask: Ask) -> Reply:
        await self.faults.delay(protocol.name)
        lie = self.faults.instead(protocol.name, ask)
        return lie if lie is not None else self.faults.reply(protocol.name, ask, protocol.answer(ask))

    # --- sockets

    async def _socket(self, request: web.Request, protocol: Protocol, host: str) -> web.StreamResponse:
        count, now = self.counts[protocol.name], self.clock.steady()
        count.dialled += 1
        if not self._meters[host].connect(now):
            return web.Response(status=429)
        if (status := self.faults.upgrade(protocol.name)) != 101:
            count.refused += 1
            return web.Response(status=status)
        socket = web.WebSocketResponse(compress=True, max_msg_size=_LONGEST_BODY)
        await socket.prepare(request)
        line = Line(protocol.name, request, socket, count, self.clock.now_ms())
        self.lines.append(line)
        count.open += 1
        try:
            protocol.opened(line)
            await self._listen(line, socket, protocol, host)
        finally:
            count.open -= 1
            self.lines.remove(line)
        return socket

    async def _listen(self, line: Line, socket: web.WebSocketResponse, protocol: Protocol, host: str) -> None:
        meter = self._meters[host]
        async for message in socket:
            if message.type != WSMsgType.TEXT:
                continue
            self.counts[protocol.name].heard += 1
            if not meter.message(line.heard, self.clock.steady(), len(message.data)):
                line.bye(1008, "Too many requests")
                continue
            if line.stalled:  # half-open: it hears nothing
                continue
            protocol.heard(line, message.data)

    def _admit(self, line: Line, topics: int) -> bool:
        meter = self._meters[line.host]
        if meter.subscribe(line.asked, self.clock.steady(), topics, len(line.subs)):
            return True
        line.bye(1008, "Too many subscriptions")
        return False

    def _streamed(self, listing: Listing) -> bool:
        """Whether somebody's stream moves the order book of a listing on."""
        return any(
            sub.listing is not None
            and sub.listing.key == listing.key
            and sub.what in ("depth", "book", "order_book")
            for line in self.lines
            if line.exchange == listing.exchange
            for sub in line.subs.values()
        )

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._tick_s)
            self.faults.turn()
            self.tell()

    def _present(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """Show the certificate that a fault wants shown for this name."""
        protocol = self._by_host.get((name or "").lower())
        how = self.faults.certificate(protocol.name) if protocol is not None else None
        if how is not None:
            connection.context = self.certificates.wrong(how)


async def _body(request: web.Request) -> dict[str, object]:
    """Parameters in a body: JSON or a form."""
    raw = await request.read()
    if not raw:
        return {}
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return dict(await request.post())
    return found if isinstance(found, dict) else {"": found}


class ServerThread:
    """The same server in a thread of its own, for callers that have no loop: ``with ServerThread() as server:``."""

    def __init__(
        self,
        server: ExchangeServer | None = None,
        port: int = 0,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.server = server or ExchangeServer()
        self._port = port
        self._loop = loop or asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="exchanges")
        self._ready = threading.Event()

    def __enter__(self) -> ExchangeServer:
        self._thread.start()
        if not self._ready.wait(_LONGEST_S):
            raise TimeoutError("the loopback exchanges did not start")
        return self.server

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LONGEST_S)

    def call(self, work: Callable[[], T], within_s: float = _LONGEST_S) -> T:
        """Do something in the server's own thread (play a fault, read the truth) and return what it gave."""

        async def run() -> T:
            return work()

        return self.run(run(), within_s)

    def run(self, work: Coroutine[Any, Any, T], within_s: float = _LONGEST_S) -> T:
        """The same with something that waits."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within_s)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self.server.start(self._port))
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self.server.stop())
        self._loop.close()
