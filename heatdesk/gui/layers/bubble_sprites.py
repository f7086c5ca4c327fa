"""Circles drawn once for each size: setting hundreds of them then costs what setting words does."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from heatdesk.gui.layers.base import Look

_FILL: Final = {1: 150, -1: 36}  # alpha: longs are discs, shorts are rings
_RIM: Final = {1: 1.0, -1: 1.5}  # logical pixels
_EDGE_ALPHA: Final = 170
_STEPS: Final = 2.0  # sizes for each device pixel of radius


class Sprites:
    """Remembers circles of one look and one resolution."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()
        self._look, self._pixel = Look(), 1.0
        self._made: dict[tuple[int, int], QImage] = {}

    def draw(self, painter: QPainter, x: float, y: float, radius: float, side: int) -> None:
        """Set a circle around a point, all in device pixels."""
        size = round(radius * _STEPS)
        image = self._made.get((side, size))
        if image is None:
            image = self._made[side, size] = self._circle(side, size / _STEPS)
        half = image.width() / 2.0
        painter.drawImage(QPointF(round(x - half), round(y - half)), image)

    def use(self, look: Look, pixel: float) -> None:
        """Draw in this look, where a logical pixel is so many of the device."""
        of = look.view.theme, look.view.up_is_red, pixel
        if of != self._of:
            self._of, self._look, self._pixel = of, look, pixel
            self._made.clear()

    def _circle(self, side: int, radius: float) -> QImage:
        """An outline that stands off from every map, a rim, and what fills it."""
        edge, rim = 1.5 * self._pixel, _RIM[side] * self._pixel
        width = 2 * round(radius + rim + edge + 1.0) + 1
        image = QImage(width, width, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        centre = QPointF(width / 2.0, width / 2.0)
        around = QColor(self._look.tokens.background)
        around.setAlpha(_EDGE_ALPHA)
        colour = QColor(self._look.side_colour("long" if side > 0 else "short"))
        fill = QColor(colour)
        fill.setAlpha(_FILL[side])
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(around, edge))
        painter.drawEllipse(centre, radius + self._pixel, radius + self._pixel)
        painter.setPen(QPen(colour, rim))
        painter.setBrush(fill)
        painter.drawEllipse(centre, radius, radius)
        painter.end()
        return image
