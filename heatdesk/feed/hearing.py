"""What the lines to an exchange tell the rest of the feed: events as they come, and when nobody was listening."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from heatdesk.events import Event
from heatdesk.feed.exchanges.base import Stream


class Loss(NamedTuple):
    """A stream was not heard from `from_ms` on, until `to_ms` (0 while it lasts); wall time, ms UTC.

    A loss outweighs what was told as heard before: a stream that was merely thought quiet turns out to have been dead.
    """

    exchange: str
    stream: Stream
    from_ms: int
    to_ms: int
    cause: str


class Listener(Protocol):
    """Who a supervisor tells; every call is made on the loop's thread and must return at once."""

    def events(self, exchange: str, received_ms: float, events: list[Event]) -> None:
        """Everything that one read of a socket brought, in order; may hold twice what two sockets brought at once."""
        ...

    def lost(self, loss: Loss) -> None:
        """A stream is heard again after a silence that was none of the market's: from, to and cause."""
        ...

    def heard(self, exchange: str, stream: Stream, from_ms: int, to_ms: int) -> None:
        """A stream was listened to all the time between; told at least every ten seconds, without gaps or overlaps.

        A loss that is told later outweighs it.
        """
        ...
