"""The writer's thread: what the feeds hand over goes to the history in batches, and counts only when it is there.

The disk may be slow, full or gone: the feeds never wait for it. What cannot be written is kept and tried again, up to
a bound; what goes over the bound is counted and told, so that it becomes a hole in the ledger and not a silence.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from heatdesk.errors import HeatdeskError, MachineError
from heatdesk.events import Liquidation
from heatdesk.feed.plan import GapLedger, History, what_of
from heatdesk.feed.rows import joined, liquidation_rows
from heatdesk.intervals import union
from heatdesk.live import Hole, HoleState
from heatdesk.market import TIMEFRAMES, Interval, Kind, Records, SeriesKey

BATCH_S: Final = 0.4
RETRY_S: Final = 3.0
MOST_ROWS: Final = 400_000
ALIKE_FOR_MS: Final = 600_000  # within which equal liquidations are told apart from one told twice
SHED: Final = "the disk could not keep up"
_MOST_ERRANDS: Final = 10_000  # beyond which holes are not told one by one any more

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Pending:
    """What waits for one series."""

    parts: list[Records] = field(default_factory=list)
    coverage: list[Interval] = field(default_factory=list)
    live: bool = False


class Writer:
    """Takes records from any thread and writes them from its own, one transaction per series and batch."""

    def __init__(self, history: History, ledger: GapLedger) -> None:
        self.stored = 0  # batches that reached the disk
        self.notice = ""  # why nothing reaches it at present
        self.shed = 0  # rows that were given up
        self._history = history
        self._ledger = ledger
        self._pending: dict[SeriesKey, _Pending] = {}
        self._events: dict[SeriesKey, list[Liquidation]] = {}
        self._errands: list[Callable[[GapLedger], object]] = []
        self._heard: dict[tuple[str, str, str], int] = {}
        self._rows = 0
        self._some = threading.Condition()
        self._stopping = False
        self._flushing = False
        self._thread = threading.Thread(target=self._run, name="history writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """Write what is waiting and end; whether that was done in time."""
        with self._some:
            self._stopping = True
            self._some.notify()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        return not self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Rows that are not on the disk yet."""
        return self._rows

    def put(
        self, key: SeriesKey, records: Records, coverage: Sequence[Interval] = (), *, live: bool = False
    ) -> None:
        """Store rows soon; `live` ones move on until when the series counts as heard."""
        with self._some:
            if self._rows + len(records) > MOST_ROWS:
                self._give_up(key, records)
                return
            pending = self._pending.setdefault(key, _Pending())
            if len(records):
                pending.parts.append(records)
            pending.coverage.extend(coverage)
            pending.live |= live
            self._rows += len(records)
            self._some.notify()

    def put_liquidations(
        self, key: SeriesKey, new: Sequence[Liquidation], coverage: Sequence[Interval]
    ) -> None:
        """Store liquidations that were not told before, and the stretches that were listened to.

        Equal ones of one millisecond are kept apart only within one append, so those before go along once more.
        """
        if new:
            recent = self._events.setdefault(key, [])
            moments = {event.time_ms for event in new}
            again = [event for event in recent if event.time_ms in moments]
            newest = max(moments)
            recent[:] = [event for event in recent if event.time_ms > newest - ALIKE_FOR_MS] + list(new)
            self.put(key, liquidation_rows([*again, *new]), coverage, live=True)
        elif coverage:
            self.put(key, Records.empty(Kind.EVENTS), coverage, live=True)

    def tell(self, errand: Callable[[GapLedger], object]) -> None:
        """Have something written down in the ledger, after what was put before."""
        with self._some:
            self._errands.append(errand)
            self._some.notify()

    def _give_up(self, key: SeriesKey, records: Records) -> None:
        """Remember that rows were lost; called with the lock held."""
        self.shed += len(records)
        step = TIMEFRAMES.get(key.timeframe, 1)
        lost = Interval(int(records.time_ms[0]), int(records.time_ms[-1]) + step)
        hole = Hole(key.exchange, key.symbol, what_of(key), lost, HoleState.OPEN, SHED)
        if len(self._errands) >= _MOST_ERRANDS:
            return
        self._errands.append(lambda ledger: ledger.add([hole]))
        if key.kind is Kind.EVENTS:  # no exchange tells them a second time
            self._errands.append(lambda ledger: ledger.settle(*hole[:4], HoleState.NONE_THERE))

    def _run(self) -> None:
        while True:
            with self._some:
                while not (self._pending or self._errands or self._stopping):
                    self._some.wait()
                if not self._stopping:  # a batch is what comes within a moment
                    self._some.wait_for(lambda: self._stopping, BATCH_S)
                last = self._stopping
                pending, self._pending = self._pending, {}
                errands, self._errands = self._errands, []
            left = self._write(pending)
            if not left:
                self._run_errands(errands)
            with self._some:
                self._put_back(left, errands if left else [])
                if last and (left or not (self._pending or self._errands)):
                    return
                if left:
                    self._some.wait_for(lambda: self._stopping, RETRY_S)

    def _write(self, pending: dict[SeriesKey, _Pending]) -> dict[SeriesKey, _Pending]:
        """Append every series; those that could not be are returned."""
        left: dict[SeriesKey, _Pending] = {}
        heard: dict[tuple[str, str, str], int] = {}
        trouble = ""
        wrote = False
        for key, waiting in pending.items():
            try:
                for part in joined(waiting.parts or [Records.empty(key.kind)]):
                    self._history.append(key, part, waiting.coverage)
                wrote = True
            except MachineError as error:
                trouble = trouble or _notice(error)
                left[key] = waiting
                continue
            except HeatdeskError as error:  # no disk will ever take it
                _log.error("rows of %s on %s are left out: %s", key.symbol, key.exchange, error)
                self.shed += sum(len(part) for part in waiting.parts)
            except Exception:  # a mistake of ours must not cost the rows of every other series
                _log.exception("rows of %s on %s are left out", key.symbol, key.exchange)
                self.shed += sum(len(part) for part in waiting.parts)
            with self._some:
                self._rows -= sum(len(part) for part in waiting.parts)
            if waiting.live:
                _note(heard, key, waiting)
        if wrote:
            self.stored += 1
        later = {thing: last for thing, last in heard.items() if last > self._heard.get(thing, 0)}
        if later:
            self._heard |= later
            self._run_errands([lambda ledger: ledger.heard(later)])
        if trouble != self.notice and trouble:
            _log.warning("%s", trouble)
        self.notice = trouble
        return left

    def _run_errands(self, errands: Sequence[Callable[[GapLedger], object]]) -> None:
        for errand in errands:
            try:
                errand(self._ledger)
            except HeatdeskError as error:
                _log.warning("the gap ledger: %s", error)
            except Exception:
                _log.exception("the gap ledger")

    def _put_back(
        self, left: dict[SeriesKey, _Pending], errands: list[Callable[[GapLedger], object]]
    ) -> None:
        """What could not be written comes before what came since; called with the lock held."""
        for key, old in left.items():
            new = self._pending.get(key)
            if new is not None:
                old.parts += new.parts
                old.coverage += new.coverage
                old.live |= new.live
            before = sum(map(len, old.parts))
            old.parts = joined(old.parts) if old.parts else []  # a disk may be full for days
            old.coverage = list(union(old.coverage))
            self._rows -= before - sum(map(len, old.parts))
            self._pending[key] = old
        self._errands[:0] = errands


def _note(heard: dict[tuple[str, str, str], int], key: SeriesKey, waiting: _Pending) -> None:
    """Until when something is known now that it is stored."""
    if key.kind is Kind.EVENTS:
        ends = [span.end_ms for span in waiting.coverage]
        if ends:
            heard[key.exchange, key.symbol, "liquidations"] = max(ends)
    elif key.kind is Kind.CANDLES and key.timeframe == "1m" and waiting.parts:
        last = max(int(part.time_ms[-1]) for part in waiting.parts)
        heard[key.exchange, key.symbol, "candles"] = last + TIMEFRAMES["1m"]


def _notice(error: HeatdeskError) -> str:
    cause = error.__cause__
    code = getattr(cause, "sqlite_errorcode", None)
    full = isinstance(code, int) and code & 0xFF == sqlite3.SQLITE_FULL
    if full or getattr(cause, "errno", None) == errno.ENOSPC:
        return "history paused: disk full"
    return f"history paused: {error}"
