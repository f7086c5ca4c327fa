"""Whether the kernels are compiled already: the first use after an install or an update takes seconds longer.

The compiler keeps what it made in the folder that NUMBA_CACHE_DIR names; a mark beside it says for which sources.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

MAP: Final = "map"
SIMULATION: Final = "simulation"
_COMPILER: Final = ("numba", "llvmlite", "numpy")
_HAS_KERNELS: Final = re.compile(rb"^\s*(import|from) numba\b", re.MULTILINE)


def ready(part: str) -> bool:
    """Whether all that `part` needs was compiled from the sources as they are now."""
    mark = _mark(part)
    try:
        return mark is not None and mark.read_text(encoding="ascii") == _state()
    except (OSError, ValueError):
        return False


def remember(part: str) -> None:
    """Say that `part` is compiled; where that cannot be written, the next start only says that it takes longer."""
    if (mark := _mark(part)) is not None:
        with suppress(OSError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text(_state(), encoding="ascii")


def _mark(part: str) -> Path | None:
    folder = os.environ.get("NUMBA_CACHE_DIR")
    return Path(folder) / f"compiled-{part}" if folder else None


def _state() -> str:
    """What the compiler's results depend on: its own version, Python's, and every source with a kernel in it."""
    package = Path(__file__).parents[1]
    told = [platform.python_version(), platform.machine(), *map(version, _COMPILER)]
    for path in sorted(package.rglob("*.py")):
        if _HAS_KERNELS.search(path.read_bytes()):
            stamp = path.stat()
            told.append(f"{path} {stamp.st_mtime_ns} {stamp.st_size}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
