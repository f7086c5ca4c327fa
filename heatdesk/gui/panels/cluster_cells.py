"""How the rows of the ranking are painted: one text a cell on plain ground, once until something in it changes."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from heatdesk.gui.panels.cluster_table import ClusterTable
from heatdesk.gui.theme import SMALL_PX, tokens, ui_font

MARGIN_PX: Final = 3


class Placed(NamedTuple):
    """Where a column stands in a row, in pixels."""

    column: int
    left: int
    width: int


class ClusterCells:
    """Pictures of a table's rows. A row that comes back, by a filter or a scroll, is not painted again."""

    def __init__(self, table: ClusterTable) -> None:
        self._table = table
        self._font = ui_font(SMALL_PX)
        self._pictures: dict[tuple[int, bool], QPixmap] = {}
        self._laid_out: tuple[object, ...] = ()
        self.set_theme("dark")
        table.dataChanged.connect(self._pictures.clear)
        table.modelReset.connect(self._pictures.clear)

    def set_theme(self, name: str) -> None:
        """Paint in another theme."""
        theme = tokens(name)
        self._text, self._selected, self._ground = (
            QColor(colour) for colour in (theme.text, theme.hairline, theme.panel)
        )
        self._pictures.clear()

    def lay_out(self, size: QSize, ratio: float, columns: tuple[Placed, ...]) -> None:
        """Rows of this size in logical pixels, `ratio` device pixels to one of them, with these columns."""
        if (size, ratio, columns) != self._laid_out:
            self._size, self._ratio, self._columns = size, ratio, columns
            self._laid_out = size, ratio, columns
            self._pictures.clear()

    def picture(self, row: int, selected: bool) -> QPixmap:
        """A row of the table as it was laid out."""
        key = row, selected
        if key not in self._pictures:
            self._pictures[key] = self._paint(row, selected)
        return self._pictures[key]

    def _paint(self, row: int, selected: bool) -> QPixmap:
        picture = QPixmap(self._size * self._ratio)
        picture.setDevicePixelRatio(self._ratio)
        picture.fill(self._selected if selected else self._ground)
        painter = QPainter(picture)
        painter.setFont(self._font)
        for column, left, width in self._columns:
            index = self._table.index(row, column)
            painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole) or self._text)
            align = index.data(Qt.ItemDataRole.TextAlignmentRole)
            area = QRect(left + MARGIN_PX, 0, width - 2 * MARGIN_PX, self._size.height())
            painter.drawText(area, align, index.data())
        painter.end()
        return picture
