"""What a control of the window costs: a view change as a ratio to an empty frame, a model change to its new picture.

The window shows 30 days of 5m candles. Beside a model change a GUI timer ticks: the longest time between two ticks is
the longest the window stood still. The engine remembers what it replayed, so every question is asked of a model whose
churn was never used before, but for the rows that say *again*; of two exchanges the one that was shown is remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count, cycle
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.gui.bridge import Bridge
from heatdesk.gui.view import View
from heatdesk.gui.window import Window
from heatdesk.market import COLUMNS, DAY_MS, MINUTE_MS, Kind, Records, SeriesKey
from heatdesk.store.memory import MemoryStore
from tests.bench.kernel import candles

Row = dict[str, Any]
SYMBOL = "BTC/USDT:USDT"
EXCHANGES = ("binance", "bybit")
SIZE = (1600, 900)
MOST_MS = 150.0
LONGEST_GAP_MS = 50.0
MOST_EMPTY_PANS = 2.0
_ROUNDS, _FRAMES = 7, 9
_TOGGLES = 12
_TIMEOUT_MS = 30_000
_TICK_MS = 4
_REST_MS = 1_000
_CHURNS = count(0.2, 1e-6)


def stored() -> MemoryStore:
    """40 days of 5m candles and open interest on two exchanges, 30 of them shown."""
    store = MemoryStore()
    for seed, exchange in enumerate(EXCHANGES, 1):
        series = candles(40 * 288, 5 * MINUTE_MS, seed)
        prices = {name: getattr(series, name) for name in COLUMNS[Kind.CANDLES]}
        key = SeriesKey(exchange, SYMBOL, Kind.CANDLES, "5m")
        store.append(key, Records(Kind.CANDLES, series.time_ms, prices))
        store.append(
            replace(key, kind=Kind.OPEN_INTEREST),
            Records(Kind.OPEN_INTEREST, series.time_ms, {"open_interest": series.open_interest}),
        )
    return store


class Bench:
    """The real window over a real engine, and a timer that notices when the window stands still."""

    def __init__(self, question: Question) -> None:
        self.bridge = Bridge(lambda: Engine(stored()), lambda _: question)
        self.window = Window(self.bridge, View())
        self.window.resize(*SIZE)
        self.window.show()
        self._answers: list[Snapshot] = []
        self._ticks: list[float] = []
        self._timer = QTimer(self.window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(lambda: self._ticks.append(perf_counter()))
        self.bridge.answered.connect(self._answers.append)
        self.bridge.start()
        self._until_answered()

    def _until_answered(self) -> None:
        """Let the window run as it does for a user: it sleeps while there is nothing to do."""
        self._answers.clear()
        waiting = QEventLoop()
        self.bridge.answered.connect(waiting.quit)
        QTimer.singleShot(_TIMEOUT_MS, waiting, waiting.quit)
        waiting.exec()
        if not self._answers:
            raise RuntimeError("the window got no answer")

    def picture_after(self, question: Question) -> tuple[float, float]:
        """Milliseconds from a question to its picture, and the longest the window stood still meanwhile."""
        self._ticks.clear()
        self._timer.start()
        QApplication.processEvents()
        began = perf_counter()
        self.window.ask(question)
        self._until_answered()
        QApplication.processEvents()
        ended = perf_counter()
        self._timer.stop()
        marks = np.array([began, *(t for t in self._ticks if began < t < ended), ended])
        return 1e3 * (ended - began), 1e3 * float(np.diff(marks).max())

    def frame(self, view: View) -> float:
        """Seconds from a view change to the painted window."""
        began = perf_counter()
        self.window.set_view(view)
        QApplication.processEvents()
        return perf_counter() - began

    def rest(self, ms: int) -> None:
        """Let the window stand, as it does while someone looks at it."""
        waiting = QEventLoop()
        QTimer.singleShot(ms, waiting.quit)
        waiting.exec()

    def close(self) -> None:
        """Take it down."""
        self.bridge.stop()
        self.window.close()
        self.window.deleteLater()
        QApplication.processEvents()


class EmptyPan:
    """A pyqtgraph window with nothing in it, panned."""

    def __init__(self) -> None:
        self._plot = pg.PlotWidget()
        self._plot.resize(*SIZE)
        self._plot.setXRange(0.0, 1e8, padding=0)
        self._plot.show()
        self._steps = cycle((1, 1, -1, -1))

    def frame(self) -> float:
        """Seconds of one pan."""
        began = perf_counter()
        (low, high), _ = self._plot.viewRange()
        moved = next(self._steps) * 11 * (high - low) / self._plot.width()
        self._plot.setXRange(low + moved, high + moved, padding=0)
        QApplication.processEvents()
        return perf_counter() - began

    def close(self) -> None:
        """Take it down."""
        self._plot.close()
        self._plot.deleteLater()


def rows() -> list[Row]:
    """View changes of the whole window ÷ an empty pan frame, and model changes to the new picture."""
    application = QApplication.instance() or QApplication([])
    question = Question(SYMBOL, EXCHANGES, "5m", lookback_ms=30 * DAY_MS)
    bench, empty = Bench(question), EmptyPan()
    high = bench.window.desk.chart.contrast_limits[1]
    views = {
        "slider": cycle([View(low=0.0, high=high * f) for f in (0.5, 0.6, 0.7, 0.8)]),
        "palette": cycle([View(palette="dark-bright"), View(palette="safe")]),
        "side": cycle([View(side="long"), View(side="short")]),
        "net": cycle([View(side="net"), View()]),
        "slider of bands": cycle([View(high=high * f, low=0.0, rendering="bands") for f in (0.5, 0.6, 0.7)]),
    }
    cases: dict[str, Callable[[], float]] = {"empty": empty.frame} | {
        name: lambda looks=looks: bench.frame(next(looks)) for name, looks in views.items()
    }
    seconds = _interleaved(cases)
    bench.frame(View())
    one = replace(question, exchanges=EXCHANGES[:1])
    toggles = {
        "tier": (one, replace(one, tiers=(5.0, 10.0, 25.0))),
        "estimator": (one, replace(one, params=replace(one.params, estimator="oi-steps"))),
        "exchange": (one, replace(one, exchanges=EXCHANGES[1:])),
        "one or two exchanges": (question, one),
    }
    found = {name: _toggled(bench, *pair) for name, pair in toggles.items()}
    found |= {f"{name} again": _toggled_again(bench, *pair) for name, pair in toggles.items()}
    first, rested = _first_frames(bench, one, rest_ms=0), _first_frames(bench, one, rest_ms=_REST_MS)
    bench.close()
    empty.close()
    application.processEvents()
    table = [
        _row(f"window: {name} ÷ empty pan", seconds[name] / seconds["empty"], "×", MOST_EMPTY_PANS)
        for name in views
    ]
    table.append(_row("window: first frame of a side of a map just shown", first, "ms", LONGEST_GAP_MS))
    table.append(_row("window: first frame of a side, a second later", rested, "ms", LONGEST_GAP_MS))
    for name, (whole, gap) in found.items():
        table.append(_row(f"window: {name} toggle to the new picture, 30 days of 5m", whole, "ms", MOST_MS))
        table.append(_row(f"window: longest standstill during a {name} toggle", gap, "ms", LONGEST_GAP_MS))
    return table


def _interleaved(cases: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Seconds of every case: the quietest of the rounds, each told by its median; the first round warms up."""
    rounds: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(_ROUNDS + 1):
        for name, frame in cases.items():
            frames = [frame() for _ in range(_FRAMES)]
            if number:
                rounds[name].append(median(frames))
    return {name: min(values) for name, values in rounds.items()}


def _toggled(bench: Bench, question: Question, other: Question) -> tuple[float, float]:
    """Median milliseconds to the picture and median longest standstill, there and back; the first two warm up.

    What is asked for was never asked before; only what it shares with what is shown is remembered.
    """
    pairs = []
    for before, after in ((question, other), (other, question)) * (_TOGGLES // 2 + 1):
        churn = next(_CHURNS)
        bench.picture_after(_with_churn(before, churn))
        pairs.append(bench.picture_after(_with_churn(after, churn)))
    return _medians(pairs)


def _toggled_again(bench: Bench, question: Question, other: Question) -> tuple[float, float]:
    """The same between two questions that are both remembered."""
    return _medians([bench.picture_after(asked) for asked in (other, question) * (_TOGGLES // 2 + 1)])


def _medians(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    whole, gaps = zip(*pairs[2:], strict=True)
    return median(whole), median(gaps)


def _first_frames(bench: Bench, question: Question, rest_ms: int) -> float:
    """Median milliseconds of the first frame of a side of a map that was looked at as a whole for so long."""
    taken = []
    for side in ("long", "short", "net") * 3:
        bench.frame(View())
        bench.picture_after(_with_churn(question, next(_CHURNS)))
        if rest_ms:
            bench.rest(rest_ms)
        taken.append(1e3 * bench.frame(View(side=side)))
    bench.frame(View())
    return median(taken)


def _with_churn(question: Question, churn: float) -> Question:
    return replace(question, params=replace(question.params, churn=churn))


def _row(name: str, value: float, unit: str, target: float) -> Row:
    return {"name": name, "value": value, "unit": unit, "target": target, "ok": value <= target}
