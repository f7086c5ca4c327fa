"""One contrast limit on the legend: a handle to drag, to step with the arrow keys, or to type."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygon
from PySide6.QtWidgets import QWidget

from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.theme import SMALL_PX, Tokens, ui_font
from heatdesk.gui.wording import Wording

HEIGHT: Final = 24
_TIP: Final = 6
_PLATE_PX: Final = 16
_STEPS: Final = {
    Qt.Key.Key_Up: 0.01,
    Qt.Key.Key_Down: -0.01,
    Qt.Key.Key_PageUp: 0.1,
    Qt.Key.Key_PageDown: -0.1,
}


class LegendHandle(QWidget):
    """Shows an amount beside the bar. Emits `dragged` (y in the parent), `stepped` (bar share), `edit_asked`."""

    dragged = Signal(int)
    stepped = Signal(float)
    edit_asked = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        self._theme: Tokens | None = None
        self._grip = 0
        self._name = name
        self.setObjectName(f"{name} limit")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setFixedHeight(HEIGHT)

    def set_theme(self, theme: Tokens) -> None:
        self._theme = theme
        self.update()

    def set_amount(self, usd: float, wording: Wording) -> None:
        """Show an amount of USD per 0.1 % of price in the view's currency."""
        self._words = wording.compact(usd)
        self.setAccessibleName(f"{self._name} contrast limit, {wording.unit}")
        exact = f"{wording.amount_exact(usd)} per 0.1 %"
        self.setToolTip(f"{exact}\nDrag · double-click or Enter to type · arrow keys to step")
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = round(event.position().y()) - HEIGHT // 2
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.dragged.emit(self.mapToParent(event.position().toPoint()).y() - self._grip)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.edit_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None:
            self.stepped.emit(step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_asked.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = HEIGHT // 2
        colour = QColor(self._theme.accent if self.hasFocus() else self._theme.text)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygon([QPoint(0, middle), QPoint(_TIP, middle - 5), QPoint(_TIP, middle + 5)]))
        painter.setFont(ui_font(SMALL_PX))
        text = QRect(_TIP + 2, 0, self.width() - _TIP - 2, HEIGHT)
        ground = QColor(self._theme.background)
        ground.setAlphaF(0.85)  # the histogram goes on under it
        painter.fillRect(text.adjusted(-1, (HEIGHT - _PLATE_PX) // 2, 0, (_PLATE_PX - HEIGHT) // 2), ground)
        painter.setPen(colour)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, self._words)
