"""What can wait is done a piece at a time, so that a frame comes between any two pieces."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QObject, QTimer

_APART_MS: Final = 10  # what a piece has changed is painted before the next one


class Turns(QObject):
    """Calls pieces of work one by one, each in a turn of its own of the event loop."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: deque[Callable[[], None]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(_APART_MS)
        self._timer.timeout.connect(self._next)

    def put(self, pieces: Iterable[Callable[[], None]]) -> None:
        """Do these from the next turn on, in their order. What waits already keeps its place and is done once."""
        self._waiting.extend([piece for piece in pieces if piece not in self._waiting])
        self._go_on()

    def clear(self) -> None:
        """Do nothing of what waits."""
        self._waiting.clear()
        self._go_on()

    def _next(self) -> None:
        piece = self._waiting.popleft()
        self._go_on()
        piece()

    def _go_on(self) -> None:
        if self._waiting and not self._timer.isActive():
            self._timer.start()
        elif not self._waiting:
            self._timer.stop()
