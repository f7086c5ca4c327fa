"""Candles that read over every colour of the map."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui.cells_ahead import changed_columns
from heatdesk.gui.layers.base import Frame, PlotLayer, frame_now, redraw_part
from heatdesk.gui.layers.candle_pyramid import Bars, CandlePyramid
from heatdesk.gui.live_bar import LiveBar
from heatdesk.market import Floats, timeframe_ms

# Logical pixels. Candles are merged until each is this wide: what is narrower cannot show body, wick and outline,
# and a line over a bright map is not seen at all.
_NARROWEST: Final = 4.0
_BODY_SHARE: Final = 0.7
_BODY_ALPHA: Final = 235
_OUTLINE_ALPHA: Final = {"dark": 200, "light": 150}


_NO_BARS: Final = Bars(1, np.zeros(0, np.int64), *(np.zeros(0) for _ in range(4)))


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
        self._bar: LiveBar | None = None
        self._bars = _NO_BARS

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw the candles of this snapshot from now on."""
        before, self.snapshot = self.snapshot, snapshot
        if before is None or snapshot.candles is not before.candles:
            self._pyramid = CandlePyramid(snapshot.candles, timeframe_ms(snapshot.question.timeframe))
            self._drawn = ()
            redraw_part(self, self.boundingRect() if before is None else self.changed_area(before, snapshot))

    def changed_area(self, before: Snapshot, now: Snapshot) -> QRectF:
        """From the first candle that is another to the right edge; all of it where the map has not just gone on."""
        area, frame = self.boundingRect(), frame_now(self._view)
        changed = changed_columns(now.heatmap, before.heatmap)
        if changed >= 0 and frame is not None and len(now.heatmap.times_ms):
            first = float(now.heatmap.times_ms[-max(changed, 1)])
            width = self._bars.width_ms  # of a bar that it is merged into
            area.setLeft(max(area.left(), float(frame.x(first // width * width)) - 3.0))
        return area

    def show_bar(self, bar: LiveBar | None) -> None:
        """Draw this one in place of the newest, or after it; only its own pixels are painted anew."""
        before, self._bar = self._bar, bar
        frame = frame_now(self._view)
        if bar == before or frame is None:
            return
        for changed in (before, bar):
            if changed is not None:
                redraw_part(self, self._place(changed, frame))

    def _place(self, bar: LiveBar, frame: Frame) -> QRectF:
        """Where a bar is drawn, in logical pixels, with its outline and a pixel to spare."""
        width = max(self._bars.width_ms, bar.width_ms)
        left, right = (float(x) for x in frame.x([bar.over(width), bar.over(width) + width]))
        high, low = bar.ohlc.high, bar.ohlc.low
        if len(self._bars):  # the newest stored ones may reach further
            high, low = max(high, float(self._bars.high[-1])), min(low, float(self._bars.low[-1]))
        top, bottom = (float(frame.y(self.look.scale.y(price))) for price in (high, low))
        return QRectF(left, top, right - left, bottom - top).adjusted(-3.0, -3.0, 3.0, 3.0)

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self._pyramid is None:
            return
        view, scale = self.look.view, self.look.scale
        bars = self._bars = self._pyramid.wide_enough(_NARROWEST * frame.pixel * frame.ms_per_pixel)
        newest = self._newest(bars)
        drawn = frame, scale.mode, view.theme, view.up_is_red, None if newest is None else newest.time_ms[0]
        if drawn != self._drawn:
            if newest is not None and len(bars) and bars.time_ms[-1] == newest.time_ms[0]:
                bars = bars.rows(slice(0, -1))
            self._drawn, self._shapes = drawn, self._made(bars, frame)
        live = [] if newest is None else self._made(newest, frame)
        painter.setPen(Qt.PenStyle.NoPen)
        for shape in (*self._shapes, *live):
            painter.setBrush(shape.brush)
            painter.drawRects(*shape.rects.drawargs())

    def _newest(self, bars: Bars) -> Bars | None:
        """The forming candle at the width drawn, joined with what is stored of its slot; one bar."""
        if self._bar is None:
            return None
        width = max(bars.width_ms, self._bar.width_ms)
        slot, (opened, high, low, close) = self._bar.over(width), self._bar.ohlc
        if len(bars) and bars.time_ms[-1] > slot:
            return None
        if len(bars) and bars.time_ms[-1] == slot:
            opened = float(bars.open[-1])
            high, low = max(high, float(bars.high[-1])), min(low, float(bars.low[-1]))
        return Bars(width, np.array([slot]), *(np.array([price]) for price in (opened, high, low, close)))

    def _made(self, bars: Bars, frame: Frame) -> list[_Shape]:
        """What is drawn, bottom to top."""
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
