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
from heatdesk.gui.wishes import Answer, Doubt, Explain, Job, LookAhead, Wishes
from heatdesk.reading.explain import Cell, Explanation
from heatdesk.replay.doubting import StoppedError, Uncertainty
from heatdesk.store.base import SeriesInfo

# Compiled: it is imported where the worker has time for it.
if TYPE_CHECKING:
    from heatdesk.gui.cells_ahead import CellsAhead

Catalogue = tuple[SeriesInfo, ...]
_ALWAYS: Final = -1  # the generation of what no newer question makes stale
_LOG = logging.getLogger(__name__)
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
        self._wishes = Wishes()
        self._answered: Question | None = None
        self._doubted: tuple[Question | None, float] = None, 0.0
        self._lock = threading.Lock()  # guards the two below
        self._outbox: dict[str, tuple[int, object]] = {}
        self._ahead: CellsAhead | None = None
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
        self._wishes.ask(question, rereads=True)

    def ask(self, question: Question) -> None:
        """Ask for a snapshot; a question still waiting is forgotten, an answer still to come is dropped."""
        self._wishes.ask(question, rereads=False)

    def refresh(self) -> bool:
        """Ask the last question that was answered once more; False where something is on its way already.

        Doubts about an answer take seconds: the question is answered in between, and they go on.
        """
        question = self._answered
        if question is None or self._is_at_work(but_for=(Doubt,)):
            return False
        self.ask(question)
        return True

    def explain(self, question: Question, cell: Cell) -> None:
        """Ask for the parts of a cell, after any question; an older cell still waiting is forgotten."""
        self._wishes.explain(question, cell)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is wished for, under way, or made and not delivered yet."""
        return not self._is_at_work()

    def tell(self, sentence: str) -> None:
        """Let the window say what takes so long; called on the worker."""
        self._post("waiting", _ALWAYS, sentence)

    def stop(self, within_s: float | None = None) -> bool:
        """End the worker after what it is doing; nothing is delivered any more. Returns whether it has ended."""
        self._wishes.stop()
        with self._lock:
            self._outbox.clear()
        if self._worker.is_alive():
            self._worker.join(within_s)
        return not self._worker.is_alive()

    def _is_at_work(self, but_for: tuple[type[Job], ...] = ()) -> bool:
        if self._wishes.is_any():
            return True
        doing = self._wishes.under_way  # before the outbox: what is made is there before the worker rests
        return (doing is not None and not isinstance(doing, but_for)) or bool(self._outbox)

    # --- on the worker

    def _work(self) -> None:
        engine: Answers | None = None
        while (job := self._wishes.next()) is not None:
            try:
                engine = engine or self._open_engine()
                self._do(engine, job)
            except Exception as error:
                generation = job.generation if isinstance(job, Answer) else _ALWAYS
                self._post("failed", generation, _sentence(error))

    def _do(self, engine: Answers, job: Job) -> None:
        match job:
            case Answer():
                snapshot = self._answer(engine, job)
                if snapshot is not None and isinstance(engine, Doubts) and self._is_unsure(snapshot.question):
                    self._wishes.later(Doubt(snapshot))
            case Explain(question, cell):
                self._post("explained", _ALWAYS, engine.explain(question, cell))
            case LookAhead(snapshot):
                self._look_ahead(snapshot)
            case Doubt(snapshot) if isinstance(engine, Doubts):
                self._doubt(engine, snapshot)

    def _answer(self, engine: Answers, wish: Answer) -> Snapshot | None:
        """Answer a question; without one, where nothing is stored, there is no answer."""
        question = wish.question
        if wish.rereads:
            catalogue = engine.catalogue()
            self._post("opened", _ALWAYS, catalogue)
            question = question or self._first(catalogue)
            self._post("asked", wish.generation, question)
        if question is None:
            return None
        early = partial(self._post, "candles", wish.generation) if self._answered is None else None
        snapshot = engine.ask(question, early)
        self.ahead.put(snapshot.heatmap)  # packing would hold up the window
        self._post("answered", wish.generation, snapshot)
        self._answered = question
        self._wishes.later(LookAhead(snapshot))
        return snapshot

    def _look_ahead(self, snapshot: Snapshot) -> None:
        """Pack the sides that may be looked at next, until something is wished."""
        try:
            self.ahead.put_other_sides(snapshot.heatmap, self._wishes.is_any)
        except StoppedError:
            self._wishes.later(LookAhead(snapshot))  # a newer answer will overwrite it

    def _is_unsure(self, question: Question) -> bool:
        """Whether it is time to look how sure the answer is."""
        before, at = self._doubted
        return question != before or monotonic() - at > _ANEW_S

    def _doubt(self, engine: Doubts, snapshot: Snapshot) -> None:
        """Look how sure an answer is, until something is wished."""
        try:
            found = engine.doubt(snapshot, partial(self._is_given_up, engine))
        except StoppedError:
            self._wishes.later(Doubt(snapshot))  # a newer answer will overwrite it
            return
        except HeatdeskError:  # the map stands without its bands
            _LOG.exception("how sure the map is could not be told")
            found = None
        self._doubted = snapshot.question, monotonic()
        self._post("doubted", _ALWAYS, Doubted(snapshot.question, found))

    def _is_given_up(self, engine: Answers) -> bool:
        """Whether to doubt no longer; while all that is wished is the same answer anew, it is given in between."""
        while (again := self._wishes.take_again(self._answered)) is not None:
            try:
                self._answer(engine, again)
            except HeatdeskError as error:
                self._post("failed", again.generation, str(error))
        return self._wishes.is_any()

    # --- from the worker to the window

    def _post(self, name: str, generation: int, value: object) -> None:
        with self._lock:
            if self._wishes.stopping:
                return
            arm = not self._outbox
            self._outbox[name] = generation, value
        if arm:
            self._armed.emit()

    def _deliver(self) -> None:
        with self._lock:
            box, self._outbox = self._outbox, {}
        newest = self._wishes.generation
        for name, (generation, value) in box.items():
            if generation in (_ALWAYS, newest):
                getattr(self, name).emit(value)


def _sentence(error: Exception) -> str:
    if isinstance(error, HeatdeskError):
        return str(error)
    _LOG.exception("the model worker met an error it did not foresee", exc_info=error)
    return _UNFORESEEN.format(kind=type(error).__name__)
