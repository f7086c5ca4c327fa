"""One exchange's part of a map: replayed once, remembered while it may be asked for again."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.model.grid import PriceGrid
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series

if TYPE_CHECKING:
    from heatdesk.model.book import Frame
    from heatdesk.model.tiers import Tiers

MOST_BYTES: Final = 192 << 20  # three exchanges over 30 days of 5m candles


class Drawn(NamedTuple):
    """One exchange's USD, float32: `long`, `short` (n_times, n_prices), `newest` (2, n_tiers, n_prices)."""

    long: NDArray[np.float32]
    short: NDArray[np.float32]
    newest: NDArray[np.float32]

    def views(self) -> Drawn:
        """The same numbers as arrays of their own, which may be frozen without freezing these."""
        return Drawn(*(array.view() for array in self))


@dataclass(frozen=True, slots=True)
class Part:
    """Everything that an exchange's columns depend on: its history, its tiers, the model and what is drawn of it.

    `symbol` says whose history it is, `grid` is the rows that are drawn.
    """

    symbol: str
    exchange: str
    series: Series
    tiers: Tiers
    params: ModelParams
    grid: PriceGrid
    frame: Frame

    def same(self, other: Part) -> bool:
        """Whether both are drawn alike to the last bit."""
        return all(
            _equal(getattr(self, f.name), getattr(other, f.name))
            for f in sorted(fields(self), key=lambda f: f.name == "series")  # the longest look last
        )

    def replaces(self, older: Part) -> bool:
        """Whether the other will not be asked for again: another symbol's, or a history that has grown since."""
        if self.symbol != older.symbol:
            return True
        now, then = self.series, older.series
        grown = self.exchange == older.exchange and len(now) > len(then) and now.step_ms == then.step_ms
        return grown and bool(now.time_ms[0] == then.time_ms[0])


class DrawnMemo:
    """The parts drawn last, at most `most_bytes` of them. All methods may be called from any thread.

    An exchange that is switched off and on again is a sum then, not a replay.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: list[tuple[Part, Drawn]] = []  # the one asked for last at the end

    @property
    def n_bytes(self) -> int:
        """How much is kept."""
        with self._lock:
            return sum(_size(*entry) for entry in self._kept)

    def find(self, part: Part) -> Drawn | None:
        """What was drawn of this very part, if it is still here."""
        with self._lock:
            kept = list(self._kept)
        for entry in reversed(kept):  # compared without the lock: histories are long
            if part.same(entry[0]):
                with self._lock:
                    others = [of for of in self._kept if of is not entry]
                    if len(others) < len(self._kept):
                        self._kept = [*others, entry]
                return entry[1].views()
        return None

    def keep(self, part: Part, drawn: Drawn) -> None:
        """Remember a part and forget what it makes useless, then what was asked for longest ago."""
        with self._lock:
            kept = [entry for entry in self._kept if not part.replaces(entry[0])]
            kept.append((part, drawn))
            while kept and sum(_size(*entry) for entry in kept) > self._most_bytes:
                kept.pop(0)
            self._kept = kept


def summed(parts: Sequence[Drawn]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Long and short of several exchanges, added in their order; of one its own arrays."""
    first, *others = parts
    if not others:
        return first.long, first.short
    long, short = first.long + others[0].long, first.short + others[0].short
    for other in others[1:]:
        long += other.long
        short += other.short
    return long, short


def _size(part: Part, drawn: Drawn) -> int:
    history = (getattr(part.series, f.name) for f in fields(part.series))
    return sum(array.nbytes for array in (*drawn, *history) if isinstance(array, np.ndarray))


def _equal(a: Any, b: Any) -> bool:
    """Whether two parts of a part are the same; arrays bit by bit, so that one NaN is another."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        alike = a.shape == b.shape and a.dtype == b.dtype
        return alike and bool(np.array_equal(_bits(a), _bits(b)))
    if hasattr(a, "__dataclass_fields__"):
        return all(_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    return bool(a == b)


def _bits(array: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
