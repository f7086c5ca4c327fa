"""A signal closes the window, and is nobody's any more when it is over."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from heatdesk.gui.end_on_signal import EndOnSignal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_the_window(qtbot: Any, number: signal.Signals) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    ending = EndOnSignal(window)
    try:
        QTimer.singleShot(50, lambda: os.kill(os.getpid(), number))
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    finally:
        ending.stop()
    assert {n: signal.getsignal(n) for n in before} == before


def test_other_signals_close_nothing(qtbot: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    handled: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: handled.append(number))
    ending = EndOnSignal(window)
    try:
        os.kill(os.getpid(), signal.SIGUSR1)
        qtbot.waitUntil(lambda: bool(handled), timeout=5000)
        qtbot.wait(100)
        assert window.isVisible()
    finally:
        ending.stop()
        signal.signal(signal.SIGUSR1, before)
