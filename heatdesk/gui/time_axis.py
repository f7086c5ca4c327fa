"""The axis below the plot: round moments by the clocks of a place, and the corner that says of which."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsSceneMouseEvent, QGraphicsSceneWheelEvent

from heatdesk.gui.axis import DRAG_SCALE, PAD, TICK, Axis, Tag
from heatdesk.gui.device_pixels import rounded
from heatdesk.gui.layers.base import Frame
from heatdesk.gui.plot_view import PlotView
from heatdesk.gui.price_scale import Tick
from heatdesk.gui.time_ticks import time_ticks

_HEIGHT: Final = 20.0
_SPACING: Final = 84.0


class TimeAxis(Axis):
    """Dates and times below the plot, by the clocks of the view's time zone."""

    def __init__(self, view: PlotView) -> None:
        super().__init__(view, Qt.CursorShape.SizeHorCursor)
        self.setMinimumHeight(_HEIGHT)
        self.setMaximumHeight(_HEIGHT)
        self._ticks_of: tuple[object, ...] = ()
        self._ticks: list[Tick] = []

    def ticks(self) -> list[Tick]:
        """The marks of what is visible now."""
        (start, end), _ = self.view.viewRange()
        of = start, end, int(self.size().width() / _SPACING), self.look.wording.zone
        if of != self._ticks_of:
            self._ticks_of, self._ticks = of, time_ticks(*of)
        return self._ticks

    def draw(self, painter: QPainter, frame: Frame, area: QRect) -> None:
        tokens, line = self.look.tokens, frame.hairline
        hairline = QColor(tokens.hairline)
        painter.fillRect(area.left(), area.top(), area.width(), line, hairline)
        metrics = QFontMetricsF(self._font(frame))
        baseline = rounded(area.top() + (area.height() + metrics.ascent() - metrics.descent()) / 2.0)
        for tick in self.ticks():
            x = math.floor(float(frame.x(tick.position)))
            painter.fillRect(x, area.top(), line, rounded(TICK * frame.pixel), hairline)
        labels = self._labels(frame, area)
        for strong in (True, False):
            painter.setFont(self._font(frame, strong))
            painter.setPen(QColor(tokens.text if strong else tokens.secondary))
            for left, _, tick in labels:
                if tick.strong is strong:
                    painter.drawText(QPointF(left, baseline), tick.label)

    def draw_tag(self, tag: Tag, painter: QPainter, frame: Frame, area: QRect) -> None:
        font, line = self._font(frame), frame.hairline
        painter.setFont(font)
        width = rounded(QFontMetricsF(font).horizontalAdvance(tag.text) + 2 * PAD * frame.pixel)
        left = math.floor(float(frame.x(tag.position))) - width // 2
        left = min(max(left, area.left()), area.right() + 1 - width)
        top, height = area.top() + line, area.height() - 3 * line
        below_marks = area.top() + rounded(TICK * frame.pixel)
        # half a label beside the plate would read as another time
        for first, end, _ in self._labels(frame, area):
            if first < left + width and left < end:
                place = QRect(first, below_marks, end - first, area.bottom() + 1 - below_marks)
                painter.fillRect(place, QColor(self.look.tokens.background))
        self._plate(painter, QRect(left, top, width, height), tag)

    def _labels(self, frame: Frame, area: QRect) -> list[tuple[int, int, Tick]]:
        """Ticks whose label has room, with its first device pixel and the one behind its last."""
        plain, bold = (QFontMetricsF(self._font(frame, strong)) for strong in (False, True))
        labels = []
        for tick in self.ticks():
            x = math.floor(float(frame.x(tick.position)))
            left = x - rounded(plain.horizontalAdvance(tick.label) / 2.0)
            if area.left() <= left <= 2 * x - left <= area.right() + 1:
                width = (bold if tick.strong else plain).horizontalAdvance(tick.label)
                labels.append((left, left + math.ceil(width), tick))
        return labels

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        moved = event.pos().x() - event.lastPos().x()
        self.view.zoom_time(math.exp(moved / -DRAG_SCALE), self.view.viewRange()[0][1])

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        self.view.wheelEvent(event, axis=0)


class ZoneCorner(Axis):
    """Between the two axes: what the clocks of the time axis are by."""

    def __init__(self, view: PlotView) -> None:
        super().__init__(view, Qt.CursorShape.ArrowCursor)
        self.setMaximumHeight(_HEIGHT)

    def draw(self, painter: QPainter, frame: Frame, area: QRect) -> None:
        painter.setFont(self._font(frame))
        painter.setPen(QColor(self.look.tokens.secondary))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.look.wording.offset(frame.x_max))
