"""Candles that read over every colour of the map."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui.layers.base import Frame, PlotLayer
from heatdesk.gui.layers.candle_pyramid import Bars, CandlePyramid
from heatdesk.market import Floats, timeframe_ms

# Logical pixels. Candles are merged until each is this wide: what is narrower cannot show body, wick and outline,
# and a line over a bright map is not seen at all.
_NARROWEST: Final = 4.0
_BODY_SHARE: Final = 0.7
_BODY_ALPHA: Final = 235
_OUTLINE_ALPHA: Final = {"dark": 200, "light": 150}


class _Shape(NamedTuple):
    """Rectangles of one colour."""

    brush: QBrush
    rects: PrimitiveArray


class CandleLayer(PlotLayer):
    """The price: body and wick with a thin dark outline, merged to wider candles where they would be narrow.

    The rectangles are kept while they stand where they stood: a slider moves no candle.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._pyramid: CandlePyramid | None = None
        self._drawn: tuple[object, ...] = ()
        self._shapes: list[_Shape] = []

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw the candles of this snapshot from now on."""
        if self.snapshot is None or snapshot.candles is not self.snapshot.candles:
            self._pyramid = CandlePyramid(snapshot.candles, timeframe_ms(snapshot.question.timeframe))
            self._drawn = ()
        super().show_snapshot(snapshot)

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self._pyramid is None:
            return
        view, scale = self.look.view, self.look.scale
        drawn = frame, scale.mode, view.theme, view.up_is_red
        if drawn != self._drawn:
            self._drawn, self._shapes = drawn, self._made(self._pyramid, frame)
        painter.setPen(Qt.PenStyle.NoPen)
        for shape in self._shapes:
            painter.setBrush(shape.brush)
            painter.drawRects(*shape.rects.drawargs())

    def _made(self, pyramid: CandlePyramid, frame: Frame) -> list[_Shape]:
        """What is drawn, bottom to top."""
        bars = pyramid.wide_enough(_NARROWEST * frame.pixel * frame.ms_per_pixel)
        bars = bars.between(frame.x_min, frame.x_max)
        if not len(bars):
            return []
        slot = bars.width_ms / frame.ms_per_pixel
        line = max(1, round(frame.pixel))
        centre = np.floor(frame.x(bars.time_ms) + slot / 2.0)
        y_of = self.look.scale.to_view
        wicks = _upright(centre - line // 2, line, frame.y(y_of(bars.high)), frame.y(y_of(bars.low)), line)
        bodies = self._bodies(bars, frame, centre, slot, line)
        tokens = self.look.tokens
        outline = QColor(tokens.background if tokens.name == "dark" else tokens.text)
        outline.setAlpha(_OUTLINE_ALPHA[tokens.name])
        shapes = [_shape(outline, np.vstack([_grown(wicks, line), _grown(bodies, line)]))]
        rising = bars.close >= bars.open
        moves = (
            (QColor(self.look.move_colour(True)), rising),
            (QColor(self.look.move_colour(False)), ~rising),
        )
        for colour, chosen in moves:
            shapes.append(_shape(colour, wicks[chosen]))
            colour.setAlpha(_BODY_ALPHA)
            shapes.append(_shape(colour, bodies[chosen]))
        return shapes

    def _bodies(self, bars: Bars, frame: Frame, centre: Floats, slot: float, line: int) -> Floats:
        # An odd number of lines wide, so that the wick stands in the middle.
        half = max(line, round((slot * _BODY_SHARE - line) / 2.0))
        y_of = self.look.scale.to_view
        top = frame.y(y_of(np.maximum(bars.open, bars.close)))
        bottom = frame.y(y_of(np.minimum(bars.open, bars.close)))
        return _upright(centre - line // 2 - half, 2 * half + line, top, bottom, line)


def _shape(colour: QColor, rects: Floats) -> _Shape:
    held = PrimitiveArray(QRectF, 4)
    held.resize(len(rects))
    held.ndarray()[:] = rects
    return _Shape(QBrush(colour), held)


def _upright(left: Floats, width: int, top: Floats, bottom: Floats, least: int) -> NDArray[np.float64]:
    """Rectangles (n, 4) as x, y, width, height on whole pixels, at least `least` high."""
    top, bottom = np.round(top), np.round(bottom)
    height = np.maximum(bottom - top, least)
    return np.column_stack([left, top, np.full(len(left), float(width)), height])


def _grown(rects: Floats, by: int) -> Floats:
    """Rectangles larger by `by` pixels on every side."""
    return rects + np.array([-by, -by, 2.0 * by, 2.0 * by])
