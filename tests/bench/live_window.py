"""The real program with a stopwatch: reads `tell` from its input, and says what it has measured since the last one.

Run by `tests.bench.live`. A 16 ms timer on the GUI thread tells how long the window was held up; trades of the flood
are counted where they reach the books of the feed; paintings of the chart tell how old the newest price on them is, by
the time that the server stamped on its trade: both are on one machine, by one clock. With ``idle`` as its argument
nothing is timed: the stopwatch would cost more than what it looks at.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from functools import wraps

import psutil

from heatdesk import app
from heatdesk.feed import folding
from heatdesk.settings import Settings, save

FLOODED_FROM = 10**12
_TICK_MS = 16
_BATCHES = 4_000


class Stopwatch:
    """What has been measured; the GUI thread writes, the answering one takes."""

    def __init__(self) -> None:
        self.chart_s = self.map_s = 0.0
        self.heard = 0
        self.gaps_ms: list[float] = []
        self.wire_ms: list[float] = []
        self.newest_ms = 0
        self.stamped_ms: dict[float, int] = {}  # by when it was received, of the last few batches
        self._painted_ms = 0
        self._process = psutil.Process()
        self._cpu_s = 0.0

    def painted(self) -> None:
        """The chart was painted: how old is the newest trade that can be on it?"""
        if self.newest_ms > self._painted_ms:
            self._painted_ms = self.newest_ms
            self.wire_ms.append(time.time() * 1000.0 - self.newest_ms)

    def told(self) -> str:
        """One line of JSON, and a fresh start."""
        used = sum(self._process.cpu_times()[:2])
        gaps, self.gaps_ms = self.gaps_ms, []
        wire, self.wire_ms = self.wire_ms, []
        line = {
            "chart_s": self.chart_s,
            "map_s": self.map_s,
            "heard": self.heard,
            "gaps_ms": gaps,
            "wire_ms": wire,
            "rss": self._process.memory_info().rss,
            "cpu_s": used - self._cpu_s,
        }
        self._cpu_s = used
        return json.dumps(line)


def _count_trades(watch: Stopwatch) -> None:
    heard = folding.MarketFold.trade

    def trade(fold: folding.MarketFold, told: object, received_ms: float) -> None:
        heard(fold, told, received_ms)  # type: ignore[arg-type]
        if received_ms not in watch.stamped_ms:
            if len(watch.stamped_ms) >= _BATCHES:
                del watch.stamped_ms[next(iter(watch.stamped_ms))]
            watch.stamped_ms[received_ms] = told[1]  # type: ignore[index]
        if told[5] >= FLOODED_FROM:  # type: ignore[index]
            watch.heard += 1

    folding.MarketFold.trade = trade  # type: ignore[method-assign]


def _time_window(watch: Stopwatch) -> None:
    """Hook into the window once the program has made one."""
    from PySide6.QtCore import QEvent, QObject, Qt, QTimer

    from heatdesk.gui.live_desk import LiveDesk
    from heatdesk.gui.window import Window

    class Painted(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                watch.painted()
            return False

    show_candles, show_snapshot, show_live, start = (
        Window.show_candles, Window.show_snapshot, Window.show_live, LiveDesk.start,
    )  # fmt: skip

    @wraps(show_candles)  # Qt finds a slot by its name
    def candles(window: Window, snapshot: object) -> None:
        show_candles(window, snapshot)  # type: ignore[arg-type]
        watch.chart_s = watch.chart_s or time.time()

    @wraps(show_snapshot)
    def snapshot(window: Window, shown: object) -> None:
        show_snapshot(window, shown)  # type: ignore[arg-type]
        watch.chart_s = watch.chart_s or time.time()
        watch.map_s = watch.map_s or time.time()

    @wraps(show_live)
    def live(window: Window, now: object, *rest: object) -> None:
        show_live(window, now, *rest)  # type: ignore[arg-type]
        shown = window.snapshot
        if shown is not None:
            states = [now.markets.get(market) for market in shown.markets]  # type: ignore[attr-defined]
            stamped = [watch.stamped_ms.get(s.received_ms, 0) for s in states if s is not None]
            watch.newest_ms = max([watch.newest_ms, *stamped])

    def begin(desk: LiveDesk) -> None:
        start(desk)
        viewport = desk._window.desk.chart.canvas.viewport()
        viewport.installEventFilter(Painted(viewport))
        last = [time.perf_counter()]

        def tick() -> None:
            now = time.perf_counter()
            watch.gaps_ms.append((now - last[0]) * 1000.0)
            last[0] = now

        timer = QTimer(desk)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(tick)
        timer.start(_TICK_MS)

    Window.show_candles, Window.show_snapshot = candles, snapshot  # type: ignore[method-assign,assignment]
    Window.show_live, LiveDesk.start = live, begin  # type: ignore[method-assign,assignment]


def _see_first_map(watch: Stopwatch) -> None:
    from heatdesk.gui.window import Window

    show_snapshot = Window.show_snapshot

    @wraps(show_snapshot)
    def snapshot(window: Window, shown: object) -> None:
        show_snapshot(window, shown)  # type: ignore[arg-type]
        watch.map_s = watch.map_s or time.time()

    Window.show_snapshot = snapshot  # type: ignore[method-assign,assignment]


def main() -> int:
    """Run the program until it is ended."""
    watch = Stopwatch()
    save(Settings().changed("session", first_page_seen=True))
    if "idle" in sys.argv[1:]:
        _see_first_map(watch)
    else:
        _count_trades(watch)
        _time_window(watch)

    def answer() -> None:
        for line in sys.stdin:
            if line.strip() == "tell":
                print(watch.told(), flush=True)

    threading.Thread(target=answer, daemon=True).start()
    return app.run()


if __name__ == "__main__":
    sys.exit(main())
