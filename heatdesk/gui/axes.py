"""The time and price axes beside the plot: round ticks, and tags for the crosshair and the last price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneMouseEvent,
    QGraphicsSceneWheelEvent,
    QGraphicsWidget,
)

from heatdesk.gui import numbers, theme
from heatdesk.gui.layers.base import Look, PaintGuard, redraw
from heatdesk.gui.plot_view import PlotView
from heatdesk.gui.price_scale import Tick
from heatdesk.gui.time_ticks import time_ticks

_TIME_HEIGHT: Final = 20.0
_TIME_SPACING: Final = 84.0
_PRICE_SPACING: Final = 48.0
_PAD: Final = 8.0
_TAG_PAD: Final = 2.0
_TICK: Final = 4.0
# Dragging this many pixels along an axis changes its range by e.
_DRAG_SCALE: Final = 180.0


@dataclass(frozen=True, slots=True)
class Tag:
    """A label standing on an axis at a view coordinate, on a plate of its own colour; `below` is a second line."""

    position: float
    text: str
    fill: str
    ink: str
    below: str = ""


class Axis(QGraphicsWidget):
    """What both axes share: drag scales, double click asks for a reset, the wheel zooms, tags stand above ticks."""

    reset_asked = Signal()

    def __init__(self, view: PlotView, cursor: Qt.CursorShape) -> None:
        super().__init__()
        self.view = view
        self.look = Look()
        self._tags: tuple[Tag, ...] = ()
        self._guard = PaintGuard(type(self).__name__)
        self.setCursor(cursor)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)  # says what is exposed

    def set_look(self, look: Look) -> None:
        """Draw with these colours and this price scale; who sets it asks for the repaint."""
        self.look = look

    def set_tags(self, tags: Sequence[Tag]) -> None:
        """Stand these labels on the axis, the last one on top."""
        if tuple(tags) != self._tags:
            self._tags = tuple(tags)
            redraw(self)

    def draw(self, painter: QPainter) -> None:
        """Draw ticks and tags in logical pixels."""
        raise NotImplementedError

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if option.exposedRect.isEmpty():  # Qt asks the neighbours of what is repainted too
            return
        with self._guard.painting(painter):
            self.draw(painter)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.reset_asked.emit()
        event.accept()

    def _text_size(self) -> QFontMetricsF:
        return QFontMetricsF(theme.ui_font(theme.SMALL_PX))

    def _plate(self, painter: QPainter, area: QRectF, tag: Tag) -> None:
        painter.fillRect(area, QColor(tag.fill))
        painter.setPen(QColor(tag.ink))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, tag.text)


class TimeAxis(Axis):
    """Dates and times below the plot, by the clocks of the view's time zone."""

    def __init__(self, view: PlotView) -> None:
        super().__init__(view, Qt.CursorShape.SizeHorCursor)
        self.setMinimumHeight(_TIME_HEIGHT)
        self.setMaximumHeight(_TIME_HEIGHT)

    def ticks(self) -> list[Tick]:
        """The marks of what is visible now."""
        (start, end), _ = self.view.viewRange()
        return time_ticks(start, end, int(self.size().width() / _TIME_SPACING), self.look.wording.zone)

    def draw(self, painter: QPainter) -> None:
        tokens, size = self.look.tokens, self.size()
        painter.setPen(QColor(tokens.hairline))
        painter.drawLine(QPointF(0.0, 0.5), QPointF(size.width(), 0.5))
        metrics = self._text_size()
        baseline = (size.height() + metrics.ascent() - metrics.descent()) / 2.0
        ticks = self.ticks()
        painter.drawLines(
            [QLineF(self._x(tick.position), 0.0, self._x(tick.position), _TICK) for tick in ticks]
        )
        for strong in (True, False):
            painter.setFont(theme.ui_font(theme.SMALL_PX, strong))
            painter.setPen(QColor(tokens.text if strong else tokens.secondary))
            for tick in ticks:
                x, half = self._x(tick.position), metrics.horizontalAdvance(tick.label) / 2.0
                if tick.strong is strong and half <= x <= size.width() - half:
                    painter.drawText(QPointF(x - half, baseline), tick.label)
        for tag in self._tags:
            width = metrics.horizontalAdvance(tag.text) + 2 * _PAD
            left = min(max(self._x(tag.position) - width / 2.0, 0.0), size.width() - width)
            self._plate(painter, QRectF(left, 1.0, width, size.height() - 3.0), tag)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        moved = event.pos().x() - event.lastPos().x()
        self.view.zoom_time(math.exp(moved / -_DRAG_SCALE), self.view.viewRange()[0][1])

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        self.view.wheelEvent(event, axis=0)

    def _x(self, time_ms: float) -> float:
        (start, end), _ = self.view.viewRange()
        return math.floor((time_ms - start) / (end - start) * self.size().width()) + 0.5


class ZoneCorner(Axis):
    """Between the two axes: what the clocks of the time axis are by."""

    def __init__(self, view: PlotView) -> None:
        super().__init__(view, Qt.CursorShape.ArrowCursor)
        self.setMaximumHeight(_TIME_HEIGHT)

    def draw(self, painter: QPainter) -> None:
        (_, end), _ = self.view.viewRange()
        painter.setFont(theme.ui_font(theme.SMALL_PX))
        painter.setPen(QColor(self.look.tokens.secondary))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.look.wording.offset(end))


class PriceAxis(Axis):
    """Prices at the right of the plot; it widens for longer prices and never narrows, so the plot stands still."""

    def __init__(self, view: PlotView) -> None:
        super().__init__(view, Qt.CursorShape.SizeVerCursor)
        view.sigYRangeChanged.connect(self.fit)
        self._width = 0.0
        self._ticks_of: tuple[object, ...] = ()
        self._ticks: list[Tick] = []
        self._widest = 0.0  # of their labels
        self._widen(52.0)

    def ticks(self) -> list[Tick]:
        """The marks of what is visible now."""
        _, (y_min, y_max) = self.view.viewRange()
        of = self.look.scale, y_min, y_max, self._count()
        if of != self._ticks_of:
            self._ticks_of, self._ticks = of, self.look.scale.ticks(y_min, y_max, self._count())
            width = self._text_size().horizontalAdvance
            self._widest = max((width(tick.label) for tick in self._ticks), default=0.0)
        return self._ticks

    def tag(self, price: float, fill: str, ink: str) -> Tag:
        """A label at a price, one digit finer than the ticks and never coarser than its own first digits."""
        _, (y_min, y_max) = self.view.viewRange()
        step = self.look.scale.step(y_min, y_max, self._count()) / 10.0
        if self.look.view.price_scale != "percent":
            step = min(step, 10.0 ** -max(0, numbers.price_decimals(price) - 1))
        return Tag(self.look.scale.y(price), self.look.scale.label(price, step), fill, ink)

    def fit(self, *_: Any) -> None:
        """Widen to the labels of what is visible now."""
        width = self._text_size().horizontalAdvance
        self.ticks()
        (_, end), _ = self.view.viewRange()
        words = [
            *(text for tag in self._tags for text in (tag.text, tag.below)),
            self.look.wording.offset(end),
        ]  # the latter in the corner below
        self._widen(max(self._widest + 1.5 * _PAD, *(width(text) + 2 * _TAG_PAD for text in words)))

    def forget_width(self) -> None:
        """Let the next `fit` narrow the axis: another instrument is shown."""
        self._width = 0.0

    def set_tags(self, tags: Sequence[Tag]) -> None:
        """Stand these labels on the axis and make room for them."""
        super().set_tags(tags)
        self.fit()

    def draw(self, painter: QPainter) -> None:
        tokens, size = self.look.tokens, self.size()
        painter.setPen(QColor(tokens.hairline))
        painter.drawLine(QPointF(0.5, 0.0), QPointF(0.5, size.height()))
        metrics = self._text_size()
        middle = (metrics.ascent() - metrics.descent()) / 2.0
        painter.setFont(theme.ui_font(theme.SMALL_PX))
        height = metrics.height() + 4.0
        tagged = [
            at + line * height
            for tag in self._tags
            for at in (self._y(tag.position),)
            for line in range(2 if tag.below else 1)
        ]
        ticks = [(self._y(tick.position), tick.label) for tick in self.ticks()]
        painter.drawLines([QLineF(0.0, y, _TICK, y) for y, _ in ticks])
        painter.setPen(QColor(tokens.secondary))
        for y, label in ticks:
            covered = any(abs(y - at) < height for at in tagged)
            if not covered and height / 2.0 <= y <= size.height() - height / 2.0:
                painter.drawText(QPointF(_PAD, y + middle), label)
        for tag in self._tags:
            y = self._y(tag.position)
            if -height <= y <= size.height() + height:
                top = min(max(y - height / 2.0, 0.0), size.height() - height)
                area = QRectF(1.0, top, size.width() - 1.0, height)
                self._plate(painter, area, tag)
                if tag.below:
                    self._plate(painter, area.translated(0.0, height), replace(tag, text=tag.below))

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        moved = event.pos().y() - event.lastPos().y()
        _, (y_min, y_max) = self.view.viewRange()
        self.view.zoom_price(math.exp(moved / _DRAG_SCALE), (y_min + y_max) / 2.0)

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        self.view.wheelEvent(event, axis=1)

    def _count(self) -> int:
        return max(2, int(self.size().height() / _PRICE_SPACING))

    def _widen(self, width: float) -> None:
        width = math.ceil(width)
        if width > self._width:
            self._width = width
            self.setMinimumWidth(width)
            self.setMaximumWidth(width)

    def _y(self, view_y: float) -> float:
        _, (y_min, y_max) = self.view.viewRange()
        return math.floor((y_max - view_y) / (y_max - y_min) * self.size().height()) + 0.5
