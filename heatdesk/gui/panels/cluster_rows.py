"""Which clusters of the table are listed, and in which order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from heatdesk.gui.panels.cluster_table import COLUMNS, ClusterTable
from heatdesk.reading.clusters import Cluster

_TENTH_PERCENT = 1e-3
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class ClusterFilter:
    """What is listed: `side` long, short or both; at most `within` away (a fraction); at least `least_usd`.

    `least_density` is in USD per 0.1 % of price, the unit of the map's sensitivity.
    """

    side: str = "both"
    within: float = math.inf
    least_usd: float = 0.0
    least_density: float = 0.0

    def lets(self, cluster: Cluster) -> bool:
        """Whether a cluster is listed."""
        return (
            self.side in (cluster.side, "both")
            and abs(cluster.distance) <= self.within
            and cluster.usd >= self.least_usd
            and density(cluster) >= self.least_density
        )


def density(cluster: Cluster) -> float:
    """Mean USD per 0.1 % of price inside a zone."""
    return cluster.usd * _TENTH_PERCENT / math.log(cluster.high / cluster.low)


class ClusterRows(QAbstractTableModel):
    """Sorts by the numbers behind the text, says in the header by which, and leaves out what the filter does.

    Where nobody holds on to a row, a change of filter is told as rows that came or went at the end and others that
    read differently: a table then lays out nothing else.
    """

    def __init__(self, table: ClusterTable) -> None:
        super().__init__()
        self._table = table
        self._filter = ClusterFilter()
        self._sorted_by = -1, Qt.SortOrder.AscendingOrder
        self._order: list[int] = []  # rows of the table as they are listed
        table.modelAboutToBeReset.connect(self.beginResetModel)
        table.modelReset.connect(self._reset)
        table.dataChanged.connect(self._tell_changed)
        table.headerDataChanged.connect(self.headerDataChanged)
        self._order = self._listed()

    def sourceModel(self) -> ClusterTable:
        """The table whose rows these are."""
        return self._table

    def set_filter(self, listed: ClusterFilter) -> None:
        """List what this lets through."""
        if listed != self._filter:
            self._filter = listed
            self._list()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column, −1 as the table has them; rows that are alike keep their order."""
        self._sorted_by = column, order
        self._list()

    def source_row(self, row: int) -> int:
        """The table's row behind one that is listed."""
        return self._order[row]

    def cluster(self, row: int) -> Cluster:
        """The cluster of a row as it is sorted."""
        return self._table.cluster(self._order[row])

    def clusters(self) -> tuple[Cluster, ...]:
        """All that are listed, in their order."""
        return tuple(map(self._table.cluster, self._order))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return self._table.columnCount(parent)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return self._table.data(self._table.index(self._order[index.row()], index.column()), role)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        told = self._table.headerData(section, orientation, role)
        column, order = self._sorted_by
        if role == Qt.ItemDataRole.DisplayRole and told and section == column:
            return f"{told}{'▴' if order == Qt.SortOrder.AscendingOrder else '▾'}"
        return told

    def _listed(self) -> list[int]:
        table, (column, order) = self._table, self._sorted_by
        rows = [row for row in range(table.rowCount()) if self._filter.lets(table.cluster(row))]
        if column >= 0:
            descending = order == Qt.SortOrder.DescendingOrder
            rows.sort(key=lambda row: _known(COLUMNS[column].key(table.cluster(row))), reverse=descending)
        return rows

    def _list(self) -> None:
        """List again; selected rows stay selected, wherever they now are."""
        before, after = self._order, self._listed()
        if before == after:
            return
        if self.persistentIndexList():
            self.layoutAboutToBeChanged.emit()
            held = self.persistentIndexList()  # a view may have taken hold of more just now
            self._order, at = after, {source: row for row, source in enumerate(after)}
            moved = [
                self.index(at[row], index.column()) if (row := before[index.row()]) in at else QModelIndex()
                for index in held
            ]
            self.changePersistentIndexList(held, moved)
            self.layoutChanged.emit()
            return
        none, n_before, n_after = QModelIndex(), len(before), len(after)
        if n_after < n_before:
            self.beginRemoveRows(none, n_after, n_before - 1)
            self._order = after
            self.endRemoveRows()
        elif n_after > n_before:
            self.beginInsertRows(none, n_before, n_after - 1)
            self._order = after
            self.endInsertRows()
        self._order = after
        self._tell_changed()

    def _reset(self) -> None:
        self._order = self._listed()
        self.endResetModel()

    def _tell_changed(self, *_: object) -> None:
        if self._order:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._order) - 1, len(COLUMNS) - 1))


def _known(key: Any) -> tuple[bool, Any]:
    """A key whose order is total: what is no number comes last."""
    unknown = isinstance(key, float) and math.isnan(key)
    return unknown, 0.0 if unknown else key
