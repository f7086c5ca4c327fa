"""The feeds of a window, from its first picture to its last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from heatdesk.gui.bridge import Bridge, Catalogue
from heatdesk.gui.live_desk import LiveDesk
from heatdesk.gui.window import Window
from heatdesk.live import LiveFeed
from heatdesk.markets import Markets

# Coroutines bring a library: it is imported when the first picture is there.
if TYPE_CHECKING:
    from heatdesk.gui.coroutines import Coroutines

_BREATH_MS: Final = 30  # in which the first map is painted
_LATEST_MS: Final = 3000  # after the first painting, however long the first map takes


class GoingLive(QObject):
    """Starts a feed once the first map is there, or at once where nothing is stored that could make one.

    Before that the network's libraries would hold up what a person waits for.
    """

    def __init__(self, feed: LiveFeed, markets: Markets, bridge: Bridge, window: Window) -> None:
        super().__init__(window)
        self._feed, self._markets, self._bridge, self._window = feed, markets, bridge, window
        self.desk = LiveDesk(feed, bridge, window)
        self._coroutines: Coroutines | None = None
        self._painted = self._awaits_nothing = self._dialled = False
        self._opens_first = False
        bridge.opened.connect(self._opened)
        bridge.answered.connect(self._await_nothing)
        bridge.failed.connect(self._await_nothing)

    def begin(self) -> None:
        """The window has been painted."""
        self._painted = True
        QTimer.singleShot(_LATEST_MS, self, self._await_nothing)
        self._dial_when_due()

    def end(self) -> None:
        """The window has gone; the feed itself is stopped by whoever made it."""
        self.desk.stop()
        if self._coroutines is not None:
            self._coroutines.stop()
            self._coroutines = None

    def _opened(self, catalogue: Catalogue) -> None:
        if self._markets.expects_history and not catalogue:
            self._window.page.show_waiting("Connecting to the exchanges")
            if not self._dialled:
                self._opens_first = True
                self._await_nothing()

    def _await_nothing(self, _: object = None) -> None:
        self._awaits_nothing = True
        self._dial_when_due()

    def _dial_when_due(self) -> None:
        if self._dialled or not (self._painted and self._awaits_nothing):
            return
        self._dialled = True
        QTimer.singleShot(0 if self._opens_first else _BREATH_MS, self, self._dial)

    def _dial(self) -> None:
        from heatdesk.gui.coroutines import Coroutines
        from heatdesk.gui.opening import open_first

        self._feed.start()
        self.desk.start()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            self._coroutines = Coroutines(application)
            if self._opens_first:
                self._coroutines.begin(open_first(self._feed, self._markets, self._bridge, self._window))
