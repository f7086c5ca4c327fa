"""What every layer of the plot shares: the frame it draws into, its look, and a paint that cannot throw."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.canvas import Canvas
from heatdesk.gui.device_pixels import on_whole_pixels, rounded, to_device_pixels
from heatdesk.gui.live_bar import LiveBar
from heatdesk.gui.paint_guard import PaintGuard
from heatdesk.gui.price_scale import PriceScale
from heatdesk.gui.side_colours import move_colour, shows, side_colour
from heatdesk.gui.view import View
from heatdesk.gui.wording import Wording, wording_of
from heatdesk.live import Live
from heatdesk.market import Floats

_log = logging.getLogger(__name__)
_ROUNDING = 1e-3  # of a pixel: less than that belongs to no neighbour


@dataclass(frozen=True, slots=True)
class Look:
    """How to draw: the view, its price scale and its colours."""

    view: View = field(default_factory=View)
    scale: PriceScale = field(default_factory=PriceScale)

    @property
    def tokens(self) -> theme.Tokens:
        """The colours of the view's theme."""
        return theme.tokens(self.view.theme)

    @property
    def wording(self) -> Wording:
        """How amounts and moments read."""
        return wording_of(self.view)

    def move_colour(self, rising: bool) -> str:
        """The colour of a price that went up, or down, where the user lives."""
        return move_colour(self.view, rising)

    def side_colour(self, side: str) -> str:
        """The colour of longs or shorts: of the move that liquidates them."""
        return side_colour(self.view, side)

    def shows(self, side: str) -> bool:
        """Whether longs, or shorts, are looked at."""
        return shows(self.view, side)

    def differs_beside_the_plot(self, other: Look) -> bool:
        """Whether axes and ground are drawn in another way: how the map looks stays inside the plot."""
        return (self.scale, _of_the_window(self.view)) != (other.scale, _of_the_window(other.view))


def _of_the_window(view: View) -> View:
    """A view without what only the map shows."""
    plain = replace(view, side="both", rendering="raw", palette="", locked=False, agreement=False)
    plain = replace(plain, bubbles=False, smallest_bubble=0.0, book=False, wall=0.0)
    return replace(plain, low=None, high=None, gamma=1.0, minimum_usd=0.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot area of one paint in device pixels, and the ranges it shows.

    Layers draw in device pixels: at 1.7e12 ms Qt's own scaling would leave lines between two pixels. `pixel` is
    the device pixels of one logical pixel, for widths and fonts.
    """

    left: int
    top: int
    width: int
    height: int
    x_min: float
    x_max: float
    y_min: float
    y_max: float
    pixel: float

    def x(self, time_ms: Any) -> Floats:
        """Times in ms to device pixels from the left of the device."""
        share = (np.asarray(time_ms, np.float64) - self.x_min) / (self.x_max - self.x_min)
        return self.left + share * self.width

    def y(self, view_y: Any) -> Floats:
        """View y to device pixels from the top of the device."""
        share = (self.y_max - np.asarray(view_y, np.float64)) / (self.y_max - self.y_min)
        return self.top + share * self.height

    @property
    def rect(self) -> QRectF:
        """The plot area."""
        return QRectF(self.left, self.top, self.width, self.height)

    @property
    def hairline(self) -> int:
        """Device pixels of a line one logical pixel thin: never less than one, never half of one."""
        return max(1, rounded(self.pixel))

    @property
    def ms_per_pixel(self) -> float:
        """Milliseconds under one device pixel."""
        return (self.x_max - self.x_min) / self.width


def frame_of(view: Any, painter: QPainter, beside: QGraphicsItem | None = None) -> Frame | None:
    """The frame of a ViewBox under a painter set up for a child of it; None where nothing could be drawn.

    `beside` is what is being painted where that is no child: an axis, which then agrees with the plot to the pixel.
    The plot area is the view's ``rect()``: its ``boundingRect()`` is half a pixel larger.
    """
    own = view.rect() if beside is None else beside.mapRectFromItem(view, view.rect())
    area = painter.deviceTransform().mapRect(own)
    place = on_whole_pixels(area)
    left, top, width, height = place.left(), place.top(), place.width(), place.height()
    (x_min, x_max), (y_min, y_max) = view.viewRange()
    ranges = (x_min, x_max, y_min, y_max)
    if width < 1 or height < 1 or not all(map(math.isfinite, ranges)) or x_max <= x_min or y_max <= y_min:
        return None
    return Frame(left, top, width, height, *ranges, pixel=area.width() / own.width())


def frame_now(view: Any) -> Frame | None:
    """The frame of a ViewBox in its own logical pixels, to know where something stands without painting it."""
    area = view.rect()
    (x_min, x_max), (y_min, y_max) = view.viewRange()
    if area.width() < 1 or area.height() < 1 or x_max <= x_min or y_max <= y_min:
        return None
    left, top = round(area.left()), round(area.top())
    return Frame(left, top, round(area.width()), round(area.height()), x_min, x_max, y_min, y_max, pixel=1.0)


def redraw_part(item: QGraphicsItem, *parts: QRectF) -> None:
    """Ask for one repaint of parts of an item, in its own coordinates."""
    area = item.boundingRect()
    parts = tuple(part & area for part in parts)
    for canvas in _canvases(item):
        to_canvas = item.deviceTransform(canvas.viewportTransform())
        canvas.renew([to_canvas.mapRect(part).toAlignedRect() for part in parts if not part.isEmpty()], item)


def redraw(item: QGraphicsItem) -> None:
    """Ask for one repaint of where an item is: its bounding rectangle.

    QGraphicsItem.update() would leave a second repaint behind whenever the window has been painted before its queue.
    """
    for canvas in _canvases(item):
        area = canvas.viewportTransform().mapRect(item.sceneBoundingRect())
        canvas.renew([area.adjusted(_ROUNDING, _ROUNDING, -_ROUNDING, -_ROUNDING).toAlignedRect()], item)


def redraw_all(item: QGraphicsItem) -> None:
    """Ask for one repaint of the window an item is in."""
    for canvas in _canvases(item):
        canvas.renew([canvas.viewport().rect()])


def _canvases(item: QGraphicsItem) -> list[Canvas]:
    """Where an item is shown."""
    scene = item.scene()
    return [] if scene is None else [view for view in scene.views() if isinstance(view, Canvas)]


class PlotLayer(QGraphicsItem):
    """One thing drawn into a ViewBox: a subclass says what in `draw`, from the snapshot and the look it was given.

    It is a child of the view itself, not of its data coordinates.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._view = view
        self.snapshot: Snapshot | None = None
        self.look = Look()
        self._guard = PaintGuard(type(self).__name__)
        self._area = QRectF(view.rect())  # kept: Qt asks for it often, and when the view is gone already
        view.sigResized.connect(self._fit)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def _fit(self, *_: Any) -> None:
        self.prepareGeometryChange()
        self._area = QRectF(self._view.rect())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw this from now on; repaints only where what is drawn of it has become another."""
        before, self.snapshot = self.snapshot, snapshot
        if before is None:
            redraw(self)
        elif self.drawn_of(before) != self.drawn_of(snapshot):
            redraw_part(self, self.changed_area(before, snapshot))

    def drawn_of(self, snapshot: Snapshot) -> object:
        """What of a snapshot is drawn, to be compared with the next one's; None where the layer is told otherwise."""
        return id(snapshot)

    def changed_area(self, before: Snapshot, now: Snapshot) -> QRectF:
        """Where the layer draws two snapshots in different ways, in logical pixels of the view."""
        return self.boundingRect()

    def show_live(self, live: Live) -> None:
        """Hear what stands now, up to 30 times a second; a layer that draws it asks for its own repaint."""

    def show_bar(self, bar: LiveBar | None) -> None:
        """Know the forming candle, None where there is none; a layer that draws it asks for its own repaint."""

    def set_look(self, look: Look) -> None:
        """Draw like this from now on; who sets it knows whether anything looks different, and asks for the repaint."""
        self.look = look

    def draw(self, painter: QPainter, frame: Frame) -> None:
        """Draw in device pixels, clipped to the frame."""
        raise NotImplementedError

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        with self._guard.painting(painter):
            frame = frame_of(self._view, painter)
            if frame is not None:
                to_device_pixels(painter)
                painter.setClipRect(frame.rect, Qt.ClipOperation.IntersectClip)
                self.draw(painter, frame)
