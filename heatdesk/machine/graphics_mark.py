"""A file that stands while a graphics card begins to draw: a driver can end the process without a word.

One that is still there at the next start says that it did; then the card is left alone.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from heatdesk.machine import paths
from heatdesk.machine.files import UnreadableError, read_bounded

_MOST_BYTES: Final = 1024


def begin() -> None:
    """Mark that a card is about to draw. Where that cannot be written nothing but the rescue is lost."""
    with suppress(OSError):
        _path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _path().touch(mode=0o600)


def end() -> None:
    """It has drawn, or was left in good order."""
    with suppress(OSError):
        _path().unlink(missing_ok=True)


def stands() -> bool:
    """Whether an earlier start never came to `end`."""
    try:
        return read_bounded(_path(), _MOST_BYTES) is not None
    except UnreadableError:
        return True


def _path() -> Path:
    return paths.cache() / "graphics-begun"
