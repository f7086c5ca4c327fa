"""A lock among processes. The operating system holds it, so a dead process never leaves one behind."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path


class HeldError(Exception):
    """Another process holds the lock; `holder` is its number, empty where that is not known."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"held by process {holder or 'unknown'}")
        self.holder = holder


class ProcessLock:
    """Held from construction to `release`. Raises HeldError, or OSError where the file cannot be written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._file)
        except OSError:
            holder = _holder(self._file)
            os.close(self._file)
            raise HeldError(holder) from None
        # Who holds it is told to others; not being able to say it (a full disk) is no reason to refuse.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, str(os.getpid()).encode())

    def release(self) -> None:
        """Let the next one in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _holder(file: int) -> str:
    with contextlib.suppress(OSError):
        text = os.read(file, 20)
        if text.isdigit():
            return text.decode()
    return ""


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, 64, os.SEEK_SET)  # behind the process number, which others may read
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
