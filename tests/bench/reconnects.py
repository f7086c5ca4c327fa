"""What ten thousand reconnects over TLS leave behind in the process: nothing. Server and client are both in it."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.feed.reconnecting import reconnect

_WARM_UP, _RECONNECTS = 500, 10_000
_MOST_MB = 10.0


def rows() -> list[dict[str, object]]:
    """Memory, file descriptors and threads that were added."""
    with tempfile.TemporaryDirectory() as folder:
        before, after, told = asyncio.run(reconnect(Path(folder), _WARM_UP, _RECONNECTS))
    name = f"{told - _WARM_UP:,} reconnects add"
    grown = after.megabytes - before.megabytes
    return [
        {"name": f"{name} memory", "value": grown, "unit": "MB", "target": _MOST_MB, "ok": grown <= _MOST_MB},
        _none(f"{name} file descriptors", after.descriptors - before.descriptors),
        _none(f"{name} threads", after.threads - before.threads),
    ]


def _none(name: str, added: int) -> dict[str, object]:
    return {"name": name, "value": added, "unit": "", "target": 0, "ok": added <= 0}
