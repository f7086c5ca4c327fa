"""One client's socket: what it subscribed to, and the frames it is sent, well-formed or not."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.exchange_server.counts import Count
from tests.exchange_server.listings import Listing

_SLOWEST_BYTES = 64 << 20  # a client that is this far behind is cut, as exchanges do


@dataclass(frozen=True, eq=False)
class Sub:
    """One subscription. `what` picks the protocol's ``tell_<what>``; `listing` is None where it is about all of a kind.

    `mute` ones were acknowledged and say nothing, as streams on a wrong route do. `words` is the protocol's own.
    """

    topic: str
    what: str
    listing: Listing | None = None
    mute: bool = False
    form: str = ""  # two subscriptions with one topic and form get the very same frames
    words: dict[str, Any] = field(default_factory=dict)


class Line:
    """A socket, seen from the exchange."""

    def __init__(
        self,
        exchange: str,
        request: web.Request,
        socket: web.WebSocketResponse,
        count: Count,
        opened_ms: float,
    ) -> None:
        self.exchange, self.host, self.path = exchange, request.host.partition(":")[0], request.path
        self.query = dict(request.query)
        self.opened_ms = opened_ms
        self.subs: dict[str, Sub] = {}
        self.heard: deque[float] = deque()
        self.asked: deque[float] = deque()
        self.words: dict[str, Any] = {}  # whatever the protocol remembers of it
        self.stalled = False
        self._request, self._socket, self._count = request, socket, count

    @property
    def open(self) -> bool:
        transport = self._request.transport
        return transport is not None and not transport.is_closing() and not self._socket.closed

    @property
    def deflates(self) -> bool:
        """Whether the client agreed to compressed frames."""
        return bool(self._socket.compress)

    def subscribe(self, sub: Sub) -> None:
        self.subs[sub.topic] = sub
        self._count.subscribed += 1

    def unsubscribe(self, topic: str) -> bool:
        return self.subs.pop(topic, None) is not None

    def say(self, texts: Iterable[str | bytes]) -> None:
        """Send text frames at once."""
        framed = [frame(text.encode() if isinstance(text, str) else text) for text in texts]
        if framed:
            self.write(b"".join(framed), len(framed))

    def write(self, raw: bytes, frames: int = 1) -> None:
        """Bytes as they are: whole frames, or what a fault makes of them."""
        transport = self._request.transport
        if transport is None or transport.is_closing() or self._socket.closed:
            return
        if transport.get_write_buffer_size() > _SLOWEST_BYTES:
            self._count.violations["too slow"] += 1
            transport.abort()
            return
        transport.write(raw)
        self._count.sent += frames

    def cut(self) -> None:
        """End it without a word (TCP reset)."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def bye(self, code: int, reason: str = "") -> None:
        """Send a close frame and hang up."""
        self.write(frame(struct.pack("!H", code) + reason.encode(), 0x8), 0)
        if self._request.transport is not None:
            asyncio.get_running_loop().call_later(0.05, self.cut)

    def freeze(self) -> None:
        """Go half-open: hear nothing, say nothing, answer no ping, and do not hang up."""
        self.stalled = True
        if self._request.transport is not None:
            self._request.transport.pause_reading()

    def ping(self) -> None:
        """The protocol's own ping."""
        self.write(frame(b"", 0x9), 0)


def frame(payload: bytes, opcode: int = 0x1, deflated: bool = False) -> bytes:
    """A server's frame around a payload."""
    head = 0x80 | (0x40 if deflated else 0) | opcode
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", head, size) + payload
    if size < 65_536:
        return struct.pack("!BBH", head, 126, size) + payload
    return struct.pack("!BBQ", head, 127, size) + payload


def bomb(size: int) -> bytes:
    """A small frame that unpacks to `size` bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"[" + b" " * (size - 2) + b"]") + packer.flush(zlib.Z_SYNC_FLUSH)
    return frame(packed[:-4], deflated=True)
