"""What every test may rely on: a home of its own, no network, nothing left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples every time: a red test stays red until it is mended.
settings.register_profile("heatdesk", deadline=None, derandomize=True)
settings.load_profile("heatdesk")

# Before anything imports Qt or the compiler.
_CHECKOUT = Path(__file__).parent.parent
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
os.environ.setdefault("HEATDESK_OFFLINE", "1")  # tests of feeds dial loopback exchanges, and say so
os.environ.setdefault("NUMBA_CACHE_DIR", str(_CHECKOUT / ".pytest_cache" / "kernels"))
if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    if (
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen") == "offscreen"
    ):  # with screens of several resolutions
        os.environ["QT_QPA_PLATFORM"] += f":configfile={_CHECKOUT / 'tests' / 'screens.json'}"


_LONG_S = 1200  # for long volumes, which a busy machine makes several times as long


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long volumes have more time than other tests, unless they say how much they need."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_LONG_S))


def _audit(event: str, args: tuple[Any, ...]) -> None:
    """Refuse, in the whole test process, what the program promises never to do."""
    if event in ("socket.connect", "socket.sendto"):
        _refuse_far(args[1][0] if isinstance(args[1], tuple) else None)
    elif event == "socket.getaddrinfo":
        _refuse_far(args[0])
    elif event == "pickle.find_class":
        _refuse_foreign_pickle(*args)


def _refuse_far(host: object) -> None:
    """Only this machine may be reached: a path (None), or a loopback address."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is not None and not str(name).startswith("127.") and name not in ("", "::1", "localhost"):
        raise PermissionError(f"a test tried to reach {name}: tests use no network")


def _refuse_foreign_pickle(module: str, name: str) -> None:
    """The compiler reads its own cache, processes talk to their children, a cluster to us; nothing else unpickles."""
    frame = sys._getframe()
    callers = set()
    while frame is not None:
        callers.add(frame.f_globals.get("__name__", "").partition(".")[0])
        frame = frame.f_back
    if not callers & {"numba", "multiprocessing", "concurrent", "distributed"}:
        raise PermissionError(f"something unpickles {module}.{name}")


sys.addaudithook(_audit)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real data and oracles; without HEATDESK_SHARED the test is skipped."""
    folder = os.environ.get("HEATDESK_SHARED")
    if not folder:
        pytest.skip("HEATDESK_SHARED is not set: no real market data here")
    path = Path(folder).resolve()
    assert path.is_dir(), f"HEATDESK_SHARED is {path}, which is no folder"
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: whatever heatdesk writes lands there."""
    folder = tmp_path / "heatdesk-home"
    monkeypatch.setenv("HEATDESK_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail a test that leaves a thread behind; a thread that is ending gets two seconds."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2
    while left := [t for t in threading.enumerate() if t not in before and not _lives_for_ever(t)]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads left behind: {', '.join(t.name for t in left)}")
        time.sleep(0.01)


def _lives_for_ever(thread: threading.Thread) -> bool:
    """Threads that are started once and kept: a progress bar's watch, Qt's that Python only met, those that paint."""
    return type(thread).__name__ in ("TMonitor", "_DummyThread") or thread.name.startswith("stripes_")


@pytest.fixture(autouse=True)
def no_qt_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a Qt test that leaves a window open, a timer running or a Qt thread running."""
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    before = _alive_in_qt()
    yield
    left = [thing for thing in _alive_in_qt() if thing not in before]
    if left:
        pytest.fail(f"Qt objects left behind: {', '.join(map(repr, left))}")


def _alive_in_qt() -> list[Any]:
    from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    if QApplication.instance() is None:
        return []
    for _ in range(2):  # what dies first may release what dies second
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
    qt = [thing for thing in gc.get_objects() if issubclass(type(thing), QTimer | QThread) and isValid(thing)]
    running = [
        thing for thing in qt if (thing.isActive() if isinstance(thing, QTimer) else thing.isRunning())
    ]
    return QApplication.topLevelWidgets() + running
