"""The simulated market as a feed: its minutes go into a store, at a chosen speed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from heatdesk.errors import BadInputError
from heatdesk.feed.simulated.market import MINUTES_PER_DAY, START_MS, Batch, Market, Positions
from heatdesk.feed.simulated.profiles import PROFILES, SYMBOL, Profile
from heatdesk.market import Interval, Records, SeriesKey

TIMEFRAME: Final = "1m"
FASTEST: Final = 240.0  # minutes of the market per second: a day in six
LONGEST_MINUTES: Final = 366 * MINUTES_PER_DAY  # then the market stands still: memory is finite

_TICK_S: Final = 0.25
_MOST_PER_TICK: Final = round(
    4 * FASTEST * _TICK_S
)  # after a sleep of the machine, time is lost, not made up for

Append = Callable[[SeriesKey, Records, Sequence[Interval]], object]


class SimulatedFeed:
    """Lets a `Market` run and hands every closed minute of it to `append` (a store's).

    `advance` lives through minutes at once, for the history before the window opens; `start` and `stop` let it run in a
    thread of its own at `speed` minutes of the market per second, 0 being a pause. All methods may be called from any
    thread. Raises BadInputError for a speed out of range.
    """

    def __init__(
        self,
        append: Append,
        seed: int,
        speed: float = 1.0,
        profiles: Sequence[Profile] = PROFILES,
        start_ms: int = START_MS,
    ) -> None:
        self._append = append
        self._market = Market(seed, profiles, start_ms)
        self._lived = 0
        self._busy = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.speed = speed

    @property
    def symbol(self) -> str:
        """The one instrument that is traded."""
        return SYMBOL

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Where it is traded."""
        return self._market.exchanges

    @property
    def time_ms(self) -> int:
        """The end of the last minute that was handed on."""
        with self._busy:
            return self._market.time_ms

    @property
    def ended(self) -> bool:
        """Whether `LONGEST_MINUTES` have been lived through, after which nothing moves."""
        return self._lived >= LONGEST_MINUTES

    @property
    def speed(self) -> float:
        """Minutes of the market per second; takes effect at once."""
        return self._speed

    @speed.setter
    def speed(self, minutes_per_second: float) -> None:
        if not 0.0 <= minutes_per_second <= FASTEST:
            raise BadInputError(
                f"A speed of {minutes_per_second:g} minutes per second is out of range; choose 0 to {FASTEST:g}."
            )
        self._speed = float(minutes_per_second)

    def advance(self, minutes: int) -> None:
        """Live through the next minutes now and hand them on; stops at `LONGEST_MINUTES`."""
        with self._busy:
            minutes = min(minutes, LONGEST_MINUTES - self._lived)
            if minutes <= 0:
                return
            for batch in self._market.advance(minutes):
                self._hand_on(batch)
            self._lived += minutes

    def positions(self) -> Positions:
        """The true positions at `time_ms`."""
        with self._busy:
            return self._market.positions()

    def truth(self) -> tuple[int, Positions]:
        """`time_ms` and `positions` of one and the same moment, while the market runs."""
        with self._busy:
            return self._market.time_ms, self._market.positions()

    def start(self) -> None:
        """Let the market run until `stop`; once it runs, nothing."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="simulated market", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Halt the market; returns when its thread has ended."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        due = 0.0
        last = time.monotonic()
        while not self._stopping.wait(_TICK_S) and not self.ended:
            now = time.monotonic()
            due = min(due + self._speed * (now - last), _MOST_PER_TICK)
            last = now
            self.advance(int(due))
            due -= int(due)

    def _hand_on(self, batch: Batch) -> None:
        """Candles last: whoever sees a candle finds what belongs to it."""
        for records, timeframe, coverage in (
            (batch.open_interest, TIMEFRAME, ()),
            (batch.events, "", (batch.covered,)),
            (batch.totals, TIMEFRAME, ()),
            (batch.candles, TIMEFRAME, ()),
        ):
            self._append(SeriesKey(batch.exchange, SYMBOL, records.kind, timeframe), records, coverage)
