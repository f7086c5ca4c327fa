"""The simulated market behind an engine's verbs: it has a past of some days, then moves, and knows the truth."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.market import DAY_MS, MINUTE_MS
from heatdesk.reading.explain import Cell, Explanation
from heatdesk.reading.truth import Levels, comparison
from heatdesk.replay.doubting import Uncertainty
from heatdesk.store.base import SeriesInfo
from heatdesk.store.memory import MemoryStore

# Compiled: it is imported where a market is made, so that a window over stored history never waits for it.
if TYPE_CHECKING:
    from heatdesk.feed.simulated.feed import SimulatedFeed

SEED: Final = 1
PAST_DAYS: Final = 10
SPEEDS: Final = (0, 1, 4, 20, 60)  # minutes of the market per second
FIRST_SPEED: Final = 1

_STEP_MINUTES: Final = 120  # of the past that is lived through at once: others may look in between
_WARM_UP: Final = 0.3  # share of the progress that making the market is


class Simulation:
    """Nothing is simulated before the first question, and then `PAST_DAYS` at once, which takes seconds.

    `catalogue` and `ask` are called from one thread, everything else from any. `progress` goes from 0 to 1 while the
    past is made; from then on the market moves at `speed` until `stop`.
    """

    def __init__(self, seed: int = SEED, days: int = PAST_DAYS, speed: float = FIRST_SPEED) -> None:
        self._seed, self._days = seed, days
        self._store = MemoryStore()
        self._engine = Engine(self._store)
        self._feed: SimulatedFeed | None = None
        self._speed = float(speed)
        self._stopping = threading.Lock()
        self._stopped = False
        self.progress = 0.0
        self.making: Callable[[], object] = lambda: None  # called before the market is made

    @property
    def speed(self) -> float:
        """Minutes of the market per second; 0 is a pause."""
        return self._speed

    @speed.setter
    def speed(self, minutes_per_second: float) -> None:
        self._speed = float(minutes_per_second)
        if self._feed is not None:
            self._feed.speed = self._speed

    @property
    def time_ms(self) -> int:
        """The end of the market's last minute, 0 while its past is being made."""
        return 0 if self._feed is None or self.progress < 1.0 else self._feed.time_ms

    def catalogue(self) -> tuple[SeriesInfo, ...]:
        """What the simulated exchanges have published."""
        self._made()
        return self._engine.catalogue()

    def ask(self, question: Question) -> Snapshot:
        """The engine's answer at the market's last minute, with the truth beside it where it is known of all shown.

        Raises BadInputError as the engine does.
        """
        time_ms, positions = self._made().truth()
        present = question.end_ms is None
        snapshot = self._engine.ask(replace(question, end_ms=time_ms) if present else question)
        truth = None
        every_age = question.ages is None or question.ages.whole
        if present and question.tiers is None and every_age:
            stand = positions.on(*question.exchanges)
            levels = Levels(stand.liquidation_price, stand.liquidation_usd, stand.side)
            truth = comparison(snapshot.heatmap, levels, float(snapshot.candles["close"][-1]))
        return replace(snapshot, question=replace(question, simulated=True), truth=truth)

    def explain(self, question: Question, cell: Cell) -> Explanation:
        """The parts of a cell of the question's map; called where `ask` is."""
        self._made()
        return self._engine.explain(question, cell)

    def doubt(self, snapshot: Snapshot, stopped: Callable[[], bool]) -> Uncertainty | None:
        """How sure a map is; called where `ask` is, raises StoppedError soon after `stopped` says so."""
        self._made()
        return self._engine.doubt(snapshot, stopped)

    def stop(self) -> None:
        """Halt the market for good."""
        with self._stopping:
            self._stopped = True
            if self._feed is not None:
                self._feed.stop()

    def _made(self) -> SimulatedFeed:
        """The market with its past."""
        if self._feed is None:
            self.making()
        from heatdesk.feed.simulated.feed import SimulatedFeed

        if self._feed is None:
            self._feed = SimulatedFeed(self._store.append, self._seed, self._speed)
            self.progress = _WARM_UP
        feed, minutes = self._feed, self._days * DAY_MS // MINUTE_MS
        if self.progress < 1.0:
            for done in range(0, minutes, _STEP_MINUTES):
                if self._stopped:
                    return feed
                feed.advance(min(_STEP_MINUTES, minutes - done))
                self.progress = _WARM_UP + (1.0 - _WARM_UP) * done / minutes
            with self._stopping:
                if not self._stopped:
                    feed.speed = self._speed
                    feed.start()
                    self.progress = 1.0
        return feed
