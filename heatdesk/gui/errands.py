"""What takes long and is none of the model's business: files in, files out. One after the other, off the GUI thread."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal

from heatdesk.errors import HeatdeskError

_LOG = logging.getLogger(__name__)
_UNFORESEEN: Final = "Something went wrong inside heatdesk ({kind}); run with --debug to see where."


class Stopped(Exception):  # noqa: N818 - it says what the user did, nothing is wrong
    """The user gave the errand up."""


class Progress(NamedTuple):
    """How far an errand is: a line for the window, and the share done."""

    line: str
    share: float


class Errand:
    """One piece of work. It calls `tell` between its steps, on the worker thread."""

    def __init__(
        self,
        work: Callable[[Errand], Any],
        done: Callable[[Any], None],
        failed: Callable[[str], None],
        post: Callable[[], None],
    ) -> None:
        self._work, self._done, self._failed, self._post = work, done, failed, post
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._outcome: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._run, name="errand", daemon=True)

    def tell(self, line: str, share: float) -> None:
        """Say how far the work is; raises Stopped where it was given up."""
        if self._stopping.is_set():
            raise Stopped
        with self._lock:
            unread, self._progress = self._progress, Progress(line, share)
        if unread is None:
            self._post()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Give it up at its next step."""
        self._stopping.set()

    @property
    def given_up(self) -> bool:
        """Whether nobody waits for its outcome any more."""
        return self._stopping.is_set()

    def join(self, within_s: float | None = None) -> bool:
        """Wait until its thread has ended, at most so long; returns whether it has."""
        if self._thread.is_alive():
            self._thread.join(within_s)
        return not self._thread.is_alive()

    def read(self) -> tuple[Progress | None, Callable[[], None] | None]:
        """What has been told since the last look, and, once it is over, what to do with the outcome."""
        with self._lock:
            told, self._progress = self._progress, None
            return told, self._outcome

    def _run(self) -> None:
        outcome: Callable[[], None]
        try:
            result = self._work(self)
            outcome = partial(self._done, result)
        except Stopped:
            outcome = _nothing
        except HeatdeskError as error:
            outcome = partial(self._failed, str(error))
        except Exception as error:
            _LOG.exception("an errand met an error it did not foresee")
            outcome = partial(self._failed, _UNFORESEEN.format(kind=type(error).__name__))
        with self._lock:
            self._outcome = outcome
        self._post()


class Errands(QObject):
    """Runs one errand at a time. `progressed` carries a Progress, None once nothing runs any more."""

    progressed = Signal(object)
    _posted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[Errand] = deque()
        self._current: Errand | None = None
        self._posted.connect(self._look, Qt.ConnectionType.QueuedConnection)

    def run(
        self, work: Callable[[Errand], Any], done: Callable[[Any], None], failed: Callable[[str], None]
    ) -> None:
        """Do `work` on a thread; then `done` with its result or `failed` with a sentence, on the GUI thread."""
        self._waiting.append(Errand(work, done, failed, self._posted.emit))
        if self._current is None:
            self._next()

    def stop(self) -> None:
        """Forget what waits and give up what runs, at its next step; nothing is told about either any more.

        Returns at once. What is asked for next begins when the step is over.
        """
        self._waiting.clear()
        if self._current is not None and not self._current.given_up:
            self._current.stop()
            self.progressed.emit(None)

    def finish(self, within_s: float) -> bool:
        """Wait until nothing runs any more, at most so long; returns whether that is so."""
        return self._current is None or self._current.join(within_s)

    def _next(self) -> None:
        self._current = self._waiting.popleft() if self._waiting else None
        if self._current is not None:
            self._current.start()

    def _look(self) -> None:
        if (current := self._current) is None:
            return
        told, outcome = current.read()
        if outcome is None:
            if told is not None and not current.given_up:
                self.progressed.emit(told)
            return
        current.join()
        self._next()
        if self._current is None and not current.given_up:
            self.progressed.emit(None)
        if not current.given_up:
            outcome()


def _nothing() -> None:
    """What follows an errand that was given up."""
