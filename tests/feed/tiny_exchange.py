"""An exchange of two message types on a real TLS socket, whose every misbehaviour a test decides."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import trustme
from aiohttp import WSMsgType, web

from heatdesk.events import Ack, Event, Liquidation, MarkPrice, Refusal, Trade
from heatdesk.feed.clock import Clock
from heatdesk.feed.detour import Detour
from heatdesk.feed.exchanges.base import Exchange, FrameError, Limits, Rest, Row, Stream, What
from heatdesk.feed.hearing import Loss
from heatdesk.feed.network import Network
from heatdesk.live import Instrument
from heatdesk.market import Records

HOST = "stream.tiny.example"
REST_HOST = "api.tiny.example"


class TinyExchange(Exchange):
    """Trades, mark prices and liquidations of as many symbols as are asked for."""

    row = Row("tiny", "Tiny", "binanceusdm", (HOST, REST_HOST), "complete", "fill")

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__()
        if limits is not None:
            self.row = Row(
                "tiny", "Tiny", "binanceusdm", (HOST, REST_HOST), "complete", "fill", limits=limits
            )  # type: ignore[misc]

    @property
    def routes(self) -> dict[str, str]:
        return {"public": f"wss://{HOST}/public", "other": f"wss://{HOST}/other"}

    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        return ()

    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        return [orjson.dumps({"sub": [stream.topic for stream in streams]}).decode()]

    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        return [orjson.dumps({"unsub": [stream.topic for stream in streams]}).decode()]

    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        try:
            told = orjson.loads(frame)
            if "ack" in told:
                return "", [Ack(tuple(told["ack"]))]
            if "refused" in told:
                return "", [Refusal(told["refused"], "no such topic")]
            topic, time_ms, number = told["t"], int(told["ms"]), int(told["n"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise FrameError(f"not a frame: {error}") from error
        symbol = topic.partition(".")[2]
        if topic.startswith("mark"):
            return topic, [MarkPrice(symbol, time_ms, 1.0, 1.0)]
        if topic.startswith("liq"):
            return topic, [Liquidation(symbol, time_ms, 1, 1.0, 1.0)]
        return topic, [Trade(symbol, time_ms, 1.0, 1.0, 1, number)]

    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        return []

    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        raise NotImplementedError


def stream(topic: str, route: str = "public") -> Stream:
    """``trade.X``, ``mark.X`` or ``liq.X``."""
    kind, _, symbol = topic.partition(".")
    what = {"mark": What.MARK_PRICE, "liq": What.LIQUIDATIONS}.get(kind, What.TRADES)
    return Stream(topic, what, symbol, route, what is What.LIQUIDATIONS)


@dataclass(eq=False)
class Peer:
    """One connection as the server sees it."""

    ws: web.WebSocketResponse
    route: str
    opened_s: float
    topics: set[str] = field(default_factory=set)
    messages_s: list[float] = field(default_factory=list)


class TinyServer:
    """Ticks every topic that somebody has subscribed to; see the attributes for what it can do wrong."""

    def __init__(self, clock: Clock, every_s: float = 0.1) -> None:
        self.clock, self.every_s = clock, every_s
        self.peers: list[Peer] = []
        self.connects_s: list[float] = []
        self.overlaps_s: list[float] = []  # how old its successor was whenever a connection ended
        self.requests_s: list[float] = []
        self.muted: Callable[[Peer, str], bool] = lambda peer, topic: False
        self.silent: Callable[[str], bool] = lambda topic: topic.startswith("liq")  # speaks only when told to
        self.refused: set[str] = set()
        self.first_word = False  # whether a subscription is answered with data at once
        self.handshake_status = 0
        self.rest: Callable[[web.Request], web.StreamResponse] = lambda request: web.json_response(
            {"ok": True}
        )
        self.greeting: list[Any] = []
        self.number = 0
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.host != HOST:
            self.requests_s.append(self.clock.steady())
            return self.rest(request)
        self.connects_s.append(self.clock.steady())
        if self.handshake_status:
            return web.Response(status=self.handshake_status, headers={"Retry-After": "5"})
        ws = web.WebSocketResponse(max_msg_size=1 << 20)
        await ws.prepare(request)
        peer = Peer(ws, request.path.strip("/"), self.clock.steady())
        self.peers.append(peer)
        try:
            for frame in self.greeting:
                await (ws.send_bytes(frame) if isinstance(frame, bytes) else ws.send_str(frame))
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await self._told(peer, orjson.loads(message.data))
        finally:
            self.peers.remove(peer)
            if self.peers:
                self.overlaps_s.append(self.clock.steady() - min(other.opened_s for other in self.peers))
        return ws

    async def _told(self, peer: Peer, told: dict[str, list[str]]) -> None:
        peer.messages_s.append(self.clock.steady())
        for topic in told.get("sub", ()):
            if topic in self.refused:
                await peer.ws.send_str(orjson.dumps({"refused": topic}).decode())
            else:
                peer.topics.add(topic)
                if self.first_word and not self.silent(topic):
                    await self.send(peer, topic, self.number, int(self.clock.now_ms()))
        peer.topics.difference_update(told.get("unsub", ()))
        await peer.ws.send_str(orjson.dumps({"ack": told.get("sub", [])}).decode())

    async def tick(self) -> None:
        """Send until cancelled."""
        while True:
            self.number += 1
            now_ms = int(self.clock.now_ms())
            for peer in tuple(self.peers):
                for topic in tuple(peer.topics):
                    if not self.silent(topic) and not self.muted(peer, topic):
                        await self.send(peer, topic, self.number, now_ms)
            await self.clock.sleep(self.every_s)

    async def send(self, peer: Peer, topic: str, number: int, now_ms: int) -> None:
        with contextlib.suppress(ConnectionError):
            await peer.ws.send_str(orjson.dumps({"t": topic, "n": number, "ms": now_ms}).decode())

    def cut(self) -> None:
        """Reset every connection."""
        for peer in tuple(self.peers):
            self.abort(peer)

    def abort(self, peer: Peer) -> None:
        """Reset one connection."""
        transport = peer.ws._req.transport if peer.ws._req is not None else None
        if transport is not None:
            transport.abort()


@contextlib.asynccontextmanager
async def serving(
    folder: Path, clock: Clock, every_s: float = 0.1, certificate: trustme.LeafCert | None = None
) -> AsyncIterator[tuple[TinyServer, Detour]]:
    """A tiny exchange on loopback and the way to it."""
    async with certified(folder, clock, (HOST, REST_HOST), every_s, certificate) as served:
        yield served


@contextlib.asynccontextmanager
async def certified(
    folder: Path,
    clock: Clock,
    hosts: Sequence[str],
    every_s: float = 0.1,
    certificate: trustme.LeafCert | None = None,
) -> AsyncIterator[tuple[TinyServer, Detour]]:
    """The same under the names of other hosts."""
    ca = trustme.CA()
    path = folder / "ca.pem"
    ca.cert_pem.write_to_path(path)
    server = TinyServer(clock, every_s)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (certificate or ca.issue_cert(*hosts)).configure_cert(context)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    server.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    ticking = asyncio.create_task(server.tick())
    try:
        yield server, Detour("127.0.0.1", server.port, path)
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
        server.cut()
        await runner.cleanup()


class Ear:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self.losses: list[Loss] = []
        self.intervals: list[tuple[Stream, int, int]] = []

    def events(self, exchange: str, received_ms: float, events: list[Event]) -> None:
        self.all.extend(events)

    def lost(self, loss: Loss) -> None:
        self.losses.append(loss)

    def heard(self, exchange: str, stream: Stream, from_ms: int, to_ms: int) -> None:
        self.intervals.append((stream, from_ms, to_ms))

    def trades(self) -> list[Trade]:
        return [event for event in self.all if isinstance(event, Trade)]


def network(detour: Detour, clock: Clock) -> Network:
    return Network([TinyExchange.row], clock, detour)


async def until(condition: Callable[[], object], within_s: float = 60.0, what: str = "") -> None:
    """Wait (seconds of the loop) for something to become true."""
    end = asyncio.get_running_loop().time() + within_s
    while not condition():
        assert asyncio.get_running_loop().time() < end, f"not in time: {what or condition}"
        await asyncio.sleep(0.01)
