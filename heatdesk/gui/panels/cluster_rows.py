"""Which clusters are listed, and in which order: a proxy over the table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt

from heatdesk.gui.panels.cluster_table import SORT_ROLE, ClusterTable
from heatdesk.reading.clusters import Cluster

_TENTH_PERCENT = 1e-3


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


class ClusterRows(QSortFilterProxyModel):
    """Sorts by the numbers behind the text, says in the header by which, and leaves out what the filter does."""

    def __init__(self, table: ClusterTable) -> None:
        super().__init__()
        self._table = table
        self._filter = ClusterFilter()
        self.setSourceModel(table)
        self.setSortRole(SORT_ROLE)

    def set_filter(self, listed: ClusterFilter) -> None:
        """List what this lets through."""
        if listed != self._filter:
            self._filter = listed
            self.invalidate()  # all at once: row by row a table lays itself out for every row that goes

    def cluster(self, row: int) -> Cluster:
        """The cluster of a row as it is sorted."""
        return self._table.cluster(self.mapToSource(self.index(row, 0)).row())

    def clusters(self) -> tuple[Cluster, ...]:
        """All that are listed, in their order."""
        return tuple(self.cluster(row) for row in range(self.rowCount()))

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex | QPersistentModelIndex) -> bool:
        return self._filter.lets(self._table.cluster(source_row))

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        told = super().headerData(section, orientation, role)
        if role == Qt.ItemDataRole.DisplayRole and told and section == self.sortColumn():
            return f"{told}{'▴' if self.sortOrder() == Qt.SortOrder.AscendingOrder else '▾'}"
        return told
