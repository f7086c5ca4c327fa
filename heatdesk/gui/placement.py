"""Where the window stood, and that it comes back onto a screen that is there."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from heatdesk.machine import window_state
from heatdesk.machine.window_state import WindowState

_REACHABLE: Final = (100, 100)  # px of the title that must be on a screen


def restore(window: QMainWindow) -> tuple[str, ...]:
    """Put the window where it stood last; returns what the user should be told."""
    loaded = window_state.load(qVersion())
    if loaded.state is not None:
        window.restoreGeometry(loaded.state.geometry)
        window.restoreState(loaded.state.state)
        bring_back(window)
    return loaded.notices


def state_of(window: QMainWindow) -> WindowState:
    """Where the window stands, to be saved."""
    geometry, state = bytes(window.saveGeometry().data()), bytes(window.saveState().data())
    return WindowState(geometry, state, qVersion())


def bring_back(window: QMainWindow) -> None:
    """Move a window of which no screen shows enough onto the nearest one, no larger than that."""
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    frame = window.frameGeometry()
    if window.isMaximized() or window.isFullScreen() or any(_shows(screen, frame) for screen in screens):
        return
    home = min(screens, key=lambda screen: (screen.center() - frame.center()).manhattanLength())
    window.resize(window.size().boundedTo(home.size()))
    back = QRect(frame.topLeft(), window.frameGeometry().size())
    back.moveLeft(max(home.left(), min(back.left(), home.right() - back.width() + 1)))
    back.moveTop(max(home.top(), min(back.top(), home.bottom() - back.height() + 1)))
    window.move(back.topLeft())


def _shows(screen: QRect, frame: QRect) -> bool:
    """Whether a screen shows enough of a window's title to take hold of it."""
    title = QRect(frame.left(), frame.top(), frame.width(), _REACHABLE[1])
    seen = screen.intersected(title)
    return seen.width() >= _REACHABLE[0] and seen.height() >= _REACHABLE[1] and seen.top() == title.top()
