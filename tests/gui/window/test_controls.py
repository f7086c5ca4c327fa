import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QMenu, QToolButton

from heatdesk.engine import Question
from heatdesk.gui.controls import HEIGHT, TopBar
from heatdesk.gui.style import style_sheet
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.market import DAY_MS, LOOKBACKS, TIMEFRAMES

from .market import BTC, ETH


@pytest.fixture
def bar(qtbot, engine):
    widget = TopBar()
    qtbot.addWidget(widget)
    widget.setStyleSheet(style_sheet(tokens("dark")))
    widget.asked, widget.views = [], []
    widget.question_asked.connect(widget.asked.append)
    widget.view_asked.connect(widget.views.append)
    widget.setMinimumWidth(1)  # as in the window, whose own least width holds
    widget.resize(1280, HEIGHT)
    widget.show_catalogue(engine.catalogue())
    widget.show_question(Question(BTC, ("binance",), "5m", lookback_ms=7 * DAY_MS))
    widget.show()
    qtbot.waitExposed(widget)
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


def button(bar, text):
    return next(b for b in bar.findChildren(QToolButton) if b.text() == text)


def open_menu(bar, name):
    owner = next(b for b in bar.findChildren(QToolButton) if b.accessibleName() == name)
    menu = owner.menu()
    menu.aboutToShow.emit()
    return {action.text(): action for action in menu.actions() if action.text()}


def test_one_row_of_36_pixels_fits_a_small_window(bar):
    assert bar.height() == 36
    assert bar.minimumSizeHint().width() <= 1280


@pytest.mark.parametrize("key", range(2, 7))
def test_a_number_key_per_timeframe(qtbot, bar, key):
    expected = list(TIMEFRAMES)[key - 1]
    qtbot.keyClick(bar, getattr(Qt.Key, f"Key_{key}"))
    assert bar.asked[-1].timeframe == expected
    assert button(bar, expected).isChecked()


@pytest.mark.parametrize(("number", "name"), list(enumerate(LOOKBACKS, start=1)))
def test_a_function_key_per_look_back(qtbot, bar, number, name):
    qtbot.keyClick(bar, getattr(Qt.Key, f"Key_F{number}"))
    assert bar.asked[-1].lookback_ms == LOOKBACKS[name]


def test_timeframes_that_cannot_be_made_are_grey(qtbot, bar):
    assert not button(bar, "1m").isEnabled()
    assert button(bar, "5m").isEnabled()
    qtbot.keyClick(bar, Qt.Key.Key_1)
    assert bar.asked == []


@pytest.mark.parametrize(("key", "side"), [("L", "long"), ("S", "short"), ("B", "both")])
def test_side_keys_change_the_view_only(qtbot, bar, key, side):
    qtbot.keyClick(bar, getattr(Qt.Key, f"Key_{key}"))
    assert bar.views[-1].side == side
    assert bar.asked == []


def test_price_scale_and_theme(qtbot, bar):
    button(bar, "log").click()
    assert bar.views[-1] == View(price_scale="log")
    with qtbot.waitSignal(bar.theme_asked) as asked:
        qtbot.keyClick(bar, Qt.Key.Key_T)
    assert asked.args == ["light"]


def test_menus_offer_what_is_stored(bar):
    assert set(open_menu(bar, "Symbol")) == {BTC, ETH}
    open_menu(bar, "Symbol")[ETH].trigger()
    assert (bar.asked[-1].symbol, bar.asked[-1].exchanges) == (ETH, ("binance",))
    assert set(open_menu(bar, "Exchanges")) == {"binance"}


def test_exchanges_add_up_and_one_always_stays(bar):
    menu = open_menu(bar, "Exchanges")
    assert not menu["binance"].isEnabled()
    menu["bybit"].trigger()
    assert set(bar.asked[-1].exchanges) == {"binance", "bybit"}
    open_menu(bar, "Exchanges")["binance"].trigger()
    assert bar.asked[-1].exchanges == ("bybit",)


def test_estimators_come_from_the_declaration(bar):
    open_menu(bar, "Estimator")["volume"].trigger()
    assert bar.asked[-1].params.estimator == "volume"


def test_palette_and_theme_in_one_menu(bar):
    open_menu(bar, "How the map looks")["purple-yellow"].trigger()
    assert bar.views[-1].palette == "purple-yellow"


def test_rare_look_backs_are_in_a_menu_until_there_is_room(qtbot, bar):
    assert not button(bar, "12h").isVisible()
    open_menu(bar, "More look-backs")["12h"].trigger()
    assert bar.asked[-1].lookback_ms == LOOKBACKS["12h"]
    bar.resize(2000, HEIGHT)
    assert button(bar, "12h").isVisible()
    assert button(bar, "12h").isChecked()


def test_showing_asks_nothing(bar):
    bar.show_question(Question(ETH, ("binance",), "1h", lookback_ms=DAY_MS))
    bar.show_view(View(side="long", theme="light"))
    assert bar.asked == []
    assert bar.views == []


def test_every_control_names_its_key_and_can_be_hit(bar):
    keys = {shortcut.key().toString() for shortcut in bar.findChildren(QShortcut)}
    for one in bar.findChildren(QToolButton):
        if isinstance(one.parent(), QMenu):
            continue
        assert one.toolTip().endswith(")"), one.text()
        assert one.toolTip().rsplit("(", 1)[1].rstrip(")") in keys
        assert one.accessibleName()
        assert one.focusPolicy() != Qt.FocusPolicy.NoFocus


def test_without_a_question_nothing_can_be_asked(qtbot, bar):
    bar.show_question(None)
    qtbot.keyClick(bar, Qt.Key.Key_F7)
    qtbot.keyClick(bar, Qt.Key.Key_2)
    assert open_menu(bar, "Symbol") == {}
    assert bar.asked == []


@pytest.mark.parametrize("width", [1040, 1239, 1280, 1500, 1900])
def test_no_button_is_cut_off(qtbot, bar, width):
    bar.resize(width, HEIGHT)
    qtbot.wait(1)
    for one in bar.findChildren(QToolButton):
        if one.isVisible():
            assert one.width() >= one.fontMetrics().horizontalAdvance(one.text()), one.text()
    assert bar.layout().minimumSize().width() <= width


def test_another_answer_leaves_no_button_too_narrow_for_its_word_before_the_next_picture(
    window, other_snapshot
):
    window.resize(1280, 800)
    window.show_snapshot(other_snapshot)
    shown = [b for b in window.bar.findChildren(QToolButton) if b.isVisibleTo(window)]
    assert [b.text() for b in shown if b.width() < b.sizeHint().width()] == []
