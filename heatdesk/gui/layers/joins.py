"""Where an exchange begins inside the map: older columns are the others' alone."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, PlotLayer
from heatdesk.gui.layers.text import LINE_HEIGHT, Plate, Run
from heatdesk.replay.map_notes import Join

_ALPHA: Final = 170
_BELOW_READOUT: Final = 88.0  # logical pixels: the values of the crosshair stand above
_MOST_ROWS: Final = 6
_LONGEST_NAME: Final = 24
_CANDLES: Final = "candles"


class JoinLayer(PlotLayer):
    """A thin dashed line at each join, the exchange's name at its top; names that would meet stand in rows."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._plate = Plate()

    def joins(self) -> tuple[Join, ...]:
        """What is marked, ascending in time."""
        joins = () if self.snapshot is None else self.snapshot.joins
        return tuple(sorted(joins, key=lambda join: join.time_ms))

    def drawn_of(self, snapshot: Snapshot) -> object:
        return snapshot.joins

    def draw(self, painter: QPainter, frame: Frame) -> None:
        seen = [join for join in self.joins() if frame.x_min < join.time_ms < frame.x_max]
        if not seen:
            return
        ink = QColor(self.look.tokens.secondary)
        ink.setAlpha(_ALPHA)
        pen = QPen(ink, max(1, round(frame.pixel)))
        pen.setDashPattern([3.0, 4.0])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        half = 0.5 * round(frame.pixel)
        for join in seen:
            painter.setPen(pen)
            x = float(frame.x(join.time_ms)) // 1.0 + half
            painter.drawLine(QLineF(x, frame.top, x, frame.top + frame.height))
        self._draw_names(painter, frame, seen)

    def _draw_names(self, painter: QPainter, frame: Frame, joins: list[Join]) -> None:
        text = QColor(self.look.tokens.text)
        size = round(theme.SMALL_PX * frame.pixel)
        width_of = QFontMetricsF(theme.ui_font(size), painter.device()).horizontalAdvance
        ends: list[float] = []  # where each row is taken up to
        for join in joins:
            words = join_words(join)
            width = width_of(words) + 12 * frame.pixel
            x = float(frame.x(join.time_ms)) + 6 * frame.pixel
            x = max(min(x, frame.left + frame.width - width), frame.left)
            row = next((i for i, end in enumerate(ends) if end <= x), len(ends))
            if row >= _MOST_ROWS:
                continue
            ends[row : row + 1] = [x + width]
            y = frame.top + (_BELOW_READOUT + row * LINE_HEIGHT * theme.SMALL_PX) * frame.pixel
            line: list[Run] = [(words, text, False)]
            self._plate.draw(painter, frame, self.look, QPointF(x, y), [line], theme.SMALL_PX)


def join_words(join: Join) -> str:
    """``bybit joins``, ``okx open interest joins``."""
    what = "" if join.what == _CANDLES else f" {join.what.replace('_', ' ')}"
    return f"{join.exchange[:_LONGEST_NAME]}{what} joins"


def join_near(snapshot: Snapshot, time_ms: float, within_ms: float) -> Join | None:
    """The join nearest to a moment, None where none is that near."""
    near = [join for join in snapshot.joins if abs(join.time_ms - time_ms) <= within_ms]
    return min(near, key=lambda join: abs(join.time_ms - time_ms), default=None)
