"""The last price as a line across the map."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from heatdesk.engine import Snapshot
from heatdesk.gui.layers.base import Frame, PlotLayer, frame_now, redraw_part
from heatdesk.gui.live_bar import LiveBar


def last_close(snapshot: Snapshot | None) -> float | None:
    """The close of the newest candle, None where there is no candle."""
    return None if snapshot is None or not len(snapshot.candles) else float(snapshot.candles["close"][-1])


def last_line(snapshot: Snapshot | None, bar: LiveBar | None) -> tuple[float, bool] | None:
    """The newest price, and whether its candle rises: of the forming one, else of the stored ones; None without any."""
    if bar is not None:
        return bar.ohlc.close, bar.ohlc.close >= bar.ohlc.open
    price = last_close(snapshot)
    if snapshot is None or price is None:
        return None
    return price, price >= float(snapshot.candles["open"][-1])


class LastPriceLayer(PlotLayer):
    """A dashed line at the newest price; its value stands on the price axis."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._bar: LiveBar | None = None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Stand at its newest close where no candle is forming."""
        before, self.snapshot = self._line(), snapshot
        self._redraw_line(before)

    def show_bar(self, bar: LiveBar | None) -> None:
        """Stand at its close."""
        before, self._bar = self._line(), bar
        self._redraw_line(before)

    def _redraw_line(self, before: tuple[float, bool] | None) -> None:
        """Paint anew the rows of the line, where it has moved or changed its colour."""
        line, frame = self._line(), frame_now(self._view)
        if line == before or frame is None:
            return
        for moved in (before, line):
            if moved is not None:
                y = float(frame.y(self.look.scale.y(moved[0])))
                redraw_part(self, QRectF(frame.left, y - 2.0, frame.width, 5.0))

    def _line(self) -> tuple[float, bool] | None:
        return last_line(self.snapshot, self._bar)

    def draw(self, painter: QPainter, frame: Frame) -> None:
        line = self._line()
        if line is None:
            return
        y = round(float(frame.y(self.look.scale.to_view(line[0])))) + 0.5 * round(frame.pixel)
        pen = QPen(QColor(self.look.move_colour(line[1])), max(1, round(frame.pixel)))
        pen.setDashPattern([2.0, 3.0])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QLineF(frame.left, y, frame.left + frame.width, y))
