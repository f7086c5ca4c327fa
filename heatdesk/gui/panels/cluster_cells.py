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


_Said = tuple[
    bool, tuple[str, ...]
]  # whether it is selected, and its texts; the side's colour goes with its name


class ClusterCells:
    """Pictures of a table's rows. A row that comes back, by a filter or a scroll, is not painted again.

    Nor is one that says the same in the next snapshot: a map that follows the market is a new table every second.
    """

    def __init__(self, table: ClusterTable) -> None:
        self._table = table
        self._font = ui_font(SMALL_PX)
        self._pictures: dict[_Said, QPixmap] = {}
        self._earlier: dict[_Said, QPixmap] = {}  # of the table before
        self._laid_out: tuple[object, ...] = ()
        self.set_theme("dark")
        table.dataChanged.connect(self._forget)
        table.modelReset.connect(self._turn_over)

    def _forget(self) -> None:
        self._pictures, self._earlier = {}, {}

    def _turn_over(self) -> None:
        if self._pictures:
            self._pictures, self._earlier = {}, self._pictures

    def set_theme(self, name: str) -> None:
        """Paint in another theme."""
        theme = tokens(name)
        self._text, self._selected, self._ground = (
            QColor(colour) for colour in (theme.text, theme.hairline, theme.panel)
        )
        self._forget()

    def lay_out(self, size: QSize, ratio: float, columns: tuple[Placed, ...]) -> None:
        """Rows of this size in logical pixels, `ratio` device pixels to one of them, with these columns."""
        if (size, ratio, columns) != self._laid_out:
            self._size, self._ratio, self._columns = size, ratio, columns
            self._laid_out = size, ratio, columns
            self._forget()

    def picture(self, row: int, selected: bool) -> QPixmap:
        """A row of the table as it was laid out."""
        key = selected, tuple(self._table.text(row, placed.column) for placed in self._columns)
        if key not in self._pictures:
            earlier = self._earlier.pop(key, None)
            self._pictures[key] = self._paint(row, selected) if earlier is None else earlier
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
