"""The frame on the chart: the nearest dense zones above and below the price, as brackets at the right edge."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from heatdesk.gui import numbers, theme
from heatdesk.gui.layers.base import Frame, PlotLayer
from heatdesk.gui.layers.text import draw_on_plate
from heatdesk.reading.clusters import Cluster

# Logical pixels.
_ARM: Final = 6.0
_THICK: Final = 2.0
_GAP: Final = 8.0


class FrameLayer(PlotLayer):
    """A bracket over each zone's prices and, left of it, where its peak is and what stands there."""

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self.snapshot is None:
            return
        for cluster in self.snapshot.frame:
            if cluster is not None and self.look.shows(cluster.side):
                self._draw_zone(painter, frame, cluster)

    def words(self, cluster: Cluster) -> str:
        """``▲ 75,240   $ 128 M``."""
        glyph = "▲" if cluster.side == "short" else "▼"
        return f"{glyph} {numbers.price(cluster.peak)}   {self.look.wording.amount(cluster.usd)}"

    def _draw_zone(self, painter: QPainter, frame: Frame, cluster: Cluster) -> None:
        top, bottom = (float(frame.y(self.look.scale.y(price))) for price in (cluster.high, cluster.low))
        if bottom < frame.top or top > frame.top + frame.height:
            return
        arm, thick = round(_ARM * frame.pixel), max(1, round(_THICK * frame.pixel))
        right = frame.left + frame.width - thick
        top, height = round(top), max(round(bottom) - round(top), 2 * thick)
        colour = QColor(self.look.side_colour(cluster.side))
        painter.fillRect(QRectF(right - thick, top, thick, height), colour)
        for y in (top, top + height - thick):
            painter.fillRect(QRectF(right - arm, y, arm, thick), colour)
        words = self.words(cluster)
        font = theme.ui_font(round(theme.SMALL_PX * frame.pixel))
        width = QFontMetricsF(font, painter.device()).horizontalAdvance(words)
        tall = 1.5 * theme.SMALL_PX * frame.pixel
        left = right - arm - _GAP * frame.pixel - width
        ink = QColor(self.look.tokens.text)
        corner = QPointF(left, top + (height - tall) / 2.0)
        draw_on_plate(painter, frame, self.look, corner, [[(words, ink, False)]], theme.SMALL_PX)
