"""Items of a chart that are drawn over everything else because they follow the cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsWidget

from heatdesk.gui.paint_guard import PaintGuard


class Floating(QGraphicsItem):
    """What of a widget in the scene follows the cursor, drawn by `draw`: an item of its own, as large as the widget.

    The widget below stays as it was drawn when the cursor moves; its `resizeEvent` calls `fit`.
    """

    def __init__(self, owner: QGraphicsWidget, draw: Callable[[QPainter], None], name: str) -> None:
        super().__init__(owner)
        self._draw = draw
        self._guard = PaintGuard(name)
        # Kept, not asked for: while a scene is taken apart Qt asks for it when the widget is gone already.
        self._area = QRectF(owner.rect())
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def fit(self, area: QRectF) -> None:
        """The widget has another size."""
        self.prepareGeometryChange()
        self._area = QRectF(area)

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        with self._guard.painting(painter):
            self._draw(painter)
