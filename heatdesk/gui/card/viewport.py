"""The part of a canvas that the graphics card paints."""

from __future__ import annotations

from PySide6.QtGui import QPainter
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QGraphicsView

from heatdesk.gui.card.identity import drawing_format


class CardViewport(QOpenGLWidget):
    """Painted by its canvas like any viewport; what wants it as an image gets a painting of its own."""

    def __init__(self, canvas: QGraphicsView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setFormat(drawing_format())

    def paintGL(self) -> None:
        # the screen's pictures come through the canvas and never here; those of grab() do
        painter = QPainter(self)
        self._canvas.render(painter)
        painter.end()
