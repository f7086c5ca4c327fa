"""How a cell of the ranking is painted: one text on a plain ground, which a style sheet takes ten times as long for."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from heatdesk.gui.theme import SMALL_PX, tokens, ui_font

_MARGIN_PX: Final = 3


class ClusterCells(QStyledItemDelegate):
    """Paints text, its colour and the selection; nothing else is in these cells."""

    def __init__(self) -> None:
        super().__init__()
        self._font = ui_font(SMALL_PX)
        self.set_theme("dark")

    def set_theme(self, name: str) -> None:
        """Paint in another theme."""
        theme = tokens(name)
        self._text, self._selected = QColor(theme.text), QColor(theme.hairline)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        area = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, self._selected)
        painter.setFont(self._font)
        painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole) or self._text)
        align = index.data(Qt.ItemDataRole.TextAlignmentRole)
        painter.drawText(area.adjusted(_MARGIN_PX, 0, -_MARGIN_PX, 0), align, index.data())
