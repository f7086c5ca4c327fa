"""A screen to measure windows on: that of the person where it is large enough, else an X server of our own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.screen.x_server import x_server

CHECKOUT = Path(__file__).parents[2]


@contextmanager
def screen(width: int, height: int) -> Iterator[dict[str, str]]:
    """The environment of a program that has a screen of at least this size.

    Without an X server at hand Qt draws into memory, where nothing can be drawn by OpenGL.
    """
    inherited = {**os.environ, "PYQTGRAPH_QT_LIB": "PySide6", "PYTHONPATH": str(CHECKOUT)}
    inherited.pop("QT_QPA_PLATFORM", None)
    shown = sys.platform != "linux" or inherited.get("DISPLAY") or inherited.get("WAYLAND_DISPLAY")
    if shown and _largest() >= (width, height):
        yield inherited
    elif shutil.which("Xvfb"):
        inherited.pop("WAYLAND_DISPLAY", None)
        with x_server(width, height) as display:
            yield {**inherited, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    else:
        yield {**inherited, "QT_QPA_PLATFORM": "offscreen"}


def told_by(module: str, *arguments: object, environment: dict[str, str], timeout_s: float) -> dict[str, Any]:
    """What a program of the bench, ``python -m module arguments``, prints in its last line, as JSON.

    Raises subprocess.CalledProcessError where it fails, subprocess.TimeoutExpired where it hangs.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        env=environment,
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=timeout_s,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _largest() -> tuple[int, int]:
    """Width and height of the person's first screen, in pixels; asked in a process of its own."""
    code = (
        "from PySide6.QtGui import QGuiApplication as A; a = A([]); s = a.primaryScreen();"
        "r = s.devicePixelRatio(); print(round(s.size().width() * r), round(s.size().height() * r))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    told = done.stdout.split()
    return (int(told[0]), int(told[1])) if len(told) == 2 else (0, 0)
