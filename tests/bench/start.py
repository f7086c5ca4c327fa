"""Process start to first painted map, against process start to an empty pyqtgraph window."""

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
def watched():
    made = application()
    from PySide6.QtCore import QEvent, QObject, QTimer
    from heatdesk.gui.window import Window
    class Watch(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Paint and not seen:
                seen.append(1)
                QTimer.singleShot(0, finish)
            return False
    def finish():
        print(time.time(), 'ccxt' in sys.modules, flush=True)
        made.quit()
    seen, watch, show = [], Watch(made), Window.show_snapshot
    def show_snapshot(window, snapshot):
        show(window, snapshot)
        window.desk.chart.canvas.viewport().installEventFilter(watch)
    Window.show_snapshot = show_snapshot
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


def _seconds(code: str, environment: dict[str, str]) -> tuple[float, str]:
    """Seconds from starting a Python to the time it prints, and what else it prints."""
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    painted, _, rest = done.stdout.strip().partition(" ")
    return float(painted) - started, rest


def rows() -> list[dict[str, object]]:
    """The start ratio (medians of interleaved rounds) and whether ccxt waited."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _store_history(home)
        # bytecode of both is kept, as an installation keeps it, whatever the checkout's own settings are
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {
            **inherited,
            "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
            "HEATDESK_HOME": folder,
            "QT_QPA_PLATFORM": "offscreen",
            "PYQTGRAPH_QT_LIB": "PySide6",
        }
        _seconds(_OURS, environment)  # compiles the kernels once, as the first start of an installation does
        _seconds(_EMPTY, environment)
        empty, ours, ccxt = [], [], set()
        for _ in range(ROUNDS):
            empty.append(_seconds(_EMPTY, environment)[0])
            seconds, imported = _seconds(_OURS, environment)
            ours.append(seconds)
            ccxt.add(imported)
    ratio = statistics.median(ours) / statistics.median(empty)
    return [
        {
            "name": "start to first painted map / start of an empty pyqtgraph window",
            "value": round(ratio, 2),
            "unit": "x",
            "target": TARGET,
            "ok": ratio <= TARGET,
        },
        {
            "name": "start to first painted map",
            "value": round(statistics.median(ours), 2),
            "unit": "s",
            "target": None,
            "ok": True,
        },
        {
            "name": "ccxt imported before the first paint",
            "value": int(ccxt != {"False"}),
            "unit": "",
            "target": 0,
            "ok": ccxt == {"False"},
        },
    ]
