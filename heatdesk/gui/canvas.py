"""The canvas a chart is painted on: by the processor, or by the graphics card, and from one to the other and back."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QRect, QRectF, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QRegion, QSurface
from PySide6.QtWidgets import QApplication, QDialog, QGraphicsItem, QGraphicsLayout, QGraphicsView, QWidget

from heatdesk.feed.plain_text import plain
from heatdesk.gui.ground import Ground, paint_items, rects_of
from heatdesk.gui.paint_guard import guarded

_LOG: Final = logging.getLogger(__name__)
_NO_CONTEXT: Final = "no OpenGL context could be had"
_CONTEXT_GONE: Final = "the OpenGL context was lost"
_CALM_S: Final = 0.15  # after a repaint of much: a hand that drags paints much again before that
_MUCH: Final = 0.5  # of the viewport


class _Scene(pg.GraphicsScene):
    """A scene whose items hear of the cursor from Qt alone.

    pyqtgraph would look through all of them at every move of the mouse, for items that none of ours is.
    """

    def sendHoverEvents(self, ev: Any, exitOnly: bool = False) -> None:  # noqa: N803
        return


class Canvas(pg.GraphicsView):
    """A GraphicsView whose painter can be changed while it is shown; nothing of the scene is touched by that.

    What `floats` is drawn over everything else. While the processor paints, the rest is kept as a `Ground`: a repaint
    of a small part draws anew only what `renew` was told of, and what floats.

    `card_failed` carries why the card cannot go on, once for each time it began; it is told outside of painting, and
    who hears it calls ``useOpenGL(False)``. `repainted_by` carries the new viewport.
    """

    card_failed = Signal(str)
    repainted_by = Signal(QWidget)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._card_lives = False
        self._ground = Ground()
        self._floating: dict[QGraphicsItem | None, None] = {}  # in the order they are drawn
        self._asked = QRegion()  # what somebody has asked to be repainted, in logical pixels
        self._keeps_ground = True
        self._much_at = float("-inf")
        self.calm_s = _CALM_S  # how long after a repaint of much the next one may be of a part
        super().__init__(parent, useOpenGL=False, background=None)
        self._take_scene(_Scene(parent=self))
        # one colour is filled faster than a kept picture of it is copied
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)

    def _take_scene(self, scene: _Scene) -> None:
        before: Any = self.scene()
        central: Any = self.centralWidget
        self.setCentralItem(None)
        self.sceneObj = scene
        self.setScene(scene)
        self.setCentralItem(central)
        before.deleteLater()

    @property
    def by_card(self) -> bool:
        """Whether the graphics card paints."""
        return type(self.viewport()) is not QWidget

    def lay_out(self, items: QGraphicsLayout) -> None:
        """Have these fill the canvas."""
        central: Any = self.centralWidget
        central.setLayout(items)

    def floats(self, item: QGraphicsItem) -> None:
        """Draw an item of the scene over everything else: it follows the cursor, and moves often."""
        # whoever else paints the scene leaves it out
        item.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self._floating[item] = None

    def lets_go_of(self, item: QGraphicsItem) -> None:
        """It leaves the scene."""
        del self._floating[item]

    def renew(self, areas: Sequence[QRect], item: QGraphicsItem | None = None) -> None:
        """Ask for one repaint of areas in logical pixels, where this item looks different; None stands for any."""
        changed = QRegion()
        for area in areas:
            changed += area
        if item not in self._floating:
            self._ground.stale(changed)
        self._asked += changed
        self.viewport().update(changed)

    def useOpenGL(self, b: bool = True) -> None:
        """Have the graphics card paint from now on, or the processor.

        In a window that is shown already, the card's first time makes the system's window anew; after the card's last
        time so does this, for a window that is still composed by a broken card would stay black.
        """
        if b == self.by_card:
            return
        cursor, window, active = self.viewport().cursor(), self.window(), QApplication.activeWindow()
        self._card_lives = b
        if b:
            from heatdesk.gui.card.viewport import CardViewport

            viewport: QWidget = CardViewport(self)
            # what a card keeps of the last frame is undefined: each is painted whole
            mode = QGraphicsView.ViewportUpdateMode.FullViewportUpdate
        else:
            viewport, mode = QWidget(self), QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate
        self._ground.forget()
        self.setViewportUpdateMode(mode)
        self.setViewport(viewport)
        viewport.setCursor(cursor)
        if not b:
            _compose_by_processor(window)
        _dialogs_in_front(window, active)
        self.repainted_by.emit(viewport)
        viewport.update()

    def fail(self, reason: str) -> None:
        """Say, after what is being painted, that the card cannot go on."""
        if self._card_lives:
            self._card_lives = False
            QTimer.singleShot(0, self, lambda: self.card_failed.emit(plain(reason).rstrip(".")))

    @guarded
    def paintEvent(self, ev: QPaintEvent) -> None:
        if not self.by_card:
            self._paint_by_processor(ev)
            return
        viewport: Any = self.viewport()
        context = viewport.context()
        if context is None or not context.isValid() or not viewport.isValid():
            reason = _NO_CONTEXT if context is None else _CONTEXT_GONE
            if self._card_lives:
                _LOG.warning("The graphics card cannot draw: %s.", reason)
            self.fail(reason)
            return
        super().paintEvent(QPaintEvent(QRect(0, 0, viewport.width(), viewport.height())))

    def _paint_by_processor(self, event: QPaintEvent) -> None:
        region = event.region()
        if self._keeps_ground and self._is_little(region):
            try:
                self._paint_on_ground(region)
                return
            except Exception:
                _LOG.exception("A part of the chart could not be painted alone; from now on all of it is.")
                self._keeps_ground = False
                self._ground.forget()
        self._ground.stale(region)
        super().paintEvent(event)

    def _is_little(self, region: QRegion) -> bool:
        """Whether a repaint is of a small part that somebody asked for, and of much has not just been."""
        of_others = region - self._asked
        self._asked -= region
        now, size = time.monotonic(), self.viewport().size()
        if not of_others.isEmpty() or _area(region) > _MUCH * size.width() * size.height():
            self._much_at = now
            return False
        return now - self._much_at >= self.calm_s

    def _paint_on_ground(self, region: QRegion) -> None:
        self.scene().prepareForPaint()
        painter = QPainter(self.viewport())
        try:
            painter.setRenderHints(self.renderHints())
            self._ground.refresh(self, painter)
            self._ground.lay(painter, region)
            self._paint_floating(painter)
        finally:
            painter.end()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ground.forget()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        # the painter has come through the scene's transform
        painter.save()
        self._paint_floating(painter)
        painter.restore()

    def _paint_floating(self, painter: QPainter) -> None:
        everywhere = QRegion(QRect(QPoint(), self.viewport().size()))
        shown = [item for item in self._floating if item is not None and item.isVisible()]
        paint_items(painter, shown, self.viewportTransform(), everywhere)


def _area(region: QRegion) -> int:
    """How many pixels lie in it."""
    return sum(part.width() * part.height() for part in rects_of(region))


def _compose_by_processor(window: QWidget) -> None:
    """Give a window that a card has composed back to the processor: Qt decides that when it makes a window."""
    handle = window.windowHandle()
    if handle is None or handle.surfaceType() is QSurface.SurfaceType.RasterSurface:
        return
    visible, state = window.isVisible(), window.windowState()
    window.destroy()
    window.create()
    window.setWindowState(state)
    window.setVisible(visible)


def _dialogs_in_front(window: QWidget, active: QWidget | None) -> None:
    """Dialogs belong to the system's window, which may be another one now; the active one keeps the keyboard."""
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible() and (handle := dialog.windowHandle()) is not None:
            handle.setTransientParent(window.windowHandle())
            dialog.raise_()
    if active is not None:
        active.activateWindow()
