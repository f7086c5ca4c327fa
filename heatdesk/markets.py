"""The stored history and the simulated market behind one front: which of them a question is about, and which opens."""

from __future__ import annotations

from collections.abc import Callable

from heatdesk.engine import Early, Engine, Question, Snapshot
from heatdesk.live import Live
from heatdesk.reading.explain import Cell, Explanation
from heatdesk.replay.doubting import Uncertainty
from heatdesk.simulation import Simulation
from heatdesk.store.base import SeriesInfo


class Markets:
    """Opens the simulated market where nothing is stored, or where `wants_simulated` says so.

    Where `expects_history` nothing is simulated: exchanges are about to tell. `live` is what stands now, as far as
    feeds are connected: questions up to now are answered with it.
    `catalogue` and `ask` are called from one thread, which opens the history with `open_stored`; the rest from any.
    """

    def __init__(self, open_stored: Callable[[], Engine], simulation: Simulation) -> None:
        self._open_stored = open_stored
        self._engine: Engine | None = None
        self.simulation = simulation
        self.wants_simulated = False
        self.expects_history = False
        self.anything_stored = False
        self.live: Callable[[], Live | None] = lambda: None

    @property
    def simulated(self) -> bool:
        """Whether the simulated market is in front, as of the last look at what is stored."""
        return self.wants_simulated or not (self.anything_stored or self.expects_history)

    def catalogue(self) -> tuple[SeriesInfo, ...]:
        """What can be asked for; raises what opening the history raises."""
        stored = self._stored().catalogue()
        self.anything_stored = bool(stored)
        return self.simulation.catalogue() if self.simulated else stored

    def open_history(self) -> None:
        """From the next look on the stored history is in front."""
        self.wants_simulated = False

    def give_up_on_exchanges(self) -> None:
        """None can be reached: the simulated market comes to the front, and stays until a person leaves it."""
        self.expects_history, self.wants_simulated = False, True

    def ask(self, question: Question, early: Early | None = None) -> Snapshot:
        """The answer of the market that the question is about; `early` gets the candles before the map is made."""
        if question.simulated:
            return self.simulation.ask(question)
        engine = self._stored()
        engine.set_live(self.live())
        return engine.ask(question, early)

    def explain(self, question: Question, cell: Cell) -> Explanation:
        """The parts of a cell of the question's map; called where `ask` is."""
        if question.simulated:
            return self.simulation.explain(question, cell)
        return self._stored().explain(question, cell)

    def doubt(self, snapshot: Snapshot, stopped: Callable[[], bool]) -> Uncertainty | None:
        """How sure a map is; called where `ask` is, raises StoppedError soon after `stopped` says so."""
        if snapshot.question.simulated:
            return self.simulation.doubt(snapshot, stopped)
        return self._stored().doubt(snapshot, stopped)

    def _stored(self) -> Engine:
        if self._engine is None:
            self._engine = self._open_stored()
        return self._engine
