"""Asked to end by the system or by Ctrl+C in a terminal, the program closes its window as a person would."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from typing import Any, Final

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QWidget

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class EndOnSignal(QObject):
    """Listens while it lives, until `stop`; made on the main thread.

    Python's own handlers run only when Python runs, and Qt may rest for long: the signal's number comes through a
    socket that wakes Qt's loop, so nothing has to look every now and then.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._near, self._far = socket.socketpair()
        for end in (self._near, self._far):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._near.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._end)
        self._woken_before = signal.set_wakeup_fd(self._far.fileno(), warn_on_full_buffer=False)
        self._before: dict[signal.Signals, Any] = {
            number: signal.signal(number, lambda *_: None) for number in _SIGNALS
        }

    def stop(self) -> None:
        """Leave signals as they were."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken_before)
        self._notifier.setEnabled(False)
        for end in (self._near, self._far):
            end.close()

    def _end(self) -> None:
        with suppress(BlockingIOError):
            numbers = self._near.recv(64)
            if any(number in _SIGNALS for number in numbers):
                self._window.close()
