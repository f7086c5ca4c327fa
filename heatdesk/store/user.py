"""The user's own history, where every command and the window find it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from heatdesk.machine import paths
from heatdesk.store.sqlite import SqliteStore

_GUARD: Final = threading.Lock()
_writers: dict[Path, _Shared] = {}  # of this process, while they are open


class _Shared(SqliteStore):
    """The one writer of this process: whoever records and whoever imports write through it; the last one closes it."""

    users = 0

    def close(self) -> None:
        """Let the next writer in, once nobody here writes any more."""
        with _GUARD:
            self.users -= 1
            if self.users == 0:
                _writers.pop(self._folder, None)
                super().close()


def user_history(*, read_only: bool) -> SqliteStore:
    """The store in the user's data folder; raises MachineError where it cannot be opened.

    Writers in one process share it; each closes what it was given, once.
    """
    folder = paths.data() / "history"
    if read_only:
        return SqliteStore(folder, read_only=True)
    with _GUARD:
        store = _writers.get(folder)
        if store is None:
            store = _writers[folder] = _Shared(folder)
        store.users += 1
        return store
