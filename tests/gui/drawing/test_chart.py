import logging
import sys
from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.chart import ChartView
from heatdesk.gui.hover import Hover
from heatdesk.gui.layers.base import Frame, PlotLayer
from heatdesk.gui.view import View
from heatdesk.gui.visible_range import Anchor
from heatdesk.market import Interval, Kind, Records
from tests.bench.bright_pixels import kept_by_nearest, kept_by_the_chart
from tests.bench.scenes import bands
from tests.gui.drawing.snapshots import END_MS, heatmap, snapshot

STEP = 300_000
NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show_snapshot(snapshot())
    made.show()
    QApplication.processEvents()
    return made


def _picture(chart: ChartView) -> QImage:
    return chart.canvas.grab().toImage()


def _middle(chart: ChartView) -> QPoint:
    return chart.plot_area().center().toPoint()


def _wheel(chart: ChartView, at: QPoint, notches: int, keys: Qt.KeyboardModifier) -> None:
    viewport = chart.canvas.viewport()
    event = QWheelEvent(
        QPointF(at), QPointF(viewport.mapToGlobal(at)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)
    QApplication.processEvents()


def _drag(chart: ChartView, start: QPoint, by: QPoint) -> None:
    viewport, left = chart.canvas.viewport(), Qt.MouseButton.LeftButton
    QTest.mousePress(viewport, left, pos=start)
    for step in range(1, 9):
        QTest.mouseMove(viewport, start + by * step / 8)
        QTest.qWait(15)  # pyqtgraph takes no more than a hundred moves a second
    QTest.mouseRelease(viewport, left, pos=start + by)
    QApplication.processEvents()


def _double_click(chart: ChartView, at: QPoint) -> None:
    # QTest.mouseDClick leaves the button down.
    viewport, left, none = chart.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    kinds = QEvent.Type
    for kind, held in (
        (kinds.MouseButtonPress, left),
        (kinds.MouseButtonRelease, none),
        (kinds.MouseButtonDblClick, left),
        (kinds.MouseButtonRelease, none),
    ):
        event = QMouseEvent(kind, QPointF(at), QPointF(viewport.mapToGlobal(at)), left, held, NO_KEY)
        QApplication.sendEvent(viewport, event)


def test_a_first_snapshot_shows_all_of_its_time_and_room_around_its_prices(chart: ChartView) -> None:
    times, prices = chart.visible_times(), chart.visible_prices()
    assert times.low == END_MS - 600 * STEP
    assert END_MS < times.high < END_MS + 60 * STEP
    made = snapshot().candles
    assert prices.low < made["low"].min() * 0.98
    assert prices.high > made["high"].max() * 1.02


def test_the_wheel_zooms_time_around_the_cursor_and_prices_stay_fitted(chart: ChartView) -> None:
    before = chart.visible_times()
    at = QPoint(round(chart.plot_area().left() + chart.plot_area().width() * 0.25), 200)
    _wheel(chart, at, 3, NO_KEY)
    after = chart.visible_times()
    assert after.width == pytest.approx(before.width / 1.18**3, rel=1e-6)
    assert after.low + after.width * 0.25 == pytest.approx(before.low + before.width * 0.25, abs=STEP)


@pytest.mark.parametrize("key", [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier])
def test_the_wheel_with_a_key_zooms_price_and_ends_automatic_prices(chart: ChartView, key) -> None:
    times, before = chart.visible_times(), chart.visible_prices()
    _wheel(chart, _middle(chart), 2, key)
    assert chart.visible_prices().width == pytest.approx(before.width / 1.18**2, rel=1e-6)
    assert chart.visible_times() == times
    kept = chart.visible_prices()
    _wheel(chart, _middle(chart), 2, NO_KEY)
    assert chart.visible_prices() == kept


def test_dragging_pans_time_and_price(chart: ChartView) -> None:
    chart.set_range(price_low=61_000.0, price_high=65_000.0)
    times, prices = chart.visible_times(), chart.visible_prices()
    _drag(chart, _middle(chart), QPoint(-120, 60))
    moved = (chart.visible_times().low - times.low) / times.width * chart.plot_area().width()
    assert moved == pytest.approx(120, abs=12)
    assert chart.visible_times().width == pytest.approx(times.width, rel=1e-9)
    assert chart.visible_prices().low > prices.low
    assert chart.visible_prices().width == pytest.approx(prices.width, rel=1e-9)


def test_a_drag_along_time_keeps_the_prices_automatic(chart: ChartView) -> None:
    prices = chart.visible_prices()
    _drag(chart, _middle(chart), QPoint(-150, 8))
    _wheel(chart, _middle(chart), 12, NO_KEY)
    assert chart.visible_prices() != prices  # still follows what is in sight


def test_dragging_an_axis_scales_it_and_a_double_click_resets_it(chart: ChartView) -> None:
    area, times, prices = chart.plot_area(), chart.visible_times(), chart.visible_prices()
    on_prices = QPoint(round(area.right()) + 20, round(area.center().y()))
    _drag(chart, on_prices, QPoint(0, 90))
    assert chart.visible_prices().width == pytest.approx(prices.width * np.exp(0.5), rel=0.1)
    on_times = QPoint(round(area.center().x()), round(area.bottom()) + 10)
    _drag(chart, on_times, QPoint(90, 0))
    assert chart.visible_times().width == pytest.approx(times.width * np.exp(-0.5), rel=0.1)
    for at in (on_times, on_prices):
        _double_click(chart, at)
    assert chart.visible_times() == times
    assert tuple(chart.visible_prices()) == pytest.approx(tuple(prices))


def _later(made: Snapshot, columns: int) -> Snapshot:
    cells = made.heatmap
    moved = Records(made.candles.kind, made.candles.time_ms + columns * STEP, made.candles.columns)
    shifted = heatmap(cells.notional_long, cells.notional_short)
    shifted.times_ms[:] += columns * STEP
    return Snapshot(made.question, moved, shifted, ())


def test_a_later_snapshot_is_followed_while_live_and_left_alone_while_paused(chart: ChartView, qtbot) -> None:
    chart.set_range(END_MS - 100 * STEP, END_MS + 10 * STEP)
    assert chart.anchor is Anchor.LIVE
    chart.show_snapshot(_later(snapshot(), 2))
    assert chart.visible_times() == (END_MS - 98 * STEP, END_MS + 12 * STEP)
    with qtbot.waitSignal(chart.anchor_changed) as told:
        chart.set_range(END_MS - 300 * STEP, END_MS - 200 * STEP)
    assert told.args == [Anchor.PAUSED]
    chart.show_snapshot(_later(snapshot(), 5))
    assert chart.visible_times() == (END_MS - 300 * STEP, END_MS - 200 * STEP)
    chart.go_live()
    assert chart.anchor is Anchor.LIVE
    assert chart.visible_times().low < END_MS + 5 * STEP < chart.visible_times().high
    assert chart.visible_times().width == pytest.approx(100 * STEP)


def test_the_users_prices_stay_with_a_new_snapshot_and_go_with_a_new_symbol(chart: ChartView) -> None:
    chart.set_range(price_low=62_000.0, price_high=63_000.0)
    chart.show_snapshot(_later(snapshot(), 1))
    assert tuple(chart.visible_prices()) == pytest.approx((62_000.0, 63_000.0))
    chart.show_snapshot(snapshot(symbol="ETH/USDT:USDT"))
    assert chart.visible_prices().width > 2_000.0


@pytest.mark.parametrize("mode", ["log", "percent", "linear"])
def test_another_price_scale_shows_the_same_prices(chart: ChartView, mode: str) -> None:
    chart.set_range(price_low=60_000.0, price_high=66_000.0)
    chart.set_view(View(price_scale=mode))
    assert tuple(chart.visible_prices()) == pytest.approx((60_000.0, 66_000.0))
    labels = [tick.label for tick in chart.price_axis.ticks()]
    assert len(labels) > 3
    assert all(label.endswith("%") is (mode == "percent") for label in labels)


def test_hovering_tells_the_cell_and_stands_on_the_axes(chart: ChartView, qtbot) -> None:
    told: list[Hover | None] = []
    chart.hovered.connect(told.append)
    plain = _picture(chart)
    for off in (9, 0):
        QTest.mouseMove(chart.canvas.viewport(), _middle(chart) + QPoint(off, off))
    qtbot.waitUntil(lambda: bool(told) and told[-1] is not None)
    hover = told[-1]
    assert hover is not None
    assert hover.candle is not None
    assert hover.long_usd is not None
    assert hover.time_ms % STEP == 0
    assert _picture(chart) != plain
    _wheel(chart, _middle(chart), 4, NO_KEY)
    assert told[-1] is not None
    assert (
        abs(told[-1].time_ms - hover.time_ms) <= STEP
    )  # zoomed around the cursor, which stands where it stood
    chart.reset_range()
    QTest.mouseMove(chart.canvas.viewport(), QPoint(round(chart.plot_area().right()) + 20, 100))
    qtbot.waitUntil(lambda: told[-1] is None)
    assert _picture(chart) == plain


def test_nothing_outside_the_axes_is_read_as_markup(chart: ChartView) -> None:
    plain = _picture(chart)
    chart.show_snapshot(snapshot(symbol="<h1><font color=red>X</font></h1>\n\t"))
    assert _picture(chart) != plain
    crosshair = chart.layers[-1]
    assert crosshair.lines()[0][0][0].startswith("<h1>")


SHAPES = [(100, 600), (100, 1), (100, 0), (0, 0), (1, 600)]


@pytest.mark.parametrize("mode", ["linear", "log", "percent"])
def test_little_or_nothing_to_draw_is_drawn(qtbot, caplog, mode: str) -> None:
    chart = ChartView()
    qtbot.addWidget(chart)
    chart.set_view(View(price_scale=mode))
    chart.show()
    _picture(chart)
    for shape, n_candles in product(SHAPES, (0, 1, 10)):
        chart.resize(500, 300)
        made = snapshot(n_candles=n_candles)
        chart.show_snapshot(Snapshot(made.question, made.candles, heatmap(np.zeros(shape, np.float32)), ()))
        chart.go_live()
        chart.reset_range()
        _wheel(chart, _middle(chart), 30, NO_KEY)
        _wheel(chart, _middle(chart), -60, Qt.KeyboardModifier.ControlModifier)
        QTest.mouseMove(chart.canvas.viewport(), _middle(chart))
        _picture(chart)
        chart.resize(210, 130)
        _picture(chart)
        low, high = chart.visible_prices()
        assert np.isfinite([low, high, *chart.visible_times()]).all(), (shape, n_candles)
        assert low < high
    assert not caplog.records


def test_prices_that_are_no_prices_leave_the_rest_of_the_picture(qtbot, caplog) -> None:
    made = snapshot()
    for name, value in (("high", np.nan), ("low", -5.0), ("close", np.inf), ("open", 0.0)):
        made.candles.columns[name][::7] = value
    made.heatmap.notional_long[::3] = np.nan
    chart = ChartView()
    qtbot.addWidget(chart)
    chart.show_snapshot(made)
    chart.show()
    _picture(chart)
    assert not caplog.records


def test_a_layer_that_throws_is_told_once_and_the_others_are_drawn(chart: ChartView, caplog) -> None:
    class Broken(PlotLayer):
        def draw(self, painter: QPainter, frame: Frame) -> None:
            raise ZeroDivisionError("broken on purpose")

    plain = _picture(chart)
    broken = Broken(chart.view_box)
    with caplog.at_level(logging.ERROR):
        assert _picture(chart) == plain
        assert _picture(chart) == plain
    assert [record.message for record in caplog.records] == ["Broken could not be drawn."]
    chart.canvas.scene().removeItem(broken)


def test_an_empty_map_is_the_background(qtbot) -> None:
    made = snapshot(n_candles=0)
    made = Snapshot(made.question, Records.empty(Kind.CANDLES), heatmap(np.zeros((100, 600), np.float32)), ())
    for name in ("dark", "light"):
        chart = ChartView()
        qtbot.addWidget(chart)
        chart.set_view(View(theme=name))
        chart.show_snapshot(made)
        chart.show()
        assert _picture(chart).pixelColor(_middle(chart)) == QColor(theme.tokens(name).background)


def test_a_side_shows_only_its_own_cells(qtbot) -> None:
    cells = np.zeros((2, 100, 600), np.float32)
    cells[0, :50], cells[1, 50:] = 1e6, 1e6
    made = snapshot(n_candles=0)
    made = Snapshot(made.question, made.candles, heatmap(*cells), ())
    chart = ChartView()
    qtbot.addWidget(chart)
    chart.resize(400, 300)
    chart.show_snapshot(made)
    chart.show()
    background = QColor(theme.tokens("dark").background)
    above = QPoint(_middle(chart).x(), round(chart.plot_area().height() * 0.3))
    below = QPoint(_middle(chart).x(), round(chart.plot_area().height() * 0.7))
    expected = {"long": (False, True), "short": (True, False), "both": (True, True)}
    for side in ("long", "short", "both", "long"):
        chart.set_view(View(side=side))
        picture = _picture(chart)
        assert tuple(picture.pixelColor(at) != background for at in (above, below)) == expected[side]


def test_gaps_are_hatched(qtbot) -> None:
    made = snapshot(n_candles=0, gaps=(Interval(END_MS - 300 * STEP, END_MS - 200 * STEP),))
    made = Snapshot(made.question, made.candles, heatmap(np.zeros((100, 600), np.float32)), (), made.gaps)
    chart = ChartView()
    qtbot.addWidget(chart)
    chart.resize(700, 500)
    chart.show_snapshot(made)
    chart.show()
    picture, area = _picture(chart), chart.plot_area()
    times = chart.visible_times()

    def colours(start: float, stop: float) -> set[int]:
        columns = [round((t - times.low) / times.width * area.width()) for t in (start, stop)]
        return {picture.pixel(x, y) for x in range(*columns) for y in range(150, 170)}

    assert len(colours(END_MS - 290 * STEP, END_MS - 210 * STEP)) > 1
    assert len(colours(END_MS - 190 * STEP, END_MS - 110 * STEP)) == 1


def test_a_drag_leaves_the_picture_that_a_fresh_chart_would_show(chart: ChartView, qtbot) -> None:
    _drag(chart, _middle(chart), QPoint(-90, 40))
    _drag(chart, _middle(chart), QPoint(35, -70))
    fresh = ChartView()
    qtbot.addWidget(fresh)
    fresh.resize(chart.size())
    fresh.show_snapshot(snapshot())
    fresh.show()
    QApplication.processEvents()
    times, prices = chart.visible_times(), chart.visible_prices()
    fresh.set_range(*times, *prices)
    QTest.mouseMove(chart.canvas.viewport(), QPoint(round(chart.plot_area().right()) + 20, 100))
    QApplication.processEvents()
    a, b = _picture(chart), _picture(fresh)
    differing = sum(
        a.pixel(x, y) != b.pixel(x, y) for x in range(0, a.width(), 3) for y in range(0, a.height(), 3)
    )
    assert differing < 0.01 * (a.width() // 3) * (a.height() // 3)


def test_bright_bands_survive_where_nearest_sampling_loses_them(qtbot) -> None:
    made = bands(4_000, 2_000, 1_000)
    chart = ChartView()
    qtbot.addWidget(chart)
    chart.resize(800, 450)
    chart.show_snapshot(made)
    chart.show()
    QApplication.processEvents()
    chart.set_range(price_low=float(made.heatmap.prices[0]), price_high=float(made.heatmap.prices[-1]))
    assert kept_by_nearest(chart, made.heatmap) < 0.5
    assert kept_by_the_chart(chart, made.heatmap) >= 0.99


def test_a_picture_at_twice_the_pixels_is_drawn_at_that_resolution(chart: ChartView) -> None:
    once, twice = _picture(chart), QImage(chart.canvas.size() * 2, QImage.Format.Format_ARGB32)
    twice.setDevicePixelRatio(2.0)
    painter = QPainter(twice)
    chart.canvas.render(painter)
    painter.end()
    assert twice.width() == 2 * once.width()
    x, y = _middle(chart).x(), _middle(chart).y()
    row = [twice.pixel(2 * x + i, 2 * y) for i in range(200)]
    pairs = zip(row[::2], row[1::2], strict=True)
    assert any(a != b for a, b in pairs)  # finer than doubled pixels


def test_frames_do_not_use_up_none(chart: ChartView) -> None:
    viewport = chart.canvas.viewport()
    before = sys.getrefcount(None)
    for number in range(200):
        chart.view_box.pan_pixels(3.0 if number % 2 else -3.0, 0.0)
        viewport.repaint()
    assert sys.getrefcount(None) >= before - 20
