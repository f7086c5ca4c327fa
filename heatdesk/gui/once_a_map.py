"""What is measured of a map is measured once: by the worker before the window needs it, by the window otherwise."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, Generic, NamedTuple, TypeVar

from heatdesk.model.heatmap import Heatmap

_T = TypeVar("_T")
_MOST: Final = 8  # values kept: two maps, each of whose four sides has been looked at


class _Known(NamedTuple, Generic[_T]):
    """A value, and what it is of; the map itself is not kept alive by it."""

    long: weakref.ref[Any]
    short: weakref.ref[Any]
    bin_bps: float
    side: str
    value: _T

    def of(self, heatmap: Heatmap, side: str) -> bool:
        return (
            self.long() is heatmap.notional_long
            and self.short() is heatmap.notional_short
            and (self.bin_bps, self.side) == (heatmap.bin_bps, side)
        )


def once_a_map(measure: Callable[[Heatmap, str], _T]) -> Callable[[Heatmap, str], _T]:
    """Remember what `measure` says of the last maps, by side; callable from any thread.

    Only frozen maps are remembered: another could change under the same name.
    """
    known: list[_Known[_T]] = []
    lock = threading.Lock()

    @wraps(measure)
    def measured(heatmap: Heatmap, side: str) -> _T:
        with lock:
            found = next((entry for entry in known if entry.of(heatmap, side)), None)
        if found is not None:
            return found.value
        value = measure(heatmap, side)
        long, short = heatmap.notional_long, heatmap.notional_short
        if not (long.flags.writeable or short.flags.writeable):
            entry = _Known(weakref.ref(long), weakref.ref(short), heatmap.bin_bps, side, value)
            with lock:
                known[:] = [*known[1 - _MOST :], entry]
        return value

    return measured
