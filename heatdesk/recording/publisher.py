"""Serves the pictures of a feed to windows of the same user; a slow window misses some, and no other waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from heatdesk.live import Instrument, Live, LiveFeed, Watched
from heatdesk.machine import paths
from heatdesk.machine.local_line import Door, Line, LineError
from heatdesk.recording.pictures import (
    MessageError,
    instruments_message,
    message_of,
    picture_message,
    watched_of,
)

NAME: Final = "recorder"
MOST_WINDOWS: Final = 16
_EVERY_S: Final = 0.033
_EXCHANGES_S: Final = 0.25  # between two tellings of how every stream is: ages are read, not watched
_SIGN_OF_LIFE_S: Final = 1.0  # between messages, however little happens
_ANSWER_S: Final = 0.5
_LOG: Final = logging.getLogger(__name__)


class Publisher:
    """Open from construction to `hang_up`; raises OSError where no door can be opened. The feed
    watches what any of its windows watches, and what the program itself does.
    """

    def __init__(self, feed: LiveFeed, folder: Path | None = None) -> None:
        self._feed = feed
        self._door = Door(folder or paths.running(), NAME)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._watched: dict[object, Watched] = {}
        self._callers: list[threading.Thread] = []
        self._answering = threading.Thread(target=self._answer, name="publisher", daemon=True)
        self._answering.start()

    def watch(self, watched: Watched) -> None:
        """What this program's own charts show."""
        self._note(self, watched)

    def hang_up(self) -> None:
        """Take no more calls, and let every window go; returns at once."""
        self._stopping.set()
        self._door.close()

    def wait(self, within_s: float) -> bool:
        """Whether everybody has gone in time, after `hang_up`."""
        deadline = time.monotonic() + within_s
        threads = (self._answering, *self._callers)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _answer(self) -> None:
        while not self._stopping.is_set():
            line = self._door.accept(_ANSWER_S)
            if line is None:
                continue
            self._callers = [thread for thread in self._callers if thread.is_alive()]
            if len(self._callers) >= MOST_WINDOWS:
                line.close()
                continue
            thread = threading.Thread(target=self._serve, args=(line,), name="a window", daemon=True)
            self._callers.append(thread)
            thread.start()

    def _serve(self, line: Line) -> None:
        """Send what changes until the window goes; one that says nonsense is hung up on."""
        shown: Live | None = None
        seen: Live | None = None
        instruments: tuple[Instrument, ...] = ()
        said_s = exchanges_s = 0.0
        try:
            with line:
                while not self._stopping.is_set():
                    if (heard := line.receive(_EVERY_S)) is not None:
                        self._note(line, watched_of(message_of(heard).get("watched", [])))
                        continue
                    if (all_now := self._feed.instruments()) is not instruments:
                        line.send(instruments_message(all_now))
                        instruments = all_now
                    live, now_s = self._feed.live(), time.monotonic()
                    if live is seen and now_s - said_s < _SIGN_OF_LIFE_S:
                        continue
                    seen, said_s = live, now_s
                    if shown is not None and now_s - exchanges_s < _EXCHANGES_S:
                        live = replace(live, exchanges=shown.exchanges)
                    else:
                        exchanges_s = now_s
                    line.send(picture_message(shown, live))
                    shown = live
        except LineError:
            pass  # it has gone
        except MessageError as error:
            _LOG.warning("a window was hung up on: %s", error)
        finally:
            self._note(line, None)

    def _note(self, who: object, watched: Watched | None) -> None:
        """Remember what one watches, None where it has gone, and tell the feed what all of them watch."""
        with self._lock:
            before = _all_of(self._watched.values())
            if watched is None:
                self._watched.pop(who, None)
            else:
                self._watched[who] = watched
            after = _all_of(self._watched.values())
            if after != before:
                self._feed.watch(after)  # with the lock held: an older wish must not come after a newer one


def _all_of(watched: Iterable[Watched]) -> Watched:
    each = list(watched)
    return Watched(
        frozenset(market for one in each for market in one.markets),
        frozenset(market for one in each for market in one.books),
    )
