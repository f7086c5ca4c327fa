"""One exchange's lines: which streams are heard, on which sockets, and how they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, Stream
from heatdesk.feed.hearing import Listener, Loss
from heatdesk.live import ExchangeState

if TYPE_CHECKING:
    from heatdesk.feed.network import Network
    from heatdesk.feed.silence import Silence


class Supervisor:
    """Keeps what is wanted of one exchange heard until it is closed; belongs to one loop.

    `silence` compares how often exchanges liquidate and is shared by all of them.
    """

    def __init__(
        self,
        exchange: Exchange,
        network: Network,
        clock: Clock,
        listener: Listener,
        silence: Silence | None = None,
    ) -> None:
        raise NotImplementedError

    def want(self, streams: Iterable[Stream]) -> None:
        """These and no others, from now on; may be called at any time, also before `run`."""
        raise NotImplementedError

    async def run(self) -> None:
        """Dial, subscribe, judge and mend until cancelled or closed; never raises anything of the network's."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close every socket; returns within a second."""
        raise NotImplementedError

    def renew(self, stream: Stream) -> None:
        """Subscribe to a stream anew (a book that does not fit): the exchange answers with a snapshot."""
        raise NotImplementedError

    def unheard(self) -> list[Loss]:
        """The silences that last, `to_ms` 0."""
        raise NotImplementedError

    def state(self, now_ms: float) -> ExchangeState:
        """How the lines are; progress, coverage, gaps and skew are for others to fill in."""
        raise NotImplementedError
