"""Settings reach the window, and what is done in the window reaches the settings."""

import dataclasses
import threading

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QLabel, QMainWindow, QToolButton

from heatdesk import settings
from heatdesk.engine import Question
from heatdesk.gui import placement
from heatdesk.gui.bridge import Bridge
from heatdesk.gui.last_session import opening_question, with_layers, with_question, with_rules
from heatdesk.gui.preferences import Preferences, view_of, with_view
from heatdesk.gui.view import Currency, View
from heatdesk.gui.window import Window
from heatdesk.machine import window_state
from heatdesk.market import DAY_MS
from heatdesk.settings import Settings

from .market import BTC, ETH

VIEW = View(
    side="long",
    palette="purple-yellow",
    low=1e5,
    high=2e6,
    gamma=0.7,
    price_scale="log",
    theme="light",
    rendering="bands",
    minimum_usd=1000.0,
    locked=True,
    time_zone="Asia/Singapore",
    currency=Currency("EUR", 0.92, "2026-11-20"),
    up_is_red=True,
)


def test_a_view_goes_into_the_settings_and_comes_back():
    assert view_of(with_view(Settings(), VIEW, "dark"), "dark") == VIEW
    loose = dataclasses.replace(VIEW, locked=False)
    back = view_of(with_view(Settings(), loose, "dark"), "dark")
    assert (back.low, back.high) == (None, None), "limits are kept only where they are locked"


def test_the_systems_theme_is_followed_until_another_is_chosen():
    system = Settings().changed("display", theme="system")
    assert view_of(system, "light").theme == "light"
    assert with_view(system, View(theme="light"), "light").display.theme == "system"
    assert with_view(system, View(theme="dark"), "light").display.theme == "dark"


def test_a_palette_that_is_gone_gives_way():
    assert view_of(Settings().changed("display", palette="gone"), "dark").palette == View().palette


def test_the_last_session_opens_again(engine):
    asked = Question(ETH, ("binance",), "1h", lookback_ms=2 * DAY_MS)
    asked = with_rules(asked, Settings().changed("model", estimator="volume", bin_bps=20.0))
    kept = with_question(Settings(), asked)
    assert kept.session.recent_symbols == (ETH,)
    assert opening_question(kept, engine.catalogue()) == with_layers(asked, kept)
    assert opening_question(kept, engine.catalogue(), BTC, ("bybit",)).exchanges == ("bybit",)
    assert opening_question(kept, ()) is None


def test_a_symbol_that_is_not_stored_any_more_is_left(engine):
    kept = with_question(Settings(), Question("GONE/USDT:USDT", ("mars",), lookback_ms=DAY_MS))
    assert opening_question(kept, engine.catalogue()).symbol == BTC


def test_the_simulated_market_leaves_no_trace_in_the_session():
    asked = Question("SIM/USDT:USDT", ("alpha",), "1m", simulated=True)
    assert with_question(Settings(), asked).session == Settings().session


def test_a_name_that_settings_cannot_hold_is_left_out():
    assert with_question(Settings(), Question("<b>", ("binance",))).session == Settings().session


def test_changes_are_written_once_a_second_later_and_at_close(qtbot, qapp):
    written = []
    preferences = Preferences(Settings(), written.append)
    preferences._timer.setInterval(10)
    for gamma in (0.5, 0.7, 1.4):
        preferences.keep(preferences.settings.changed("display", gamma=gamma))
    assert written == []
    qtbot.waitUntil(lambda: len(written) == 1)
    assert written[0].display.gamma == 1.4
    preferences.flush()
    assert preferences.behind.finish(5)
    assert len(written) == 1
    preferences.keep(Settings())
    preferences.flush()
    assert preferences.behind.finish(5)
    assert written[1] == Settings()


@pytest.fixture
def opened(qtbot, engine):
    """Opens a window on settings, as the program does."""
    bridges = []

    def open_one(chosen, write=None):
        bridge = Bridge(lambda: engine, lambda catalogue: opening_question(chosen, catalogue))
        bridges.append(bridge)
        bridge.start()
        window = Window(bridge, preferences=Preferences(chosen, write))
        qtbot.addWidget(window)
        window.show()
        qtbot.waitUntil(lambda: window._snapshot is not None, timeout=20_000)
        return window

    yield open_one
    for bridge in bridges:
        bridge.stop()


def test_what_is_done_in_the_window_is_kept(qtbot, opened):
    window = opened(Settings())
    with qtbot.waitSignal(window._bridge.answered, timeout=20_000):
        window.bar._choose_timeframe("15m")
    window.bar.map_types.buttons.button("net").click()
    kept = window.preferences.settings
    assert kept.session.timeframe == "15m"
    assert kept.session.recent_symbols == (BTC,)
    assert kept.display.side == "net"


def test_settings_of_the_last_time_are_shown(opened):
    chosen = with_view(Settings(), dataclasses.replace(VIEW, low=None, high=None, locked=False), "dark")
    window = opened(with_question(chosen, Question(ETH, ("binance",), "1h", lookback_ms=DAY_MS)))
    assert window._view == view_of(chosen, "dark")
    assert (window._snapshot.question.symbol, window._snapshot.question.timeframe) == (ETH, "1h")


def test_a_parameter_asks_the_model_and_a_look_does_not(qtbot, opened):
    window = opened(Settings())
    before = window._snapshot
    with qtbot.assertNotEmitted(window._bridge.answered, wait=200):
        window.preferences.choose(window.preferences.settings.changed("display", gamma=2.0))
    assert window._view.gamma == 2.0
    with qtbot.waitSignal(window._bridge.answered, timeout=20_000):
        window.preferences.choose(window.preferences.settings.changed("model", bin_bps=50.0))
    assert window._snapshot.heatmap.bin_bps == 50.0
    assert window._snapshot.heatmap.shape[0] < before.heatmap.shape[0]


def test_limits_set_by_hand_survive_another_setting(opened):
    window = opened(Settings())
    window.set_view(dataclasses.replace(window._view, low=0.0, high=123.0))
    window.preferences.choose(window.preferences.settings.changed("display", gamma=2.0))
    assert (window._view.low, window._view.high) == (0.0, 123.0)


def test_a_lock_keeps_the_limits_for_another_symbol(qtbot, opened):
    window = opened(Settings())
    limits = window.desk.legend.limits
    qtbot.keyClick(window.bar, Qt.Key.Key_K)
    assert window._view.locked
    with qtbot.waitSignal(window._bridge.answered, timeout=20_000):
        window.ask(Question(ETH, ("binance",), "5m", DAY_MS))
    assert window.desk.legend.limits == limits
    qtbot.keyClick(window.bar, Qt.Key.Key_K)
    with qtbot.waitSignal(window._bridge.answered, timeout=20_000):
        window.ask(Question(BTC, ("binance",), "5m", DAY_MS))
    assert (window._view.low, window._view.high) == (None, None)


def test_the_first_page_is_shown_until_it_is_read(qtbot, opened):
    window = opened(Settings())
    window.middle.show_welcome()
    words = " ".join(label.text() for label in window.middle.welcome.findChildren(QLabel))
    for must in ("estimates", "never when", "Spot sellers", "icebergs", "swept"):
        assert must in words
    with qtbot.waitSignal(window._bridge.answered, timeout=20_000):
        window.ask_again()
    assert window.middle.currentWidget() is window.middle.welcome, "an answer does not take the page away"
    qtbot.mouseClick(window.middle.welcome.button, Qt.MouseButton.LeftButton)
    assert window.desk.isVisible()
    assert window.preferences.settings.session.first_page_seen


@pytest.mark.parametrize("name", ["What the map does not show", "About heatdesk"])
def test_pages_of_the_menu_are_plain_text(qtbot, opened, name):
    window = opened(Settings())
    next(a for a in window.findChildren(QAction) if a.text() == name).trigger()
    page = next(d for d in QGuiApplication.topLevelWindows() if d.isVisible() and "·" in d.title())
    assert page is not None
    labels = [x for x in window.findChildren(QLabel) if x.window() is not window]
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    said = " ".join(label.text() for label in labels)
    assert ("Spot selling" in said) or ("Lesser General Public License" in said)
    next(x for x in {label.window() for label in labels}).close()


def test_no_two_actions_share_a_key(opened):
    from PySide6.QtGui import QShortcut

    window = opened(Settings())
    keys = [s.key().toString() for s in window.findChildren(QShortcut)]
    keys += [a.shortcut().toString() for a in window.findChildren(QAction) if not a.shortcut().isEmpty()]
    keys += [b.shortcut().toString() for b in window.findChildren(QToolButton) if not b.shortcut().isEmpty()]
    doubled = sorted({key for key in keys if keys.count(key) > 1 and key not in ("Esc", "Ctrl+C")})
    assert doubled == []


# --- where the window stands


@pytest.mark.parametrize(
    "place", [(-5000, 40, 900, 600), (90_000, 90_000, 900, 600), (10, -700, 900, 600), (0, 0, 5, 5)]
)
def test_a_window_out_of_sight_comes_back(qtbot, place):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setGeometry(QRect(*place))
    placement.bring_back(window)
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    screen = next(screen for screen in screens if screen.intersects(window.frameGeometry()))
    seen = screen.intersected(window.frameGeometry())
    assert seen.width() >= min(100, window.width())
    assert screen.top() <= window.frameGeometry().top() <= screen.bottom() - 50


def test_a_place_is_kept_and_found_again_without_creeping(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setGeometry(60, 50, 500, 400)
    window.show()
    for _ in range(50):
        window_state.save(placement.state_of(window))
        assert placement.restore(window) == ()
    assert window.geometry() == QRect(60, 50, 500, 400)


def test_a_damaged_place_is_told_and_the_window_opens(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window_state.save(placement.state_of(window))
    path = window_state.window_path()
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))
    assert "opens as new" in placement.restore(window)[0]


def test_settings_of_the_future_are_read_as_far_as_they_are_known(opened):
    settings.save(Settings().changed("display", gamma=2.0))
    path = settings.file.settings_path()
    path.write_text(path.read_text().replace("schema = 1", "schema = 99"))
    loaded = settings.load()
    assert "newer heatdesk" in loaded.notices[0]
    window = opened(loaded.settings)
    window.notices.warn(loaded.notices[0])
    assert window._view.gamma == 2.0
    assert "newer heatdesk" in window.notices.text
    assert threading.active_count() < 20
