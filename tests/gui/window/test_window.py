import dataclasses
import threading

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QTableView

from heatdesk.engine import Question
from heatdesk.errors import BadInputError
from heatdesk.gui.page import Page
from heatdesk.gui.panel_room import FIRST_SIZE
from heatdesk.gui.panels.cluster_table import USD
from heatdesk.gui.view import View
from heatdesk.market import DAY_MS, Interval, Kind, Records

from .market import BTC, ETH


class Nothing:
    """A store in which nothing is stored yet."""

    def catalogue(self):
        return ()

    def ask(self, question, early=None):
        raise AssertionError("there is nothing to ask for")


def answered(qtbot, window, action):
    """Do something that asks the engine; returns the answer."""
    with qtbot.waitSignal(window._bridge.answered, timeout=20_000) as answer:
        action()
    return answer.args[0]


def texts(widget):
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def test_the_map_keeps_most_of_a_small_window(qtbot, make, engine):
    window = make(engine, exchanges=("binance", "bybit"))  # all there is: a choice has a line of its own
    qtbot.waitUntil(lambda: window._snapshot is not None, timeout=20_000)
    assert (window.width(), window.height()) == FIRST_SIZE
    area = window.desk.chart.plot_area()  # candles and heat alone: no axis, legend or profile
    assert area.width() * area.height() >= 0.65 * FIRST_SIZE[0] * FIRST_SIZE[1]
    assert window.bar.height() == 36
    assert window.status.height() == 22


def test_the_right_side_grows_with_the_window(qtbot, window):
    narrow = window.side.width(), window.desk.profile.width()
    window.resize(2560, 1440)
    assert window.side.width() > 1.5 * narrow[0]
    assert window.desk.profile.width() > 1.5 * narrow[1]

    def share():
        area = window.desk.chart.plot_area()
        return area.width() * area.height() / (2560 * 1440)

    qtbot.waitUntil(lambda: share() >= 0.6)


def test_a_wide_right_side_has_two_columns(qtbot, window):
    def beside(left, right):
        a, b = (QRect(w.mapTo(window, QPoint(0, 0)), w.size()) for w in (left, right))
        return a.right() < b.left() and abs(a.top() - b.top()) <= 8

    side = window.side
    assert not beside(side.frame, side.exposure)
    window.resize(2560, 1440)
    qtbot.waitUntil(lambda: beside(side.frame, side.exposure))
    assert side.clusters.width() > 1.8 * side.frame.width()
    header = side.clusters.list.horizontalHeader()
    assert header.hiddenSectionCount() <= 1, "the ranking has room for nearly all it says"
    window.resize(*FIRST_SIZE)
    qtbot.waitUntil(lambda: not beside(side.frame, side.exposure))
    order = [w.mapTo(window, QPoint(0, 0)).y() for w in (side.frame, side.clusters, side.exposure)]
    assert order == sorted(order)


def test_it_says_whose_data_how_old_and_what_to_know(window, snapshot):
    line = texts(window.status)
    assert "binance" in line
    assert "gaps 0" in line
    assert "old" in line
    assert "estimate, not advice" in line
    assert "volume alone" in window.status.line
    assert BTC in window.windowTitle()


def test_profile_and_chart_share_one_price_axis(qtbot, window):
    chart, profile = window.desk.chart, window.desk.profile
    for act in (lambda: None, lambda: chart.view_box.zoom_price(0.5, chart.visible_prices().low)):
        act()
        area = chart.plot_area()
        prices = chart.visible_prices()
        for price, y in ((prices.low, area.bottom()), (prices.high, area.top())):
            on_screen = chart.mapToGlobal(QPoint(0, round(y))).y()
            assert abs(profile.mapToGlobal(QPoint(0, round(profile._y(price)))).y() - on_screen) <= 1


def test_a_question_dims_the_old_picture_until_the_answer(qtbot, window):
    answer = answered(qtbot, window, lambda: window.bar._choose_lookback("24h"))
    assert answer.question.lookback_ms == DAY_MS
    assert not window.desk._veil.isVisible()
    window.desk.set_loading(True)
    assert not window.desk._veil.isVisible(), "what is answered quickly does not flash"
    qtbot.waitUntil(window.desk._veil.isVisible, timeout=5_000)
    before = window.desk.grab().toImage().pixelColor(5, 0)
    assert before.name() == "#4da3ff"
    window.desk.set_loading(False)
    assert not window.desk._veil.isVisible()
    window.desk.set_loading(True)
    window.desk.set_loading(False)
    qtbot.wait(250)
    assert not window.desk._veil.isVisible(), "an answer in time leaves nothing to come"


def test_keys_go_live_and_reset(qtbot, window):
    chart = window.desk.chart
    whole = chart.visible_times()
    chart.view_box.zoom_time(0.2, whole.low)
    assert chart.visible_times().high < whole.high
    qtbot.keyClick(window, Qt.Key.Key_End)
    assert chart.visible_times().high > whole.low + 0.9 * (whole.high - whole.low)
    qtbot.keyClick(window, Qt.Key.Key_R)
    assert chart.visible_times() == pytest.approx(whole)


def test_a_view_change_asks_the_engine_nothing(qtbot, window):
    with qtbot.assertNotEmitted(window._bridge.answered, wait=100):
        for view in (View(side="long"), View(palette="safe"), View(gamma=0.5), View(theme="light")):
            window.set_view(view)


def test_limits_set_for_one_side_do_not_carry_over(qtbot, window):
    automatic = window.desk.legend.limits
    window.set_view(dataclasses.replace(window._view, low=0.0, high=123.0))
    assert window.desk.legend.limits == (0.0, 123.0)
    window.bar.view_asked.emit(dataclasses.replace(window._view, side="long"))
    assert window.desk.legend.limits[1] != 123.0
    window.bar.view_asked.emit(dataclasses.replace(window._view, side="both"))
    assert window.desk.legend.limits == automatic


def test_a_clicked_cluster_is_in_the_middle(qtbot, window):
    view = window.side.findChild(QTableView)
    index = view.model().index(0, USD)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())
    largest = max(window._snapshot.clusters, key=lambda c: c.usd)
    prices = window.desk.chart.visible_prices()
    middle = (prices.low + prices.high) / 2
    assert middle == pytest.approx((largest.low + largest.high) / 2, rel=0.01)


def test_another_symbol(qtbot, window):
    answer = answered(qtbot, window, lambda: window.ask(Question(ETH, ("binance",), "1h", DAY_MS)))
    assert answer.question.symbol == ETH
    assert ETH in window.windowTitle()
    assert ETH in window.bar._symbol.text()


def test_an_error_keeps_the_old_picture_and_says_one_line(qtbot, window):
    with qtbot.waitSignal(window._bridge.failed, timeout=10_000):
        window.ask(Question("NO/SUCH:COIN", ("binance",)))
    assert window.desk.isVisible()
    assert not window.desk._veil.isVisible()
    assert "NO/SUCH:COIN" in window.status.line
    assert "\n" not in window.status.line
    assert BTC in window.bar._symbol.text(), "the bar says what is shown, not what failed"
    window.status._details.click()
    box = window.findChild(QMessageBox)
    assert box.textFormat() == Qt.TextFormat.PlainText
    box.close()
    answered(qtbot, window, window.ask_again)
    assert "NO/SUCH:COIN" not in window.status.line


def test_nothing_stored_says_what_to_do(qtbot, make):
    window = make(Nothing(), symbol=None, exchanges=())
    qtbot.waitUntil(lambda: "heatdesk import" in texts(window.page))
    assert not window.side.isVisible()
    assert not window.desk.isVisible()


def test_an_unknown_symbol_is_told_in_the_window(qtbot, make, engine):
    window = make(engine, symbol="NO/SUCH:COIN")
    qtbot.waitUntil(lambda: "NO/SUCH:COIN" in texts(window.page), timeout=10_000)
    assert not window.desk.isVisible()


HOSTILE = '<img src="http://127.0.0.1:1/x"><b>bold</b>'


def test_text_from_outside_is_never_markup(qtbot, window, snapshot):
    hostile = dataclasses.replace(
        snapshot, question=dataclasses.replace(snapshot.question, symbol=HOSTILE), notes=(HOSTILE,)
    )
    window.show_snapshot(hostile)
    window.show_error(HOSTILE)
    window.page.show_error(HOSTILE)
    for label in window.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText or HOSTILE not in label.text()
    assert any(HOSTILE in label.text() for label in window.page.findChildren(QLabel))


def test_a_snapshot_without_candles_and_with_gaps_is_shown(qtbot, window, snapshot):
    gap = Interval(int(snapshot.heatmap.times_ms[3]), int(snapshot.heatmap.times_ms[9]))
    window.show_snapshot(
        dataclasses.replace(snapshot, candles=Records.empty(Kind.CANDLES), clusters=(), gaps=(gap,))
    )
    assert "gaps 1" in texts(window.status)
    assert not window.grab().isNull()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_both_themes_reach_every_part(qtbot, make, engine, theme):
    window = make(engine, view=View(theme=theme))
    qtbot.waitUntil(lambda: window.desk.isVisible(), timeout=20_000)
    image = window.grab().toImage()
    ground = image.pixelColor(window.width() - 4, window.height() - 60)
    assert (ground.lightness() < 60) == (theme == "dark")


def test_the_page_starts_by_saying_what_it_waits_for(qtbot):
    page = Page()
    qtbot.addWidget(page)
    page.show()
    assert "Reading the stored history" in texts(page)


def test_while_the_model_compiles_candles_and_the_reason_are_shown(qtbot, make, engine, snapshot):
    goes_on = threading.Event()

    class Compiling:
        catalogue = engine.catalogue

        def ask(self, question, early=None):
            assert made.wait(10)
            window._bridge.tell("Preparing the model, once after an update: about 10 s")
            assert goes_on.wait(10)
            answer = engine.ask(question, early)
            assert shown.wait(10)
            return answer

    made, shown = threading.Event(), threading.Event()
    window = make(Compiling())
    made.set()
    qtbot.waitUntil(lambda: "Preparing the model" in texts(window.page), timeout=10_000)
    assert BTC in window.bar._symbol.text(), "what is asked for is said before it is answered"
    assert window.bar._exchange.isVisible()
    goes_on.set()
    qtbot.waitUntil(lambda: window.desk.isVisible(), timeout=10_000)
    assert window._snapshot is None
    assert "Preparing" in window.desk._veil.accessibleName()
    assert window.desk._veil.isVisible()
    early = window.desk.chart._snapshot
    assert len(early.candles)
    assert window.desk.chart.visible_times().width > DAY_MS
    before = window.desk.chart.visible_prices()
    said = texts(window.side)
    assert "no zone" not in said, "nothing is said about a map that is not there"
    assert "no levels" not in said
    shown.set()
    qtbot.waitUntil(lambda: window._snapshot is not None, timeout=20_000)
    assert not window.desk._veil.isVisible()
    assert window.desk.chart.visible_prices() == pytest.approx(before), "the candles stay where they were"
    assert window.desk.legend.limits[1] > 1.0, "the colours fit the map, not the emptiness before it"


def test_a_map_that_fails_after_its_candles_is_told_on_the_page(qtbot, make, engine):
    class Failing:
        catalogue = engine.catalogue

        def ask(self, question, early=None):
            engine.ask(question, early)
            raise BadInputError("This map cannot be made; choose another tier.")

    window = make(Failing())
    qtbot.waitUntil(lambda: "choose another tier" in texts(window.page), timeout=20_000)
    assert not window.desk.isVisible()
    assert not window.side.isVisible()
    assert BTC in window.bar._symbol.text()
