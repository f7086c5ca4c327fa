"""One writer per folder. The operating system holds the lock, so a dead process never leaves one behind."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from heatdesk.errors import MachineError


class WriterLock:
    """Held from construction to `release`; raises MachineError where another writer holds it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "writer.lock"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise MachineError(
                f"The history folder {folder} cannot be written ({error.strerror}); "
                "make it writable or point HEATDESK_HOME at a folder that is."
            ) from None
        try:
            _lock(self._file)
        except OSError:
            holder = _holder(self._file)
            os.close(self._file)
            raise MachineError(
                f"Another heatdesk{holder} is writing the history in {folder}; close it or wait until it is done."
            ) from None
        # Who holds it is told to others; not being able to say it (a full disk) is no reason to refuse.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, str(os.getpid()).encode())

    def release(self) -> None:
        """Let the next writer in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _holder(file: int) -> str:
    with contextlib.suppress(OSError):
        text = os.read(file, 20)
        if text.isdigit():
            return f" (process {text.decode()})"
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
