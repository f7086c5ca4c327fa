"""A pane's curves as a picture: made once for a place, kept until something about it changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from heatdesk.gui import theme
from heatdesk.gui.layers.base import Look
from heatdesk.gui.panes.curves import ONE, SPOT, Content, Curve
from heatdesk.gui.panes.lines import segments, thinned, value_range, visible
from heatdesk.market import Floats

# Logical pixels.
WORDS_PX: Final = 17.0
_LINE: Final = 1.4
_THIN: Final = 1.0
_BAR_SHARE: Final = 0.7
_BAR_ALPHA: Final = 190


@dataclass(frozen=True, slots=True)
class Place:
    """Where curves are drawn: logical pixels of the plot, the times in sight (ms), device pixels of one of them."""

    width: float
    height: float
    x_min: float
    x_max: float
    pixel: float

    def x(self, time_ms: Floats) -> Floats:
        """Times in ms to logical pixels."""
        return (time_ms - self.x_min) / (self.x_max - self.x_min) * self.width


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture in device pixels, the values at its bottom and top, and what each curve's are multiplied by before."""

    image: QImage
    low: float
    high: float
    factors: tuple[float, ...] = ()

    def y(self, value: Floats, height: float) -> Floats:
        """Values to logical pixels from the top of the picture; words stand above the curves."""
        room = WORDS_PX if height > 2 * WORDS_PX else 0.0
        return room + (self.high - value) / (self.high - self.low) * (height - room)


def curve_colour(curve: Curve, look: Look) -> QColor:
    """What tells a curve from the others."""
    if curve.role == ONE:
        return QColor(theme.line_colour(look.view.theme, curve.number))
    return QColor(look.tokens.warn if curve.role == SPOT else look.tokens.accent)


def _factors(content: Content, seen: slice) -> tuple[float, ...]:
    """What brings each curve to the level of the first one where both are first in sight; 1 unless rebased."""
    if not content.rebased:
        return (1.0,) * len(content.curves)
    level = content.curves[0].values[seen]
    factors = []
    for curve in content.curves:
        own = curve.values[seen]
        both = np.flatnonzero(np.isfinite(own) & np.isfinite(level) & (own > 0.0))
        factors.append(float(level[both[0]] / own[both[0]]) if len(both) else 1.0)
    return tuple(factors)


def draw_curves(content: Content, times_ms: Floats, step_ms: int, place: Place, look: Look) -> Drawn | None:
    """Draw what is in sight of some curves; `times_ms` are the starts of the columns, `step_ms` their width."""
    seen = visible(times_ms, place.x_min - step_ms, place.x_max)
    factors = _factors(content, seen)
    inside = [curve.values[seen] * f for curve, f in zip(content.curves, factors, strict=True)]
    now = np.array([curve.now * f for curve, f in zip(content.curves, factors, strict=True)])
    limits = value_range([*inside, now], content.bars)
    if limits is None:
        return None
    size = math.ceil(place.width * place.pixel), math.ceil(place.height * place.pixel)
    image = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(place.pixel)
    image.fill(Qt.GlobalColor.transparent)
    drawn = Drawn(image, *limits, factors)
    painter = QPainter(image)
    if content.zero_line and limits[0] < 0.0 < limits[1]:
        y = math.floor(float(drawn.y(np.array(0.0), place.height))) + 0.5
        painter.setPen(QPen(QColor(look.tokens.secondary), 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(QLineF(0.0, y, place.width, y))
    if content.bars:
        _draw_bars(painter, content, seen, place.x(times_ms[seen]), step_ms, place, drawn, look)
    else:
        middle = place.x(times_ms[seen] + step_ms / 2.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve, values in reversed(list(zip(content.curves, inside, strict=True))):
            painter.setPen(QPen(curve_colour(curve, look), _THIN if curve.role == ONE else _LINE))
            x, thin = thinned(middle, values, round(place.width))
            held = PrimitiveArray(QLineF, 4)
            pieces = segments(x, drawn.y(thin, place.height))
            held.resize(len(pieces))
            held.ndarray()[:] = pieces
            painter.drawLines(*held.drawargs())
    painter.end()
    image.setDevicePixelRatio(1.0)  # it is set pixel by pixel
    return drawn


def _draw_bars(
    painter: QPainter,
    content: Content,
    seen: slice,
    left: Floats,
    step_ms: int,
    place: Place,
    drawn: Drawn,
    look: Look,
) -> None:
    """Upright bars from zero, of the colour of the price's move; of those that share a pixel the highest."""
    values = content.curves[0].values[seen]
    rising = np.ones(len(values), bool) if content.rising is None else content.rising[seen]
    slot = step_ms / (place.x_max - place.x_min) * place.width
    known = np.isfinite(values)
    left, values, rising = left[known], values[known], rising[known]
    if slot < 1.0 and len(values):
        column = np.floor(left).astype(np.int64)
        order = np.lexsort((-values, column))
        first = order[np.flatnonzero(np.diff(column[order], prepend=column[order][0] - 1))]
        left, values, rising = np.floor(left[first]), values[first], rising[first]
    width = max(1.0, slot * _BAR_SHARE)
    inset = (slot - width) / 2.0 if slot >= 1.0 else 0.0
    top = drawn.y(values, place.height)
    bottom = float(drawn.y(np.array(0.0), place.height))
    rects = np.column_stack(
        [left + inset, top, np.full(len(values), width), np.maximum(bottom - top, 0.0)]
    ).reshape(-1, 4)
    painter.setPen(Qt.PenStyle.NoPen)
    for rose in (True, False):
        chosen = rects[rising == rose]
        colour = QColor(look.move_colour(rose))
        colour.setAlpha(_BAR_ALPHA)
        painter.setBrush(colour)
        held = PrimitiveArray(QRectF, 4)
        held.resize(len(chosen))
        held.ndarray()[:] = chosen
        painter.drawRects(*held.drawargs())
