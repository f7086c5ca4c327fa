import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel, QTableView

from heatdesk.gui import numbers
from heatdesk.gui.panels.cluster_table import DISTANCE, SIDE, USD, ZONE, ClusterTable, SortedClusters
from heatdesk.gui.panels.clusters import ClustersPanel
from heatdesk.gui.style import style_sheet
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.reading.clusters import Cluster
from heatdesk.reading.frame import find_frame
from heatdesk.reading.volatility import hourly_atr


def cluster(side, distance, usd=1e6, share=0.1):
    price = 50_000 * (1 + distance)
    return Cluster(
        price * 0.999, price * 1.001, price, side, usd, distance, share, ((10.0, 0.7), (25.0, 0.3))
    )


CLUSTERS = (
    cluster("short", 0.05, usd=9e6),
    cluster("long", -0.02, usd=1.5e8),
    cluster("short", 0.004, usd=9.5e5),
    cluster("long", -0.1, usd=2e7),
)


def test_the_frame_stands_on_top_in_words_and_shapes(panel, snapshot):
    shown = find_frame(snapshot.clusters, hourly_atr(snapshot.candles, snapshot.heatmap.step_ms))
    texts = [label.text() for label in panel.findChildren(QLabel)]
    for side, glyph, zone in (("shorts, above", "▲", shown.above), ("longs, below", "▼", shown.below)):
        assert zone is not None
        assert glyph in texts
        assert numbers.price(zone.peak) in texts
        assert f"{side} · {numbers.usd(zone.usd)}" in texts


@pytest.fixture
def table(qtbot):
    model = ClusterTable()
    model.show_clusters(CLUSTERS)
    return model


def test_the_model_keeps_qts_rules(qtbot, table):
    tester = QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.show_clusters(CLUSTERS[:2])
    table.show_clusters(())
    table.set_short(True)
    assert tester.model() is table


def test_columns_sort_by_numbers(table):
    proxy = SortedClusters(table)
    for column, key in (
        (USD, lambda c: c.usd),
        (DISTANCE, lambda c: c.distance),
        (ZONE, lambda c: c.peak),
        (SIDE, lambda c: c.side),
    ):
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            proxy.sort(column, order)
            shown = [table.cluster(proxy.mapToSource(proxy.index(r, 0)).row()) for r in range(len(CLUSTERS))]
            down = order == Qt.SortOrder.DescendingOrder
            assert [key(c) for c in shown] == sorted(map(key, CLUSTERS), reverse=down)
            title = proxy.headerData(column, Qt.Orientation.Horizontal)
            assert title.endswith("▾" if down else "▴")


def test_full_precision_is_in_the_tooltip(table):
    tip = table.data(table.index(1, 0), Qt.ItemDataRole.ToolTipRole)
    assert "150" in tip
    assert "longs, below" in tip
    assert "10x" in tip


@pytest.fixture
def panel(qtbot, snapshot):
    widget = ClustersPanel()
    qtbot.addWidget(widget)
    widget.setStyleSheet(style_sheet(tokens("dark")))
    widget.resize(420, 600)
    widget.set_view(View())
    widget.show_snapshot(snapshot)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_a_click_asks_for_the_zone_of_its_row(qtbot, panel, snapshot):
    view = panel.findChild(QTableView)
    largest = max(snapshot.clusters, key=lambda c: c.usd)
    with qtbot.waitSignal(panel.centre_asked) as asked:
        where = view.visualRect(view.model().index(0, USD)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert asked.args[0] == largest


def test_rows_follow_the_side(panel, snapshot):
    rows = panel.findChild(QTableView).model()
    assert rows.rowCount() == len(snapshot.clusters)
    panel.set_view(View(side="long"))
    assert rows.rowCount() == sum(c.side == "long" for c in snapshot.clusters)


@pytest.mark.parametrize("width", [208, 240, 275, 317, 345, 380, 420])
def test_no_zone_is_cut_off(qtbot, panel, snapshot, width):
    dear = tuple(
        dataclasses.replace(c, low=c.low * 1.8, high=c.high * 1.8, peak=c.peak * 1.8)
        for c in snapshot.clusters
    )
    panel.show_snapshot(dataclasses.replace(snapshot, clusters=dear))
    panel.resize(width, 600)
    view = panel.findChild(QTableView)
    qtbot.waitUntil(lambda: view.viewport().width() <= width)
    assert view.columnWidth(ZONE) >= view.sizeHintForColumn(ZONE)
    assert view.horizontalHeader().length() <= view.viewport().width() + 1
    assert view.rowHeight(0) >= 24
