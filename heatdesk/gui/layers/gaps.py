"""Hatching where data is missing: a gap is never drawn as if nothing had been there."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter

from heatdesk.gui.layers.base import Frame, PlotLayer
from heatdesk.market import Interval


class GapLayer(PlotLayer):
    """Diagonal lines over every stretch of time without candles, at least one pixel wide.

    Where the market is too small to be relied on they are fainter and lean the other way.
    """

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self.snapshot is None:
            return
        self._hatch(painter, frame, self.snapshot.gaps, 110, Qt.BrushStyle.BDiagPattern)
        self._hatch(painter, frame, self.snapshot.thin, 70, Qt.BrushStyle.FDiagPattern)

    def _hatch(
        self,
        painter: QPainter,
        frame: Frame,
        stretches: tuple[Interval, ...],
        alpha: int,
        pattern: Qt.BrushStyle,
    ) -> None:
        colour = QColor(self.look.tokens.secondary)
        colour.setAlpha(alpha)
        brush = QBrush(colour, pattern)
        for gap in stretches:
            if gap.end_ms <= frame.x_min or gap.start_ms >= frame.x_max:
                continue
            left = max(float(frame.x(gap.start_ms)), frame.left)
            right = min(float(frame.x(gap.end_ms)), frame.left + frame.width)
            painter.fillRect(QRectF(left, frame.top, max(right - left, 1.0), frame.height), brush)
