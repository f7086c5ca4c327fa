"""Programs of one user find each other; nobody else is let in."""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from heatdesk.machine import local_line
from heatdesk.machine.local_line import Door, Line, LineError, call


@pytest.fixture(params=["socket", "port"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose doors are of either kind."""
    if request.param == "port":
        monkeypatch.setattr(local_line, "_LONGEST_PATH", 0)
    else:
        monkeypatch.setattr(local_line, "_LONGEST_PATH", 107)
        if len(os.fsencode(tmp_path)) > 80:
            pytest.skip("the folder of tests lies too deep for a socket")
    return tmp_path / "running"


def _pair(door: Door, folder: Path) -> tuple[Line, Line]:
    """Both ends of a line."""
    accepted: list[Line | None] = []
    thread = threading.Thread(target=lambda: accepted.append(door.accept(2.0)))
    thread.start()
    caller = call(folder, "here")
    thread.join()
    assert caller is not None
    assert accepted[0] is not None
    return caller, accepted[0]


def test_messages_go_both_ways_whole(folder: Path):
    door = Door(folder, "here", most_bytes=1 << 20)
    caller, answerer = _pair(door, folder)
    with caller, answerer:
        caller.send(b"a")
        caller.send(b"")
        caller.send(b"x" * 100_000)
        assert [answerer.receive(1.0) for _ in range(3)] == [b"a", b"", b"x" * 100_000]
        answerer.send(b"back")
        assert caller.receive(1.0) == b"back"
        assert caller.receive(0.0) is None
    door.close()


def test_only_the_user_may_look_into_the_folder(folder: Path):
    door = Door(folder, "here")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.lstat().st_mode) for path in folder.iterdir()] == [0o600]
    door.close()
    assert not list(folder.iterdir())


def test_nobody_there(folder: Path):
    assert call(folder, "here") is None
    door = Door(folder, "here")
    door._ear.close()  # as a killed process leaves it: the file stays, nobody listens
    assert list(folder.iterdir())
    assert call(folder, "here") is None
    again = Door(folder, "here")
    caller, answerer = _pair(again, folder)
    caller.close()
    answerer.close()
    again.close()


def test_an_end_that_goes_is_noticed(folder: Path):
    door = Door(folder, "here")
    caller, answerer = _pair(door, folder)
    caller.close()
    with pytest.raises(LineError, match="gone"):
        answerer.receive(1.0)
    answerer.close()
    door.close()


def test_a_message_too_long_ends_the_line(folder: Path):
    door = Door(folder, "here", most_bytes=100)
    caller, answerer = _pair(door, folder)
    with caller, answerer:
        caller.send(b"x" * 101)
        with pytest.raises(LineError, match="101 bytes"):
            answerer.receive(1.0)
    door.close()


def test_who_does_not_know_the_secret_is_not_let_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local_line, "_LONGEST_PATH", 0)
    monkeypatch.setattr(local_line, "_PATIENCE_S", 0.5)
    door = Door(tmp_path, "here")
    port = int((tmp_path / "here.port").read_text().split()[0])
    (tmp_path / "guess.port").write_text(f"{port} {'00' * 32}")
    accepted: list[Line | None] = []
    thread = threading.Thread(target=lambda: accepted.append(door.accept(2.0)))
    thread.start()
    assert call(tmp_path, "guess") is None
    thread.join()
    assert accepted == [None]
    door.close()


def test_a_stranger_on_the_port_of_a_killed_process_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(local_line, "_LONGEST_PATH", 0)
    stranger = socket.create_server(("127.0.0.1", 0))
    (tmp_path / "here.port").write_text(f"{stranger.getsockname()[1]} {'ab' * 32}")

    def answer() -> None:
        with Line(stranger.accept()[0]) as line:
            line.send(b"n" * 32)
            line.receive(1.0)
            line.send(b"p" * 32)

    thread = threading.Thread(target=answer)
    thread.start()
    assert call(tmp_path, "here") is None
    thread.join()
    stranger.close()


@pytest.mark.parametrize("text", ["", "x", "99999999 00", "80", "1 zz", "9" * 300])
def test_a_damaged_address_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setattr(local_line, "_LONGEST_PATH", 0)
    (tmp_path / "here.port").write_text(text)
    assert call(tmp_path, "here") is None
