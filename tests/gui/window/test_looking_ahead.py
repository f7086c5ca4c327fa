"""Reach and real positions in the window: by key, by menu, remembered, and the horizon that the ranking tells."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from heatdesk.market import HOUR_MS

ALT = Qt.KeyboardModifier.AltModifier


def view_menu(window):
    button = next(
        b for b in window.bar.findChildren(QToolButton) if b.accessibleName() == "How the map looks"
    )
    button.menu().aboutToShow.emit()
    return {action.text().split("\t")[0]: action for action in button.menu().actions()}


@pytest.mark.parametrize(
    ("name", "key", "line"),
    [
        ("reach", Qt.Key.Key_R, "Reach: chance of a touch"),
        ("positions", Qt.Key.Key_O, "Real positions"),
    ],
)
def test_a_layer_goes_on_and_off_by_key_and_menu_and_is_remembered(qtbot, window, name, key, line):
    assert not getattr(window._view, name)
    qtbot.keyClick(window, key, ALT)
    assert getattr(window._view, name)
    assert getattr(window.preferences.settings.display, name)
    assert view_menu(window)[line].isChecked()
    view_menu(window)[line].trigger()
    assert not getattr(window._view, name)
    assert not getattr(window.preferences.settings.display, name)


def test_a_longer_horizon_is_asked_of_the_engine_and_told_in_the_ranking(qtbot, window):
    before = window._snapshot
    assert all(c.touch.horizon_ms == 24 * HOUR_MS for c in before.clusters)
    window.preferences.choose(window.preferences.settings.changed("reach", hours=72.0))
    qtbot.waitUntil(lambda: window._snapshot is not before, timeout=20_000)
    after = window._snapshot
    assert all(c.touch.horizon_ms == 72 * HOUR_MS for c in after.clusters)
    likelier = {(c.side, c.peak): c.touch.chance for c in after.clusters}
    shared = [c for c in before.clusters if (c.side, c.peak) in likelier and c.distance]
    assert shared
    assert all(likelier[c.side, c.peak] >= c.touch.chance for c in shared)
