"""The one crossing between the window and the model worker.

GUI → worker: the newest question overwrites a pending one. Worker → GUI: the newest answer overwrites an undelivered
one, and one queued signal is armed at a time. An answer older than the newest question is dropped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, runtime_checkable

from PySide6.QtCore import QObject, Qt, Signal

from heatdesk.engine import Early, Question, Snapshot
from heatdesk.errors import HeatdeskError
from heatdesk.reading.explain import Cell, Explanation
from heatdesk.replay.doubting import StoppedError, Uncertainty
from heatdesk.store.base import SeriesInfo

# Compiled: it is imported where the worker has time for it.
if TYPE_CHECKING:
    from heatdesk.gui.cells_ahead import CellsAhead

Catalogue = tuple[SeriesInfo, ...]
_ALWAYS: Final = -1  # the generation of what no newer question makes stale
_LOG = logging.getLogger(__name__)
_BREATH_S: Final = 0.1  # in which the window paints an answer, before the worker packs its other sides
_REST_S: Final = 0.4  # without a question, before the worker looks how sure the last answer is
_ANEW_S: Final = 60.0  # before it looks again at the same question of a market that moves
_UNFORESEEN = "Something went wrong inside heatdesk ({kind}); run with --debug to see where."


class Answers(Protocol):
    """What the bridge asks of an engine."""

    def ask(self, question: Question, early: Early | None = None, /) -> Snapshot:
        """Blocks until the snapshot is made, hands the candles to `early` before; raises HeatdeskError."""
        ...

    def catalogue(self) -> Catalogue:
        """What is stored."""
        ...

    def explain(self, question: Question, cell: Cell, /) -> Explanation:
        """Blocks until a cell's parts are known; raises HeatdeskError."""
        ...


@runtime_checkable
class Doubts(Answers, Protocol):
    """An engine that can also say how sure an answer is."""

    def doubt(self, snapshot: Snapshot, stopped: Callable[[], bool], /) -> Uncertainty | None:
        """Takes long; raises StoppedError once `stopped` says so."""
        ...


class Doubted(NamedTuple):
    """How sure the map of a question is; None where that cannot be told."""

    question: Question
    uncertainty: Uncertainty | None


class _Job(NamedTuple):
    """The newest wish: its generation, its question, whether to read first what is stored, the cell to explain.

    Or, where nothing is wished, the snapshot whose other sides are packed, or to have doubts about.
    """

    generation: int
    question: Question | None
    rereads: bool = False
    cell: Cell | None = None
    shown: Snapshot | None = None
    unsure: Snapshot | None = None


class Bridge(QObject):
    """Owns the model worker.

    `opened` carries the catalogue, `asked` the Question that the worker chose, `waiting` a sentence about what takes so
    long, `candles` a Snapshot without its map before the first answer, `answered` a Snapshot, `explained` the
    Explanation of a cell, `doubted` how sure the last answer is (Doubted), made when nothing else is wished,
    `failed` a sentence.
    """

    opened = Signal(object)
    asked = Signal(object)
    waiting = Signal(str)
    candles = Signal(object)
    answered = Signal(object)
    explained = Signal(object)
    doubted = Signal(object)
    failed = Signal(str)
    _armed = Signal()

    def __init__(
        self, open_engine: Callable[[], Answers], first: Callable[[Catalogue], Question | None]
    ) -> None:
        super().__init__()
        self._open_engine = open_engine
        self._first = first
        self._lock = threading.Condition()  # guards everything below
        self._generation = 0
        self._pending: Question | None = None
        self._answered: Question | None = None
        self._waiting = False
        self._wonder: _Job | None = None
        self._shown: Snapshot | None = None
        self._unsure: Snapshot | None = None
        self._doubted: tuple[Question | None, float] = None, 0.0
        self._busy = self._doubting = False
        self._rereads = False
        self._outbox: dict[str, tuple[int, object]] = {}
        self._ahead: CellsAhead | None = None
        self._stopping = False
        self._armed.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._worker = threading.Thread(target=self._work, name="model worker", daemon=True)

    @property
    def ahead(self) -> CellsAhead:
        """Where the worker leaves what the chart that it answers will paint; from any thread."""
        from heatdesk.gui.cells_ahead import CellsAhead  # nobody holds the lock while this takes its time

        with self._lock:
            if self._ahead is None:
                self._ahead = CellsAhead()
            return self._ahead

    def start(self) -> None:
        """Open the engine on the worker and ask the first question there, while the window is being built."""
        self.read_again(None)
        self._worker.start()

    def read_again(self, question: Question | None) -> None:
        """Read what is stored now, then ask a question; None asks the first one."""
        self._want(question, rereads=True)

    def ask(self, question: Question) -> None:
        """Ask for a snapshot; a question still waiting is forgotten, an answer still to come is dropped."""
        self._want(question, rereads=False)

    def refresh(self) -> bool:
        """Ask the last question that was answered once more; False where something is on its way already.

        Doubts about an answer take seconds: the question is answered in between, and they go on.
        """
        with self._lock:
            busy = self._busy and not self._doubting
            idle = not self._waiting and not busy and not self._outbox
            question = self._answered if idle else None
        if question is not None:
            self.ask(question)
        return question is not None

    def explain(self, question: Question, cell: Cell) -> None:
        """Ask for the parts of a cell, after any question; an older cell still waiting is forgotten."""
        with self._lock:
            self._wonder = _Job(_ALWAYS, question, cell=cell)
            self._lock.notify()

    def _want(self, question: Question | None, rereads: bool) -> None:
        with self._lock:
            self._generation += 1
            self._pending = question
            self._waiting = True
            self._rereads = self._rereads or rereads
            self._lock.notify()

    def tell(self, sentence: str) -> None:
        """Let the window say what takes so long; called on the worker."""
        self._post("waiting", _ALWAYS, sentence)

    def stop(self, within_s: float | None = None) -> bool:
        """End the worker after what it is doing; nothing is delivered any more. Returns whether it has ended."""
        with self._lock:
            self._stopping = True
            self._outbox.clear()
            self._lock.notify()
        if self._worker.is_alive():
            self._worker.join(within_s)
        return not self._worker.is_alive()

    def _work(self) -> None:
        engine: Answers | None = None
        while (job := self._next()) is not None:
            generation, question, rereads, cell, shown, unsure = job
            try:
                engine = engine or self._open_engine()
                if shown is not None:
                    self._look_ahead(shown)
                    continue
                if unsure is not None and isinstance(engine, Doubts):
                    self._doubt(engine, unsure)
                    continue
                if cell is not None and question is not None:
                    self._post("explained", _ALWAYS, engine.explain(question, cell))
                    continue
                if rereads:
                    catalogue = engine.catalogue()
                    self._post("opened", _ALWAYS, catalogue)
                    question = question or self._first(catalogue)
                    self._post("asked", generation, question)
                if question is not None:
                    early = partial(self._post, "candles", generation) if self._answered is None else None
                    snapshot = self._answer(engine, generation, question, early)
                    if isinstance(engine, Doubts) and self._is_unsure(question):
                        self._unsure = snapshot
            except Exception as error:
                self._post("failed", generation, _sentence(error))

    def _answer(
        self, engine: Answers, generation: int, question: Question, early: Early | None = None
    ) -> Snapshot:
        snapshot = engine.ask(question, early)
        self.ahead.put(snapshot.heatmap)  # packing would hold up the window
        self._post("answered", generation, snapshot)
        self._answered, self._shown = question, snapshot
        return snapshot

    def _look_ahead(self, snapshot: Snapshot) -> None:
        """Pack the sides that may be looked at next, until something is wished."""
        try:
            self.ahead.put_other_sides(snapshot.heatmap, self._is_wished)
        except StoppedError:
            self._shown = snapshot  # a newer answer will overwrite it

    def _is_unsure(self, question: Question) -> bool:
        """Whether it is time to look how sure the answer is."""
        before, at = self._doubted
        return question != before or monotonic() - at > _ANEW_S

    def _doubt(self, engine: Doubts, snapshot: Snapshot) -> None:
        """Look how sure an answer is, until something is wished."""
        self._doubting = True
        try:
            found = engine.doubt(snapshot, partial(self._is_given_up, engine))
        except StoppedError:
            self._unsure = snapshot  # a newer answer will overwrite it
            return
        except HeatdeskError:  # the map stands without its bands
            _LOG.exception("how sure the map is could not be told")
            found = None
        finally:
            self._doubting = False
        self._doubted = snapshot.question, monotonic()
        self._post("doubted", _ALWAYS, Doubted(snapshot.question, found))

    def _is_given_up(self, engine: Answers) -> bool:
        """Whether to doubt no longer; while all that is wished is the same answer anew, it is given in between."""
        while (again := self._same_again()) is not None:
            try:
                self._answer(engine, *again)
            except HeatdeskError as error:
                self._post("failed", again[0], str(error))
        return self._is_wished()

    def _same_again(self) -> tuple[int, Question] | None:
        """Take the wish for the answered question anew, if that is what waits: its generation and the question."""
        with self._lock:
            question = self._pending if self._waiting and not self._rereads and not self._stopping else None
            if question is None or question != self._answered:
                return None
            self._waiting = False
            return self._generation, question

    def _is_wished(self) -> bool:
        return self._stopping or self._waiting or self._wonder is not None

    def _next(self) -> _Job | None:
        """What to do next, None for an end."""
        with self._lock:
            self._busy = False
            rest = _REST_S if self._unsure is not None else None
            rest = _BREATH_S if self._shown is not None else rest
            wished = self._lock.wait_for(self._is_wished, rest)
            if self._stopping:
                return None
            self._busy = True
            if not wished and self._shown is not None:
                shown, self._shown = self._shown, None
                return _Job(_ALWAYS, None, shown=shown)
            if not wished:
                unsure, self._unsure = self._unsure, None
                return _Job(_ALWAYS, None, unsure=unsure)
            if not self._waiting:
                wonder, self._wonder = self._wonder, None
                return wonder
            job = _Job(self._generation, self._pending, self._rereads)
            self._waiting = self._rereads = False
            return job

    def _post(self, name: str, generation: int, value: object) -> None:
        with self._lock:
            if self._stopping:
                return
            arm = not self._outbox
            self._outbox[name] = generation, value
        if arm:
            self._armed.emit()

    def _deliver(self) -> None:
        with self._lock:
            box, self._outbox = self._outbox, {}
            newest = self._generation
        for name, (generation, value) in box.items():
            if generation in (_ALWAYS, newest):
                getattr(self, name).emit(value)


def _sentence(error: Exception) -> str:
    if isinstance(error, HeatdeskError):
        return str(error)
    _LOG.exception("the model worker met an error it did not foresee", exc_info=error)
    return _UNFORESEEN.format(kind=type(error).__name__)
