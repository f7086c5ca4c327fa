"""The moving window onto time and price, and the hand that moves it."""

from __future__ import annotations

import math
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneWheelEvent

from heatdesk.gui.layers.base import redraw_all

# One notch of a wheel (120 eighths of a degree) changes a range by this factor.
_NOTCH: Final = 1.18
_NOTCH_UNITS: Final = 120.0
# A drag moves prices only after leaving its row by this many pixels: who pans time keeps the automatic prices.
_STEADY_HAND: Final = 12.0
_PRICE_KEYS: Final = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class PlotView(pg.ViewBox):
    """A ViewBox in ms (int milliseconds UTC as float64, exact to a microsecond) and the price scale's y.

    The wheel zooms time around the cursor, with ctrl or shift price; sideways it pans; dragging pans. Every move by
    the user is told in `time_moved` and `price_moved`, moves by the program are not. `hovered` carries the cursor in
    view coordinates, None when it leaves; `clicked` where the left button was pressed and did not drag.
    """

    time_moved = Signal()
    price_moved = Signal()
    hovered = Signal(object)
    clicked = Signal(object)

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.disableAutoRange()
        self.setAcceptHoverEvents(True)
        self._drags_price = False
        self._cursor: QPointF | None = None
        self.sigRangeChanged.connect(self.tell_cursor)

    def update(self, *area: Any) -> None:
        """Ask for a repaint, of the axes too: pyqtgraph calls this on every change of range."""
        redraw_all(self)

    def zoom_time(self, factor: float, about_ms: float) -> None:
        """Show `factor` times as much time, keeping one moment in its place."""
        self.setXRange(*_scaled(self.viewRange()[0], factor, about_ms), padding=0)
        self.time_moved.emit()

    def zoom_price(self, factor: float, about_y: float) -> None:
        """Show `factor` times as much of the price axis, keeping one view y in its place."""
        self.setYRange(*_scaled(self.viewRange()[1], factor, about_y), padding=0)
        self.price_moved.emit()

    def pan_pixels(self, right: float, down: float) -> None:
        """Move the content by logical pixels."""
        (x_min, x_max), (y_min, y_max) = self.viewRange()
        dx = -right * (x_max - x_min) / max(self.width(), 1.0)
        dy = down * (y_max - y_min) / max(self.height(), 1.0)
        if dx:
            self.setXRange(x_min + dx, x_max + dx, padding=0)
            self.time_moved.emit()
        if dy:
            self.setYRange(y_min + dy, y_max + dy, padding=0)
            self.price_moved.emit()

    def wheelEvent(self, ev: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        ev.accept()
        notches = ev.delta() / _NOTCH_UNITS
        about = self._content_at(ev.pos())
        by_price = axis == 1 or (axis is None and bool(ev.modifiers() & _PRICE_KEYS))
        if axis is None and not by_price and ev.orientation() == Qt.Orientation.Horizontal:
            self.pan_pixels(notches * 60.0, 0.0)
        elif about is None:
            return
        elif by_price:
            self.zoom_price(_NOTCH**-notches, about.y())
        else:
            self.zoom_time(_NOTCH**-notches, about.x())

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        if ev.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            ev.ignore()
            return
        if ev.isStart():
            self._drags_price = False
        self._drags_price |= abs(ev.pos().y() - ev.buttonDownPos().y()) > _STEADY_HAND
        self._cursor = ev.pos()  # Qt tells no hovering while a button is down
        moved: QPointF = ev.pos() - ev.lastPos()
        self.pan_pixels(moved.x(), moved.y() if self._drags_price else 0.0)
        ev.accept()

    def mouseClickEvent(self, ev: Any) -> None:
        if ev.button() is not Qt.MouseButton.LeftButton or ev.double():
            ev.ignore()
            return
        ev.accept()
        if (at := self._content_at(ev.pos())) is not None:
            self.clicked.emit(at)

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self._cursor = event.pos()
        self.tell_cursor()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self._cursor = None
        self.hovered.emit(None)

    def tell_cursor(self, *_: Any) -> None:
        """Tell again what the cursor stands on: the content has moved under it."""
        if self._cursor is not None and (at := self._content_at(self._cursor)) is not None:
            self.hovered.emit(at)

    def _content_at(self, place: QPointF) -> QPointF | None:
        """The time and view y at a place; None where a plot without height or a range beyond all measure has none."""
        return self.mapToView(place) if self.childTransform().determinant() != 0 else None


def _scaled(visible: tuple[float, float], factor: float, about: float) -> tuple[float, float]:
    low, high = visible
    factor = min(max(factor, 1e-3), 1e3) if math.isfinite(factor) else 1.0
    return about + (low - about) * factor, about + (high - about) * factor
