"""One writer per folder; see `heatdesk.machine.process_lock` for how long a lock lives."""

from __future__ import annotations

from pathlib import Path

from heatdesk.errors import MachineError
from heatdesk.machine.process_lock import HeldError, ProcessLock


class WriterLock:
    """Held from construction to `release`; raises MachineError where another writer holds it."""

    def __init__(self, folder: Path) -> None:
        try:
            self._lock = ProcessLock(folder / "writer.lock")
        except OSError as error:
            raise MachineError(
                f"The history folder {folder} cannot be written ({error.strerror}); "
                "make it writable or point HEATDESK_HOME at a folder that is."
            ) from None
        except HeldError as error:
            holder = f" (process {error.holder})" if error.holder else ""
            raise MachineError(
                f"Another heatdesk{holder} is writing the history in {folder}; close it or wait until it is done."
            ) from None

    def release(self) -> None:
        """Let the next writer in."""
        self._lock.release()
