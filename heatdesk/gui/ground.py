"""The ground of a chart: what does not follow the cursor, kept as a picture so that a move of it draws none of that."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QRegion, QTransform
from PySide6.QtWidgets import QGraphicsItem, QGraphicsView, QStyleOptionGraphicsItem

from heatdesk.gui.device_pixels import to_device_pixels

# Hatching is counted from the corner of what is painted on: as dense as on the window, and in step with it. Its period
# is 8 device pixels times the whole number that a screen's ratio rounds to.
_STEP: Final = 48


class Ground:
    """A picture of a view's scene without the items that float over it, in device pixels of the window.

    `stale` collects what is shown no longer as it was kept; `refresh` draws that part anew, and nothing else. It raises
    MemoryError where there is no room for the picture.
    """

    def __init__(self) -> None:
        self._image = QImage()
        self._to_window = QTransform()
        self._corner = QPoint()  # of the picture, in device pixels of the window
        self._stale = QRegion()  # in logical pixels of the viewport

    def forget(self) -> None:
        """Keep nothing: the graphics card paints now, or the view is out of sight."""
        self._image, self._stale = QImage(), QRegion()

    def stale(self, area: QRect | QRegion) -> None:
        """This part of the viewport, in logical pixels, does not look as it did."""
        if not self._image.isNull():
            self._stale += area

    def refresh(self, view: QGraphicsView, painter: QPainter) -> None:
        """Bring the picture up to date with what a painter on the view's viewport would draw now."""
        size, to_window = view.viewport().size(), painter.deviceTransform()
        self._fit(size, to_window)
        stale = self._stale & QRect(QPoint(), size)
        self._stale = QRegion()
        if not stale.isEmpty():
            self._draw(view, stale)

    def lay(self, painter: QPainter, region: QRegion) -> None:
        """Put the picture under what is painted next, in a region of the viewport in logical pixels."""
        painter.save()
        to_device_pixels(painter)
        # one by one: within a rectangle pixels are copied, in a region of several they are blended row by row
        for part in rects_of(region):
            painter.setClipRect(self._to_window.mapRect(QRectF(part)).toAlignedRect())
            painter.drawImage(self._corner, self._image)
        painter.restore()

    def _fit(self, size: QSize, to_window: QTransform) -> None:
        """Have a picture of the viewport where it stands in the window; another place or size makes all of it stale."""
        place = to_window.mapRect(QRectF(QPoint(), size)).toAlignedRect()
        corner = QPoint(_STEP * math.floor(place.left() / _STEP), _STEP * math.floor(place.top() / _STEP))
        wanted = QSize(place.right() + 1 - corner.x(), place.bottom() + 1 - corner.y())
        if wanted == self._image.size() and to_window == self._to_window:
            return
        self._image = QImage(wanted, QImage.Format.Format_RGB32)
        if self._image.isNull():
            raise MemoryError(f"no room for a picture of {wanted.width()} × {wanted.height()} pixels")
        self._to_window, self._corner = QTransform(to_window), corner
        self._stale = QRegion(QRect(QPoint(), size))

    def _draw(self, view: QGraphicsView, stale: QRegion) -> None:
        onto = self._to_window * QTransform.fromTranslate(-self._corner.x(), -self._corner.y())
        clip = QRegion()
        for part in rects_of(stale):
            clip += onto.mapRect(QRectF(part)).toAlignedRect()
        painter = QPainter(self._image)
        try:
            painter.setRenderHints(view.renderHints())
            painter.setClipRegion(clip)
            painter.fillRect(clip.boundingRect(), view.backgroundBrush())
            paint_items(painter, _in_order(view), view.viewportTransform() * onto, clip)
        finally:
            painter.end()


def paint_items(painter: QPainter, items: list[QGraphicsItem], to_device: QTransform, clip: QRegion) -> None:
    """Paint those items of a scene that reach into a region, bottom to top, as QGraphicsView does.

    `to_device` takes the scene to the painter's device. What none of the chart's items has is left out: opacity,
    effects, and clips by a parent.
    """
    style: Any = QStyleOptionGraphicsItem()
    for item in items:
        transform = item.deviceTransform(to_device)
        own = item.boundingRect()
        place = transform.mapRect(own)
        if not place.isEmpty() and clip.intersects(place.toAlignedRect()):
            painter.save()
            painter.setTransform(transform)
            style.exposedRect = own
            item.paint(painter, style, None)
            painter.restore()


def rects_of(region: QRegion) -> Iterator[QRect]:
    """The rectangles that a region is made of; PySide's stubs do not know that it is iterable."""
    iterable: Any = region
    yield from iterable


def _in_order(view: QGraphicsView) -> list[QGraphicsItem]:
    """What is painted, bottom to top; what floats counts as empty here."""
    empty = QGraphicsItem.GraphicsItemFlag.ItemHasNoContents
    everything = view.scene().items(Qt.SortOrder.AscendingOrder)
    return [item for item in everything if item.isVisible() and not item.flags() & empty]
