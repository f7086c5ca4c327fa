"""The crosshair, and the line of values at the top of the plot."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from heatdesk.gui import numbers
from heatdesk.gui.hover import Hover, Ohlc
from heatdesk.gui.layers.base import Frame, PlotLayer, redraw
from heatdesk.gui.layers.text import Run, draw_on_plate
from heatdesk.market import timeframe_ms

_LONGEST_NAME: Final = 64
_GAP: Final = "   "


class CrosshairLayer(PlotLayer):
    """Two hairlines through the cursor; above them the instrument, the candle's prices and the cell's notional."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._hover: Hover | None = None

    def set_hover(self, hover: Hover | None) -> None:
        """Stand here, or go away."""
        if hover != self._hover:
            self._hover = hover
            redraw(self)

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self._hover is not None:
            self._draw_lines(painter, frame, self._hover)
        if self.snapshot is not None:
            corner = QPointF(frame.left + 8 * frame.pixel, frame.top + 8 * frame.pixel)
            draw_on_plate(painter, frame, self.look, corner, self.lines())

    def lines(self) -> list[list[Run]]:
        """The words at the top: instrument and candle, and below them the cell under the cursor."""
        if self.snapshot is None:
            return []
        question, tokens = self.snapshot.question, self.look.tokens
        text, secondary = QColor(tokens.text), QColor(tokens.secondary)
        exchanges = ", ".join(question.exchanges)
        first: list[Run] = [
            (question.symbol[:_LONGEST_NAME], text, True),
            (f"{_GAP}{exchanges[:_LONGEST_NAME]} · {question.timeframe}", secondary, False),
        ]
        candle = self._hover.candle if self._hover is not None else self._newest()
        if candle is not None:
            colour = QColor(tokens.good if candle.close >= candle.open else tokens.bad)
            decimals = numbers.price_decimals(candle.close)
            for name, value in zip("OHLC", candle, strict=True):
                first += [
                    (_GAP + name + " ", secondary, False),
                    (numbers.price(value, decimals), colour, False),
                ]
            if candle.open > 0:
                change = numbers.percent(candle.close / candle.open - 1.0, signed=True)
                first.append((_GAP + change, colour, False))
        return [first] if self._hover is None else [first, self._cell(self._hover, text, secondary)]

    def _cell(self, hover: Hover, text: QColor, secondary: QColor) -> list[Run]:
        if hover.long_usd is None or hover.short_usd is None:
            return [("outside the map", secondary, False)]
        return [
            ("▼ longs ", secondary, False),
            (numbers.usd(hover.long_usd), text, False),
            (_GAP + "▲ shorts ", secondary, False),
            (numbers.usd(hover.short_usd), text, False),
            (" per 0.1 %", secondary, False),
        ]

    def _newest(self) -> Ohlc | None:
        candles = self.snapshot.candles if self.snapshot is not None else ()
        if not len(candles) or self.snapshot is None:
            return None
        return Ohlc(*(float(self.snapshot.candles[name][-1]) for name in ("open", "high", "low", "close")))

    def _draw_lines(self, painter: QPainter, frame: Frame, hover: Hover) -> None:
        half = 0.5 * round(frame.pixel)
        middle = 0.0 if self.snapshot is None else timeframe_ms(self.snapshot.question.timeframe) / 2.0
        x = float(frame.x(hover.time_ms + middle)) // 1.0 + half
        y = float(frame.y(self.look.scale.y(hover.price))) // 1.0 + half
        pen = QPen(QColor(self.look.tokens.secondary), max(1, round(frame.pixel)))
        pen.setDashPattern([4.0, 4.0])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QLineF(x, frame.top, x, frame.top + frame.height))
        painter.drawLine(QLineF(frame.left, y, frame.left + frame.width, y))
