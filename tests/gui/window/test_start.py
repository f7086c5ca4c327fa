"""What a start brings along before the window is painted: nothing that waits for a wish."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from heatdesk.market import Kind, SeriesKey
from heatdesk.store.sqlite import SqliteStore

from .market import BTC, candles

# What is needed for feeds, files, scores and dialogs, and takes from a tenth of a second to some seconds.
_LATER = (
    "ccxt",
    "aiohttp",
    "asyncio",
    "pyarrow",
    "ssl",
    "scipy",
    "matplotlib",
    "PySide6.QtNetwork",
    "heatdesk.commands.doctor",
    "heatdesk.export",
    "heatdesk.feed.network",
    "heatdesk.feed.service",
    "heatdesk.feed.simulated",
    "heatdesk.gui.coroutines",
    "heatdesk.gui.picture",
    "heatdesk.gui.panels.score_view",
    "heatdesk.recording.recorder",
    "heatdesk.scoring",
)
_DIALOGS = "heatdesk.gui.dialogs."
_SHARED_BY_DIALOGS = {"heatdesk.gui.dialogs.quit_key"}

_PAINTED_AND_MAPPED = """
import json, sys
from heatdesk import app
application = app._application

def watched(*args, **named):
    made = application(*args, **named)
    from PySide6.QtCore import QTimer
    from heatdesk.gui.first_paint import FirstPaint
    from heatdesk.gui.window import Window
    begun, show = FirstPaint.__init__, Window.show_snapshot

    def noted(paint, window):
        begun(paint, window)
        paint.seen.connect(lambda: told.setdefault("painted", sorted(sys.modules)))

    def mapped(window, snapshot):
        show(window, snapshot)
        told.setdefault("mapped", sorted(sys.modules))
        end(window)

    def end(window):
        if "painted" not in told:
            QTimer.singleShot(20, lambda: end(window))
            return
        print(json.dumps(told), flush=True)
        window.close()

    FirstPaint.__init__, Window.show_snapshot = noted, mapped
    return made

told = {}
app._application = watched
app.run(offline=True)
"""


@pytest.fixture
def told(home: Path) -> dict[str, list[str]]:
    """The modules that were there when the window was first painted, and when it showed its first map."""
    with SqliteStore(home / "data" / "history") as store:
        store.append(SeriesKey("binance", BTC, Kind.CANDLES, "5m"), candles(1, 60_000.0, seed=1))
    done = subprocess.run(
        [sys.executable, "-c", _PAINTED_AND_MAPPED],
        env={**os.environ, "HEATDESK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_nothing_is_imported_for_the_first_window_or_map_that_neither_shows(told: dict[str, list[str]]):
    for moment in ("painted", "mapped"):
        there = set(told[moment])
        assert there & set(_LATER) == set(), moment
        dialogs = {name for name in there if name.startswith(_DIALOGS)}
        assert dialogs <= _SHARED_BY_DIALOGS, moment
