"""Reach: how far price may get, as contours that open to the right of the last candle."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers, theme
from heatdesk.gui.layers.base import Frame, Look, PlotLayer, frame_now
from heatdesk.gui.layers.text import draw_on_plate
from heatdesk.market import HOUR_MS, MINUTE_MS, Floats
from heatdesk.reading.reach import CONTOURS, Reach

WORDS: Final = "chance of a touch by then"
_POINTS: Final = 64
_FILL_ALPHA: Final = 13  # of each contour's inside; they lie over one another
_LINE_ALPHA: Final = 190
# Logical pixels.
_LEAST_GAP: Final = 15.0  # between two labels
_WORDS_ABOVE: Final = 24.5  # the bottom, as high as the notice on the left
_BRACKETS: Final = 10.0  # what the frame's brackets take at the right edge
_LABELS: Final = 64.0  # what the widest label takes beside it, and some more


class Contour(NamedTuple):
    """Prices that are touched with a chance within the times ahead, all (n,); the lower ones are below the price."""

    chance: float
    time_ms: Floats
    upper: Floats
    lower: Floats


def horizon_ms(snapshot: Snapshot) -> int:
    """How far ahead the contours look: as far as the ranking does, and a day at least."""
    longest = max((horizon.ms for horizon in snapshot.reach.horizons), default=0) if snapshot.reach else 0
    return max(longest, round(snapshot.question.rules.reach.hours * HOUR_MS)) if longest else 0


def contours(reach: Reach, until_ms: int) -> tuple[Contour, ...]:
    """The contours of a reach, the likeliest first; a funnel is steepest at its start, so that has more points."""
    ahead = until_ms * np.linspace(0.0, 1.0, _POINTS) ** 2
    ahead[0] = min(MINUTE_MS, 0.5 * ahead[1])
    found = []
    for chance in CONTOURS:
        distance = np.array([reach.distance(chance, ms) for ms in ahead])
        distance[0] = 0.0
        time_ms = reach.time_ms + ahead
        found.append(
            Contour(chance, time_ms, reach.price * np.exp(distance), reach.price * np.exp(-distance))
        )
    return tuple(found)


class ReachLayer(PlotLayer):
    """A funnel of lines with their chance at the end. Nothing is made before it is looked at."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._made_of: Reach | None = None
        self._contours: tuple[Contour, ...] = ()

    def contours(self) -> tuple[Contour, ...]:
        """What is drawn of the snapshot; nothing where the view leaves it out or too little is known."""
        snapshot = self.snapshot
        if snapshot is None or snapshot.reach is None or not self.look.view.reach:
            return ()
        if self._made_of is not snapshot.reach:
            self._made_of, self._contours = snapshot.reach, contours(snapshot.reach, horizon_ms(snapshot))
        return self._contours

    def drawn_of(self, snapshot: Snapshot) -> object:
        shown = snapshot.reach if self.look.view.reach else None
        return shown is not None and id(shown)

    def changed_area(self, before: Snapshot, now: Snapshot) -> QRectF:
        area, frame = self.boundingRect(), frame_now(self._view)
        starts = [shown.reach.time_ms for shown in (before, now) if shown.reach is not None]
        if frame is not None and len(starts) == 2:
            left = min(float(frame.x(min(starts))) - 2.0, area.right() - _LABELS)
            area.setLeft(max(area.left(), left))
        return area

    def draw(self, painter: QPainter, frame: Frame) -> None:
        shown = self.contours()
        if not shown or float(frame.x(shown[0].time_ms[0])) > frame.left + frame.width:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for contour in reversed(shown):
            self._draw_contour(painter, frame, contour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for side in ("upper", "lower"):
            self._draw_labels(painter, frame, shown, side)
        self._draw_words(painter, frame)

    def _draw_contour(self, painter: QPainter, frame: Frame, contour: Contour) -> None:
        upper, lower = (_line(frame, self.look, contour, side) for side in ("upper", "lower"))
        ink = QColor(self.look.tokens.text)
        ink.setAlpha(_FILL_ALPHA)
        painter.setPen(QPen(QColor(0, 0, 0, 0)))
        painter.setBrush(ink)
        painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))
        ink.setAlpha(_LINE_ALPHA)
        pen = QPen(ink, max(1.0, frame.pixel))
        if contour.chance != 0.5:
            pen.setDashPattern([1.0, 3.0] if contour.chance < 0.2 else [4.0, 3.0])
        painter.setPen(pen)
        painter.setBrush(QColor(0, 0, 0, 0))
        painter.drawPolyline(upper)
        painter.drawPolyline(lower)

    def _draw_labels(self, painter: QPainter, frame: Frame, shown: tuple[Contour, ...], side: str) -> None:
        """The chance where each line ends, or where it leaves the plot; one too near another is left out."""
        font = theme.ui_font(round(theme.SMALL_PX * frame.pixel))
        metrics = QFontMetricsF(font, painter.device())
        painter.setFont(font)
        taken: list[float] = []
        below = (_WORDS_ABOVE + 4.0) * frame.pixel
        for contour in sorted(shown, key=lambda c: abs(c.chance - 0.5)):
            end = _end_in_sight(frame, _line(frame, self.look, contour, side))
            if end is None or any(abs(end.y() - y) < _LEAST_GAP * frame.pixel for y in taken):
                continue
            taken.append(end.y())
            words = numbers.chance(contour.chance)
            width, height = metrics.horizontalAdvance(words) + 6 * frame.pixel, 14 * frame.pixel
            right = frame.left + frame.width - _BRACKETS * frame.pixel
            left = min(end.x() + 3 * frame.pixel, right - width)
            top = min(max(end.y() - height / 2, frame.top), frame.top + frame.height - below - height)
            plate = QColor(self.look.tokens.background)
            plate.setAlpha(215)
            painter.fillRect(QRectF(left, top, width, height), plate)
            painter.setPen(QColor(self.look.tokens.text))
            baseline = top + (height + metrics.ascent() - metrics.descent()) / 2.0
            painter.drawText(QPointF(left + 3 * frame.pixel, baseline), words)

    def _draw_words(self, painter: QPainter, frame: Frame) -> None:
        font = theme.ui_font(round(theme.SMALL_PX * frame.pixel))
        width = QFontMetricsF(font, painter.device()).horizontalAdvance(WORDS)
        true = self.snapshot is not None and self.snapshot.truth is not None
        above = _WORDS_ABOVE + (20.0 if true else 0.0)  # the truth has words of its own below
        corner = QPointF(
            frame.left + frame.width - width - 8 * frame.pixel, frame.top + frame.height - above * frame.pixel
        )
        ink = QColor(self.look.tokens.secondary)
        draw_on_plate(painter, frame, self.look, corner, [[(WORDS, ink, False)]], theme.SMALL_PX)


def _line(frame: Frame, look: Look, contour: Contour, side: str) -> list[QPointF]:
    xs, ys = frame.x(contour.time_ms), frame.y(look.scale.to_view(getattr(contour, side)))
    return [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True) if math.isfinite(y)]


def _end_in_sight(frame: Frame, line: list[QPointF]) -> QPointF | None:
    """Where a line ends or leaves the plot, None where none of it is in sight."""
    seen = [p for p in line if frame.rect.contains(p)]
    return seen[-1] if len(seen) > 1 else None
