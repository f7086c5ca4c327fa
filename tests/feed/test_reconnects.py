"""Reconnecting leaves nothing behind (M2): no memory, no file descriptor, no thread, no task."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from tests.feed.reconnecting import reconnect

_LONG = (pytest.mark.slow, pytest.mark.timeout(900))


@pytest.mark.skipif(not hasattr(psutil.Process, "num_fds"), reason="this system counts no file descriptors")
@pytest.mark.parametrize(
    ("warm_up", "reconnects"),
    [(20, 100), pytest.param(1000, 10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
)
def test_reconnects_leave_nothing_behind(tmp_path: Path, warm_up: int, reconnects: int) -> None:
    before, after, told = asyncio.run(reconnect(tmp_path, warm_up, reconnects))
    assert told >= warm_up + reconnects
    assert after.megabytes - before.megabytes <= 10.0
    assert after[1:] == before[1:]
