"""A window comes back to its place on any screen, and onto another where that screen is gone."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QMainWindow

from heatdesk.gui import placement
from heatdesk.machine import window_state

from .conftest import Screens, settle

SIZE = QSize(1001, 703)


@pytest.mark.parametrize("ratio", [1.25, 2.0])
def test_ten_starts_later_it_stands_where_it_stood(qtbot: Any, screens: Screens, ratio):
    place = QRect(screens.of[ratio].geometry().topLeft() + QPoint(101, 57), SIZE)
    for start in range(10):
        window = QMainWindow()
        qtbot.addWidget(window)
        if start:
            assert placement.restore(window) == ()
        else:
            window.setGeometry(place)
        window.show()
        settle()
        assert (window.geometry(), window.devicePixelRatioF()) == (place, ratio), f"start {start}"
        window_state.save(placement.state_of(window))
        window.close()


@pytest.mark.parametrize("ratio", [1.5, 3.0])
def test_a_window_of_an_unplugged_screen_stands_whole_on_the_one_that_is_left(
    qtbot: Any, screens: Screens, monkeypatch: pytest.MonkeyPatch, ratio
):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setGeometry(QRect(screens.of[ratio].geometry().topLeft() + QPoint(101, 57), SIZE))
    window.show()
    settle()
    window_state.save(placement.state_of(window))
    window.close()

    left = screens.of[1.0]
    monkeypatch.setattr(placement.QGuiApplication, "screens", lambda: [left])
    again = QMainWindow()
    qtbot.addWidget(again)
    assert placement.restore(again) == ()
    again.show()
    settle()
    margins = 8  # of a frame, not known before the window is shown
    room = left.availableGeometry().adjusted(-margins, -margins, margins, margins)
    assert room.contains(again.frameGeometry())
    assert again.size() == SIZE
    assert again.devicePixelRatioF() == 1.0
