"""Another start of heatdesk brings this window to the front, with the symbol that it named."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Qt, Signal

from heatdesk.gui.window import Window


class InFront(QObject):
    """`ask` may be called on any thread; the window moves on its own."""

    _asked = Signal(str)

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._asked.connect(self._come, Qt.ConnectionType.QueuedConnection)

    def ask(self, symbol: str) -> None:
        """Come to the front and show a symbol; an empty one changes nothing."""
        self._asked.emit(symbol)

    def _come(self, symbol: str) -> None:
        window = self._window
        if window.isMinimized():
            window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()
        question = window.question
        if symbol and question is not None and not question.simulated and symbol != question.symbol:
            window.ask(replace(question, symbol=symbol, price_min=None, price_max=None))
