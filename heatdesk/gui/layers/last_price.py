"""The last price as a line across the map."""

from __future__ import annotations

from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from heatdesk.engine import Snapshot
from heatdesk.gui.layers.base import Frame, Look, PlotLayer


def last_close(snapshot: Snapshot | None) -> float | None:
    """The close of the newest candle, None where there is no candle."""
    return None if snapshot is None or not len(snapshot.candles) else float(snapshot.candles["close"][-1])


def last_colour(snapshot: Snapshot, look: Look) -> QColor:
    """Rising or falling, as the newest candle was."""
    rising = bool(snapshot.candles["close"][-1] >= snapshot.candles["open"][-1])
    return QColor(look.move_colour(rising))


class LastPriceLayer(PlotLayer):
    """A dashed line at the newest close; its value stands on the price axis."""

    def draw(self, painter: QPainter, frame: Frame) -> None:
        price = last_close(self.snapshot)
        if self.snapshot is None or price is None:
            return
        y = round(float(frame.y(self.look.scale.to_view(price)))) + 0.5 * round(frame.pixel)
        pen = QPen(last_colour(self.snapshot, self.look), max(1, round(frame.pixel)))
        pen.setDashPattern([2.0, 3.0])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QLineF(frame.left, y, frame.left + frame.width, y))
