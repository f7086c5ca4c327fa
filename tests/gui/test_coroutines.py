"""The window's coroutines run on Qt's own loop, and none outlives it."""

from __future__ import annotations

import os
import subprocess
import sys

_RUNS = """
import asyncio, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from heatdesk.gui.coroutines import Coroutines

application = QApplication([])
told = []

async def waits():
    for _ in range(3):
        await asyncio.sleep(0.01)
    told.append("waited")

async def fails():
    await asyncio.sleep(0)
    raise ValueError("on purpose")

async def for_ever():
    try:
        await asyncio.sleep(3600)
    finally:
        told.append("cancelled")

def begin():
    coroutines.append(Coroutines(application))
    for one in (waits(), fails(), for_ever()):
        coroutines[0].begin(one)

coroutines = []
QTimer.singleShot(0, begin)
QTimer.singleShot(300, application.quit)
status = application.exec()
began = time.monotonic()
coroutines[0].stop()
print(status, told, time.monotonic() - began < 0.3)
"""


def test_they_run_beside_qt_and_end_with_it():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _RUNS],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout.strip() == "0 ['waited', 'cancelled'] True", done.stderr
    assert "on purpose" in done.stderr
    assert "never retrieved" not in done.stderr
    assert "was destroyed" not in done.stderr
