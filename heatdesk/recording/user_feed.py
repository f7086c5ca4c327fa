"""The feed of a window: the recorder's where one runs, else its own; and its own as soon as that recorder has gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from heatdesk.errors import HeatdeskError
from heatdesk.live import Instrument, Live, LiveFeed, Watched

_AGAIN_S: Final = 0.25
_TOLD_S: Final = 20.0  # that a change of recorder stays among the notices
_PATIENCE_S: Final = 3.0  # with a program that writes the history and is no recorder, before it is told
TAKEN_OVER: Final = "The recorder has gone; this window records now."
CHANGED: Final = "The recorder has gone; another program records now."
_LOG: Final = logging.getLogger(__name__)
Find = Callable[[Callable[[], object]], LiveFeed | None]


def _find(lost: Callable[[], object]) -> LiveFeed | None:
    from heatdesk.recording.attached import AttachedFeed  # a window that opens waits for no JSON

    return AttachedFeed.find(lost)


class UserFeed:
    """A `LiveFeed` that attaches to the recorder where one runs, and records where none does.

    `find` looks for a recorder and takes what is called when it goes; `record` makes one here, and raises HeatdeskError
    while that cannot be, such as where another program writes the history. Numbers of pictures and liquidations ascend
    across both.
    """

    def __init__(
        self,
        record: Callable[[], LiveFeed],
        find: Find = _find,
    ) -> None:
        self._record, self._find = record, find
        self._lock = threading.Lock()  # guards which feed is followed, and what is watched
        self._feed: LiveFeed | None = None
        self._watched = Watched()
        self._stopping = False
        self._lost, self._ended = threading.Event(), threading.Event()
        self._numbered: tuple[Live, Live] = Live(), Live()  # as it came, as it is shown
        self._offset = self._printed_offset = 0
        self._said, self._said_until_s = "", 0.0
        self._thread = threading.Thread(target=self._keep_going, name="feeds", daemon=True)

    def start(self) -> None:
        """Look for a recorder; returns at once."""
        self._thread.start()

    def stop(self, within_s: float | None = None) -> bool:
        """End; returns whether it has ended in time."""
        deadline = None if within_s is None else time.monotonic() + within_s
        with self._lock:
            self._stopping = True
            self._lost.set()
            self._ended.set()
            feed = self._feed
        ended = feed is None or feed.stop(within_s)
        if self._thread.is_alive():
            self._thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return ended and not self._thread.is_alive()

    def watch(self, watched: Watched) -> None:
        """What charts show from now on, whoever records."""
        with self._lock:
            self._watched = watched
            if self._feed is not None:
                self._feed.watch(watched)

    def live(self) -> Live:
        """The newest picture, with a word about a recorder that has gone."""
        feed = self._feed
        came = Live() if feed is None else feed.live()
        if came is not self._numbered[0] and feed is not None:
            with self._lock:
                if feed is self._feed:  # one that has just been left would be numbered by its successor
                    self._numbered = came, self._renumbered(came)
        live = self._numbered[1]
        if self._said and time.monotonic() < self._said_until_s:
            return replace(live, notices=(*live.notices, self._said))
        return live

    def instruments(self) -> tuple[Instrument, ...]:
        """Everything that can be traded on the connected exchanges."""
        feed = self._feed
        return () if feed is None else feed.instruments()

    def _renumbered(self, live: Live) -> Live:
        """Numbers go on where those of the feed before have ended."""
        if not self._offset:
            return live
        printed = tuple(p._replace(number=p.number + self._printed_offset) for p in live.liquidations)
        return replace(live, number=live.number + self._offset, liquidations=printed)

    def _keep_going(self) -> None:
        began_s = time.monotonic()
        changed = False
        while not self._stopping:
            with self._lock:
                if not self._stopping:  # else the word to stop would be wiped out
                    self._lost.clear()
            attached = self._find(self._lost.set)
            feed = attached or self._own(time.monotonic() - began_s)
            if feed is None:
                self._lost.wait(_AGAIN_S)
                continue
            if not self._follow(feed):
                feed.stop()  # a recorder holds the history until its threads have ended, which takes a moment
                return
            if changed:
                self._say(TAKEN_OVER if attached is None else CHANGED)
            if attached is None:
                return  # one's own does not get lost
            followed_s = time.monotonic()
            self._lost.wait()
            attached.stop(0.0)  # it has hung up by itself
            changed, began_s = True, time.monotonic()
            if began_s - followed_s < _AGAIN_S:  # it does not want us: another version, or too many windows
                self._ended.wait(_AGAIN_S)

    def _own(self, tried_s: float) -> LiveFeed | None:
        """A recorder here, None while there can be none."""
        try:
            return self._record()
        except HeatdeskError as error:
            if tried_s > _PATIENCE_S:
                self._say(str(error))
        except Exception:
            _LOG.exception("the feeds cannot be started")
            self._say("The feeds cannot be started; see the log.")
        return None

    def _follow(self, feed: LiveFeed) -> bool:
        """Start a feed and show it from now on; False where the word to stop came first."""
        with self._lock:
            if self._stopping:
                return False
            shown = self._numbered[1]
            self._offset = shown.number
            self._printed_offset = shown.liquidations[-1].number + 1 if shown.liquidations else 0
            feed.watch(self._watched)
            feed.start()
            self._feed = feed
            return True

    def _say(self, sentence: str) -> None:
        self._said, self._said_until_s = sentence, time.monotonic() + _TOLD_S
