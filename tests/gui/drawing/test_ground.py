"""The kept picture under what follows the cursor: used, drawn anew where it must be, done without where it fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QGraphicsRectItem

from heatdesk.gui.chart import ChartView
from heatdesk.gui.ground import Ground
from heatdesk.gui.heatmap_item import HeatmapItem
from heatdesk.gui.layers.base import Frame, redraw_part
from tests.gui.drawing.snapshots import snapshot
from tests.gui.drawing.test_live_bar import on_screen


@pytest.fixture
def chart(qtbot) -> Iterator[ChartView]:
    view = ChartView()
    qtbot.addWidget(view)
    view.resize(700, 420)
    view.canvas.calm_s = 0.0
    view.show_snapshot(snapshot(240, 60))
    view.show()
    on_screen(view)
    yield view
    view.close()


def stand_at(chart: ChartView, across: float, down: float) -> None:
    area = chart.view_box.rect()
    chart._cursor_moved(chart.view_box.mapToView(QPointF(area.width() * across, area.height() * down)))
    for _ in range(3):
        QApplication.processEvents()


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    """Every drawing of the map from here on."""
    drawn: list[Frame] = []
    draw = HeatmapItem.draw

    def counted(item: HeatmapItem, painter: QPainter, frame: Frame) -> None:
        drawn.append(frame)
        draw(item, painter, frame)

    monkeypatch.setattr(HeatmapItem, "draw", counted)
    return drawn


def test_a_cursor_that_moves_draws_no_map(chart: ChartView, drawings: list[Frame]) -> None:
    stand_at(chart, 0.2, 0.3)
    drawings.clear()
    for step in range(8):
        stand_at(chart, 0.3 + 0.05 * step, 0.4 + 0.05 * step)
    assert not drawings


def test_a_part_that_is_another_is_drawn_once(chart: ChartView, drawings: list[Frame]) -> None:
    stand_at(chart, 0.2, 0.3)
    drawings.clear()
    redraw_part(chart.heatmap_item, QRectF(50.0, 80.0, 40.0, 60.0))
    stand_at(chart, 0.3, 0.4)
    stand_at(chart, 0.4, 0.5)
    assert len(drawings) == 1


def test_during_a_drag_nothing_is_kept(chart: ChartView, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole repaint has just been, and the next one comes: a picture in between would cost as much again."""
    laid: list[object] = []
    monkeypatch.setattr(Ground, "lay", lambda *_: laid.append(_))
    chart.canvas.calm_s = 60.0
    chart.view_box.pan_pixels(5.0, 0.0)
    stand_at(chart, 0.4, 0.5)
    assert not laid


def test_what_qt_repaints_by_itself_is_painted(chart: ChartView) -> None:
    """An item that asks Qt, and nobody of ours, for its repaint."""
    stand_at(chart, 0.2, 0.3)
    stranger = QGraphicsRectItem(QRectF(100.0, 200.0, 60.0, 40.0))
    stranger.setBrush(chart.palette().highlight())
    chart.canvas.scene().addItem(stranger)
    shown = on_screen(chart)
    stand_at(chart, 0.9, 0.9)
    stand_at(chart, 0.2, 0.3)
    assert on_screen(chart) == shown
    chart.canvas.scene().removeItem(stranger)
    assert on_screen(chart) != shown


def test_where_a_part_cannot_be_painted_alone_all_of_it_is(
    chart: ChartView, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no memory for a picture")

    stand_at(chart, 0.2, 0.3)
    monkeypatch.setattr(Ground, "lay", broken)
    with caplog.at_level(logging.ERROR):
        stand_at(chart, 0.5, 0.5)
        stand_at(chart, 0.6, 0.6)
    assert [record.getMessage() for record in caplog.records] == [
        "A part of the chart could not be painted alone; from now on all of it is."
    ]
    shown = on_screen(chart)
    chart.canvas.viewport().update()
    assert on_screen(chart) == shown


def test_a_chart_out_of_sight_keeps_no_picture(chart: ChartView) -> None:
    stand_at(chart, 0.2, 0.3)
    ground = chart.canvas._ground
    assert not ground._image.isNull()
    chart.hide()
    assert ground._image.isNull()
    chart.show()
    stand_at(chart, 0.4, 0.4)
    shown = on_screen(chart)
    chart.canvas.viewport().update()
    assert on_screen(chart) == shown
