"""The feeds at the window: it pulls what stands now thirty times a second, and asks for a new map when one is due."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QObject, QTimer

from heatdesk.engine import Question, Snapshot
from heatdesk.events import Candle, Market
from heatdesk.gui.bridge import Bridge, Catalogue
from heatdesk.gui.live_bar import follows_now, shown_market
from heatdesk.gui.pace import EVERY_WINDOW, Pace
from heatdesk.gui.to_screen import ToScreen
from heatdesk.gui.watching import Watching
from heatdesk.gui.window import Window
from heatdesk.live import Instrument, Live, LiveFeed, MarketState
from heatdesk.market import Kind

_LOOK_MS: Final = 33
_QUIET_LOOK_MS: Final = (
    100  # where pictures of the feed are far between: it makes some for its own ages alone
)
_FAR_BETWEEN_S: Final = 0.2
_IDLE_S: Final = 0.5  # ages and the countdown go on where nothing comes
_MAP_S: Final = 1.0  # between two maps of a market that moves
_QUIET_S: Final = 5.0  # the same, where its price hardly moves
_SOON_S: Final = 0.5  # between two maps where a candle has closed, or older history has come in
_CATALOGUE_S: Final = 1.0  # between two looks at what is stored
_LATER_S: Final = 15.0  # the same, where all markets are there and only their history grows
_WATCH_S: Final = 1.0

_Seen = tuple[
    tuple[tuple[int, int], ...], int, tuple[Candle | None, ...]
]  # what is whole, writes, what is forming


class LiveDesk(QObject):
    """Hands pictures of a feed to the window, and the window's wishes to the feed; nothing of it waits."""

    def __init__(self, feed: LiveFeed, bridge: Bridge, window: Window, pace: Pace = EVERY_WINDOW) -> None:
        super().__init__(window)
        self._pace = pace
        self._feed, self._bridge, self._window = feed, bridge, window
        canvas = window.desk.chart.canvas
        self.to_screen = ToScreen(canvas.viewport(), self)
        canvas.repainted_by.connect(self.to_screen.look_at)
        self._live = Live()
        self._watching = Watching()
        self._instruments: tuple[Instrument, ...] = ()
        self._snapshot: Snapshot | None = None
        self._awaited: Question | None = None  # asked, and not answered yet
        self._shown_s = self._asked_s = self._watched_s = 0.0
        self._seen: _Seen = ((), 0, ())
        self._prices: dict[Market, float] = {}  # as of the last map
        self._stored: frozenset[Market] = frozenset()  # as of the last look at the history
        self._listed, self._listed_s = 0, 0.0  # the catalogue: as of how many writes, and when
        bridge.opened.connect(self._opened)
        bridge.answered.connect(self._answered)
        bridge.failed.connect(self._failed)
        window.question_asked.connect(self._asked)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Look from now on."""
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _opened(self, catalogue: Catalogue) -> None:
        candles = (info.key for info in catalogue if info.key.kind is Kind.CANDLES)
        self._stored = frozenset(Market(key.exchange, key.symbol) for key in candles)

    def _asked(self, question: Question) -> None:
        self._awaited = question
        self._watch()

    def _answered(self, snapshot: Snapshot) -> None:
        self._snapshot, self._awaited = snapshot, None
        self._pace.ends(self, time.monotonic())
        self._watch()

    def _failed(self, sentence: str) -> None:
        """A coin that nobody recorded yet is fetched from now on: its map comes with its history."""
        self._pace.ends(self, time.monotonic())
        awaited = self._awaited
        if awaited is not None and self._watching.of(awaited, self._instruments, book=False).markets:
            self._window.notices.say(f"Fetching the history of {awaited.symbol} from the exchanges …")

    def _watch(self) -> None:
        """Tell the feed what the chart shows, or is to show."""
        self._watched_s = time.monotonic()
        shown = None if self._snapshot is None else self._snapshot.question
        book = self._window.view.book
        self._feed.watch(self._watching.of(self._awaited or shown, self._instruments, book))

    def _look(self) -> None:
        now, live = time.monotonic(), self._feed.live()
        instruments = self._feed.instruments()
        if instruments is not self._instruments or now - self._watched_s > _WATCH_S:
            self._instruments = instruments
            self._watch()
        if live is self._live and now - self._shown_s <= _IDLE_S:
            return
        look_ms = _QUIET_LOOK_MS if now - self._shown_s > _FAR_BETWEEN_S else _LOOK_MS
        if look_ms != self._timer.interval():  # a timer that is set begins anew
            self._timer.setInterval(look_ms)
        self._live, self._shown_s = live, now
        if self._snapshot is not None and follows_now(self._snapshot):
            self.to_screen.expect(live.markets.get(shown_market(self._snapshot)))
        self._window.show_live(live, instruments, self.to_screen.median_ms)
        if self._is_map_wanted():
            self._ask_when_due(live, now)

    def _is_map_wanted(self) -> bool:
        question = None if self._snapshot is None else self._snapshot.question
        wanted = self._awaited or question
        return (
            wanted is not None
            and not wanted.simulated
            and wanted.end_ms is None
            and not self._window.isMinimized()
        )

    def _ask_when_due(self, live: Live, now: float) -> None:
        """Ask once more where history or a candle has come in soon, where only the forming candle moves less so."""
        question = self._awaited or (None if self._snapshot is None else self._snapshot.question)
        if question is None:
            return
        markets = sorted(self._watching.of(question, self._instruments, book=False).markets)
        states = [live.markets[market] for market in markets if market in live.markets]
        stored = frozenset(state.market for state in states if state.history_from_ms)
        since = now - self._asked_s
        grown = live.stored != self._listed and now - self._listed_s >= _LATER_S
        if (stored - self._stored and since >= _CATALOGUE_S) or grown:
            self._asked_s = self._listed_s = now
            self._listed = live.stored
            self._bridge.read_again(question)
            return
        if self._awaited is not None:
            return  # its answer, or its history, is still to come
        whole = tuple((state.closed_ms, state.history_from_ms) for state in states)
        seen = whole, live.stored, tuple(state.forming for state in states)
        prices = {state.market: _price(state) for state in states}
        patience = _MAP_S if _stirred(self._prices, prices, self._row()) else _QUIET_S
        if whole != self._seen[0]:
            patience = _SOON_S
        if seen == self._seen or since < patience or not self._pace.may_begin(self, now):
            return
        if self._bridge.refresh():
            self._pace.begins(self, now)
            self._seen, self._asked_s, self._prices = seen, now, prices

    def _row(self) -> float:
        """How high a row of the map is, as a share of the price."""
        return 0.0 if self._snapshot is None else self._snapshot.heatmap.bin_bps / 10_000.0


def _price(state: MarketState) -> float:
    """The newest price; NaN where none is known."""
    if state.price > 0.0:
        return state.price
    return float("nan") if state.forming is None else state.forming.close


def _stirred(before: dict[Market, float], now: dict[Market, float], row: float) -> bool:
    """Whether a price has moved by more than a row of the map, a share of it, or another market is there."""
    return before.keys() != now.keys() or any(
        abs(price - before[market]) > row * price for market, price in now.items()
    )
