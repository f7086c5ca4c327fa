"""The zone that is pointed at: in a table of clusters, or anywhere else that names one."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui.layers.base import Frame, PlotLayer, redraw

_ALPHA: Final = 46


class HighlightLayer(PlotLayer):
    """A veil over a zone along all of the time in sight, with a line at either end of it."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._zone: tuple[float, float] | None = None

    def set_zone(self, zone: tuple[float, float] | None) -> None:
        """Point at the prices between a low and a high, or at none."""
        if zone != self._zone:
            self._zone = zone
            redraw(self)

    def drawn_of(self, snapshot: Snapshot) -> object:
        return None

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self._zone is None:
            return
        low, high = (round(float(frame.y(self.look.scale.y(price)))) for price in self._zone)
        line = max(1, round(frame.pixel))
        colour = QColor(self.look.tokens.accent)
        for y in (high - line, low):
            painter.fillRect(QRectF(frame.left, y, frame.width, line), colour)
        colour.setAlpha(_ALPHA)
        painter.fillRect(QRectF(frame.left, high, frame.width, max(low - high, line)), colour)
