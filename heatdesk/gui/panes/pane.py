"""One pane: curves under the map on its time axis, their values at the top left, their range at the right."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneHoverEvent,
    QGraphicsSceneMouseEvent,
    QGraphicsSceneResizeEvent,
    QGraphicsSceneWheelEvent,
    QGraphicsWidget,
)

from heatdesk.gui import theme
from heatdesk.gui.device_pixels import area_on_device, fill_crisp, to_device_pixels
from heatdesk.gui.floating import Floating
from heatdesk.gui.layers.base import Look, frame_of, redraw, redraw_part
from heatdesk.gui.paint_guard import PaintGuard
from heatdesk.gui.panes.curves import MAIN, Content
from heatdesk.gui.panes.drawing import WORDS_PX, Drawn, Place, curve_colour, draw_curves
from heatdesk.gui.plot_view import PlotView
from heatdesk.market import Floats, Times

OPEN_PX: Final = 64.0
FOLDED_PX: Final = 20.0
_FOLD_PX: Final = 20.0  # what of the left edge folds
_PAD: Final = 8.0
_NOTHING: Final = "nothing recorded in this stretch"
_WAITING: Final = "…"
_PLATE_ALPHA: Final = 215
Run = tuple[str, QColor]


class Pane(QGraphicsWidget):
    """Emits `fold_asked` with whether it shall be folded, `moment_hovered` with a moment in ms, None when left."""

    fold_asked = Signal(bool)
    moment_hovered = Signal(object)

    def __init__(self, name: str, view: PlotView) -> None:
        super().__init__()
        self.name = name
        self.folded = False
        self._view = view
        self._look = Look()
        self.content: Content | None = None
        self._times: Floats = np.zeros(0)
        self._step_ms = 1
        self._moment: float | None = None
        self._now_ms = float("nan")
        self._drawn: Drawn | None = None
        self._drawn_of: tuple[object, ...] = ()
        self._guard = PaintGuard(f"pane {name}")
        self.reading = Floating(self, self._draw_reading, f"reading of pane {name}")
        self.setAcceptHoverEvents(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.set_folded(False)

    def set_folded(self, folded: bool) -> None:
        """Show only the values, or the curves too."""
        self.folded = folded
        height = FOLDED_PX if folded else OPEN_PX
        self.setMinimumHeight(height)
        self.setMaximumHeight(height)
        redraw(self)

    def set_look(self, look: Look) -> None:
        """Draw with these colours; who sets it asks for the repaint."""
        self._look = look

    def show_content(self, content: Content, times_ms: Times, step_ms: int) -> None:
        """Draw these curves; `times_ms` (n_times,) are the starts of their columns."""
        self.content, self._times, self._step_ms = content, times_ms.astype(np.float64), max(step_ms, 1)
        self._drawn_of = ()
        redraw(self)

    def set_now(self, content: Content, now_ms: float) -> None:
        """The same curves with other values of this moment; draws nothing anew where none has changed."""
        before = () if self.content is None else tuple(repr(curve.now) for curve in self.content.curves)
        self._now_ms = now_ms
        if tuple(repr(curve.now) for curve in content.curves) != before:
            self.content, self._drawn_of = content, ()
            redraw(self)

    def set_moment(self, time_ms: float | None) -> None:
        """Tell the values of the column that begins here; of the newest, for None."""
        if time_ms == self._moment:
            return
        before, self._moment = self._moment, time_ms
        changed = [QRectF(0.0, 0.0, self.size().width(), FOLDED_PX)]  # the values
        place = self._place(min(self._view.size().width(), self.size().width()), 1.0)
        for moment in (before, time_ms):
            if moment is not None and not self.folded:
                x = float(place.x(np.array(moment + self._step_ms / 2.0)))
                changed.append(QRectF(x - 2.0, 0.0, 5.0, self.size().height()))
        redraw_part(self.reading, *changed)

    def runs(self) -> list[Run]:
        """The words at the top left, each with its colour."""
        text, secondary = QColor(self._look.tokens.text), QColor(self._look.tokens.secondary)
        content = self.content
        runs: list[Run] = [("▸" if self.folded else "▾", secondary)]
        if content is None:
            return runs
        runs.append((content.title, secondary))
        if not content.curves:
            return [*runs, (_NOTHING if content.is_read else _WAITING, secondary)]
        column = self._column()
        for curve in content.curves:
            if curve.name:
                runs.append((curve.name[:24], curve_colour(curve, self._look)))
            value = content.say(curve.at(column))
            runs.append((value if curve.role == MAIN else value.partition("   ")[0], text))
        return runs

    def _column(self) -> int | None:
        """The column under the crosshair, −1 outside the map, None without a crosshair."""
        if self._moment is None or not len(self._times):
            return None
        column = int((self._moment + self._step_ms / 2.0 - self._times[0]) // self._step_ms)
        return column if 0 <= column < len(self._times) else -1

    # --- painting, in logical pixels

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        if option.exposedRect.isEmpty():
            return
        with self._guard.painting(painter):
            self._draw(painter)

    def _draw(self, painter: QPainter) -> None:
        tokens, size = self._look.tokens, self.size()
        plot = min(self._view.size().width(), size.width())
        fill_crisp(painter, [QRectF(0.0, 0.0, size.width(), 1.0)], QColor(tokens.hairline))
        drawn = None if self.folded else self._picture(painter, plot)
        if drawn is not None:
            corner = area_on_device(painter, QRectF(0.0, 1.0, plot, size.height())).topLeft()
            painter.save()
            to_device_pixels(painter)
            painter.drawImage(corner, drawn.image)
            painter.restore()
            self._draw_tails(painter, drawn, plot)
            self._draw_range(painter, drawn, plot)

    def _draw_reading(self, painter: QPainter) -> None:
        """The words and the crosshair's upright line follow the cursor."""
        if self._moment is not None and not self.folded:
            self._draw_moment(painter, self._moment)
        self._draw_words(painter, min(self._view.size().width(), self.size().width()))

    def _place(self, plot: float, pixel: float) -> Place:
        (x_min, x_max), _ = self._view.viewRange()
        return Place(plot, self.size().height() - 1.0, x_min, x_max, pixel)

    def _picture(self, painter: QPainter, plot: float) -> Drawn | None:
        if self.content is None or plot < 1.0:
            return None
        pixel = painter.deviceTransform().m11() or 1.0
        place = self._place(plot, pixel)
        of = place, self._look.view.theme, self._look.view.up_is_red
        if of != self._drawn_of:
            self._drawn_of = of
            self._drawn = draw_curves(self.content, self._times, self._step_ms, place, self._look)
        return self._drawn

    def _draw_tails(self, painter: QPainter, drawn: Drawn, plot: float) -> None:
        """From the newest column to this moment, and a dot where it stands."""
        if self.content is None or not math.isfinite(self._now_ms) or not len(self._times):
            return
        place = self._place(plot, 1.0)
        painter.save()
        painter.setClipRect(QRectF(0.0, 1.0, plot, place.height), Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve, factor in zip(self.content.curves, drawn.factors, strict=True):
            known = np.flatnonzero(np.isfinite(curve.values))
            if not math.isfinite(curve.now) or not len(known):
                continue
            at = np.array([self._times[known[-1]] + self._step_ms / 2.0, self._now_ms])
            x = place.x(at)
            y = 1.0 + drawn.y(factor * np.array([curve.values[known[-1]], curve.now]), place.height)
            painter.setPen(QPen(curve_colour(curve, self._look), 1.2))
            if x[1] > x[0]:
                painter.drawLine(QLineF(x[0], y[0], x[1], y[1]))
            painter.setBrush(curve_colour(curve, self._look))
            painter.drawEllipse(QPointF(max(x), y[1]), 1.6, 1.6)
        painter.restore()

    def _draw_range(self, painter: QPainter, drawn: Drawn, plot: float) -> None:
        """The values at the top and the bottom, beside the plot where the price axis is."""
        if self.content is None:
            return
        painter.setFont(theme.ui_font(theme.SMALL_PX))
        border = QRectF(plot, 0.0, 1.0, self.size().height())
        fill_crisp(painter, [border], QColor(self._look.tokens.hairline))
        painter.setPen(QColor(self._look.tokens.secondary))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        room = QRectF(plot + _PAD, 2.0, max(self.size().width() - plot - _PAD, 0.0), 14.0)
        for value, top in ((drawn.high, WORDS_PX - 4.0), (drawn.low, self.size().height() - 16.0)):
            room.moveTop(top)
            words = self.content.say(value).partition("   ")[0].rpartition("\N{NARROW NO-BREAK SPACE}")
            painter.drawText(room, left, words[0] or words[2])

    def _draw_moment(self, painter: QPainter, moment: float) -> None:
        """The crosshair's upright line, on the very pixels where it stands in the plot above."""
        frame = frame_of(self._view, painter, beside=self)
        if frame is None:
            return
        x = float(frame.x(moment + self._step_ms / 2.0)) // 1.0 + 0.5 * frame.hairline
        if frame.left <= x <= frame.left + frame.width:
            area = area_on_device(painter, self.rect())
            pen = QPen(QColor(self._look.tokens.secondary), frame.hairline)
            pen.setDashPattern([4.0, 4.0])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.save()
            to_device_pixels(painter)
            painter.setPen(pen)
            painter.drawLine(QLineF(x, area.top(), x, area.bottom() + 1.0))
            painter.restore()

    def _draw_words(self, painter: QPainter, plot: float) -> None:
        font = theme.ui_font(theme.SMALL_PX)
        metrics = QFontMetricsF(font)
        gap = metrics.horizontalAdvance("  ")
        runs = self.runs()
        widths = [metrics.horizontalAdvance(words) for words, _ in runs]
        total = sum(widths) + gap * (len(runs) - 1)
        plate = QColor(self._look.tokens.background)
        plate.setAlpha(_PLATE_ALPHA)
        painter.fillRect(QRectF(4.0, 2.0, min(total + 8.0, plot - 4.0), 16.0), plate)
        painter.setFont(font)
        x, baseline = 8.0, 2.0 + (16.0 + metrics.ascent() - metrics.descent()) / 2.0
        for (words, colour), width in zip(runs, widths, strict=True):
            if x + width > plot:
                break
            painter.setPen(colour)
            painter.drawText(QPointF(x, baseline), words)
            x += width + gap

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:
        super().resizeEvent(event)
        self.reading.fit(self.rect())

    # --- the hand

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        plot = self._view.size().width()
        if event.pos().x() > plot or plot < 1.0:
            self.moment_hovered.emit(None)
            return
        (x_min, x_max), _ = self._view.viewRange()
        self.moment_hovered.emit(x_min + event.pos().x() / plot * (x_max - x_min))

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self.moment_hovered.emit(None)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.pos().x() <= _FOLD_PX and event.pos().y() <= FOLDED_PX:
            self.fold_asked.emit(not self.folded)
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._view.pan_pixels(event.pos().x() - event.lastPos().x(), 0.0)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.fold_asked.emit(not self.folded)
        event.accept()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent) -> None:
        self._view.wheelEvent(event, axis=0)
