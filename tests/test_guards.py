"""The fixtures that keep tests honest do fail what they should."""

from __future__ import annotations

import pickle  # noqa: TID251  (to see it refused)
import shutil
import socket
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path

import pytest

_CONFTEST = Path(__file__).with_name("conftest.py")

_LEAKS = """
import threading, time

def test_thread():
    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()

def test_window(qtbot):
    from PySide6.QtWidgets import QWidget
    global window
    window = QWidget()
    window.show()

def test_timer(qtbot):
    from PySide6.QtCore import QTimer
    global timer
    timer = QTimer()
    timer.start(60_000)

def test_clean(qtbot):
    from PySide6.QtWidgets import QWidget
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
"""


def test_what_a_test_leaves_behind_fails_it(tmp_path: Path) -> None:
    shutil.copy(_CONFTEST, tmp_path)
    (tmp_path / "test_leaks.py").write_text(_LEAKS)
    shown = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-rA",
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "4 passed, 3 errors" in shown.stdout, shown.stdout[-2000:]
    for name in ("thread", "window", "timer"):
        assert f"ERROR test_leaks.py::test_{name}" in shown.stdout


def test_far_addresses_are_refused() -> None:
    with pytest.raises(PermissionError, match="no network"):
        socket.create_connection(("192.0.2.1", 443), timeout=0.1)
    with pytest.raises(PermissionError, match="no network"):
        socket.getaddrinfo("example.org", 443)


def test_this_machine_may_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        waiting = threading.Thread(target=lambda: server.accept()[0].close())
        waiting.start()
        socket.create_connection(server.getsockname(), timeout=5).close()
        waiting.join()


def test_unpickling_is_refused() -> None:
    with pytest.raises(PermissionError, match="unpickles"):
        pickle.loads(pickle.dumps(Fraction(1, 2)))
