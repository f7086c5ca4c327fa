"""One socket's time on a line: what is asked of it, whether it has been heard, and how it gives way to the next."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, Stream
from heatdesk.feed.socket import Socket

OVERLAP_S: Final = 10.0
_MOST_OVERLAP_S: Final = 60.0
_LOOK_S: Final = 0.25


@dataclass(eq=False, slots=True)
class Session:
    """`heard` is whether it ever gave data, `subscribed_s` when everything had been asked for, `cause` why it ended."""

    socket: Socket
    opened_s: float
    subscribed_s: float = math.inf
    heard: bool = False
    cause: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def subscribe(
        self,
        exchange: Exchange,
        streams: Sequence[Stream],
        wanted: Callable[[Stream], bool],
        asked: Callable[[Stream], None],
    ) -> None:
        """Ask for streams, a message's worth at a time, but for those no longer wanted when their turn comes.

        `asked` is told of each when it has been sent.
        """
        for part in _parts(exchange, streams):
            still = [stream for stream in part if wanted(stream)]
            if still and not self.over.is_set():
                await self.socket.say(exchange.subscribe(still))
                for stream in still:
                    asked(stream)

    async def unsubscribe(self, exchange: Exchange, streams: Sequence[Stream]) -> None:
        """Give streams up."""
        for part in _parts(exchange, streams):
            await self.socket.say(exchange.unsubscribe(part))


def _parts(exchange: Exchange, streams: Sequence[Stream]) -> Iterator[Sequence[Stream]]:
    size = exchange.row.limits.topics_per_message
    for start in range(0, len(streams), size):
        yield streams[start : start + size]


async def hand_over(previous: Session, successor: Session, loud: bool, clock: Clock) -> None:
    """Close a socket when its successor has been heard beside it for long enough.

    A successor that brings nothing is closed instead; with `loud` it should. One that ends by itself leaves all as
    it was.
    """
    began_s = clock.steady()
    while not previous.over.is_set() and not successor.over.is_set():
        now_s = clock.steady()
        if (successor.heard or not loud) and now_s - successor.subscribed_s >= OVERLAP_S:
            await previous.socket.close()
            return
        if now_s - max(began_s, min(successor.subscribed_s, now_s)) > _MOST_OVERLAP_S:
            await successor.socket.close()
            return
        await clock.sleep(_LOOK_S)
