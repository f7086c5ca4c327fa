"""Maps that are asked for again and again while their history grows: only what has changed is drawn."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.model.heatmap import Steady
from heatdesk.replay.drawn import Part

if TYPE_CHECKING:
    from heatdesk.model.growing import Ahead, Drawing, Growing

MOST_BYTES: Final = 192 << 20
_Columns = NDArray[np.float32]
_Key = tuple[object, ...]


class Grown(NamedTuple):
    """Columns of several exchanges added up, (n_times, n_prices) each side, and `newest` of each of them.

    `steady` says which columns are the same in the answers before and after.
    """

    long: _Columns
    short: _Columns
    newest: list[_Columns]
    steady: Steady


@dataclass(slots=True)
class _Group:
    """What is kept of one map: every exchange's end, and the last answer, whose columns before `steady` still hold."""

    growing: list[Growing]
    start_ms: int
    steady: Steady
    long: _Columns
    short: _Columns


class Growth:
    """At most `most_bytes` of maps, and always the last one. Any thread may ask; one is answered at a time."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, _Group] = OrderedDict()

    @property
    def n_bytes(self) -> int:
        """How much the columns kept take."""
        with self._lock:
            return sum(group.long.nbytes + group.short.nbytes for group in self._kept.values())

    def add_up(self, parts: Sequence[Part], closed: Sequence[int]) -> Grown:
        """The columns of several exchanges, all in one frame, of whose candles the first `closed` have closed."""
        from heatdesk.model.growing import Drawing

        key = _key(parts)
        drawings = [Drawing(part.tiers, part.params, part.grid, part.frame) for part in parts]
        with self._lock:
            kept = self._kept.pop(key, None)
            grown, group = _grown(kept, parts, closed, drawings)
            self._kept[key] = group
            while len(self._kept) > 1 and self._size() > self._most_bytes:
                self._kept.popitem(last=False)
        return grown

    def _size(self) -> int:
        return sum(group.long.nbytes + group.short.nbytes for group in self._kept.values())


def _key(parts: Sequence[Part]) -> _Key:
    frame = parts[0].frame
    exchanges = tuple(part.exchange for part in parts)
    return parts[0].symbol, exchanges, frame.step_ms, parts[0].params, frame.wanted.tobytes()


def _grown(
    kept: _Group | None, parts: Sequence[Part], closed: Sequence[int], drawings: Sequence[Drawing]
) -> tuple[Grown, _Group]:
    """The answer, and what is kept of it for the next one."""
    from heatdesk.model.growing import Growing

    frame = parts[0].frame
    goes_on = kept is not None and all(
        growing.goes_on(part.series, n, drawing)
        for growing, part, n, drawing in zip(kept.growing, parts, closed, drawings, strict=True)
    )
    if kept is None or not goes_on:
        ends = [
            Growing.of(part.series.head(n), drawing)
            for part, n, drawing in zip(parts, closed, drawings, strict=True)
        ]
        sure, token, before = 0, object(), None
    else:
        ends, shift = kept.growing, (frame.start_ms - kept.start_ms) // frame.step_ms
        for growing, part, n, drawing in zip(ends, parts, closed, drawings, strict=True):
            growing.commit(part.series.head(n), drawing)
        sure = max(kept.steady.columns - shift, 0)
        same = shift >= 0 and len(kept.long) == frame.n_times
        token, before = kept.steady.token if same else object(), (kept, shift)
    looked = [growing.ahead(part.series) for growing, part in zip(ends, parts, strict=True)]
    long, short = (np.empty((frame.n_times, parts[0].grid.rows), np.float32) for _ in range(2))
    for side, total in (("long", long), ("short", short)):
        if before is not None:
            total[:sure] = getattr(before[0], side)[before[1] : before[1] + sure]
        _add(total[sure:], sure, side, ends, looked)
    steady = Steady(token, min(growing.final for growing in ends))
    for growing in ends:
        growing.forget(steady.columns - 1)
    newest = [ahead.newest for ahead in looked]
    return Grown(long, short, newest, steady), _Group(ends, frame.start_ms, steady, long, short)


def _add(total: _Columns, since: int, side: str, ends: Sequence[Growing], looked: Sequence[Ahead]) -> None:
    """Add up the columns from `since` on, in the order of the exchanges."""
    for number, (growing, ahead) in enumerate(zip(ends, looked, strict=True)):
        own = getattr(growing, side)[since - growing.first :]
        first = max(ahead.first, since)
        steps = (
            (slice(0, first - since), own[: first - since]),
            (slice(first - since, None), getattr(ahead, side)[first - ahead.first :]),
        )
        for columns, values in steps:
            if number:
                total[columns] += values
            else:
                total[columns] = values
