"""The axis at the right of the plot: round prices, and room for the widest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsSceneMouseEvent, QGraphicsSceneWheelEvent

from heatdesk.gui import numbers
from heatdesk.gui.axis import DRAG_SCALE, PAD, TICK, Axis, Tag
from heatdesk.gui.device_pixels import rounded
from heatdesk.gui.layers.base import Frame, frame_now
from heatdesk.gui.plot_view import PlotView
from heatdesk.gui.price_scale import Tick

_SPACING: Final = 48.0
_TAG_PAD: Final = 2.0
_FAR: Final = 1e6  # device pixels


class _Labels(NamedTuple):
    """How the labels of a price axis stand, in device pixels."""

    font: QFont
    height: int  # of one, with the room around it
    left: int
    down: int  # from the middle of a row to the base line
    first: float  # rows whose label has room
    last: float


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
        self._widen(max(self._widest + 1.5 * PAD, *(width(text) + 2 * _TAG_PAD for text in words)))

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
            painter.fillRect(area.left(), y, rounded(TICK * frame.pixel), line, hairline)
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
            left=area.left() + rounded(PAD * frame.pixel),
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
        self.view.zoom_price(math.exp(moved / DRAG_SCALE), (y_min + y_max) / 2.0)

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        self.view.wheelEvent(event, axis=1)

    def _count(self) -> int:
        return max(2, int(self.size().height() / _SPACING))

    def _widen(self, width: float) -> None:
        width = math.ceil(width)
        if width > self._width:
            self._width = width
            self.setMinimumWidth(width)
            self.setMaximumWidth(width)

    def _row(self, frame: Frame, view_y: float) -> int:
        """The row of device pixels that a view y lies in; far outside the plot it stays a number that Qt takes."""
        return math.floor(min(max(float(frame.y(view_y)), -_FAR), _FAR))
