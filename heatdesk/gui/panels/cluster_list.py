"""The table of clusters as a person uses it: sorts, points at zones, keeps what is selected, copies."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QScrollBar, QTableView, QWidget

from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.panels.cluster_cells import MARGIN_PX, ClusterCells, Placed
from heatdesk.gui.panels.cluster_rows import ClusterRows
from heatdesk.gui.panels.cluster_table import (
    AGE,
    BAND,
    COLUMNS,
    DISTANCE,
    EXCHANGES,
    SHARE,
    SIDE,
    STATE,
    STRENGTH,
    TIERS,
    TOUCH,
    USD,
    ZONE,
    ClusterTable,
)
from heatdesk.gui.view import View
from heatdesk.reading.clusters import Cluster

_ROW_PX: Final = 24
_ALWAYS: Final = (SIDE, ZONE, USD, DISTANCE)
_AS_THERE_IS_ROOM: Final = (BAND, STRENGTH, TOUCH, SHARE, AGE, STATE, TIERS, EXCHANGES)


class ClusterList(QTableView):
    """Emits `centre_asked` with the cluster that was clicked, `pointed` with the one under the cursor or None."""

    centre_asked = Signal(object)
    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Clusters")
        self.table = ClusterTable()
        self.rows = ClusterRows(self.table)
        self._cells = ClusterCells(self.table)
        self._pointed: Cluster | None = None
        self._fitted = 0
        self.setModel(self.rows)
        self.setSortingEnabled(True)
        self.sortByColumn(USD, Qt.SortOrder.DescendingOrder)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # it keeps its place where there is nothing to scroll: coming and going, it would lay the table out each time
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setVerticalScrollBar(_ScrollBar(Qt.Orientation.Vertical, self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(12)
        header.setSortIndicatorShown(False)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(ZONE, QHeaderView.ResizeMode.Stretch)
        self.clicked.connect(self._centre)
        self.activated.connect(self._centre)
        self.entered.connect(lambda index: self._point(self.rows.cluster(index.row())))

    def show_clusters(self, clusters: tuple[Cluster, ...]) -> None:
        """Replace the rows; order, selection and scrolling stay with the zones they were about."""
        chosen, current = self.selected(), self.currentIndex()
        held = self.rows.cluster(current.row()) if current.isValid() else None
        scrolled = self.verticalScrollBar().value()
        self.table.show_clusters(clusters)
        flags = QItemSelectionModel.SelectionFlag
        for row in range(self.rows.rowCount()):
            now, index = self.rows.cluster(row), self.rows.index(row, 0)
            if held is not None and _same(held, now):
                self.selectionModel().setCurrentIndex(index, flags.NoUpdate)
            if any(_same(before, now) for before in chosen):
                self.selectionModel().select(index, flags.Select | flags.Rows)
        self.verticalScrollBar().setValue(scrolled)
        self._fit_columns()
        if (pointed := self._pointed) is not None:
            self._point(next((c for c in clusters if _same(pointed, c)), None))

    def set_view(self, view: View) -> None:
        """Follow theme and currency."""
        self._cells.set_theme(view.theme)
        self.table.set_view(view)
        self._fit_columns()

    def selected(self) -> tuple[Cluster, ...]:
        """The clusters of the selected rows, in their order."""
        return tuple(self.rows.cluster(i.row()) for i in sorted(self.selectionModel().selectedRows()))

    def copy(self) -> None:
        """The selected rows, or all where none is, as tab-separated text with a header and full numbers."""
        from heatdesk.export import clusters_text

        QGuiApplication.clipboard().setText(clusters_text(self.selected() or self.rows.clusters()))

    def _centre(self, index: QModelIndex) -> None:
        self.centre_asked.emit(self.rows.cluster(index.row()))

    def _point(self, cluster: Cluster | None) -> None:
        if cluster != self._pointed:
            self._pointed = cluster
            self.pointed.emit(cluster)

    def _fit_columns(self) -> None:
        """Show as many columns as fit; numbers get the width of their widest, the zone what is left."""
        self._fitted = self.width()
        self.table.set_short(False)
        # the same with and without a scroll bar, so that a filter moves no column
        room = self.width() - 2 * self.frameWidth() - self.verticalScrollBar().sizeHint().width()
        widths = {column: self._width(column) for column in range(len(COLUMNS))}
        left = room - sum(widths[column] for column in _ALWAYS)
        if left < 0:
            self.table.set_short(True)
            widths |= {column: self._width(column) for column in (SIDE, ZONE)}
            left = room - sum(widths[column] for column in _ALWAYS)
        for column in _AS_THERE_IS_ROOM:
            fits = left >= widths[column]
            left -= widths[column] if fits else 0
            self.setColumnHidden(column, not fits)
        for column, width in widths.items():
            if column != ZONE:
                self.horizontalHeader().resizeSection(column, width)

    def _width(self, column: int) -> int:
        """What a column needs for its widest text and for its title with the mark of the sorting."""
        title = self.table.headerData(column, Qt.Orientation.Horizontal)
        texts = [COLUMNS[column].widest, f"{title}▾" if title else ""]
        if not COLUMNS[column].widest:
            texts += [self.table.text(row, column) for row in range(self.table.rowCount())]
        return max(map(self.fontMetrics().horizontalAdvance, texts)) + 2 * MARGIN_PX

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        columns = tuple(
            Placed(column, self.columnViewportPosition(column), self.columnWidth(column))
            for column in range(len(COLUMNS))
            if not self.isColumnHidden(column)
        )
        room, ratio = self.viewport().size(), self.devicePixelRatioF()
        self._cells.lay_out(QSize(room.width(), _ROW_PX), ratio, columns)
        painter, chosen = QPainter(self.viewport()), self.selectionModel()
        for row in range(max(self.rowAt(0), 0), self.rows.rowCount()):
            top = self.rowViewportPosition(row)
            if top >= room.height():
                break
            selected = chosen.isRowSelected(row, QModelIndex())
            painter.drawPixmap(0, top, self._cells.picture(self.rows.source_row(row), selected))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.width() != self._fitted:
            self._fit_columns()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._fit_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        super().keyPressEvent(event)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        if current.isValid() and self.hasFocus():
            self._point(self.rows.cluster(current.row()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not self.indexAt(event.position().toPoint()).isValid():
            self._point(None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point(None)


class _ScrollBar(QScrollBar):
    """Not to be seen where everything is."""

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.maximum() > self.minimum():
            super().paintEvent(event)


def _same(before: Cluster, now: Cluster) -> bool:
    """Whether a zone of a newer map is the one of an older: the same side, around the old densest row."""
    return before.side == now.side and now.low <= before.peak <= now.high
