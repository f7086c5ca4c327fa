"""Rows of the ranking are painted once: again only where they say something else, or look different."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QPixmap

from heatdesk.engine import Snapshot
from heatdesk.gui.panels.cluster_cells import ClusterCells, Placed
from heatdesk.gui.panels.cluster_table import DISTANCE, SIDE, USD, ClusterTable
from heatdesk.gui.view import View

COLUMNS = (Placed(SIDE, 0, 60), Placed(USD, 60, 60), Placed(DISTANCE, 120, 60))


class Counted(ClusterCells):
    painted = 0

    def _paint(self, row: int, selected: bool) -> QPixmap:
        self.painted += 1
        return super()._paint(row, selected)


@pytest.fixture
def table(qtbot, snapshot: Snapshot) -> ClusterTable:
    made = ClusterTable()
    made.show_clusters(snapshot.clusters[:4])
    return made


@pytest.fixture
def cells(table: ClusterTable) -> Counted:
    made = Counted(table)
    made.lay_out(QSize(180, 20), 1.0, COLUMNS)
    return made


def _painted(cells: Counted, table: ClusterTable) -> int:
    """How many rows were painted to show them all."""
    before = cells.painted
    for row in range(table.rowCount()):
        cells.picture(row, selected=False)
    return cells.painted - before


def test_a_new_snapshot_paints_only_what_it_says_anew(
    cells: Counted, table: ClusterTable, snapshot: Snapshot
) -> None:
    assert _painted(cells, table) == 4
    assert _painted(cells, table) == 0
    first, *others = snapshot.clusters[:4]
    for usd in (first.usd * 3, first.usd * 9):
        table.show_clusters((*others, replace(first, usd=usd)))
        assert _painted(cells, table) == 1
    table.show_clusters(())
    assert _painted(cells, table) == 0
    table.show_clusters(snapshot.clusters[:4])
    assert _painted(cells, table) == 1, "an empty table between two others costs nothing"


def test_a_row_that_says_the_same_looks_the_same(
    cells: Counted, table: ClusterTable, snapshot: Snapshot
) -> None:
    before = cells.picture(1, selected=False).toImage()
    table.show_clusters(tuple(reversed(snapshot.clusters[:4])))
    assert cells.picture(2, selected=False).toImage() == before
    assert cells.picture(2, selected=True).toImage() != before


def test_another_theme_and_other_colours_paint_all_anew(cells: Counted, table: ClusterTable) -> None:
    _painted(cells, table)
    cells.set_theme("light")
    assert _painted(cells, table) == 4
    table.set_view(View(up_is_red=True))
    assert _painted(cells, table) == 4
    cells.lay_out(QSize(200, 20), 1.0, COLUMNS)
    assert _painted(cells, table) == 4
