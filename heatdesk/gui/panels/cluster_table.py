"""Clusters as rows of a table that sorts by the numbers, not by their text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor

from heatdesk.gui import numbers
from heatdesk.gui.profile import side_colours
from heatdesk.gui.theme import Tokens, tokens
from heatdesk.reading.clusters import Cluster

SORT_ROLE: Final = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex
_GLYPHS: Final = {"short": "▲", "long": "▼"}


class Column(NamedTuple):
    """One column: its title, what it says, what it sorts by, and whether it is a number."""

    title: str
    text: Callable[[Cluster], str]
    key: Callable[[Cluster], Any]
    number: bool = True


COLUMNS: Final = (
    Column("", lambda c: _GLYPHS[c.side], lambda c: c.side, number=False),
    Column("Side", lambda c: c.side, lambda c: c.side, number=False),
    Column("Zone", lambda c: numbers.zone(c.low, c.high), lambda c: c.peak),
    Column("USD", lambda c: numbers.compact(c.usd), lambda c: c.usd),
    Column("Dist", lambda c: numbers.percent(c.distance, signed=True), lambda c: c.distance),
    Column("Share", lambda c: numbers.percent(c.share), lambda c: c.share),
    Column("Tiers", lambda c: _tiers(c), lambda c: c.tiers[0][0] if c.tiers else 0.0),
)
GLYPH, SIDE, ZONE, USD, DISTANCE, SHARE, TIERS = range(len(COLUMNS))


class ClusterTable(QAbstractTableModel):
    """The clusters of one snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self._clusters: tuple[Cluster, ...] = ()
        self._theme = tokens("dark")
        self._short = False

    def set_short(self, short: bool) -> None:
        """Write zones shorter, where the panel is narrow."""
        if short != self._short:
            self.beginResetModel()
            self._short = short
            self.endResetModel()

    def show_clusters(self, clusters: tuple[Cluster, ...]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._clusters = clusters
        self.endResetModel()

    def set_theme(self, theme: Tokens) -> None:
        """Colour the sides in another theme."""
        self._theme = theme
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def cluster(self, row: int) -> Cluster:
        """The cluster of a row."""
        return self._clusters[row]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._clusters)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        cluster, column = self._clusters[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            if self._short and index.column() == ZONE:
                return numbers.short_zone(cluster.low, cluster.high)
            return column.text(cluster)
        if role == SORT_ROLE:
            return column.key(cluster)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == GLYPH:
            return side_colours(self._theme)[cluster.side]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _exactly(cluster)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(COLUMNS[section])
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(self._theme.secondary)
        return None


class SortedClusters(QSortFilterProxyModel):
    """Sorts by the numbers behind the text, and says in the header by which."""

    def __init__(self, table: ClusterTable) -> None:
        super().__init__()
        self.setSourceModel(table)
        self.setSortRole(SORT_ROLE)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        told = super().headerData(section, orientation, role)
        if role == Qt.ItemDataRole.DisplayRole and told and section == self.sortColumn():
            return f"{told}{'▴' if self.sortOrder() == Qt.SortOrder.AscendingOrder else '▾'}"
        return told


def _alignment(column: Column) -> Qt.AlignmentFlag:
    across = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
    return across | Qt.AlignmentFlag.AlignVCenter


def _tiers(cluster: Cluster) -> str:
    return " ".join(f"{leverage:g}x" for leverage, _ in cluster.tiers[:3])


def _exactly(cluster: Cluster) -> str:
    where = "above" if cluster.side == "short" else "below"
    tiers = ", ".join(f"{leverage:g}x {numbers.percent(share)}" for leverage, share in cluster.tiers[:5])
    return (
        f"{cluster.side}s, {where}: {numbers.zone(cluster.low, cluster.high)}, densest at"
        f" {numbers.price(cluster.peak)}\n{numbers.usd_exact(cluster.usd)},"
        f" {numbers.percent(cluster.share)} of the {cluster.side}s shown\nTiers: {tiers}"
    )
