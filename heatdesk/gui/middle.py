"""What stands in the middle of the window: the map, the page in its place, or the page to read first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from heatdesk.gui.desk import ChartDesk
from heatdesk.gui.page import Page

if TYPE_CHECKING:
    from heatdesk.gui.welcome import Welcome


class Middle(QStackedWidget):
    """Emits `map_shown` with whether the map is in front, `welcome_left` when a person has read the first page."""

    map_shown = Signal(bool)
    welcome_left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.page, self.desk = Page(self), ChartDesk(self)
        self.welcome: Welcome | None = None
        self._has_map = False
        self.addWidget(self.page)
        self.addWidget(self.desk)

    def show_map(self) -> None:
        """There is a map, or at least its candles: it takes the place of the page, not of the welcome."""
        self._has_map = True
        if self.currentWidget() is self.page:
            self._show_what_there_is()

    def show_page(self) -> None:
        """There is no map."""
        self._has_map = False
        if self.currentWidget() is self.desk:
            self._show_what_there_is()

    def show_welcome(self) -> None:
        """Say what this is and how it is read."""
        if self.welcome is None:
            from heatdesk.gui.welcome import Welcome

            self.welcome = Welcome(self)
            self.welcome.done.connect(self.leave_welcome)
            self.addWidget(self.welcome)
        self.setCurrentWidget(self.welcome)
        self.map_shown.emit(False)
        self.welcome.setFocus()

    def leave_welcome(self) -> None:
        """Back to the map, or to what stands in its place."""
        self.welcome_left.emit()
        self._show_what_there_is()

    def _show_what_there_is(self) -> None:
        self.setCurrentWidget(self.desk if self._has_map else self.page)
        self.map_shown.emit(self._has_map)
        if self._has_map:
            self.desk.setFocus()
