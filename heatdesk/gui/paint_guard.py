"""A widget's painting that cannot take the program with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

_log = logging.getLogger(__name__)
_failed: set[type] = set()

W = TypeVar("W", bound=QWidget)


def guarded(paint: Callable[[W, QPaintEvent], None]) -> Callable[[W, QPaintEvent], None]:
    """A `paintEvent` whose exception ends here: logged once for each kind of widget, left as far as it was painted.

    Qt would go on with a painter that is still open, and crash without a trace.
    """

    def paint_event(self: W, event: QPaintEvent) -> None:
        try:
            paint(self, event)
        except Exception:
            if type(self) not in _failed:
                _log.exception("%s could not be painted.", type(self).__name__)
            _failed.add(type(self))

    return paint_event
