"""``python -m tests.bench.four_windows_live WIDTH HEIGHT SECONDS COIN…``: four windows on one feed and one engine.

Prints one line of JSON with the gaps between paintings, those of a timer, and what the process used. Every window is
the program's own, with its own model worker; the coins are dealt in turn.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any, Final

import psutil
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from heatdesk import app
from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.feed import folding
from heatdesk.feed.plan import FeedPlan
from heatdesk.gui.bridge import Bridge, Catalogue
from heatdesk.gui.live_desk import LiveDesk
from heatdesk.gui.view import View
from heatdesk.gui.window import Window
from heatdesk.live import Instrument, Live, LiveFeed, Watched
from heatdesk.market import HOUR_MS, Kind
from heatdesk.recording.recorder import Recorder
from heatdesk.recording.user_feed import UserFeed
from tests.bench.four_windows import EXCHANGES

_WINDOWS: Final = 4
_HAND_MS: Final = 33  # between two moves of the mouse
_PATH: Final = 97  # pixels that it goes one way before it turns
_TICK_MS: Final = 16
_SETTLE_S: Final = 30.0  # from the first maps on: history still comes in, kernels are loaded
_WARM_UP_S: Final = 1.0  # of the mouse: the axes make room for what stands under it, once
_PATIENCE_S: Final = 120.0
_LOOKBACK_MS: Final = 48 * HOUR_MS


class SharedFeed:
    """One feed for several windows: it hears what any of them shows."""

    def __init__(self, feed: LiveFeed) -> None:
        self._feed = feed
        self._watched: dict[int, Watched] = {}

    def watch(self, window: int, watched: Watched) -> None:
        """What one of the windows shows from now on."""
        self._watched[window] = watched
        everything = self._watched.values()
        self._feed.watch(
            Watched(
                frozenset().union(*(w.markets for w in everything)),
                frozenset().union(*(w.books for w in everything)),
            )
        )

    def live(self) -> Live:
        return self._feed.live()

    def instruments(self) -> tuple[Instrument, ...]:
        return self._feed.instruments()


class _OfWindow:
    """The shared feed as one window sees it; who made the feed starts and stops it."""

    def __init__(self, shared: SharedFeed, window: int) -> None:
        self.live, self.instruments = shared.live, shared.instruments
        self.watch = partial(shared.watch, window)

    def start(self) -> None:
        return None

    def stop(self, within_s: float | None = None) -> bool:
        return True


class OneEngine:
    """One engine behind the model workers of all windows, fed with what stands now."""

    def __init__(self, engine: Engine, live: Callable[[], Live]) -> None:
        self._engine, self._live = engine, live

    def catalogue(self) -> Catalogue:
        return self._engine.catalogue()

    def ask(self, question: Question, early: Any = None) -> Snapshot:
        self._engine.set_live(self._live())
        return self._engine.ask(question, early)

    def explain(self, *asked: Any) -> Any:
        return self._engine.explain(*asked)


class Gaps(QObject):
    """Times between the paintings of one widget, in ms."""

    def __init__(self, watched: QObject) -> None:
        super().__init__(watched)
        self.gaps_ms: list[float] = []
        self._last = time.perf_counter()
        watched.installEventFilter(self)

    def begin(self) -> None:
        """Count from now on."""
        self.gaps_ms.clear()
        self._last = time.perf_counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.note()
        return False

    def note(self) -> None:
        """It has happened again."""
        now = time.perf_counter()
        self.gaps_ms.append((now - self._last) * 1000.0)
        self._last = now


def count_trades() -> Callable[[], int]:
    """How many trades have reached the books of the feed from now on, whenever that is asked."""
    heard, count = folding.MarketFold.trade, [0]

    def trade(fold: folding.MarketFold, told: object, received_ms: float) -> None:
        heard(fold, told, received_ms)  # type: ignore[arg-type]
        count[0] += 1

    folding.MarketFold.trade = trade  # type: ignore[method-assign]
    return lambda: count[0]


class Hands(QObject):
    """A mouse that moves over each chart, thirty times a second: where nothing changes nothing would be painted."""

    def __init__(self, windows: list[Window]) -> None:
        super().__init__()
        self._viewports = [window.desk.chart.canvas.viewport() for window in windows]
        self._moves = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._move)
        self._timer.start(_HAND_MS)

    def _move(self) -> None:
        self._moves += 1
        step = abs(self._moves % (2 * _PATH) - _PATH)
        for viewport in self._viewports:
            at = QPointF(viewport.width() * 0.4 + 3 * step, viewport.height() * 0.5 + step)
            no = Qt.MouseButton.NoButton
            moved = QMouseEvent(
                QEvent.Type.MouseMove,
                at,
                QPointF(viewport.mapToGlobal(at.toPoint())),
                no,
                no,
                Qt.KeyboardModifier.NoModifier,
            )
            QApplication.sendEvent(viewport, moved)

    def rest(self) -> None:
        """Move no more."""
        self._timer.stop()


def wait(seconds: float) -> None:
    """Let the windows run."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop, loop.quit)
    loop.exec()


def wait_for_history(engine: Engine, symbols: tuple[str, ...]) -> None:
    """Return once candles and open interest of every coin are stored; raises RuntimeError where they do not come."""
    deadline = time.monotonic() + _PATIENCE_S
    wanted = {(symbol, kind) for symbol in symbols for kind in (Kind.CANDLES, Kind.OPEN_INTEREST)}
    while wanted - {(info.key.symbol, info.key.kind) for info in engine.catalogue()}:
        if time.monotonic() > deadline:
            raise RuntimeError("no history came")
        time.sleep(0.25)


def open_windows(
    feed: SharedFeed, engine: Engine, symbols: tuple[str, ...], size: tuple[int, int]
) -> tuple[list[Window], list[Bridge]]:
    """The windows side by side, live, once each of them shows a map."""
    windows, bridges, shown = [], [], set()
    for number, symbol in zip(range(_WINDOWS), cycle(symbols), strict=False):
        question = Question(symbol, EXCHANGES, "5m", lookback_ms=_LOOKBACK_MS)
        bridge = Bridge(lambda: OneEngine(engine, feed.live), lambda _, first=question: first)
        window = Window(bridge, View())
        window.setGeometry(number % 2 * size[0], number // 2 * size[1], *size)
        window.show()
        LiveDesk(_OfWindow(feed, number), bridge, window).start()
        bridge.answered.connect(lambda _, number=number: shown.add(number))
        windows.append(window)
        bridges.append(bridge)
    for bridge in bridges:
        bridge.start()
    deadline = time.monotonic() + _PATIENCE_S
    while len(shown) < _WINDOWS:
        if time.monotonic() > deadline:
            raise RuntimeError("a window got no map")
        wait(0.1)
    return windows, bridges


def main(width: int, height: int, seconds: float, coins: tuple[str, ...]) -> dict[str, Any]:
    """Open, let settle, measure, close."""
    app.put_the_screen_first()
    application, heard = app._application(), count_trades()
    symbols = tuple(f"{coin}/USDT:USDT" for coin in coins)
    feed = UserFeed(lambda: Recorder(FeedPlan(EXCHANGES, symbols, history_days=4.0)))
    feed.start()
    bridges: list[Bridge] = []
    try:
        engine = app.stored_history()
        wait_for_history(engine, symbols)
        windows, bridges = open_windows(SharedFeed(feed), engine, symbols, (width, height))
        app.collect_again()
        wait(_SETTLE_S)
        paintings = [Gaps(window.desk.chart.canvas.viewport()) for window in windows]
        ticks, timer = Gaps(application), QTimer()
        application.removeEventFilter(ticks)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(ticks.note)
        timer.start(_TICK_MS)
        hands = Hands(windows)
        wait(_WARM_UP_S)
        process, before = psutil.Process(), heard()
        used = sum(process.cpu_times()[:2])
        for counted in (*paintings, ticks):
            counted.begin()
        began = time.perf_counter()
        wait(seconds)
        timer.stop()
        hands.rest()
        told = {
            "seconds": time.perf_counter() - began,
            "frame_gaps_ms": [gap for counted in paintings for gap in counted.gaps_ms],
            "tick_gaps_ms": ticks.gaps_ms,
            "heard": heard() - before,
            "cpu_s": sum(process.cpu_times()[:2]) - used,
            "rss": process.memory_info().rss,
        }
        for window in windows:
            window.close()
        return told
    finally:
        feed.stop(2.0)
        for bridge in bridges:
            bridge.stop(2.0)


if __name__ == "__main__":
    print(
        json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), tuple(sys.argv[4:]))),
        flush=True,
    )
