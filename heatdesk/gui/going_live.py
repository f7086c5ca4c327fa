"""The feeds of a window, from its first picture to its last."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from heatdesk.gui.bridge import Bridge, Catalogue
from heatdesk.gui.coroutines import Coroutines
from heatdesk.gui.live_desk import LiveDesk
from heatdesk.gui.opening import open_first, waiting_words
from heatdesk.gui.window import Window
from heatdesk.live import LiveFeed
from heatdesk.markets import Markets


class GoingLive(QObject):
    """Starts a feed once the window has been painted, and opens the first chart where nothing is stored yet."""

    def __init__(self, feed: LiveFeed, markets: Markets, bridge: Bridge, window: Window) -> None:
        super().__init__(window)
        self._feed, self._markets, self._bridge, self._window = feed, markets, bridge, window
        self.desk = LiveDesk(feed, bridge, window)
        self._coroutines: Coroutines | None = None
        self._nothing_stored: bool | None = None  # None: not known yet
        bridge.opened.connect(self._opened)

    def begin(self) -> None:
        """The first picture is there: dial. Nothing of it may hold up the start."""
        self._feed.start()
        self.desk.start()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            self._coroutines = Coroutines(application)
        self._open_where_empty()

    def end(self) -> None:
        """The window has gone; the feed itself is stopped by whoever made it."""
        self.desk.stop()
        if self._coroutines is not None:
            self._coroutines.stop()
            self._coroutines = None

    def _opened(self, catalogue: Catalogue) -> None:
        if self._nothing_stored is None:
            self._nothing_stored = not catalogue
            self._open_where_empty()
        if self._markets.expects_history and not catalogue:
            self._window.page.show_waiting(waiting_words(self._feed.live()))

    def _open_where_empty(self) -> None:
        if self._nothing_stored and self._coroutines is not None:
            self._nothing_stored = False
            first = open_first(self._feed, self._markets, self._bridge, self._window)
            self._coroutines.begin(first)
