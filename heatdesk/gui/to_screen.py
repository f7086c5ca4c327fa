"""How long what an exchange tells takes to the screen: from the socket to the painting of the chart."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from heatdesk.live import MarketState

_REMEMBERED: Final = 300  # some ten seconds of a lively market
_LONGEST_MS: Final = 10_000.0  # beyond, a clock was set or the machine slept


class ToScreen(QObject):
    """Measures from `MarketState.received_ms` to the next painting of a widget that shows its price.

    What several trades between two pictures took is told by the newest of them.
    """

    def __init__(self, painted: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting_ms = 0.0
        self._price = 0.0
        self._taken: deque[float] = deque(maxlen=_REMEMBERED)
        self.look_at(painted)

    def look_at(self, painted: QWidget) -> None:
        """Another widget shows the price from now on."""
        painted.installEventFilter(self)

    @property
    def median_ms(self) -> float:
        """Of the newest few hundred paintings; not-a-number before the first."""
        return sorted(self._taken)[len(self._taken) // 2] if self._taken else float("nan")

    @property
    def all_ms(self) -> tuple[float, ...]:
        """The newest few hundred, oldest first."""
        return tuple(self._taken)

    def expect(self, state: MarketState | None) -> None:
        """This has just been handed to what paints; a price that has not moved needs no painting."""
        if state is not None and state.price > 0.0 and state.price != self._price:
            self._price = state.price
            self._waiting_ms = self._waiting_ms or state.received_ms

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._waiting_ms and event.type() == QEvent.Type.Paint:
            took_ms = time.time() * 1000.0 - self._waiting_ms
            self._waiting_ms = 0.0
            if 0.0 <= took_ms <= _LONGEST_MS:
                self._taken.append(took_ms)
        return False
