"""One WebSocket to an exchange, read in batches.

It is aiohttp's and not ccxt.pro's, which drops what comes in bursts (3,000 trades in one read: 1,915 arrive; 50
liquidations: 2) and the taker's volume, takes 27 µs a message, opens a socket per stream (150: 100 sockets), never
notices one that has gone mute, and cannot open the next before it closes the last.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import aiohttp

from heatdesk.events import Event
from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, FrameError
from heatdesk.feed.network import Network
from heatdesk.feed.pace import Pace
from heatdesk.feed.reasons import plain
from heatdesk.feed.repeats import Repeats

_LOG: Final = logging.getLogger(__name__)
_DATA: Final = (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY)
_SEND_WITHIN_S: Final = 5.0
_CLOSE_WITHIN_S: Final = 1.0
_LOGGED: Final = 20  # rejected frames of one socket whose text goes to the log


class Batch(NamedTuple):
    """What one read of a socket brought: events in order, the topics they came by, and counts of frames."""

    received_ms: float
    events: list[Event]
    topics: set[str]
    frames: int
    rejected: int


class Hearer(Protocol):
    """Who a socket tells."""

    def take(self, socket: Socket, batch: Batch) -> None:
        """A batch has come."""
        ...


class Socket:
    """One connection: `dial` it once, then `listen` until it ends. Nothing is dialled twice.

    `repeats` knows what the sockets before and beside this one have told.
    """

    def __init__(
        self,
        exchange: Exchange,
        network: Network,
        clock: Clock,
        route: str,
        hearer: Hearer,
        repeats: Repeats | None = None,
    ) -> None:
        self._exchange, self._network, self._clock = exchange, network, clock
        self._url, self._hearer = exchange.routes[route], hearer
        self._decode, self._repeats = exchange.decoder(route), repeats or Repeats()
        self._pace = Pace(clock, exchange.row.limits.messages_per_s)
        self._answers = type(exchange).answer is not Exchange.answer
        self._ws: aiohttp.ClientWebSocketResponse[bool] | None = None
        self._logged = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._scheduled = False
        self._begin_batch()

    async def dial(self) -> None:
        """Connect; raises RestError with a plain sentence."""
        self._ws = await self._network.socket(self._url)

    async def say(self, messages: Sequence[str]) -> None:
        """Send, as slowly as the exchange wants it; a socket that has ended swallows what is said."""
        for message in messages:
            await self._pace.turn()
            if self._ws is None or self._ws.closed:
                return
            try:
                async with asyncio.timeout(_SEND_WITHIN_S):
                    await self._ws.send_str(message)
            except (aiohttp.ClientError, OSError, TimeoutError):
                return  # the reader learns of it as well, and tells why

    async def listen(self) -> str:
        """Read until the socket ends; returns why it did. What was read until then has been told."""
        ws = self._ws
        if ws is None:
            return "it was never dialled"
        pinging = asyncio.create_task(self._ping()) if self._exchange.ping else None
        try:
            while True:
                message = await ws.receive()
                if message.type not in _DATA:
                    return self._why(message.type, message.data)
                self._take(message.data)
        finally:
            self._flush()
            for task in (pinging, *self._sending):
                if task is not None:
                    task.cancel()

    async def close(self) -> None:
        """End it; returns within about a second."""
        ws, self._ws = self._ws, None
        if ws is not None and not ws.closed:
            try:
                async with asyncio.timeout(_CLOSE_WITHIN_S):
                    await ws.close()
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                _LOG.debug("%s: closing: %s", self._exchange.row.name, plain(error))

    def _take(self, frame: bytes | str) -> None:
        """Decode one frame into the batch.

        `receive` does not give way to the loop while it has frames at hand, so the flush that the first one schedules
        runs when all that was read has been decoded.
        """
        if not self._scheduled:
            self._scheduled = True
            self._received_ms = self._clock.now_ms()
            asyncio.get_running_loop().call_soon(self._flush)
        self._frames += 1
        try:
            if self._answers and (reply := self._exchange.answer(frame)) is not None:
                self._reply(reply)
                return
            topic, events = self._decode(frame)
        except FrameError as error:
            self._reject(error)
        except Exception as error:  # a decoder's own mistake must cost one frame and not the exchange
            _LOG.exception("%s: the decoder failed", self._exchange.row.name)
            self._reject(error)
        else:
            if topic:
                self._topics.add(topic)
            if events:
                self._events.extend(self._repeats.without(events))

    def _reject(self, error: Exception) -> None:
        self._rejected += 1
        self._logged += 1
        if self._logged <= _LOGGED:
            _LOG.warning("%s: a frame was rejected: %s", self._exchange.row.name, plain(error))

    def _reply(self, text: str) -> None:
        task = asyncio.create_task(self.say((text,)))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _begin_batch(self) -> None:
        self._events: list[Event] = []
        self._topics: set[str] = set()
        self._frames = self._rejected = 0
        self._received_ms = 0.0

    def _flush(self) -> None:
        self._scheduled = False
        if self._frames:
            batch = Batch(self._received_ms, self._events, self._topics, self._frames, self._rejected)
            self._begin_batch()
            self._hearer.take(self, batch)

    async def _ping(self) -> None:
        while True:
            await self._clock.sleep(self._exchange.ping_every_s)
            await self.say((self._exchange.ping,))

    def _why(self, kind: aiohttp.WSMsgType, data: object) -> str:
        """The end of a socket in words."""
        if kind is aiohttp.WSMsgType.ERROR:
            return f"it sent what is no frame ({plain(data)})"
        code = self._ws.close_code if self._ws is not None else None
        return "the connection broke" if code in (None, 1006) else f"the exchange closed it (code {code})"
