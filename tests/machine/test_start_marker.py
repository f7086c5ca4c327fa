"""Two starts that end before their window is there, and the third opens without what may be to blame."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heatdesk.machine import paths, start_marker

CRASH = "import os; from heatdesk.machine import start_marker as s; print(s.begin()); os._exit(1)"


def crash(home: Path) -> str:
    """A start in a process of its own that ends hard before its window is there."""
    done = subprocess.run(
        [sys.executable, "-c", CRASH],
        env={**os.environ, "HEATDESK_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_failed_starts_are_counted_until_one_succeeds(home: Path) -> None:
    assert [crash(home) for _ in range(3)] == ["0", "1", "2"]
    assert start_marker.begin() == 3
    start_marker.finish()
    assert not (paths.config() / start_marker.NAME).exists()
    assert start_marker.begin() == 0
    start_marker.finish()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere every mark of another process counts as failed")
def test_another_program_that_is_starting_has_not_failed(home: Path) -> None:
    code = "from heatdesk.machine import start_marker as s; s.begin(); print('begun', flush=True); input()"
    other = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "HEATDESK_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "begun\n"
    assert start_marker.begin() == 0
    start_marker.finish()
    assert (paths.config() / start_marker.NAME).read_text() == str(other.pid)
    other.communicate("\n")
    assert start_marker.begin() == 1, "it ended without its window"
    start_marker.finish()


@pytest.mark.parametrize("content", [b"", b"\xff\x00garbage -1 1e9 0x10", b"7" * 10_000, b"99999999999 0"])
def test_any_mark_can_be_read(home: Path, content: bytes) -> None:
    paths.config().mkdir(parents=True)
    (paths.config() / start_marker.NAME).write_bytes(content)
    assert start_marker.begin() <= 2
    start_marker.finish()
    assert start_marker.begin() == 0


def test_without_a_place_for_the_mark_there_is_none(home: Path) -> None:
    home.write_text("a file where the folder should be")
    assert start_marker.begin() == 0
    start_marker.finish()


@pytest.mark.parametrize(
    ("failed", "moved"), [(0, []), (1, []), (2, ["window.json"]), (3, ["window.json", "settings.toml"])]
)
def test_what_may_be_to_blame_is_moved_aside_and_kept(home: Path, failed: int, moved: list[str]) -> None:
    paths.config().mkdir(parents=True)
    for name in ("window.json", "settings.toml"):
        (paths.config() / name).write_text(f"the {name} of last time")
    notices = start_marker.put_aside_suspects(failed)
    assert len(notices) == len(moved)
    for name, notice in zip(moved, notices, strict=True):
        assert not (paths.config() / name).exists()
        kept = paths.config() / f"{name}.damaged-1"
        assert kept.read_text() == f"the {name} of last time"
        assert kept.name in notice
        assert ("twice" if failed == 2 else "three times") in notice
    left = {"window.json", "settings.toml"} - set(moved)
    assert all((paths.config() / name).exists() for name in left)
