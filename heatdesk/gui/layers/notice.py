"""What the map is, in the corner of every picture of it."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, PlotLayer, redraw
from heatdesk.gui.layers.text import LINE_HEIGHT, Plate, Run

NOTICE: Final = "Modelled levels, not records. Education, not advice."
SIMULATED: Final = "SIMULATED"
_RENDERINGS: Final = {"smoothed": "Smoothed along price", "bands": "Bands of like density, small gaps closed"}


class NoticeLayer(PlotLayer):
    """Quiet lines, bottom left: how the map is rendered where it is not raw, and what it is not.

    Above them a word on a plate of its own where the market is simulated.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._simulated = False
        self._plate = Plate()

    def set_simulated(self, simulated: bool) -> None:
        """Say that this market is no real one."""
        if simulated is not self._simulated:
            self._simulated = simulated
            redraw(self)

    def lines(self) -> list[list[Run]]:
        """The words."""
        rendering = _RENDERINGS.get(self.look.view.rendering)
        named: list[list[Run]] = [[(rendering, QColor(self.look.tokens.text), False)]] if rendering else []
        return [*named, [(NOTICE, QColor(self.look.tokens.secondary), False)]]

    def drawn_of(self, snapshot: Snapshot) -> object:
        return None

    def draw(self, painter: QPainter, frame: Frame) -> None:
        lines = self.lines()
        height = 8.0 + LINE_HEIGHT * theme.SMALL_PX * len(lines)
        corner = QPointF(frame.left + 8 * frame.pixel, frame.top + frame.height - height * frame.pixel)
        self._plate.draw(painter, frame, self.look, corner, lines, theme.SMALL_PX)
        if self._simulated:
            self._draw_simulated(painter, frame, corner)

    def _draw_simulated(self, painter: QPainter, frame: Frame, corner: QPointF) -> None:
        fill, pad = self.look.tokens.warn, 4.0 * frame.pixel
        font = theme.ui_font(round(theme.SMALL_PX * frame.pixel), strong=True)
        width = QFontMetricsF(font, painter.device()).horizontalAdvance(SIMULATED) + 2 * pad
        plate = QRectF(corner.x() - pad, corner.y() - 20 * frame.pixel, width, 16 * frame.pixel)
        painter.fillRect(plate, QColor(fill))
        painter.setFont(font)
        painter.setPen(QColor(theme.ink_on(fill)))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, SIMULATED)
