"""The time and price axes beside the plot: round ticks, tags that stand there, and one that follows the cursor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainter
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneMouseEvent,
    QGraphicsSceneResizeEvent,
    QGraphicsSceneWheelEvent,
    QGraphicsWidget,
)

from heatdesk.gui import numbers, theme
from heatdesk.gui.device_pixels import area_on_device, rounded, to_device_pixels
from heatdesk.gui.floating import Floating
from heatdesk.gui.layers.base import Frame, Look, frame_now, frame_of, redraw_part
from heatdesk.gui.paint_guard import PaintGuard
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
_FAR: Final = 1e6  # device pixels


@dataclass(frozen=True, slots=True)
class Tag:
    """A label standing on an axis at a view coordinate, on a plate of its own colour; `below` is a second line."""

    position: float
    text: str
    fill: str
    ink: str
    below: str = ""


class CursorTag(Floating):
    """The tag of an axis that follows the cursor."""

    def __init__(self, axis: Axis) -> None:
        super().__init__(axis, self._draw_tag, f"tag of {type(axis).__name__}")
        self._axis = axis
        self.tag: Tag | None = None

    def set_tag(self, tag: Tag | None) -> None:
        """Stand this label on the axis, or none; paints where it stood and where it stands."""
        if tag != self.tag:
            before, self.tag = self.tag, tag
            redraw_part(self, *(self._axis.place_of(stood) for stood in (before, tag) if stood is not None))

    def _draw_tag(self, painter: QPainter) -> None:
        if self.tag is not None:
            self._axis.draw_beside(painter, partial(self._axis.draw_tag, self.tag))


class _Labels(NamedTuple):
    """How the labels of a price axis stand, in device pixels."""

    font: QFont
    height: int  # of one, with the room around it
    left: int
    down: int  # from the middle of a row to the base line
    first: float  # rows whose label has room
    last: float


class Axis(QGraphicsWidget):
    """What both axes share: drag scales, double click asks for a reset, the wheel zooms, tags stand above ticks."""

    reset_asked = Signal()

    def __init__(self, view: PlotView, cursor: Qt.CursorShape) -> None:
        super().__init__()
        self.view = view
        self.look = Look()
        self._tags: tuple[Tag, ...] = ()
        self._guard = PaintGuard(type(self).__name__)
        self._measured = "", QFontMetricsF(QFont())
        self.cursor_tag = CursorTag(self)
        self.setCursor(cursor)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)  # says what is exposed

    def set_look(self, look: Look) -> None:
        """Draw with these colours and this price scale; who sets it asks for the repaint."""
        self.look = look

    def set_tags(self, tags: Sequence[Tag]) -> None:
        """Stand these labels on the axis, the last one on top; paints where something of them is another."""
        before, self._tags = self._tags, tuple(tags)
        redraw_part(self, *(self.place_of(tag) for tag in {*before} ^ {*self._tags}))

    def place_of(self, tag: Tag) -> QRectF:
        """Where a tag is painted, and what else of the axis changes with it, in the axis' own logical pixels."""
        return self.rect()

    def draw(self, painter: QPainter, frame: Frame, area: QRect) -> None:
        """Draw ticks and tags into `area`, in device pixels as the plot in its `frame` beside it is drawn."""
        raise NotImplementedError

    def draw_tag(self, tag: Tag, painter: QPainter, frame: Frame, area: QRect) -> None:
        """Draw one tag as `draw` does, over what may stand there."""
        raise NotImplementedError

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if option.exposedRect.isEmpty():  # Qt asks the neighbours of what is repainted too
            return
        with self._guard.painting(painter):
            self.draw_beside(painter, self.draw)

    def draw_beside(self, painter: QPainter, draw: Callable[[QPainter, Frame, QRect], None]) -> None:
        """Let something draw into the axis in device pixels, as the plot in its frame beside it is drawn."""
        frame = frame_of(self.view, painter, beside=self)
        if frame is not None:
            area = area_on_device(painter, self.rect())
            to_device_pixels(painter)
            draw(painter, frame, area)

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:
        super().resizeEvent(event)
        self.cursor_tag.fit(self.rect())

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.reset_asked.emit()
        event.accept()

    def _text_size(self) -> QFontMetricsF:
        """Of the labels in logical pixels; measured once for each of the application's fonts."""
        font = QGuiApplication.font().key()
        if font != self._measured[0]:
            self._measured = font, QFontMetricsF(theme.ui_font(theme.SMALL_PX))
        return self._measured[1]

    def _font(self, frame: Frame, strong: bool = False) -> QFont:
        """The font of the labels in device pixels."""
        return theme.ui_font(rounded(theme.SMALL_PX * frame.pixel), strong)

    def _plate(self, painter: QPainter, area: QRect, tag: Tag) -> None:
        painter.fillRect(area, QColor(tag.fill))
        painter.setPen(QColor(tag.ink))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, tag.text)


class TimeAxis(Axis):
    """Dates and times below the plot, by the clocks of the view's time zone."""

    def __init__(self, view: PlotView) -> None:
        super().__init__(view, Qt.CursorShape.SizeHorCursor)
        self.setMinimumHeight(_TIME_HEIGHT)
        self.setMaximumHeight(_TIME_HEIGHT)
        self._ticks_of: tuple[object, ...] = ()
        self._ticks: list[Tick] = []

    def ticks(self) -> list[Tick]:
        """The marks of what is visible now."""
        (start, end), _ = self.view.viewRange()
        of = start, end, int(self.size().width() / _TIME_SPACING), self.look.wording.zone
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
            painter.fillRect(x, area.top(), line, rounded(_TICK * frame.pixel), hairline)
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
        width = rounded(QFontMetricsF(font).horizontalAdvance(tag.text) + 2 * _PAD * frame.pixel)
        left = math.floor(float(frame.x(tag.position))) - width // 2
        left = min(max(left, area.left()), area.right() + 1 - width)
        top, height = area.top() + line, area.height() - 3 * line
        below_marks = area.top() + rounded(_TICK * frame.pixel)
        for first, end, _ in self._labels(frame, area):
            if (
                first < left + width and left < end
            ):  # half a label beside the plate would read as another time
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
        self.view.zoom_time(math.exp(moved / -_DRAG_SCALE), self.view.viewRange()[0][1])

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        self.view.wheelEvent(event, axis=0)


class ZoneCorner(Axis):
    """Between the two axes: what the clocks of the time axis are by."""

    def __init__(self, view: PlotView) -> None:
        super().__init__(view, Qt.CursorShape.ArrowCursor)
        self.setMaximumHeight(_TIME_HEIGHT)

    def draw(self, painter: QPainter, frame: Frame, area: QRect) -> None:
        painter.setFont(self._font(frame))
        painter.setPen(QColor(self.look.tokens.secondary))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.look.wording.offset(frame.x_max))


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
        tags = [*self._tags, *([self.cursor_tag.tag] if self.cursor_tag.tag is not None else [])]
        words = [
            *(text for tag in tags for text in (tag.text, tag.below)),
            self.look.wording.offset(end),
        ]  # the latter in the corner below
        self._widen(max(self._widest + 1.5 * _PAD, *(width(text) + 2 * _TAG_PAD for text in words)))

    def make_room_for(self, tag: Tag | None) -> None:
        """Widen to one more label."""
        if tag is not None:
            self._widen(self._text_size().horizontalAdvance(tag.text) + 2 * _TAG_PAD)

    def forget_width(self) -> None:
        """Let the next `fit` narrow the axis: another instrument is shown."""
        self._width = 0.0

    def set_tags(self, tags: Sequence[Tag]) -> None:
        """Stand these labels on the axis and make room for them."""
        super().set_tags(tags)
        self.fit()

    def place_of(self, tag: Tag) -> QRectF:
        """Its row and the one below, and the labels beside them that make room."""
        frame = frame_now(self.view)
        if frame is None:
            return self.rect()
        height = self._text_size().height() + 4.0
        middle = min(max(float(frame.y(tag.position)), frame.top), frame.top + frame.height) - frame.top
        return QRectF(0.0, middle - 3.0 * height, self.rect().width(), 7.0 * height)

    def draw(self, painter: QPainter, frame: Frame, area: QRect) -> None:
        tokens, line = self.look.tokens, frame.hairline
        hairline = QColor(tokens.hairline)
        painter.fillRect(area.left(), area.top(), line, area.height(), hairline)
        labels = self._labels(frame, area)
        painter.setFont(labels.font)
        tagged = [
            at + step * labels.height
            for tag in self._tags
            for at in (self._row(frame, tag.position),)
            for step in range(2 if tag.below else 1)
        ]
        painter.setPen(QColor(tokens.secondary))
        for tick in self.ticks():
            y = self._row(frame, tick.position)
            painter.fillRect(area.left(), y, rounded(_TICK * frame.pixel), line, hairline)
            if labels.first <= y <= labels.last and not any(abs(y - at) < labels.height for at in tagged):
                painter.drawText(QPointF(labels.left, y + labels.down), tick.label)
        for tag in self._tags:
            self._draw_plates(painter, frame, area, labels, tag)

    def draw_tag(self, tag: Tag, painter: QPainter, frame: Frame, area: QRect) -> None:
        labels, at = self._labels(frame, area), self._row(frame, tag.position)
        painter.setFont(labels.font)
        for tick in self.ticks():  # half a label beside the plate would read as another number
            y = self._row(frame, tick.position)
            if labels.first <= y <= labels.last and abs(y - at) < labels.height:
                place = QRect(
                    labels.left, y - labels.height // 2, area.right() + 1 - labels.left, labels.height
                )
                painter.fillRect(place, QColor(self.look.tokens.background))
        self._draw_plates(painter, frame, area, labels, tag)

    def _labels(self, frame: Frame, area: QRect) -> _Labels:
        font = self._font(frame)
        metrics = QFontMetricsF(font)
        height = rounded(metrics.height() + 4.0 * frame.pixel)
        return _Labels(
            font,
            height,
            left=area.left() + rounded(_PAD * frame.pixel),
            down=rounded((metrics.ascent() - metrics.descent()) / 2.0),
            first=area.top() + height / 2.0,
            last=area.bottom() + 1 - height / 2.0,
        )

    def _draw_plates(self, painter: QPainter, frame: Frame, area: QRect, labels: _Labels, tag: Tag) -> None:
        y, height, line = self._row(frame, tag.position), labels.height, frame.hairline
        if area.top() - height <= y <= area.bottom() + height:
            top = min(max(y - height // 2, area.top()), area.bottom() + 1 - height)
            plate = QRect(area.left() + line, top, area.width() - line, height)
            self._plate(painter, plate, tag)
            if tag.below:
                self._plate(painter, plate.translated(0, height), replace(tag, text=tag.below))

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

    def _row(self, frame: Frame, view_y: float) -> int:
        """The row of device pixels that a view y lies in; far outside the plot it stays a number that Qt takes."""
        return math.floor(min(max(float(frame.y(view_y)), -_FAR), _FAR))
