"""Another start brings the open window to the front, with what it asked for."""

from __future__ import annotations

import threading
from typing import Any

from heatdesk.gui.in_front import InFront
from heatdesk.machine.one_window import first_window

from .market import BTC, ETH


def _second_start(symbol: str = "") -> None:
    """What a second `heatdesk run` does, beside the window's own loop."""
    thread = threading.Thread(target=lambda: first_window(symbol))
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


def test_a_second_start_raises_the_window_and_shows_its_symbol(qtbot: Any, window: Any):
    place = first_window()
    assert place is not None
    place.listen(InFront(window).ask)
    window.showMinimized()
    qtbot.waitUntil(window.isMinimized)
    _second_start()
    qtbot.waitUntil(lambda: not window.isMinimized(), timeout=3_000)
    assert window.isVisible()
    assert window.question.symbol == BTC
    _second_start(ETH)
    qtbot.waitUntil(lambda: window._snapshot.question.symbol == ETH, timeout=10_000)
    place.stop()


def test_it_may_start_while_the_window_is_being_built(qtbot: Any, window: Any):
    place = first_window()
    assert place is not None
    _second_start(ETH)
    place.listen(InFront(window).ask)
    qtbot.waitUntil(lambda: window._snapshot.question.symbol == ETH, timeout=10_000)
    place.stop()
