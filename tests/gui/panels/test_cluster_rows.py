"""The listed rows under every filter and order, with a view and a selection holding on to them or not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QTableView

from heatdesk.engine import Snapshot
from heatdesk.gui.panels.cluster_rows import ClusterFilter, ClusterRows
from heatdesk.gui.panels.cluster_table import DISTANCE, SIDE, USD, ClusterTable

FILTERS = (
    ClusterFilter("long"),
    ClusterFilter("short"),
    ClusterFilter("none"),
    ClusterFilter(),
    ClusterFilter(within=0.1),
    ClusterFilter("short", least_usd=1e5),
    ClusterFilter(least_density=1e4),
    ClusterFilter(),
)
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


@pytest.fixture
def table(snapshot: Snapshot) -> ClusterTable:
    made = ClusterTable()
    made.show_clusters(snapshot.clusters)
    return made


@pytest.mark.parametrize("selecting", [False, True])
def test_every_filter_and_order(qtbot, table: ClusterTable, snapshot: Snapshot, selecting: bool):
    rows, view = ClusterRows(table), QTableView()
    QAbstractItemModelTester(rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    qtbot.addWidget(view)
    view.setModel(rows)
    view.show()
    for column, order in ((USD, DOWN), (DISTANCE, UP), (SIDE, DOWN), (-1, UP)):
        rows.sort(column, order)
        for listed in FILTERS:
            if selecting and rows.rowCount() > 2:
                flags = QItemSelectionModel.SelectionFlag
                view.selectionModel().select(rows.index(1, 0), flags.ClearAndSelect | flags.Rows)
            chosen = [rows.cluster(i.row()) for i in view.selectionModel().selectedRows()]
            rows.set_filter(listed)
            wanted = [c for c in snapshot.clusters if listed.lets(c)]
            if column == USD:
                wanted.sort(key=lambda c: c.usd, reverse=True)
            elif column == DISTANCE:
                wanted.sort(key=lambda c: c.distance)
            elif column == SIDE:
                wanted.sort(key=lambda c: c.side, reverse=True)
            assert list(rows.clusters()) == wanted
            assert rows.rowCount() == len(wanted)
            assert [rows.index(r, USD).data() for r in range(len(wanted))] == [
                table.text(snapshot.clusters.index(c), USD) for c in wanted
            ]
            still = [rows.cluster(i.row()) for i in view.selectionModel().selectedRows()]
            assert still == [c for c in chosen if c in wanted]
            view.grab()


def test_a_newer_map_is_listed_in_the_same_order(table: ClusterTable, snapshot: Snapshot):
    rows = ClusterRows(table)
    rows.sort(USD, DOWN)
    rows.set_filter(ClusterFilter("long"))
    doubled = tuple(replace(c, usd=1e9 - c.usd) for c in snapshot.clusters)
    table.show_clusters(doubled)
    usd = [c.usd for c in rows.clusters()]
    assert usd == sorted(usd, reverse=True)
    assert {c.side for c in rows.clusters()} == {"long"}
    assert rows.headerData(USD, Qt.Orientation.Horizontal).endswith("▾")
