"""The feed thread: every exchange of a plan heard, folded and recorded, and what stands now published for windows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from heatdesk.feed.clock import Clock, SystemClock
from heatdesk.feed.plan import FeedPlan, GapLedger, History
from heatdesk.live import Instrument, Live, Watched

if TYPE_CHECKING:
    from heatdesk.feed.network import Network

STOP_WITHIN_S: Final = 2.0


class FeedThread:
    """See `heatdesk.live.LiveFeed`. Everything that waits does it on one background thread, but for the writer's.

    `history` and `ledger` are written from a thread of their own and must be closed by the caller, after `stop`.
    `network` is how exchanges are reached; None dials the real ones.
    """

    def __init__(
        self,
        plan: FeedPlan,
        history: History,
        ledger: GapLedger,
        clock: Clock | None = None,
        network: Network | None = None,
    ) -> None:
        self._plan = plan
        self._history = history
        self._ledger = ledger
        self._clock = clock or SystemClock()
        self._network = network
        self._thread: threading.Thread | None = None
        self._live = Live()
        self._instruments: tuple[Instrument, ...] = ()

    def start(self) -> None:
        """Begin; returns at once."""

    def stop(self, within_s: float | None = None) -> bool:
        """End; returns whether it has ended in time."""
        return True

    def watch(self, watched: Watched) -> None:
        """What charts show from now on."""

    def live(self) -> Live:
        """The newest picture; costs nothing."""
        return self._live

    def instruments(self) -> tuple[Instrument, ...]:
        """Everything that can be traded on the connected exchanges; the same object until it changes."""
        return self._instruments
