"""One writer among processes, shared by all who write in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatdesk.errors import MachineError
from heatdesk.machine import paths
from heatdesk.store.lock import WriterLock
from heatdesk.store.user import user_history


def _is_free() -> bool:
    try:
        WriterLock(paths.data() / "history").release()
    except MachineError:
        return False
    return True


def test_who_records_and_who_imports_share_the_writer():
    recording = user_history(read_only=False)
    with user_history(read_only=False) as importing:
        assert importing is recording
        assert not _is_free()
    assert not _is_free()
    recording.close()
    assert _is_free()
    user_history(read_only=False).close()
    assert _is_free()


def test_another_process_is_refused():
    lock = WriterLock(paths.data() / "history")
    with pytest.raises(MachineError, match="is writing the history"):
        user_history(read_only=False)
    lock.release()
    user_history(read_only=False).close()


def test_readers_are_their_own(home: Path):
    with user_history(read_only=True) as one, user_history(read_only=True) as other:
        assert one is not other
