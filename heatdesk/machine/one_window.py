"""One window per user and home: a second start asks the first one to come to the front, and ends.

Without Qt: the second start must not wait for a library. All that can be asked is to be seen, with a symbol.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from heatdesk.errors import MachineError
from heatdesk.machine import paths
from heatdesk.machine.local_line import Door, Line, LineError, call
from heatdesk.machine.process_lock import HeldError, ProcessLock

_NAME: Final = "window"
_RAISE: Final = b"raise "
_RAISED: Final = b"raised"
_SYMBOL: Final = re.compile(rb"[A-Za-z0-9:/_.-]{0,64}")
_MOST_BYTES: Final = 128
_LOOK_S: Final = 0.25
_AGAIN_S: Final = 0.05
_PATIENCE_S: Final = 10.0  # with a first start that has its lock and no door yet
_LOG: Final = logging.getLogger(__name__)


class FirstWindow:
    """The place of the one window, held until `stop`. It hears other starts on a thread of its own.

    A start that nobody listens to yet is remembered, the last of several.
    """

    def __init__(self, lock: ProcessLock | None, door: Door | None) -> None:
        self._lock, self._door = lock, door
        self._guard = threading.Lock()
        self._told: Callable[[str], object] | None = None
        self._asked: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._hear, name="other starts", daemon=True)
        if door is not None:
            self._thread.start()

    def listen(self, told: Callable[[str], object]) -> None:
        """From now on `told` gets the symbol of every other start, empty where it named none; on another thread."""
        with self._guard:
            self._told = told
            asked, self._asked = self._asked, None
        if asked is not None:
            told(asked)

    def stop(self) -> None:
        """Let the next start be the first."""
        self._stopping.set()
        if self._door is not None:
            self._thread.join()
            self._door.close()
        if self._lock is not None:
            self._lock.release()

    def _hear(self) -> None:
        while self._door is not None and not self._stopping.is_set():
            line = self._door.accept(_LOOK_S)
            if line is not None:
                with line, contextlib.suppress(LineError):
                    self._answer(line)

    def _answer(self, line: Line) -> None:
        request = line.receive(_LOOK_S) or b""
        symbol = request.removeprefix(_RAISE)
        if symbol == request or not _SYMBOL.fullmatch(symbol):
            _LOG.warning("another program asked the window for something that it does not do")
            return
        with self._guard:
            told, self._asked = self._told, symbol.decode("ascii")
        if told is not None:
            told(symbol.decode("ascii"))
        line.send(_RAISED)


def first_window(symbol: str | None = None, folder: Path | None = None) -> FirstWindow | None:
    """The place of the one window; None where there is one already, which has been asked to come to the front.

    Raises MachineError where a window is there that does not answer. Where nothing can be written every window is the
    first.
    """
    folder = folder or paths.running()
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            lock = ProcessLock(folder / f"{_NAME}.lock")
        except HeldError as held:
            if _raised(folder, symbol or ""):
                return None
            if time.monotonic() > deadline:
                raise MachineError(
                    f"heatdesk is open already (process {held.holder or 'unknown'}), but does not answer; "
                    "end it, or start with another HEATDESK_HOME."
                ) from None
            time.sleep(_AGAIN_S)
        except OSError:
            return FirstWindow(None, None)
        else:
            return FirstWindow(lock, _door(folder))


def _door(folder: Path) -> Door | None:
    try:
        return Door(folder, _NAME, _MOST_BYTES)
    except (OSError, MachineError) as error:
        _LOG.warning("another start cannot raise this window: %s", error)
        return None


def _raised(folder: Path, symbol: str) -> bool:
    """Whether the first window has heard that it is wanted."""
    line = call(folder, _NAME)
    if line is None:
        return False
    fits = _SYMBOL.fullmatch(symbol.encode("utf-8", "replace"))
    with line, contextlib.suppress(LineError):
        line.send(_RAISE + (symbol.encode("ascii") if fits else b""))
        return line.receive(2.0) == _RAISED
    return False
