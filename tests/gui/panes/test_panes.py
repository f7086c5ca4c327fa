"""Panes at a chart: one time axis, one crosshair, values in words, and the map keeps its room."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from heatdesk.gui.chart import ChartView
from heatdesk.gui.desk import ChartDesk
from heatdesk.gui.panes.pane import FOLDED_PX, OPEN_PX
from heatdesk.gui.view import View
from heatdesk.history.companions import Companions
from heatdesk.live import Live, MarketState
from heatdesk.settings.live_layers import PANES
from tests.gui.drawing.snapshots import END_MS, snapshot
from tests.gui.panes.test_curves import MARKETS, beneath, words


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.canvas.calm_s = 0.0  # parts are painted alone right after a whole repaint
    made.show_snapshot(beneath())
    made.show()
    QApplication.processEvents()
    return made


def settle(chart: ChartView) -> np.ndarray:
    for _ in range(4):
        QApplication.processEvents()
    image = chart.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


def told(chart: ChartView, name: str) -> str:
    return words(" ".join(text for text, _ in chart.panes.panes[name].runs()))


def test_the_plot_has_the_room_of_a_pane_that_goes_before_anything_is_painted(chart: ChartView) -> None:
    whole = chart.plot_area()
    chart.set_view(View(panes=PANES))
    assert chart.plot_area().height() < whole.height()
    chart.set_view(View())
    assert chart.plot_area() == whole


def test_panes_stand_under_the_map_in_their_order_and_go_again(chart: ChartView) -> None:
    plain, whole = settle(chart), chart.plot_area()
    chart.set_view(View(panes=PANES))
    settle(chart)
    assert tuple(chart.panes.panes) == PANES
    area = chart.plot_area()
    assert area.width() == whole.width()
    assert area.height() == pytest.approx(whole.height() - 5 * OPEN_PX, abs=1)
    tops = [pane.scenePos().y() for pane in chart.panes.panes.values()]
    assert tops == sorted(tops)
    assert tops[0] == pytest.approx(area.bottom(), abs=1)
    chart.set_view(View(panes=("funding",)))
    settle(chart)
    assert tuple(chart.panes.panes) == ("funding",)
    chart.set_view(View())
    assert np.array_equal(settle(chart), plain)


def test_a_fold_leaves_the_values(chart: ChartView) -> None:
    chart.set_view(View(panes=("volume", "funding"), folded=("volume",)))
    settle(chart)
    volume, funding = chart.panes.panes.values()
    assert (volume.size().height(), funding.size().height()) == (FOLDED_PX, OPEN_PX)
    assert told(chart, "volume") == "▸ Volume 15.0 BTC"
    asked = []
    chart.fold_asked.connect(lambda *what: asked.append(what))
    volume.fold_asked.emit(False)
    assert asked == [("volume", False)]


def test_where_room_is_scarce_the_lowest_fold_by_themselves(chart: ChartView) -> None:
    chart.set_view(View(panes=PANES))
    chart.resize(900, 420)
    settle(chart)
    folded = [pane.folded for pane in chart.panes.panes.values()]
    assert folded == sorted(folded)
    assert folded[-1]
    assert chart.plot_area().height() >= 200
    chart.resize(900, 700)
    settle(chart)
    assert not any(pane.folded for pane in chart.panes.panes.values())


def test_the_crosshair_tells_the_values_of_its_column(chart: ChartView) -> None:
    chart.set_view(View(panes=PANES))
    settle(chart)
    shown = beneath()
    column = 50
    at = QPointF(float(shown.companions.times_ms[column]) + 1_000.0, chart.price_scale.y(63_000.0))
    chart._cursor_moved(at)
    assert told(chart, "volume") == "▾ Volume 10.0 BTC"
    assert told(chart, "long_short").endswith("1.20")
    assert told(chart, "funding").endswith("+0.0100 %")
    chart._cursor_moved(QPointF(END_MS + 10.0**8, chart.price_scale.y(63_000.0)))
    assert told(chart, "volume") == "▾ Volume –"
    chart._cursor_moved(None)
    assert told(chart, "volume") == "▾ Volume 15.0 BTC"


def test_the_cursor_over_a_pane_marks_the_moment_on_the_map(chart: ChartView) -> None:
    chart.set_view(View(panes=("funding",)))
    plain = settle(chart)
    moment = END_MS - 10 * 3_600_000
    chart.panes.panes["funding"].moment_hovered.emit(moment)
    marked = settle(chart)
    area = chart.plot_area()
    changed = (plain != marked).any(axis=2)[
        round(area.top()) + 60 : round(area.bottom()) - 40, : round(area.right())
    ]
    columns = np.flatnonzero(changed.any(axis=0))
    start, end = chart.view_box.viewRange()[0]
    x = area.left() + (moment + 150_000 - start) / (end - start) * area.width()
    assert len(columns) == 1
    assert abs(columns[0] - x) <= 1.5
    assert chart.time_axis.cursor_tag.tag is not None
    chart.panes.panes["funding"].moment_hovered.emit(None)
    assert np.array_equal(settle(chart), plain)


def test_the_marked_moment_outlives_a_tick(chart: ChartView) -> None:
    chart.set_view(View(panes=("funding",)))
    chart.panes.panes["funding"].moment_hovered.emit(END_MS - 3_600_000)
    named = chart.time_axis.cursor_tag.tag
    assert named is not None
    chart.show_live(Live(1, END_MS + 1_000))
    chart.view_box.setYRange(*chart.view_box.viewRange()[1], padding=0.1)
    chart._tag_axes()
    assert chart.time_axis.cursor_tag.tag == named


def test_a_hole_is_a_hole(chart: ChartView) -> None:
    """Where nothing is known no pixel of a curve's colour stands; zero would be a line."""
    shown = beneath()
    funding = np.where((np.arange(600) > 300) & (np.arange(600) < 400), np.nan, shown.companions.funding)
    chart.show_snapshot(replace(shown, companions=replace(shown.companions, funding=funding)))
    chart.set_view(View(panes=("funding",)))
    picture = settle(chart)
    top = round(chart.panes.panes["funding"].scenePos().y())
    strip = picture[top + 20 : top + 63].astype(int)
    blue = (strip[:, :, 0] - strip[:, :, 2] > 60).any(axis=0)
    area, (start, end) = chart.plot_area(), chart.view_box.viewRange()[0]
    x = area.left() + (shown.companions.times_ms + 150_000 - start) / (end - start) * area.width()
    assert not blue[round(x[302]) + 1 : round(x[398]) - 1].any()
    assert blue[round(x[150]) : round(x[299])].all()


def test_panning_moves_curves_with_the_map(chart: ChartView) -> None:
    chart.set_view(View(panes=("open_interest",)))
    before = settle(chart)
    start, _ = chart.view_box.viewRange()[0]
    chart.panes.panes["open_interest"]._view.pan_pixels(80.0, 0.0)
    assert chart.view_box.viewRange()[0][0] < start
    assert not np.array_equal(settle(chart), before)


def test_the_present_moves_on_without_a_new_snapshot(chart: ChartView) -> None:
    chart.set_view(View(panes=("open_interest", "funding")))
    before = settle(chart)
    states = {m: MarketState(m, open_interest=oi) for m, oi in zip(MARKETS, (9.9e4, 5.2e4), strict=True)}
    live = Live(1, END_MS + 60_000, markets=MappingProxyType(states))
    chart.show_live(live)
    assert not np.array_equal(settle(chart), before)
    assert "151 k BTC" in told(chart, "open_interest")
    picture = chart.panes.panes["open_interest"]._drawn
    chart.show_live(replace(live, number=2))
    settle(chart)
    assert chart.panes.panes["open_interest"]._drawn is picture


def test_nothing_recorded_is_said(chart: ChartView) -> None:
    chart.show_snapshot(replace(snapshot(), companions=Companions()))
    chart.set_view(View(panes=PANES))
    settle(chart)
    for name in PANES:
        assert told(chart, name).endswith("nothing recorded in this stretch")
    chart.show_snapshot(snapshot())  # its answer is still to come
    assert told(chart, "volume") == "▾ Volume …"


@pytest.mark.parametrize("view", [View(theme="light"), View(per_exchange=True), View(up_is_red=True)])
def test_a_look_is_seen(chart: ChartView, view: View) -> None:
    chart.set_view(View(panes=PANES))
    before = settle(chart)
    chart.set_view(replace(view, panes=PANES))
    area = chart.plot_area()
    assert not np.array_equal(settle(chart)[round(area.bottom()) :], before[round(area.bottom()) :])


def test_the_strip_turns_clicks_into_views_and_a_fold_too(qtbot) -> None:
    desk = ChartDesk()
    qtbot.addWidget(desk)
    desk.resize(900, 700)
    desk.set_profile_width(110)
    desk.show()
    desk.show_snapshot(beneath())
    assert not desk._strip.isVisible()
    desk.view_changed.connect(desk.set_view)
    desk.set_view(View(panes=("volume",)))
    QApplication.processEvents()
    assert desk._strip.isVisible()
    buttons = {toggle.name: button for toggle, button in desk._strip._buttons}
    assert [name for name, button in buttons.items() if button.isChecked()] == ["volume"]
    assert all("(Alt+" in button.toolTip() for button in buttons.values())
    qtbot.mouseClick(buttons["funding"], Qt.MouseButton.LeftButton)
    assert desk._view.panes == ("volume", "funding")
    desk.chart.fold_asked.emit("funding", True)
    assert desk._view.folded == ("funding",)
    QApplication.processEvents()
    assert desk.chart.panes.panes["funding"].folded
    qtbot.mouseClick(buttons["per_exchange"], Qt.MouseButton.LeftButton)
    assert desk._view.per_exchange
    qtbot.mouseClick(buttons["volume"], Qt.MouseButton.LeftButton)
    assert desk._view.panes == ("funding",)
