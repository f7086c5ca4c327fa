from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from heatdesk.gui.numbers import THIN, UNKNOWN
from heatdesk.gui.panels.cluster_rows import ClusterFilter, ClusterRows, density
from heatdesk.gui.panels.cluster_table import (
    AGE,
    BAND,
    COLUMNS,
    DISTANCE,
    EXCHANGES,
    SHARE,
    SIDE,
    STATE,
    STRENGTH,
    TIERS,
    TOUCH,
    USD,
    ZONE,
    ClusterTable,
)
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import Currency, View
from heatdesk.market import HOUR_MS
from heatdesk.reading.reach import NO_TOUCH, Touch

from .zones import CLUSTERS

INSIDE = Touch(1.0, 24 * HOUR_MS, 0.025, 0.0, 9500)


@pytest.fixture
def table(qtbot):
    model = ClusterTable()
    model.show_clusters(CLUSTERS)
    return model


def told(table, row, column, role=Qt.ItemDataRole.DisplayRole):
    return table.data(table.index(row, column), role)


def test_the_model_keeps_qts_rules(qtbot, table):
    tester = QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.show_clusters(CLUSTERS[:2])
    table.set_view(View(theme="light"))
    table.show_clusters(())
    table.set_short(True)
    assert tester.model() is table


SORTED_BY = {
    SIDE: lambda c: c.side,
    ZONE: lambda c: c.peak,
    USD: lambda c: c.usd,
    BAND: lambda c: c.band.high,
    DISTANCE: lambda c: c.distance,
    TOUCH: lambda c: c.touch.chance,
    SHARE: lambda c: c.share,
    TIERS: lambda c: c.tiers[0][0],
    AGE: lambda c: c.age.ms,
    EXCHANGES: lambda c: len(c.exchanges),
    STRENGTH: lambda c: c.strength.total,
    STATE: lambda c: c.state,
}


@pytest.mark.parametrize("column", range(len(COLUMNS)))
@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
def test_columns_sort_by_what_is_behind_the_text(table, column, order):
    rows = ClusterRows(table)
    rows.sort(column, order)
    down = order == Qt.SortOrder.DescendingOrder
    keys = [SORTED_BY[column](c) for c in rows.clusters()]
    assert keys == sorted(keys, reverse=down)
    assert rows.headerData(column, Qt.Orientation.Horizontal).endswith("▾" if down else "▴")


def test_a_row_says_side_in_words_and_shape_and_all_the_rest(table):
    said = [told(table, 1, column) for column in range(len(COLUMNS))]
    assert said[SIDE] == "▼ long"
    assert "150" in said[USD]
    assert said[TIERS] == "10x 25x"
    assert "2" in said[AGE]
    assert said[EXCHANGES] == "2"
    assert said[STRENGTH] == f"{CLUSTERS[1].strength.total:.0f}"
    assert said[STATE] == "fresh"
    table.set_short(True)
    assert told(table, 1, SIDE) == "▼"


def test_numbers_stand_right(table):
    for column, declared in enumerate(COLUMNS):
        align = told(table, 0, column, Qt.ItemDataRole.TextAlignmentRole)
        assert bool(align & Qt.AlignmentFlag.AlignRight) == declared.number


def test_full_precision_and_every_part_are_in_the_tooltips(table):
    tip = Qt.ItemDataRole.ToolTipRole
    exact = told(table, 1, USD, tip)
    assert "150,000,000" in exact
    assert "longs, below" in exact
    assert "binance" in told(table, 1, EXCHANGES, tip)
    assert "10x" in told(table, 1, TIERS, tip)
    parts = told(table, 1, STRENGTH, tip)
    for name in CLUSTERS[1].strength._fields:
        assert f"{name} " in parts
    assert "not calibrated" in parts
    assert "less than that time" in told(table, 1, STATE, tip)


def test_the_chance_of_a_touch_is_told_in_whole_percent_with_its_formula(table):
    assert [told(table, row, TOUCH) for row in range(4)] == [f"{n}{THIN}%" for n in ("20", "62", ">99", "<1")]
    tip = told(table, 1, TOUCH, Qt.ItemDataRole.ToolTipRole)
    for part in (
        f"within 24{THIN}h",
        "0.80 σ",
        "2.5",
        "9,500 hours",
        "σ is forecast from realised volatility",
    ):
        assert part in tip, part


def test_where_the_column_has_no_room_the_distance_tells_the_chance(table):
    tip = Qt.ItemDataRole.ToolTipRole
    assert told(table, 1, DISTANCE, tip) == told(table, 1, TOUCH, tip)


def test_without_history_no_chance_is_told(table):
    table.show_clusters((replace(CLUSTERS[0], touch=NO_TOUCH), replace(CLUSTERS[0], touch=INSIDE)))
    assert [told(table, row, TOUCH) for row in (0, 1)] == [UNKNOWN, f"100{THIN}%"]
    tips = [told(table, row, TOUCH, Qt.ItemDataRole.ToolTipRole) for row in (0, 1)]
    assert "too little history" in tips[0]
    assert "price is inside" in tips[1]


def test_amounts_and_their_heading_follow_the_currency(table):
    table.set_view(View(currency=Currency("EUR", 0.5, "2026-02-08")))
    assert table.headerData(USD, Qt.Orientation.Horizontal) == "EUR"
    assert told(table, 1, USD).startswith("75")


def test_the_side_has_the_colour_of_the_move_that_hurts_it(table):
    colour = told(table, 0, SIDE, Qt.ItemDataRole.ForegroundRole)
    assert colour.name() == tokens("dark").good


@pytest.mark.parametrize(
    ("listed", "rows"),
    [
        (ClusterFilter(), 4),
        (ClusterFilter(side="long"), 2),
        (ClusterFilter(side="none"), 0),
        (ClusterFilter(within=0.02), 2),
        (ClusterFilter(least_usd=1e7), 2),
        (ClusterFilter(side="long", within=0.05, least_usd=1e8), 1),
        (ClusterFilter(least_density=density(CLUSTERS[1])), 1),
    ],
)
def test_the_filter_lists_what_it_says(table, listed, rows):
    proxy = ClusterRows(table)
    proxy.set_filter(listed)
    assert proxy.rowCount() == rows
    assert all(listed.lets(c) for c in proxy.clusters())
    proxy.set_filter(ClusterFilter())
    assert proxy.rowCount() == len(CLUSTERS)


def test_density_is_usd_per_tenth_of_a_percent():
    assert density(CLUSTERS[0]) == pytest.approx(9e6 / 2, rel=1e-3), "the zone is 0.2 % high"
