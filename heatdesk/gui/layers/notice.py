"""What the map is, in the corner of every picture of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter

from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, PlotLayer
from heatdesk.gui.layers.text import draw_on_plate

NOTICE: Final = "Modelled levels, not records. Education, not advice."


class NoticeLayer(PlotLayer):
    """One quiet line, bottom left."""

    def draw(self, painter: QPainter, frame: Frame) -> None:
        corner = QPointF(frame.left + 8 * frame.pixel, frame.top + frame.height - 24 * frame.pixel)
        ink = QColor(self.look.tokens.secondary)
        draw_on_plate(painter, frame, self.look, corner, [[(NOTICE, ink, False)]], theme.SMALL_PX)
