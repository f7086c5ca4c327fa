"""Painting that cannot take the program with it: Qt would go on with a painter that is still open, and crash."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

_log = logging.getLogger(__name__)
_failed: set[type] = set()

W = TypeVar("W", bound=QWidget)


class PaintGuard:
    """Keeps an exception in one item's painting out of Qt: logged once, the item left as far as it was drawn."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._failed = False

    @contextmanager
    def painting(self, painter: QPainter) -> Iterator[None]:
        """Paint in here; the painter leaves as it came."""
        painter.save()
        try:
            yield
        except Exception:
            if not self._failed:
                _log.exception("%s could not be drawn.", self._name)
            self._failed = True
        finally:
            painter.restore()


def guarded(paint: Callable[[W, QPaintEvent], None]) -> Callable[[W, QPaintEvent], None]:
    """A widget's `paintEvent` whose exception ends here: told once for each kind of widget."""

    def paint_event(self: W, event: QPaintEvent) -> None:
        try:
            paint(self, event)
        except Exception:
            if type(self) not in _failed:
                _log.exception("%s could not be painted.", type(self).__name__)
            _failed.add(type(self))

    return paint_event
