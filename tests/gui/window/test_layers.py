"""What is switched on over the map and under it: by key, by menu, kept in the settings, asked for where it lacks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from heatdesk.gui.layer_toggles import OVER_MAP, PER_EXCHANGE, TOGGLES, UNDER_MAP
from heatdesk.gui.look_menu import LAYERS
from heatdesk.gui.preferences import view_of, with_view
from heatdesk.gui.view import View
from heatdesk.settings import Settings
from heatdesk.settings.live_layers import PANES

ALT = Qt.KeyboardModifier.AltModifier


def press(qtbot, window, key: str) -> None:
    qtbot.keyClick(window, getattr(Qt.Key, f"Key_{key.removeprefix('Alt+')}"), ALT)


def view_lines(window) -> dict[str, object]:
    button = next(
        b for b in window.bar.findChildren(QToolButton) if b.accessibleName() == "How the map looks"
    )
    button.menu().aboutToShow.emit()
    layers = next(action for action in button.menu().actions() if action.text() == LAYERS).menu()
    return {action.text(): action for action in layers.actions()}


@pytest.fixture
def asked(window):
    questions = []
    ask = window._bridge.ask
    window._bridge.ask = lambda question: (questions.append(question), ask(question))
    return questions


def test_the_first_pane_asks_for_what_stands_under_the_map_and_no_other_does(qtbot, window, asked):
    with qtbot.waitSignal(window._bridge.answered, timeout=20_000) as answer:
        press(qtbot, window, "Alt+V")
    assert window.view.panes == ("volume",)
    assert [question.companions for question in asked] == [True]
    assert answer.args[0].companions.volume.any()
    qtbot.wait(20)
    pane = window.desk.chart.panes.panes["volume"]
    assert pane.runs()[-1][0].endswith("BTC")
    press(qtbot, window, "Alt+U")
    press(qtbot, window, "Alt+V")
    press(qtbot, window, "Alt+U")
    assert window.view.panes == ()
    assert len(asked) == 1


def test_every_toggle_has_a_key_of_its_own_and_a_line_in_the_menu(qtbot, window):
    keys = [toggle.key for toggle in TOGGLES]
    assert len(set(keys)) == len(keys)
    for toggle in (*OVER_MAP, *UNDER_MAP, PER_EXCHANGE):
        before = toggle.is_on(window.view)
        line = view_lines(window)[f"{toggle.text}\t{toggle.key}"]
        assert line.isChecked() is before
        press(qtbot, window, toggle.key)
        assert toggle.is_on(window.view) is not before, toggle.key
        view_lines(window)[f"{toggle.text}\t{toggle.key}"].trigger()
        assert toggle.is_on(window.view) is before


def test_sizes_are_set_where_the_menu_says(window, monkeypatch):
    opened = []
    monkeypatch.setattr(
        window.bar, "settings_asked", type("S", (), {"emit": lambda _, *a: opened.append(a)})()
    )
    lines = view_lines(window)
    assert {"Smallest liquidation…", "What is a wall…"} <= set(lines)
    window.open_settings("live", "smallest_bubble")
    dialog = window._settings_dialog
    assert dialog is not None
    window.preferences.choose(window.preferences.settings.changed("live", smallest_bubble=250_000.0))
    assert window.view.smallest_bubble == 250_000.0


@pytest.mark.parametrize(
    "view",
    [
        View(),
        View(bubbles=False, book=True, wall=9.0, smallest_bubble=5e5),
        View(panes=PANES, folded=("funding",), per_exchange=True),
        View(panes=("delta",)),
    ],
)
def test_settings_keep_what_is_shown(view):
    assert view_of(with_view(Settings(), view, "dark"), "dark") == view


def test_panes_keep_their_order_whatever_order_they_are_chosen_in():
    view = View().with_pane("long_short", True).with_pane("volume", True).with_pane("funding", True)
    assert view.panes == ("volume", "funding", "long_short")
    assert view.with_pane("funding", False).panes == ("volume", "long_short")
    assert view.with_fold("volume", True).with_fold("volume", False) == view
    assert replace(view, panes=()).panes == ()
