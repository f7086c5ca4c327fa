"""A file that stands while a graphics card begins to draw: a driver can end the process without a word.

One that is still there at the next start says that it did, and when. Ended as the card began to draw, it is left alone;
ended as the application was made, which loads the driver, there may just have been no screen: the card is tried anew.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from heatdesk.machine import paths
from heatdesk.machine.files import UnreadableError, read_bounded

LOADING, DRAWING = STAGES = ("loading", "drawing")
_MOST_BYTES: Final = 1024


def begin(stage: str = DRAWING) -> None:
    """Mark that one of `STAGES` begins. Where that cannot be written nothing but the rescue is lost."""
    with suppress(OSError):
        _path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _path().write_text(stage, encoding="ascii")


def end() -> None:
    """It has drawn, or was left in good order."""
    with suppress(OSError):
        _path().unlink(missing_ok=True)


def stands() -> bool:
    """Whether an earlier start never came to `end`."""
    return bool(left_in())


def left_in() -> str:
    """The stage in which an earlier start ended, empty where it came to `end`."""
    try:
        raw = read_bounded(_path(), _MOST_BYTES)
    except UnreadableError:
        return DRAWING
    if raw is None:
        return ""
    return LOADING if raw == LOADING.encode() else DRAWING


def _path() -> Path:
    return paths.cache() / "graphics-begun"
