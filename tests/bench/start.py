"""Process start to the first painted window and to the first painted map, against an empty pyqtgraph window's start.

How long it takes until exchanges are heard stands with the live rows.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from heatdesk.market import Kind, Records, SeriesKey
from heatdesk.store.sqlite import SqliteStore
from tests.gui.window.market import BTC, candles

ROUNDS = 5
TARGET = 2.5
_DAYS = 30

_EMPTY = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import pyqtgraph as pg
class Plot(pg.PlotWidget):
    def paintEvent(self, event):
        super().paintEvent(event)
        print(time.time(), flush=True)
        QTimer.singleShot(0, application.quit)
application = QApplication([])
plot = Plot()
plot.resize(1280, 800)
plot.show()
application.exec()
"""

_OURS = """
import sys, time
from heatdesk import app
application = app._application
def watched(**asked):
    made = application(**asked)
    from PySide6.QtCore import QEvent, QObject, QTimer
    from heatdesk.gui.window import Window
    class Watch(QObject):
        def __init__(self, then):
            super().__init__(made)
            self.then = then
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Paint and self.then is not None:
                then, self.then = self.then, None
                QTimer.singleShot(0, then)
            return False
    def finish():
        print(time.time(), *window_s, 'ccxt' in sys.modules, flush=True)
        made.quit()
    window_s = []
    window_seen, map_seen = Watch(lambda: window_s.append(time.time())), Watch(finish)
    show, show_snapshot_of = Window.showEvent, Window.show_snapshot
    def show_event(window, event):
        window.installEventFilter(window_seen)
        show(window, event)
    def show_snapshot(window, snapshot):
        show_snapshot_of(window, snapshot)
        window.desk.chart.canvas.viewport().installEventFilter(map_seen)
    Window.showEvent, Window.show_snapshot = show_event, show_snapshot
    return made
app._application = watched
app.run()
"""


def _store_history(home: Path) -> None:
    """A month of five-minute candles with open interest, as an import leaves it."""
    history = candles(_DAYS, 60_000.0, seed=1)
    steps = np.random.default_rng(2).normal(0, 0.002, len(history))
    interest = {"open_interest": 80_000 * np.exp(np.cumsum(steps))}
    with SqliteStore(home / "data" / "history") as store:
        store.append(SeriesKey("binance", BTC, Kind.CANDLES, "5m"), history)
        store.append(
            SeriesKey("binance", BTC, Kind.OPEN_INTEREST, "5m"),
            Records(Kind.OPEN_INTEREST, history.time_ms, interest),
        )
    read_before = (
        "schema = 1\nentries = 1\n\n[session]\nfirst_page_seen = true\n"  # the page stands before the map
    )
    (home / "config").mkdir()
    (home / "config" / "settings.toml").write_text(read_before, encoding="utf-8")


def _told(code: str, environment: dict[str, str]) -> tuple[float, list[str]]:
    """When a Python was started, and what it printed."""
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    return started, done.stdout.split()


def rows() -> list[dict[str, object]]:
    """The start ratios (medians of interleaved rounds) and whether ccxt waited."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _store_history(home)
        # bytecode of both is kept, as an installation keeps it, whatever the checkout's own settings are
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {
            **inherited,
            "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
            "HEATDESK_HOME": folder,
            "HEATDESK_OFFLINE": "1",
            "QT_QPA_PLATFORM": "offscreen",
            "PYQTGRAPH_QT_LIB": "PySide6",
        }
        _told(_OURS, environment)  # compiles the kernels once, as the first start of an installation does
        _told(_EMPTY, environment)
        empty, windows, maps, ccxt = [], [], [], set()
        for _ in range(ROUNDS):
            started, (painted,) = _told(_EMPTY, environment)
            empty.append(float(painted) - started)
            started, (map_painted, window_painted, imported) = _told(_OURS, environment)
            windows.append(float(window_painted) - started)
            maps.append(float(map_painted) - started)
            ccxt.add(imported)
    window, whole, plot = (statistics.median(taken) for taken in (windows, maps, empty))
    return [
        _row("start to first painted map / start of an empty pyqtgraph window", whole / plot, "x", TARGET),
        _row("start to first painted window / the same", window / plot, "x", None),
        _row("start to first painted window", window, "s", None),
        _row("start to first painted map", whole, "s", None),
        _row("ccxt imported before the first paint", float(ccxt != {"False"}), "", 0.0),
    ]


def _row(name: str, value: float, unit: str, target: float | None) -> dict[str, object]:
    ok = target is None or value <= target
    return {"name": name, "value": round(value, 2), "unit": unit, "target": target, "ok": ok}
