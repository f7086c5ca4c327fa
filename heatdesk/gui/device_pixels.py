"""Device pixels: what Qt lays out in logical ones is drawn on whole pixels of the screen, whatever their ratio."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QTransform


def rounded(edge: float) -> int:
    """The nearest whole number, halves upwards as Qt rounds them: Python's would take 1.5 and 2.5 to the same pixel."""
    return math.floor(edge + 0.5)


def on_whole_pixels(area: QRectF) -> QRect:
    """An area with each edge on the nearest whole pixel: areas that touch neither overlap then nor leave a seam."""
    left, top = rounded(area.left()), rounded(area.top())
    return QRect(left, top, rounded(area.right()) - left, rounded(area.bottom()) - top)


def area_on_device(painter: QPainter, area: QRectF) -> QRect:
    """The device pixels of an area in the painter's own units."""
    return on_whole_pixels(painter.deviceTransform().mapRect(area))


def to_device_pixels(painter: QPainter) -> None:
    """Make one unit of the painter one device pixel, counted from the device's corner."""
    painter.setWorldTransform(QTransform())
    inverse, possible = painter.deviceTransform().inverted()
    if possible:
        painter.setWorldTransform(inverse)


def fill_crisp(painter: QPainter, areas: list[QRectF], colour: QColor) -> None:
    """Fill areas, in the painter's own units, with whole device pixels: a hairline is as wide everywhere, and sharp.

    Each is at least one device pixel wide and high.
    """
    to_device = painter.deviceTransform()
    painter.save()
    to_device_pixels(painter)
    for area in areas:
        mapped = to_device.mapRect(area)
        width, height = max(1, rounded(mapped.width())), max(1, rounded(mapped.height()))
        painter.fillRect(QRect(rounded(mapped.left()), rounded(mapped.top()), width, height), colour)
    painter.restore()
