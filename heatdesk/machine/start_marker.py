"""A file that stands while the program starts: one that is still there says that a start never got to its window.

Qt can end the process over a damaged window state, without a word; the next start must not try the same again for ever.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from heatdesk.machine import paths
from heatdesk.machine.files import UnreadableError, read_bounded, set_aside

NAME: Final = "starting"
FAILED_FOR_FRESH_WINDOW: Final = 2
FAILED_FOR_FRESH_SETTINGS: Final = 3
_MOST_BYTES: Final = 4096
_TIMES: Final = {2: "twice", 3: "three times"}


def begin() -> int:
    """Mark that a start is under way; returns how many before it never came as far as a window.

    Where the mark cannot be written there is none: nothing depends on it but the rescue.
    """
    failed, under_way = _sorted(_pids())
    _write([*failed, *under_way, os.getpid()])
    return len(failed)


def finish() -> None:
    """The window is there, or was closed in good order: nothing before this counts any more."""
    _, under_way = _sorted(_pids())
    _write(under_way)


def put_aside_suspects(failed: int) -> tuple[str, ...]:
    """After so many failed starts move aside what may be to blame; returns what the user should be told.

    The window's state after two, the settings too after three. Nothing is deleted.
    """
    notices: list[str] = []
    for least, name, fresh in (
        (FAILED_FOR_FRESH_WINDOW, "window.json", "the window opens as new"),
        (FAILED_FOR_FRESH_SETTINGS, "settings.toml", "every setting starts from its default"),
    ):
        path = Path(os.path.realpath(paths.config() / name))
        if failed >= least and path.exists():
            aside = set_aside(path)
            kept = (
                f"{name} is kept as {aside.name}" if aside else f"{name} cannot be moved and is tried again"
            )
            times = _TIMES.get(failed, f"{failed} times")
            notices.append(f"heatdesk ended {times} before its window was there: {fresh}, {kept}.")
    return tuple(notices)


def _path() -> Path:
    return paths.config() / NAME


def _pids() -> list[int]:
    """Whose starts are marked; what is no number is left out."""
    try:
        raw = read_bounded(_path(), _MOST_BYTES) or b""
    except UnreadableError:
        return []
    return [int(word) for word in raw.split() if word.isdigit() and len(word) < 12]


def _sorted(pids: list[int]) -> tuple[list[int], list[int]]:
    """Starts that have ended without a window, and those that other running programs are at."""
    under_way = [pid for pid in pids if pid != os.getpid() and _runs(pid)]
    return [pid for pid in pids if pid not in under_way], under_way


def _runs(pid: int) -> bool:
    if os.name != "posix":  # elsewhere asking would end the process
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return pid > 0


def _write(pids: list[int]) -> None:
    path = _path()
    with suppress(OSError):
        if pids:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(" ".join(map(str, pids)), encoding="ascii")
        else:
            path.unlink(missing_ok=True)
