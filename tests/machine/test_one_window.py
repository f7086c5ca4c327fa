"""However often heatdesk is started, one window opens, and the others bring it to the front."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heatdesk.errors import MachineError
from heatdesk.machine import one_window, paths
from heatdesk.machine.local_line import call
from heatdesk.machine.one_window import first_window
from heatdesk.machine.process_lock import ProcessLock

_START = """
import sys, time
from heatdesk.machine.one_window import first_window
place = first_window(sys.argv[1])
print("first" if place else "raised", flush=True)
if place:
    sys.stdin.read()
    place.stop()
"""


def _start(symbol: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _START, symbol],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_second_start_raises_the_first_window():
    heard: list[str] = []
    place = first_window()
    assert place is not None
    assert first_window("ETH/USDT:USDT") is None  # before anybody listens
    place.listen(heard.append)
    assert heard == ["ETH/USDT:USDT"]
    assert first_window() is None
    assert heard == ["ETH/USDT:USDT", ""]
    place.stop()
    again = first_window()
    assert again is not None
    again.stop()


@pytest.mark.parametrize("nonsense", [b"", b"quit", b"raise \xff", b"raise a b", b"raise " + b"x" * 65])
def test_nothing_else_can_be_asked(nonsense: bytes):
    heard: list[str] = []
    place = first_window()
    assert place is not None
    place.listen(heard.append)
    line = call(paths.running(), "window")
    assert line is not None
    with line:
        line.send(nonsense)
        time.sleep(0.05)
    assert first_window() is None
    assert heard == [""]
    place.stop()


def test_a_symbol_that_is_none_is_not_passed_on():
    heard: list[str] = []
    place = first_window()
    assert place is not None
    place.listen(heard.append)
    assert first_window("<b>β</b>") is None
    assert heard == [""]
    place.stop()


def test_a_killed_window_leaves_nothing_behind(home: Path):
    with _start() as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "first\n"
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    began = time.monotonic()
    place = first_window()
    assert place is not None
    assert time.monotonic() - began < 1.0
    place.stop()


def test_many_starts_at_once_open_one_window():
    several = 50
    starts = [_start() for _ in range(several)]
    said = [start.stdout.readline().strip() for start in starts]  # type: ignore[union-attr]
    assert sorted(said) == ["first"] + ["raised"] * (several - 1)
    for start in starts:
        start.communicate(timeout=10)


def test_a_window_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(one_window, "_PATIENCE_S", 0.2)
    lock = ProcessLock(paths.running() / "window.lock")
    with pytest.raises(MachineError, match="open already"):
        first_window()
    lock.release()


def test_where_nothing_can_be_written_a_window_opens_all_the_same(home: Path):
    home.parent.mkdir(exist_ok=True)
    home.write_text("in the way")
    place = first_window()
    assert place is not None
    place.stop()
