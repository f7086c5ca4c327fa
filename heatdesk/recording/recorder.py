"""Records the exchanges into the user's history, and lets windows look on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from heatdesk import told_brackets
from heatdesk.errors import MachineError
from heatdesk.feed.plan import FeedPlan, GapLedger, History
from heatdesk.live import Instrument, Live, LiveFeed, Watched
from heatdesk.machine import paths
from heatdesk.recording.publisher import Publisher
from heatdesk.store.ledger import Ledger
from heatdesk.store.user import user_history

STOP_WITHIN_S: Final = 2.0
_LOG: Final = logging.getLogger(__name__)
OpenFeed = Callable[[FeedPlan, History, GapLedger], LiveFeed]


def _dial(plan: FeedPlan, history: History, ledger: GapLedger) -> LiveFeed:
    from heatdesk.feed.ban_file import user_bans  # the network's libraries wait until something is dialled
    from heatdesk.feed.service import FeedThread

    return FeedThread(plan, history, ledger, keep_brackets=told_brackets.keep, ban_file=user_bans())


class Recorder:
    """A `LiveFeed` that writes the user's history; it holds the history's writer lock from construction to `stop`.

    Raises MachineError where another program writes the history, or it cannot be written.
    """

    def __init__(self, plan: FeedPlan, open_feed: OpenFeed = _dial) -> None:
        self._history = user_history(read_only=False)
        try:
            self._ledger = Ledger(paths.data() / "ledger.sqlite")
        except BaseException:
            self._history.close()
            raise
        self._feed = open_feed(plan, self._history, self._ledger)
        self._publisher = _published(self._feed)

    def start(self) -> None:
        """Dial."""
        self._feed.start()

    def stop(self, within_s: float | None = None) -> bool:
        """End; the history is closed only when nothing is written to it any more."""
        deadline = time.monotonic() + (STOP_WITHIN_S if within_s is None else within_s)
        if self._publisher is not None:
            self._publisher.hang_up()
        ended = self._feed.stop(max(0.0, deadline - time.monotonic()))
        if self._publisher is not None:
            ended = self._publisher.wait(max(0.0, deadline - time.monotonic())) and ended
        if ended:
            self._ledger.close()
            self._history.close()
        return ended

    def watch(self, watched: Watched) -> None:
        """What this program's own charts show; other windows' wishes are added."""
        if self._publisher is None:
            self._feed.watch(watched)
        else:
            self._publisher.watch(watched)

    def live(self) -> Live:
        """The newest picture."""
        return self._feed.live()

    def instruments(self) -> tuple[Instrument, ...]:
        """Everything that can be traded on the connected exchanges."""
        return self._feed.instruments()


def _published(feed: LiveFeed) -> Publisher | None:
    """A door for windows; None where there can be none: recording matters more."""
    try:
        return Publisher(feed)
    except (OSError, MachineError) as error:
        _LOG.warning("no other window can look on: %s", error)
        return None
