"""What the window wishes of the model worker, and what the worker does when nothing is wished."""

from __future__ import annotations

import threading
from typing import Final, NamedTuple

from heatdesk.engine import Question, Snapshot
from heatdesk.reading.explain import Cell

_BREATH_S: Final = 0.1  # in which the window paints an answer, before the worker packs its other sides
_REST_S: Final = 0.4  # without a wish, before the worker looks how sure the last answer is


class Answer(NamedTuple):
    """A question to answer, after what is stored has been read anew where `rereads`; None is for the first one.

    `generation` ascends with every question.
    """

    generation: int
    question: Question | None
    rereads: bool


class Explain(NamedTuple):
    """A cell of a question's map to explain."""

    question: Question
    cell: Cell


class LookAhead(NamedTuple):
    """The other sides of an answer to make ready."""

    snapshot: Snapshot


class Doubt(NamedTuple):
    """An answer to look at for how sure it is."""

    snapshot: Snapshot


Job = Answer | Explain | LookAhead | Doubt


class Wishes:
    """The newest question overwrites a pending one, the newest cell another; both come before what has time.

    Everything may be called from any thread; `next` is the worker's.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()  # guards everything below
        self._generation = 0
        self._answer: Answer | None = None
        self._explain: Explain | None = None
        self._ahead: LookAhead | None = None
        self._doubt: Doubt | None = None
        self._doing: Job | None = None
        self._stopping = False

    @property
    def generation(self) -> int:
        """That of the newest question."""
        with self._changed:
            return self._generation

    @property
    def under_way(self) -> Job | None:
        """What the worker is at; None where it rests."""
        with self._changed:
            return self._doing

    @property
    def stopping(self) -> bool:
        """Whether nothing shall be begun any more."""
        return self._stopping

    def ask(self, question: Question | None, rereads: bool) -> None:
        """Wish for an answer; what is stored is read anew also where a question before this one was to do so."""
        with self._changed:
            self._generation += 1
            rereads = rereads or (self._answer is not None and self._answer.rereads)
            self._answer = Answer(self._generation, question, rereads)
            self._changed.notify()

    def explain(self, question: Question, cell: Cell) -> None:
        """Wish for the parts of a cell."""
        with self._changed:
            self._explain = Explain(question, cell)
            self._changed.notify()

    def stop(self) -> None:
        """Wish for an end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def later(self, job: LookAhead | Doubt) -> None:
        """Do this when there is time; it takes the place of an older one of its kind."""
        with self._changed:
            if isinstance(job, LookAhead):
                self._ahead = job
            else:
                self._doubt = job

    def is_any(self) -> bool:
        """Whether anything is wished for that has not been begun: what has time must wait."""
        return self._stopping or self._answer is not None or self._explain is not None

    def take_again(self, answered: Question | None) -> Answer | None:
        """The wish for a question that was answered last, if that is what waits and nothing is to be read for it."""
        with self._changed:
            wish = self._answer
            if self._stopping or wish is None or wish.rereads or wish.question is None:
                return None
            if wish.question != answered:
                return None
            self._answer = None
            return wish

    def next(self) -> Job | None:
        """Wait for what to do next; None is for the end."""
        with self._changed:
            self._doing = None
            rest = None if self._doubt is None else _REST_S
            wished = self._changed.wait_for(self.is_any, rest if self._ahead is None else _BREATH_S)
            if self._stopping:
                return None
            if not wished and self._ahead is not None:
                self._doing, self._ahead = self._ahead, None
            elif not wished:
                self._doing, self._doubt = self._doubt, None
            elif self._answer is not None:
                self._doing, self._answer = self._answer, None
            else:
                self._doing, self._explain = self._explain, None
            return self._doing
