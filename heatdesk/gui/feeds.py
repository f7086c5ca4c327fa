"""What the window knows of the feeds: lights in the status bar, the panel behind them, and what the menus say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from heatdesk.gui.feed_lights import FeedLights
from heatdesk.gui.view import View
from heatdesk.live import ExchangeState, Live

if TYPE_CHECKING:
    from heatdesk.gui.dialogs.feeds import FeedsDialog

_EVERY_S: Final = 0.5  # ages are read, not watched


class Feeds(QObject):
    """Shows `Live` pictures wherever feeds are spoken of; `told` carries a notice that is new."""

    told = Signal(str)

    def __init__(self, lights: FeedLights, parent: QWidget) -> None:
        super().__init__(parent)
        self._window, self._lights = parent, lights
        self._dialog: FeedsDialog | None = None
        self._view = View()
        self._live = Live()
        self._to_screen_ms = float("nan")
        self._shown_s = 0.0
        self._notices: frozenset[str] = frozenset()
        lights.opened.connect(self.open)

    def show_live(self, live: Live, to_screen_ms: float) -> None:
        """Show a picture of the feeds, a few times a second at most."""
        self._live, self._to_screen_ms = live, to_screen_ms
        now = time.monotonic()
        if now - self._shown_s < _EVERY_S:
            return
        self._shown_s = now
        self._lights.show_live(live)
        self._lights.setVisible(bool(live.exchanges))
        if self._dialog is not None and self._dialog.isVisible():
            self._dialog.show_live(live, to_screen_ms)
        notices = frozenset(live.notices)
        for notice in live.notices:
            if notice not in self._notices:
                self.told.emit(notice)
        self._notices = notices

    def set_view(self, view: View) -> None:
        """Follow theme and clocks."""
        self._view = view
        self._lights.set_theme(view.theme)
        if self._dialog is not None:
            self._dialog.set_view(view)

    def state_of(self, exchange: str) -> ExchangeState | None:
        """How an exchange's feed is; None where there is none."""
        return next((state for state in self._live.exchanges if state.exchange == exchange), None)

    def open(self, exchange: str = "") -> None:
        """Show the panel beside the chart, at an exchange."""
        if self._dialog is None:
            from heatdesk.gui.dialogs.feeds import FeedsDialog

            self._dialog = FeedsDialog(self._window)
            self._dialog.set_view(self._view)
        self._dialog.show_live(self._live, self._to_screen_ms)
        if exchange:
            self._dialog.table.open_exchange(exchange)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()
