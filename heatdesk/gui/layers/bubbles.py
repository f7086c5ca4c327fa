"""Real liquidations as they print: circles at time and price whose area is their size."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, Look, PlotLayer, frame_now, redraw
from heatdesk.gui.layers.bubble_shapes import Bubbles, cell_of, full_amount, merged
from heatdesk.gui.layers.bubble_sprites import Sprites
from heatdesk.gui.layers.bubble_words import told
from heatdesk.gui.layers.text import LINE_HEIGHT, Plate, Run
from heatdesk.gui.liquidation_log import LiquidationLog
from heatdesk.live import Live
from heatdesk.market import Floats

_SIDES: Final = {1: "long", -1: "short"}
_REACH: Final = 4.0  # logical pixels beside a circle that still point at it


class BubbleLayer(PlotLayer):
    """Discs for longs, rings for shorts; near ones of a side are one. Words stand beside the one pointed at."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._log = LiquidationLog()
        self._version = 0
        self._bubbles_of: tuple[object, ...] = ()
        self._bubbles: Bubbles | None = None
        self._full_usd = 1.0
        self._sprites = Sprites()
        self._cursor: QPointF | None = None
        self._pointed: int | None = None
        self._plate = Plate()

    # --- what is drawn

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw the liquidations of this stretch, and what is printed from now on."""
        first, before = self.snapshot is None, self._log.prints
        self.snapshot = snapshot
        self._log.show_snapshot(snapshot)
        if first or not self._log.prints.same_as(before):
            self._version += 1
            redraw(self)

    def show_live(self, live: Live) -> None:
        """Draw what has just been printed."""
        if self._log.show_live(live):
            self._version += 1
            if self.look.view.bubbles:
                self._pointed = self._under(self._cursor)
                redraw(self)

    def set_look(self, look: Look) -> None:
        """Draw like this, from this size on."""
        before = self.look.view
        super().set_look(look)
        if (before.bubbles, before.smallest_bubble) != (look.view.bubbles, look.view.smallest_bubble):
            redraw(self)

    def set_cursor(self, at: QPointF | None) -> None:
        """Point at a place, in view coordinates, or nowhere."""
        self._cursor = at
        pointed = self._under(at)
        if pointed != self._pointed:
            self._pointed = pointed
            redraw(self)

    def words(self) -> list[str]:
        """What the circle pointed at says; nothing where none is."""
        if self._pointed is None or self._bubbles is None:
            return []
        return told(self._log, self._bubbles.of == self._pointed, self.look.wording)

    def _made(self, frame: Frame) -> Bubbles | None:
        """The circles at a zoom; None while there are none, or none are wanted."""
        view, prints = self.look.view, self._log.prints
        if not view.bubbles or not len(prints):
            return None
        y_per_px = (frame.y_max - frame.y_min) / frame.height * frame.pixel
        cells = cell_of(frame.ms_per_pixel * frame.pixel), cell_of(y_per_px)
        of = self._version, cells, self.look.scale, view.side, view.smallest_bubble
        if of != self._bubbles_of:
            shown = prints.usd >= view.smallest_bubble
            for side, name in _SIDES.items():
                if not self.look.shows(name):
                    shown &= prints.side != side
            y = self.look.scale.to_view(prints.price)
            shown &= np.isfinite(y)
            self._bubbles_of = of
            self._bubbles = merged(prints, y, shown, *cells)
            self._full_usd = full_amount(self._bubbles.usd)
        return self._bubbles

    def draw(self, painter: QPainter, frame: Frame) -> None:
        bubbles = self._made(frame)
        if bubbles is None or not len(bubbles):
            self._pointed = None
            return
        x, y = frame.x(bubbles.time_ms), frame.y(bubbles.y)
        radius = bubbles.radii(self._full_usd) * frame.pixel
        right, bottom = frame.left + frame.width, frame.top + frame.height
        inside = (x > frame.left - radius) & (x < right + radius)
        inside &= (y > frame.top - radius) & (y < bottom + radius)
        self._sprites.use(self.look, frame.pixel)
        rows = zip(x[inside], y[inside], radius[inside], bubbles.side[inside].tolist(), strict=True)
        for across, down, size, side in rows:
            self._sprites.draw(painter, across, down, size, side)
        if self._pointed is not None and self._pointed < len(bubbles):
            self._draw_words(painter, frame, bubbles, self._pointed)

    # --- what is under the cursor

    def _under(self, at: QPointF | None) -> int | None:
        frame = frame_now(self._view)
        if at is None or frame is None or not self.look.view.bubbles:
            return None
        bubbles = self._made(frame)
        if bubbles is None or not len(bubbles):
            return None
        across: Floats = frame.x(bubbles.time_ms) - frame.x(at.x())
        up: Floats = frame.y(bubbles.y) - frame.y(at.y())
        distance = np.hypot(across, up)
        radius = bubbles.radii(self._full_usd)
        near = np.flatnonzero(distance <= radius + _REACH)
        return int(near[np.argmin(radius[near])]) if len(near) else None  # the smallest lies on top

    def _draw_words(self, painter: QPainter, frame: Frame, bubbles: Bubbles, pointed: int) -> None:
        lines = self.words()
        if not lines:
            return
        x, y = float(frame.x(bubbles.time_ms[pointed])), float(frame.y(bubbles.y[pointed]))
        radius = float(bubbles.radii(self._full_usd)[pointed]) * frame.pixel
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.look.tokens.accent), 2.0 * frame.pixel))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, y), radius + 2 * frame.pixel, radius + 2 * frame.pixel)
        painter.restore()
        text, secondary = QColor(self.look.tokens.text), QColor(self.look.tokens.secondary)
        rows: list[list[Run]] = [[(words, secondary if i else text, not i)] for i, words in enumerate(lines)]
        font = theme.ui_font(round(theme.SMALL_PX * frame.pixel), strong=True)
        metrics = QFontMetricsF(font, painter.device())
        width = max(metrics.horizontalAdvance(words) for words in lines) + 8 * frame.pixel
        height = LINE_HEIGHT * theme.SMALL_PX * frame.pixel * len(lines)
        left = x + radius + 8 * frame.pixel
        if left + width > frame.left + frame.width:
            left = max(x - radius - 8 * frame.pixel - width, frame.left + 8 * frame.pixel)
        top = y + radius + 8 * frame.pixel  # clear of the crosshair's line
        if top + height > frame.top + frame.height:
            top = max(y - radius - 8 * frame.pixel - height, frame.top)
        self._plate.draw(painter, frame, self.look, QPointF(left, top), rows, theme.SMALL_PX)
