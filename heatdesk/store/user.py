"""The user's own history, where every command and the window find it."""

from __future__ import annotations

from heatdesk import paths
from heatdesk.store.sqlite import SqliteStore


def user_history(*, read_only: bool) -> SqliteStore:
    """The store in the user's data folder; raises MachineError where it cannot be opened."""
    return SqliteStore(paths.data() / "history", read_only=read_only)
