"""What the axes beside the plot have in common: tags that stand there, and one that follows the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainter
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneMouseEvent,
    QGraphicsSceneResizeEvent,
    QGraphicsWidget,
)

from heatdesk.gui import theme
from heatdesk.gui.device_pixels import area_on_device, rounded, to_device_pixels
from heatdesk.gui.floating import Floating
from heatdesk.gui.layers.base import Frame, Look, frame_of, redraw_part
from heatdesk.gui.paint_guard import PaintGuard
from heatdesk.gui.plot_view import PlotView

PAD: Final = 8.0
TICK: Final = 4.0
# Dragging this many pixels along an axis changes its range by e.
DRAG_SCALE: Final = 180.0


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
