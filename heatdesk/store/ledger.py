"""The gap ledger: every hole in what was recorded, why it is there, and what became of it.

It also remembers until when each thing was heard, so that the next start knows what a killed process missed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

from heatdesk.errors import MachineError
from heatdesk.intervals import clipped, union, without
from heatdesk.live import Hole, HoleState
from heatdesk.market import DAY_MS, Interval
from heatdesk.store.ledger_file import HeardRow, HoleRow, LedgerFile

KILLED: Final = "heatdesk ended without warning"
NOT_RUNNING: Final = "heatdesk was not running"
KEPT_MS: Final = 30 * DAY_MS  # how long holes are remembered that are filled

_log = logging.getLogger(__name__)


class Thing(NamedTuple):
    """What is listened to: an empty `symbol` means all of the exchange's."""

    exchange: str
    symbol: str
    what: str


class Ledger:
    """The ledger in one file; all methods may be called from any thread.

    One process writes; read-only ones look into the file anew at every question. A row that is damaged is left out,
    a file that is no ledger any more is put aside and begun anew. Raises MachineError where it cannot be written.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self._guard = threading.Lock()  # over the file, which may be slow
        self._table = threading.Lock()  # over what is remembered of it: whoever looks waits for no disk
        self._read_only = read_only
        self._file = LedgerFile(path, read_only)
        self._holes: dict[int, Hole] = {}
        self._numbers: dict[tuple[str, str, str, str], set[int]] = {}  # by thing and state
        self._next = 1
        if not read_only:
            self._remember()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; a recording that has not ended counts as killed."""
        with self._guard:
            self._file.close()

    def begin(self, now_ms: int) -> tuple[Hole, ...]:
        """A recording begins: the holes that the end of the last one left, which are open from now on."""
        with self._guard:
            cause = KILLED if self._file.running() else NOT_RUNNING
            left = [
                Hole(row.exchange, row.symbol, row.what, Interval(row.last_ms, now_ms), HoleState.OPEN, cause)
                for row in self._file.read_heard()
                if row.last_ms < now_ms
            ]
            with self._table:
                old = [
                    number
                    for number, hole in self._holes.items()
                    if hole.state == HoleState.FILLED and hole.interval.end_ms < now_ms - KEPT_MS
                ]
                for number in old:
                    self._take(number)
            try:
                self._file.write(removed=old, running=True)
            except MachineError as error:  # a full disk keeps nobody from listening
                _log.warning("%s", error)
        self.add(left)
        return tuple(left)

    def end(self, now_ms: int) -> None:
        """The recording ends as it should; what was heard until `now_ms` stays written down."""
        with self._guard:
            self._file.write(running=False)

    def heard(self, last_ms: dict[tuple[str, str, str], int]) -> None:
        """Until when (exchange, symbol, what) has been heard and stored."""
        with self._guard:
            self._file.write(heard=[HeardRow(*thing, last) for thing, last in last_ms.items()])

    def forget(self, whats: Sequence[tuple[str, str, str]]) -> None:
        """These are no longer listened to: their silence is nothing to explain."""
        with self._guard:
            self._file.write(forgotten=whats)

    def add(self, holes: Sequence[Hole]) -> None:
        """Write holes down; what is open or known not to exist already is not written twice.

        A hole that touches an open one of the same thing and cause extends it.
        """
        with self._guard:
            removed: set[int] = set()
            written: set[int] = set()
            with self._table:
                for hole in holes:
                    self._add(hole, removed, written)
            self._save(removed, written)

    def settle(self, exchange: str, symbol: str, what: str, interval: Interval, state: str) -> None:
        """What of the open holes lies in an interval is filled, or is known not to exist."""
        with self._guard:
            removed: set[int] = set()
            written: set[int] = set()
            with self._table:
                for number, hole in self._of((exchange, symbol, what), HoleState.OPEN):
                    inside = clipped([hole.interval], *interval)
                    if not inside:
                        continue
                    self._take(number)
                    removed.add(number)
                    self._join(hole._replace(interval=inside[0], state=state), removed, written)
                    for rest in without([hole.interval], inside):
                        written.add(self._keep(hole._replace(interval=rest)))
            self._save(removed, written)

    def holes(self, since_ms: int = 0) -> tuple[Hole, ...]:
        """Every hole that ends after a moment, by start."""
        if self._read_only:
            there: Iterable[Hole] = (row.hole for row in self._file.read_holes())
        else:
            with self._table:
                there = list(self._holes.values())
        late = [hole for hole in there if hole.interval.end_ms > since_ms]
        return tuple(sorted(late, key=lambda hole: (hole.interval, hole)))

    def last_heard(self) -> dict[tuple[str, str, str], int]:
        """Until when each thing was heard."""
        with self._guard:
            rows = self._file.read_heard()
        return {Thing(row.exchange, row.symbol, row.what): row.last_ms for row in rows}

    def _remember(self) -> None:
        for row in self._file.read_holes():
            self._put(row.number, row.hole)
        self._next = max(self._holes, default=0) + 1

    def _add(self, hole: Hole, removed: set[int], written: set[int]) -> None:
        start, end = hole.interval
        told = [
            other.interval
            for state in (HoleState.OPEN, HoleState.NONE_THERE)
            for _, other in self._of(hole[:3], state)
            if other.interval.start_ms < end and start < other.interval.end_ms
        ]
        for piece in without([hole.interval], told):
            self._join(hole._replace(interval=piece), removed, written)

    def _join(self, hole: Hole, removed: set[int], written: set[int]) -> None:
        """Keep a hole, in one piece with those of its kind that it touches."""
        start, end = hole.interval
        alike = [
            number
            for number, other in self._of(hole[:3], hole.state)
            if other.interval.start_ms <= end and start <= other.interval.end_ms and other.cause == hole.cause
        ]
        whole = union([hole.interval, *(self._take(number).interval for number in alike)])
        removed.update(alike)
        written.add(self._keep(hole._replace(interval=whole[0])))

    def _of(self, thing: tuple[str, str, str], state: str) -> list[tuple[int, Hole]]:
        """The holes of one thing in one state, under their numbers."""
        return [(number, self._holes[number]) for number in self._numbers.get((*thing, str(state)), ())]

    def _keep(self, hole: Hole) -> int:
        number, self._next = self._next, self._next + 1
        self._put(number, hole)
        return number

    def _put(self, number: int, hole: Hole) -> None:
        self._holes[number] = hole
        self._numbers.setdefault((*hole[:3], str(hole.state)), set()).add(number)

    def _take(self, number: int) -> Hole:
        hole = self._holes.pop(number)
        self._numbers[*hole[:3], str(hole.state)].discard(number)
        return hole

    def _save(self, removed: set[int], written: set[int]) -> None:
        rows = [HoleRow(number, self._holes[number]) for number in sorted(written - removed)]
        if rows or removed:
            try:
                self._file.write(removed=sorted(removed), holes=rows)
            except MachineError as error:
                # What is not on the disk yet is in memory, and goes there with the next write that succeeds.
                _log.warning("%s", error)
