"""Clusters as rows of a table: what each column says, sorts by and explains."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from heatdesk.gui import numbers
from heatdesk.gui.side_colours import side_colours
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.gui.wording import Wording, wording_of
from heatdesk.market import HOUR_MS
from heatdesk.reading import reach, strength, zone_life
from heatdesk.reading.clusters import Cluster

SORT_ROLE: Final = Qt.ItemDataRole.UserRole
GLYPHS: Final = {"short": "▲", "long": "▼"}
WHERE: Final = {"short": "shorts, above", "long": "longs, below"}
_Index = QModelIndex | QPersistentModelIndex


class Column(NamedTuple):
    """One column: its title, what it says, what it sorts by, and what the tooltip adds to the zone's own.

    `widest` is a text as wide as any in it, so that a changing number moves nothing; empty where the column measures
    what it holds.
    """

    title: str
    text: Callable[[Cluster, Wording], str]
    key: Callable[[Cluster], Any]
    explains: Callable[[Cluster], str] = lambda _: ""
    number: bool = True
    widest: str = ""


def _age(cluster: Cluster) -> str:
    """The largest unit; the tooltip has the rest."""
    largest = numbers.duration(cluster.age.ms).split(" ")[0]
    return f"{'≥' if cluster.age.at_least else ''}{largest}"


def _explained_age(cluster: Cluster) -> str:
    more = ", maybe longer: it stood before the map begins" if cluster.age.at_least else ""
    return f"Age: has held at least half of this for {numbers.duration(cluster.age.ms)}{more}"


def _shares(parts: tuple[tuple[str, float], ...]) -> str:
    return ", ".join(f"{name} {numbers.percent(share)}" for name, share in parts)


def _tiers(cluster: Cluster, most: int) -> tuple[tuple[str, float], ...]:
    return tuple((f"{leverage:g}x", share) for leverage, share in cluster.tiers[:most])


def _strength_parts(cluster: Cluster) -> str:
    parts = ", ".join(f"{name} {part:.2f}" for name, part in cluster.strength._asdict().items())
    return f"Strength {cluster.strength.total:.0f} of 100: {parts}\n{strength.FORMULA}\nA judgement, not calibrated."


def _explained_touch(cluster: Cluster) -> str:
    touch = cluster.touch
    if not touch.horizon_ms:
        return "Chance of a touch: too little history"
    within = f"{touch.horizon_ms / HOUR_MS:g}{numbers.THIN}h"
    if touch.scaled == 0.0:
        return "Chance of a touch: price is inside"
    return (
        f"Chance of a touch within {within}: {numbers.chance(touch.chance)}, {abs(touch.scaled):.2f} σ away; "
        f"σ within {within} is {numbers.percent(touch.sigma)}\n{reach.FORMULA.capitalize()}.\n"
        f"Learnt from {touch.hours:,} hours. From price alone: the map has no part in it."
    )


def _band(cluster: Cluster, wording: Wording) -> str:
    if cluster.band is None:
        return ""
    rate = wording.currency.rate
    return numbers.compact_range(cluster.band.low * rate, cluster.band.high * rate)


def _explained_band(cluster: Cluster) -> str:
    if (band := cluster.band) is None:
        return "How sure that is: being worked out, or not to be told for this map"
    against = (
        "From models that fit about as well, and how far off recorded hours of this size were."
        if band.calibrated
        else "USD are not calibrated here: it is wide on purpose."
    )
    ends = f"{numbers.compact(band.low)} to {numbers.compact(band.high)} USD"
    seen = f"{numbers.chance(band.agreed)} of the models see a dense zone here"
    return f"P10–P90: {ends}, eight times in ten\n{against}\n{seen}"


def _state(cluster: Cluster) -> str:
    return f"{cluster.state.capitalize()}: {zone_life.STATES[cluster.state]}" if cluster.state else ""


COLUMNS: Final = (
    Column("Side", lambda c, _: f"{GLYPHS[c.side]} {c.side}", lambda c: c.side, number=False),
    Column("Zone", lambda c, _: numbers.zone(c.low, c.high), lambda c: c.peak),
    Column("USD", lambda c, w: w.compact(c.usd), lambda c: c.usd, _explained_band, widest="88.8 M"),
    Column(
        "P10–P90",
        _band,
        lambda c: -1.0 if c.band is None else c.band.high,
        _explained_band,
        widest="8.8–888 M",
    ),
    Column(
        "Dist",
        lambda c, _: numbers.percent(c.distance, signed=True),
        lambda c: c.distance,
        _explained_touch,  # here too: the next column is hidden where the panel is narrow
        widest="−88.8 %",
    ),
    Column(
        "Touch",
        lambda c, _: numbers.chance(c.touch.chance),
        lambda c: c.touch.chance if math.isfinite(c.touch.chance) else -1.0,
        _explained_touch,
        widest="<88 %",
    ),
    Column("Share", lambda c, _: numbers.percent(c.share), lambda c: c.share, widest="88.8 %"),
    Column(
        "Tiers",
        lambda c, _: " ".join(name for name, _share in _tiers(c, 2)),
        lambda c: c.tiers[0][0] if c.tiers else 0.0,
        lambda c: f"Tiers: {_shares(_tiers(c, 8))}",
        widest="100x 125x",
    ),
    Column("Age", lambda c, _: _age(c), lambda c: c.age.ms, _explained_age, widest="≥30 d"),
    Column(
        "Ex",
        lambda c, _: f"{len(c.exchanges)}",
        lambda c: len(c.exchanges),
        lambda c: f"Exchanges: {_shares(c.exchanges)}",
        widest="8",
    ),
    Column(
        "Str",
        lambda c, _: f"{c.strength.total:.0f}",
        lambda c: c.strength.total,
        _strength_parts,
        widest="100",
    ),
    Column("State", lambda c, _: c.state, lambda c: c.state, _state, number=False, widest="standing"),
)
SIDE, ZONE, USD, BAND, DISTANCE, TOUCH, SHARE, TIERS, AGE, EXCHANGES, STRENGTH, STATE = range(len(COLUMNS))

_ALIGNMENTS: Final = [
    (Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft)
    | Qt.AlignmentFlag.AlignVCenter
    for column in COLUMNS
]
_ROLES: Final = frozenset(
    (
        Qt.ItemDataRole.DisplayRole,
        SORT_ROLE,
        Qt.ItemDataRole.ForegroundRole,
        Qt.ItemDataRole.ToolTipRole,
    )
)


class ClusterTable(QAbstractTableModel):
    """The clusters of one snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self._clusters: tuple[Cluster, ...] = ()
        self._sides, self._heads = side_colours(View()), QColor(tokens("dark").secondary)
        self._wording = Wording()
        self._short = self._in_thousands = False
        self._texts: dict[tuple[int, int], str] = {}  # a table is read far more often than it changes

    def set_short(self, short: bool) -> None:
        """Write sides as a shape and zones shorter, where the panel is narrow."""
        if short != self._short:
            self._short = short
            self._changed()

    def show_clusters(self, clusters: tuple[Cluster, ...]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._clusters = clusters
        self._in_thousands = any(cluster.high >= numbers.THOUSANDS_FROM for cluster in clusters)
        self._texts.clear()
        self.endResetModel()

    def set_view(self, view: View) -> None:
        """Follow theme, currency and the colour of a rise."""
        self._sides, self._heads = side_colours(view), QColor(tokens(view.theme).secondary)
        self._wording = wording_of(view)
        self._changed()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    def _changed(self) -> None:
        self._texts.clear()
        if self._clusters:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._clusters) - 1, len(COLUMNS) - 1))

    def cluster(self, row: int) -> Cluster:
        """The cluster of a row."""
        return self._clusters[row]

    def text(self, row: int, column: int) -> str:
        """What a cell says."""
        if (row, column) not in self._texts:
            self._texts[row, column] = self._said(self._clusters[row], column)
        return self._texts[row, column]

    def _said(self, cluster: Cluster, column: int) -> str:
        if self._short and column == SIDE:
            return GLYPHS[cluster.side]
        if self._short and column == ZONE:
            return numbers.short_zone(cluster.low, cluster.high, self._in_thousands)
        return COLUMNS[column].text(cluster, self._wording)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._clusters)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGNMENTS[index.column()]
        if role not in _ROLES:
            return None
        cluster, column = self._clusters[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role == SORT_ROLE:
            return column.key(cluster)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == SIDE:
            return self._sides[cluster.side]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (self._exactly(cluster), column.explains(cluster))))
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(section)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGNMENTS[section]
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._heads
        return None

    def _title(self, section: int) -> str:
        if section == USD:
            return self._wording.currency.code
        if self._short and section == ZONE and self._in_thousands:
            return f"{COLUMNS[section].title}{numbers.THIN}k"
        return "" if self._short and section == SIDE else COLUMNS[section].title

    def _exactly(self, c: Cluster) -> str:
        return (
            f"{WHERE[c.side]}: {numbers.zone(c.low, c.high)}, densest at {numbers.price(c.peak)}\n"
            f"{self._wording.amount_exact(c.usd)}, {numbers.percent(c.share)} of the {c.side}s shown"
        )
