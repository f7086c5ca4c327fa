"""The ranking: every cluster of the map as a row, and the row that says which are listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui.panels.cluster_filter_bar import ClusterFilterBar
from heatdesk.gui.panels.cluster_list import ClusterList
from heatdesk.gui.panels.cluster_rows import ClusterFilter
from heatdesk.gui.panels.headings import heading, secondary
from heatdesk.gui.view import View

NONE_AT_ALL: Final = "No zone stands out in this map."
NONE_LISTED: Final = "No zone passes the filter above."


class ClustersPanel(QWidget):
    """Emits `centre_asked` with a Cluster, `pointed` with a Cluster or None, `complained` with a sentence."""

    centre_asked = Signal(object)
    pointed = Signal(object)
    complained = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = View()
        self._typed = ClusterFilter()
        self._as_map = False
        self._all: int | None = None  # not known before the first map
        self._count = secondary()
        self._count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._none = secondary()
        self._none.setWordWrap(True)
        self._none.setContentsMargins(8, 4, 8, 4)
        self._none.hide()
        self.bar, self.list = ClusterFilterBar(self), ClusterList(self)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 8, 0)
        top.addWidget(heading("CLUSTERS"))
        top.addStretch(1)
        top.addWidget(self._count)
        # of one size whatever it says, or each number would lay the window out
        self._count.ensurePolished()
        room = self._count.fontMetrics()
        self._count.setFixedSize(room.horizontalAdvance("8888 of 8888"), room.height())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self._none)
        column.addWidget(self.list, 1)
        self.bar.changed.connect(self._set_filter)
        self.bar.as_map_changed.connect(self._set_as_map)
        self.bar.complained.connect(self.complained)
        self.list.centre_asked.connect(self.centre_asked)
        self.list.pointed.connect(self.pointed)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """List the clusters of a map."""
        self._all = len(snapshot.clusters)
        self.list.show_clusters(snapshot.clusters)
        self._say_how_many()

    def set_view(self, view: View) -> None:
        """Follow side, theme, currency, the colour of a rise and, where asked, sensitivity."""
        before, self._view = self._view, view
        if (view.theme, view.currency, view.up_is_red) != (before.theme, before.currency, before.up_is_red):
            self.list.set_view(view)
        self._list()

    def _set_filter(self, listed: ClusterFilter) -> None:
        self._typed = listed
        self._list()

    def _set_as_map(self, wanted: bool) -> None:
        self._as_map = wanted
        self._list()

    def _list(self) -> None:
        """What is typed, among what the view shows: a side that the map hides is not listed either."""
        listed = self._typed
        if self._view.side in ("long", "short") and listed.side != self._view.side:
            listed = replace(listed, side=self._view.side if listed.side == "both" else "none")
        if self._as_map:
            listed = replace(listed, least_density=max(self._view.low or 0.0, self._view.minimum_usd))
        self.list.rows.set_filter(listed)
        self._say_how_many()

    def _say_how_many(self) -> None:
        listed = self.list.rows.rowCount()
        if self._all is not None:
            self._count.setText(f"{listed}" if listed == self._all else f"{listed} of {self._all}")
            self._none.setText(NONE_AT_ALL if not self._all else NONE_LISTED)
            self._none.setVisible(not listed)
