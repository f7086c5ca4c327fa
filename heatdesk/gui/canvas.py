"""The canvas a chart is painted on: by the processor, or by the graphics card, and from one to the other and back."""

from __future__ import annotations

import logging
from typing import Any, Final

import pyqtgraph as pg
from PySide6.QtCore import QRect, QTimer, Signal
from PySide6.QtGui import QPaintEvent, QSurface
from PySide6.QtWidgets import QApplication, QDialog, QGraphicsView, QWidget

from heatdesk.feed.plain_text import plain
from heatdesk.gui.paint_guard import guarded

_LOG: Final = logging.getLogger(__name__)
_NO_CONTEXT: Final = "no OpenGL context could be had"
_CONTEXT_GONE: Final = "the OpenGL context was lost"


class Canvas(pg.GraphicsView):
    """A GraphicsView whose painter can be changed while it is shown; nothing of the scene is touched by that.

    `card_failed` carries why the card cannot go on, once for each time it began; it is told outside of painting, and
    who hears it calls ``useOpenGL(False)``. `repainted_by` carries the new viewport.
    """

    card_failed = Signal(str)
    repainted_by = Signal(QWidget)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._card_lives = False
        super().__init__(parent, useOpenGL=False, background=None)
        # one colour is filled faster than a kept picture of it is copied
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)

    @property
    def by_card(self) -> bool:
        """Whether the graphics card paints."""
        return type(self.viewport()) is not QWidget

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
            super().paintEvent(ev)
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
