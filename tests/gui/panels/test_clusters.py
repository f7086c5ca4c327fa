import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication

from heatdesk.export import CLUSTER_COLUMNS
from heatdesk.gui.panels.cluster_cells import MARGIN_PX
from heatdesk.gui.panels.cluster_rows import density
from heatdesk.gui.panels.cluster_table import BAND, COLUMNS, DISTANCE, SIDE, STRENGTH, USD, ZONE
from heatdesk.gui.panels.clusters import ClustersPanel
from heatdesk.gui.theme import SMALL_PX, ui_font
from heatdesk.gui.view import View

from .zones import CLUSTERS, cluster, shown


@pytest.fixture
def panel(qtbot, snapshot):
    widget = shown(qtbot, ClustersPanel())
    widget.set_view(View())
    widget.show_snapshot(snapshot)
    return widget


def listing(panel, snapshot, clusters):
    panel.show_snapshot(dataclasses.replace(snapshot, clusters=clusters))


def press(qtbot, panel, row, modifier=Qt.KeyboardModifier.NoModifier):
    where = panel.list.visualRect(panel.list.model().index(row, USD)).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, modifier, where)


def test_every_row_is_the_sum_of_the_map_inside_its_zone(panel, snapshot):
    heatmap = snapshot.heatmap
    listed = panel.list.rows.clusters()
    assert len(listed) == len(snapshot.clusters) > 4
    for c in listed:
        rows = slice(*np.searchsorted(heatmap.prices, (c.low, c.high)))
        assert c.usd == pytest.approx(heatmap.notional(c.side)[rows, -1].sum(dtype=float), rel=1e-6)


def test_a_click_asks_for_the_zone_of_its_row(qtbot, panel, snapshot):
    with qtbot.waitSignal(panel.centre_asked) as asked:
        press(qtbot, panel, 0)
    assert asked.args[0] == max(snapshot.clusters, key=lambda c: c.usd)
    with qtbot.waitSignal(panel.centre_asked) as asked:
        qtbot.keyClick(panel.list, Qt.Key.Key_Down)
        qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert asked.args[0] == panel.list.rows.cluster(1)


def test_the_zone_under_the_cursor_is_pointed_at_until_it_leaves(qtbot, panel):
    pointed = []
    panel.pointed.connect(pointed.append)
    view = panel.list.viewport()
    for row in (0, 2):
        qtbot.mouseMove(view, panel.list.visualRect(panel.list.model().index(row, USD)).center())
        qtbot.waitUntil(lambda row=row: pointed[-1:] == [panel.list.rows.cluster(row)])
    qtbot.mouseMove(panel, QPoint(5, 5))
    qtbot.waitUntil(lambda: pointed[-1] is None)


def test_arrow_keys_point_too(qtbot, panel):
    panel.list.setFocus()
    qtbot.waitUntil(panel.list.hasFocus)
    with qtbot.waitSignal(panel.pointed) as pointed:
        qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    assert pointed.args[0] == panel.list.rows.cluster(panel.list.currentIndex().row())


def test_order_and_selection_stay_with_their_zones_in_a_new_snapshot(qtbot, panel, snapshot):
    listing(panel, snapshot, CLUSTERS)
    panel.list.sortByColumn(DISTANCE, Qt.SortOrder.AscendingOrder)
    press(qtbot, panel, 1)
    press(qtbot, panel, 3, Qt.KeyboardModifier.ControlModifier)
    chosen = [c.peak for c in panel.list.selected()]
    assert len(chosen) == 2
    grown = tuple(dataclasses.replace(c, usd=c.usd * (i + 1), low=c.low + 1) for i, c in enumerate(CLUSTERS))
    listing(panel, snapshot, (cluster("long", -0.3), *grown[::-1]))
    assert [c.peak for c in panel.list.selected()] == chosen
    distances = [c.distance for c in panel.list.rows.clusters()]
    assert distances == sorted(distances)
    assert panel.list.rows.cluster(panel.list.currentIndex().row()).peak in chosen


def test_the_bar_filters_by_side_distance_and_size(qtbot, panel, snapshot):
    listing(panel, snapshot, CLUSTERS)
    bar, rows = panel.bar, panel.list.rows
    qtbot.mouseClick(bar.side.button("long"), Qt.MouseButton.LeftButton)
    assert {c.side for c in rows.clusters()} == {"long"}
    assert panel._count.text() == "2 of 4"
    qtbot.mouseClick(bar.side.button("both"), Qt.MouseButton.LeftButton)
    qtbot.keyClicks(bar.within, "2")
    qtbot.keyClick(bar.within, Qt.Key.Key_Return)
    assert max(abs(c.distance) for c in rows.clusters()) <= 0.02
    bar.within.clear()
    qtbot.keyClick(bar.within, Qt.Key.Key_Return)
    qtbot.keyClicks(bar.least, "10M")
    qtbot.keyClick(bar.least, Qt.Key.Key_Return)
    assert min(c.usd for c in rows.clusters()) >= 1e7
    assert rows.rowCount() == 2


@pytest.mark.parametrize("typed", ["abc", "-3", "1e9", "nan", "5 5"])
def test_what_is_no_number_is_told_and_changes_nothing(qtbot, panel, snapshot, typed):
    listing(panel, snapshot, CLUSTERS)
    field = panel.bar.within
    with qtbot.waitSignal(panel.complained) as told:
        qtbot.keyClicks(field, typed)
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert typed in told.args[0]
    assert field.property("wrong")
    assert panel.list.rows.rowCount() == 4
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    assert not field.property("wrong")


def test_the_maps_sensitivity_filters_only_when_asked(qtbot, panel, snapshot):
    listing(panel, snapshot, CLUSTERS)
    floor = density(CLUSTERS[0])
    panel.set_view(View(low=floor))
    assert panel.list.rows.rowCount() == 4
    qtbot.mouseClick(panel.bar.as_map, Qt.MouseButton.LeftButton)
    assert {c.peak for c in panel.list.rows.clusters()} == {c.peak for c in CLUSTERS if density(c) >= floor}
    assert panel.list.rows.rowCount() < 4
    panel.set_view(View(minimum_usd=10 * floor))
    assert panel.list.rows.rowCount() == 1
    qtbot.mouseClick(panel.bar.as_map, Qt.MouseButton.LeftButton)
    assert panel.list.rows.rowCount() == 4


def test_a_side_that_the_map_hides_is_not_listed(panel, snapshot):
    panel.set_view(View(side="long"))
    assert panel.list.rows.rowCount() == sum(c.side == "long" for c in snapshot.clusters)
    panel.bar.side.button("short").click()
    assert panel.list.rows.rowCount() == 0
    panel.set_view(View(side="net"))
    assert panel.list.rows.rowCount() == sum(c.side == "short" for c in snapshot.clusters)


def test_selected_rows_are_copied_as_a_table_with_full_numbers(qtbot, panel, snapshot):
    listing(panel, snapshot, CLUSTERS)
    press(qtbot, panel, 0)
    press(qtbot, panel, 1, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(panel.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    header, *lines = QGuiApplication.clipboard().text().splitlines()
    assert header.split("\t") == list(CLUSTER_COLUMNS)
    assert [float(line.split("\t")[4]) for line in lines] == [1.5e8, 2e7]


def columns_shown(panel):
    return [c for c in range(len(COLUMNS)) if not panel.list.isColumnHidden(c)]


def test_a_wide_panel_shows_every_column_and_a_narrow_one_the_first_four(qtbot, panel):
    panel.resize(760, 600)
    qtbot.waitUntil(lambda: columns_shown(panel) == list(range(len(COLUMNS))))
    panel.resize(192, 600)
    qtbot.waitUntil(lambda: columns_shown(panel) == [SIDE, ZONE, USD, DISTANCE])
    panel.resize(400, 600)
    qtbot.waitUntil(lambda: {STRENGTH, BAND} < set(columns_shown(panel)))


@pytest.mark.parametrize("width", [192, 208, 240, 275, 317, 345, 380, 420, 560])
def test_nothing_is_cut_off(qtbot, panel, snapshot, width):
    dear = tuple(
        dataclasses.replace(c, low=c.low * 1.8, high=c.high * 1.8, peak=c.peak * 1.8)
        for c in snapshot.clusters
    )
    listing(panel, snapshot, dear)
    panel.resize(width, 600)
    view = panel.list
    qtbot.waitUntil(lambda: view.viewport().width() <= width)
    for column in columns_shown(panel):
        texts = [view.rows.index(row, column).data() for row in range(view.rows.rowCount())]
        widest = max(map(QFontMetrics(ui_font(SMALL_PX)).horizontalAdvance, texts))
        assert view.columnWidth(column) >= widest + 2 * MARGIN_PX, COLUMNS[column].title
    assert view.columnWidth(ZONE) > 0
    assert view.horizontalHeader().length() <= view.viewport().width() + 1
    assert view.rowHeight(0) >= 24
