"""The frame on the chart: the nearest dense zones above and below the price, as brackets at the right edge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui.layers.base import Frame, Look, PlotLayer
from heatdesk.reading.clusters import Cluster

# Logical pixels.
_ARM: Final = 6.0
_THICK: Final = 2.0


def framing(snapshot: Snapshot | None, look: Look) -> Iterator[Cluster]:
    """The zones of a snapshot's frame that are of a side looked at."""
    for cluster in snapshot.frame if snapshot is not None else ():
        if cluster is not None and look.shows(cluster.side):
            yield cluster


class FrameLayer(PlotLayer):
    """A bracket over the prices of each zone; where its peak is stands on the price axis."""

    def drawn_of(self, snapshot: Snapshot) -> object:
        return [(zone.low, zone.high, zone.side) for zone in framing(snapshot, self.look)]

    def changed_area(self, before: Snapshot, now: Snapshot) -> QRectF:
        area, width = self.boundingRect(), _ARM + 2.0 * _THICK
        return QRectF(area.right() - width, area.top(), width, area.height())

    def draw(self, painter: QPainter, frame: Frame) -> None:
        arm, thick = round(_ARM * frame.pixel), max(1, round(_THICK * frame.pixel))
        right = frame.left + frame.width - thick
        for cluster in framing(self.snapshot, self.look):
            y_of = self.look.scale.y
            top, bottom = (round(float(frame.y(y_of(price)))) for price in (cluster.high, cluster.low))
            colour, height = QColor(self.look.side_colour(cluster.side)), max(bottom - top, 2 * thick)
            painter.fillRect(QRectF(right - thick, top, thick, height), colour)
            for y in (top, top + height - thick):
                painter.fillRect(QRectF(right - arm, y, arm, thick), colour)
