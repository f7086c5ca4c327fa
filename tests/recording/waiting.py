"""Waiting for what another thread does, never for long."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(fact: Callable[[], object], within_s: float = 3.0) -> float:
    """Seconds until something is so; fails where it does not become so in time."""
    began = time.monotonic()
    while not fact():
        assert time.monotonic() - began < within_s, "it did not come"
        time.sleep(0.005)
    return time.monotonic() - began
