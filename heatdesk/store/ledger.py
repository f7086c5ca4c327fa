"""The gap ledger: every hole in what was recorded, why it is there, and what became of it.

It also remembers until when each thing was heard, so that the next start knows what a killed process missed.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from heatdesk.errors import MachineError
from heatdesk.events import Market
from heatdesk.intervals import clipped, without
from heatdesk.live import LEFT_OUT, Hole, HoleState
from heatdesk.market import DAY_MS, Interval
from heatdesk.store.holes import Holes, Thing, by_time
from heatdesk.store.ledger_file import HeardRow, HoleRow, LedgerFile

KILLED: Final = "heatdesk ended without warning"
NOT_RUNNING: Final = "heatdesk was not running"
KEPT_MS: Final = 31 * DAY_MS  # how long holes are remembered that nothing more will become of

_log = logging.getLogger(__name__)


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
        self._holes = Holes() if read_only else self._written_down()
        self._changes = 0

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
            try:
                self._file.write(running=True)
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
                for number, hole in self._holes.meeting(
                    Thing(exchange, symbol, what), HoleState.OPEN, interval
                ):
                    inside = clipped([hole.interval], *interval)
                    if not inside:
                        continue
                    self._holes.take(number)
                    removed.add(number)
                    self._join(hole._replace(interval=inside[0], state=state), removed, written)
                    for rest in without([hole.interval], inside):
                        written.add(self._holes.keep(hole._replace(interval=rest)))
            self._save(removed, written)

    def age(self, now_ms: int, asked_ms: Mapping[str, int]) -> None:
        """Forget holes that nothing more will become of, once nobody asks about them.

        `asked_ms` says how far back each `what` is fetched: within that an exchange must not be asked again for what it
        has not. What it left out is no loss and forgotten then, anything else after a month at the earliest; nothing
        within a day.
        """
        with self._guard:
            with self._table:
                old = [
                    *self._old(HoleState.FILLED, now_ms, {}),
                    *self._old(HoleState.NONE_THERE, now_ms, asked_ms),
                ]
                for number in old:
                    self._holes.take(number)
            self._save(set(old), set())

    @property
    def changes(self) -> int:
        """Grows whenever a hole is added, settled or forgotten."""
        return self._changes

    def holes(self, since_ms: int = 0) -> tuple[Hole, ...]:
        """Every hole that ends after a moment, by start."""
        with self._looked_at() as holes:
            late = [hole for hole in holes if hole.interval.end_ms > since_ms]
        return tuple(sorted(late, key=by_time))

    def newest(self, markets: Collection[Market], since_ms: int, most: int) -> tuple[Hole, ...]:
        """The newest holes of some markets and of whole exchanges that end after a moment, by start.

        No more than `most`; the ones that are open before any other.
        """
        with self._looked_at() as holes:
            return tuple(holes.newest(markets, since_ms, most))

    def open_holes(self) -> dict[str, int]:
        """How many holes are open, by exchange."""
        with self._looked_at() as holes:
            return holes.open

    def none_there(self, exchange: str, symbol: str, what: str, interval: Interval) -> tuple[Interval, ...]:
        """What of an interval the exchange is known not to have, ascending."""
        with self._looked_at() as holes:
            met = holes.meeting(Thing(exchange, symbol, what), HoleState.NONE_THERE, interval)
        return clipped((hole.interval for _, hole in met), *interval)

    def last_heard(self) -> dict[tuple[str, str, str], int]:
        """Until when each thing was heard."""
        with self._guard:
            rows = self._file.read_heard()
        return {Thing(row.exchange, row.symbol, row.what): row.last_ms for row in rows}

    @contextlib.contextmanager
    def _looked_at(self) -> Iterator[Holes]:
        """The holes as they stand, which do not change meanwhile."""
        if self._read_only:
            yield self._written_down()
        else:
            with self._table:
                yield self._holes

    def _written_down(self) -> Holes:
        return Holes((row.number, row.hole) for row in self._file.read_holes())

    def _add(self, hole: Hole, removed: set[int], written: set[int]) -> None:
        thing = Thing(*hole[:3])
        told = [
            other.interval
            for state in (HoleState.OPEN, HoleState.NONE_THERE)
            for _, other in self._holes.meeting(thing, state, hole.interval)
        ]
        for piece in without([hole.interval], told):
            self._join(hole._replace(interval=piece), removed, written)

    def _join(self, hole: Hole, removed: set[int], written: set[int]) -> None:
        """Keep a hole, in one piece with those of its kind that it touches."""
        thing = Thing(*hole[:3])
        told = (other.interval for _, other in self._holes.meeting(thing, hole.state, hole.interval))
        for piece in without([hole.interval], told):
            alike = [
                number
                for number, other in self._holes.meeting(thing, hole.state, piece)
                if other.cause == hole.cause
            ]
            joined = [piece, *(self._holes.take(number).interval for number in alike)]
            whole = Interval(min(joined).start_ms, max(joined).end_ms)
            removed.update(alike)
            written.add(self._holes.keep(hole._replace(interval=whole)))

    def _old(self, state: str, now_ms: int, asked_ms: Mapping[str, int]) -> list[int]:
        """The numbers of holes in a state that can be forgotten; stops at the first of a thing that is young."""
        old = []
        for of_one_thing in self._holes.oldest(state):
            for number, hole in of_one_thing:
                if hole.interval.end_ms >= now_ms - max(DAY_MS, asked_ms.get(hole.what, 0)):
                    break
                if hole.cause == LEFT_OUT or hole.interval.end_ms < now_ms - KEPT_MS:
                    old.append(number)
        return old

    def _save(self, removed: set[int], written: set[int]) -> None:
        rows = [HoleRow(number, self._holes[number]) for number in sorted(written - removed)]
        if rows or removed:
            self._changes += 1
            try:
                self._file.write(removed=sorted(removed), holes=rows)
            except MachineError as error:
                # What is not on the disk yet is in memory, and goes there with the next write that succeeds.
                _log.warning("%s", error)
