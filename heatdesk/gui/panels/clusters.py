"""The right panel: the frame around the price, and every cluster as a row. A click centres the chart on a zone."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.panels.cluster_table import (
    DISTANCE,
    GLYPH,
    SHARE,
    SIDE,
    TIERS,
    USD,
    ZONE,
    ClusterTable,
    SortedClusters,
)
from heatdesk.gui.profile import side_colours
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.reading.clusters import Cluster
from heatdesk.reading.frame import find_frame
from heatdesk.reading.volatility import hourly_atr

_ROW_PX: Final = 24
_GLYPH_PX: Final = 16
_NUMBER_PX: Final = 54
# px of the panel below which a column stays in the tooltip only
_NEEDED_WIDTH: Final = {SHARE: 270, SIDE: 340, TIERS: 414}


class ClustersPanel(QWidget):
    """Emits `centre_asked` with the Cluster that was clicked."""

    centre_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._clusters: tuple[Cluster, ...] = ()
        self._view = View()
        self._above, self._below = _FrameRow("▲", "short"), _FrameRow("▼", "long")
        self._table = ClusterTable()
        self._sorted = SortedClusters(self._table)
        self._rows = self._make_view()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 8, 1, 0)
        layout.setSpacing(0)
        layout.addWidget(_heading("FRAME"))
        grid = QGridLayout()
        grid.setContentsMargins(8, 4, 8, 8)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        self._above.place(grid, 0)
        self._below.place(grid, 2)
        layout.addLayout(grid)
        layout.addWidget(_heading("CLUSTERS"))
        layout.addWidget(self._rows, 1)
        self._use_theme()

    def _make_view(self) -> QTableView:
        view = QTableView(self)
        view.setAccessibleName("Clusters")
        view.setModel(self._sorted)
        view.setSortingEnabled(True)
        view.sortByColumn(USD, Qt.SortOrder.DescendingOrder)
        view.setShowGrid(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = view.horizontalHeader()
        header.setMinimumSectionSize(12)
        header.setSortIndicatorShown(False)
        header.setHighlightSections(False)
        header.setSectionResizeMode(GLYPH, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(GLYPH, _GLYPH_PX)
        view.clicked.connect(self._centre)
        view.activated.connect(self._centre)
        return view

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the clusters of a map."""
        self._clusters = snapshot.clusters
        atr = hourly_atr(snapshot.candles, snapshot.heatmap.step_ms)
        shown = find_frame(snapshot.clusters, atr)
        self._above.show_cluster(shown.above)
        self._below.show_cluster(shown.below)
        self._show_side()

    def set_view(self, view: View) -> None:
        """Follow side and theme."""
        before, self._view = self._view, view
        if view.theme != before.theme:
            self._use_theme()
        if view.side != before.side:  # replacing the rows would lose the selection and the scroll position
            self._show_side()

    def _use_theme(self) -> None:
        theme = tokens(self._view.theme)
        for row in (self._above, self._below):
            row.set_colour(side_colours(theme)[row.side].name())
        self._table.set_theme(theme)

    def _show_side(self) -> None:
        shown = tuple(c for c in self._clusters if self._view.side in (c.side, "both"))
        self._table.show_clusters(shown)

    def _centre(self, index: QModelIndex) -> None:
        self.centre_asked.emit(self._table.cluster(self._sorted.mapToSource(index).row()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        for column, needed in _NEEDED_WIDTH.items():
            self._rows.setColumnHidden(column, self.width() < needed)
        self._table.set_short(self.width() < _NEEDED_WIDTH[SHARE])
        mode = QHeaderView.ResizeMode
        roomy = self.width() >= _NEEDED_WIDTH[SIDE]
        header = self._rows.horizontalHeader()
        for column in (USD, DISTANCE, SHARE):
            header.setSectionResizeMode(column, mode.Fixed if roomy else mode.ResizeToContents)
            header.resizeSection(column, _NUMBER_PX)
        for column in (SIDE, TIERS):
            header.setSectionResizeMode(column, mode.ResizeToContents)
        header.setSectionResizeMode(ZONE, mode.Stretch)


class _FrameRow:
    """One end of the frame: glyph, zone in 16 px, and below it the amount and the distance."""

    def __init__(self, glyph: str, side: str) -> None:
        self.side = side
        self._glyph = QLabel(glyph)
        self._zone = QLabel(numbers.UNKNOWN)
        self._zone.setObjectName("large")
        self._distance = QLabel()
        self._amount = QLabel()
        for label in (self._distance, self._amount):
            label.setObjectName("secondary")
        for label in (self._glyph, self._zone, self._distance, self._amount):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._zone.setToolTip(
            f"The nearest zone of {side}s that holds at least 1 % of them, half an hourly range away"
        )

    def place(self, grid: QGridLayout, row: int) -> None:
        grid.addWidget(self._glyph, row, 0)
        grid.addWidget(self._zone, row, 1)
        grid.addWidget(self._distance, row, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._amount, row + 1, 1, 1, 2, Qt.AlignmentFlag.AlignTop)
        grid.setRowMinimumHeight(row, _ROW_PX)
        grid.setRowMinimumHeight(row + 1, _ROW_PX)

    def set_colour(self, colour: str) -> None:
        self._glyph.setStyleSheet(f"color: {colour}")

    def show_cluster(self, cluster: Cluster | None) -> None:
        if cluster is None:
            self._zone.setText(numbers.UNKNOWN)
            self._distance.setText("")
            self._amount.setText(f"no zone of {self.side}s")
            return
        self._zone.setText(numbers.price(cluster.peak))
        self._distance.setText(numbers.percent(cluster.distance, signed=True))
        where = "shorts, above" if self.side == "short" else "longs, below"
        self._amount.setText(f"{where} · {numbers.usd(cluster.usd)}")
        self._amount.setToolTip(numbers.usd_exact(cluster.usd))


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("heading")
    label.setContentsMargins(8, 0, 8, 4)
    return label
