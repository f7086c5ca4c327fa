"""What is asked again and again because no stream tells it: open interest, funding, the long/short ratio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Final, NamedTuple

from heatdesk.events import Event, Funding, LongShort, OpenInterest
from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, Rest, RestError
from heatdesk.feed.folds import Folds
from heatdesk.live import Instrument

_log = logging.getLogger(__name__)
_NEVER: Final = float("-inf")


class _Question(NamedTuple):
    """How often something is asked, in seconds: on charts, and where it is only recorded."""

    told_as: type
    watched_s: float
    recorded_s: float


_QUESTIONS: Final = (
    _Question(OpenInterest, 8.0, 60.0),
    _Question(Funding, 60.0, 300.0),
    _Question(LongShort, 300.0, 300.0),
)
FIRST_S: Final = 8.0  # what no chart shows waits at the start until charts have their candles
_AT_ONCE: Final = 4


class Polls:
    """Asks for one exchange what its streams have not told for as long as the question's interval."""

    def __init__(self, exchange: Exchange, rest: Rest, clock: Clock, folds: Folds) -> None:
        self._exchange = exchange
        self._rest = rest
        self._clock = clock
        self._folds = folds
        self._asked_s: dict[tuple[str, type], float] = {}
        self._began_s = _NEVER
        self._has_none: set[tuple[str, type]] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._asking: set[tuple[str, type]] = set()

    async def run(
        self, followed: Callable[[], Collection[Instrument]], watched: Callable[[], Collection[str]]
    ) -> None:
        """Ask until cancelled."""
        self._began_s = self._clock.steady()
        async with asyncio.TaskGroup() as group:
            while True:
                for instrument, question in self._due(followed(), watched()):
                    self._asking.add((instrument.symbol, question.told_as))
                    group.create_task(self._ask(instrument, question))
                await self._clock.sleep(0.5)

    def _due(
        self, followed: Collection[Instrument], watched: Collection[str]
    ) -> Iterator[tuple[Instrument, _Question]]:
        now_s = self._clock.steady()
        for question in _QUESTIONS:
            for instrument in followed:
                at = instrument.symbol, question.told_as
                if instrument.kind == "spot" or at in self._asking or at in self._has_none:
                    continue
                last_s = max(self._folds.told_s.get(at, _NEVER), self._asked_s.get(at, _NEVER))
                shown = instrument.symbol in watched
                every_s = question.watched_s if shown else question.recorded_s
                if now_s - last_s >= every_s and (shown or now_s - self._began_s >= FIRST_S):
                    yield instrument, question

    async def _ask(self, instrument: Instrument, question: _Question) -> None:
        at = instrument.symbol, question.told_as
        try:
            async with self._turns:
                event = await self._reader(question)(self._rest, instrument)
                now_ms = self._clock.now_ms()
            if event is None:
                self._has_none.add(at)
            else:
                self._folds.take(now_ms, [event])
        except RestError as error:
            _log.info("%s %s: %s", self._exchange.row.title, instrument.symbol, error)
        except Exception:  # our mistake costs one answer, and not the exchange's streams
            _log.exception("%s %s: an answer was not understood", self._exchange.row.title, instrument.symbol)
        finally:
            self._asked_s[at] = self._clock.steady()
            self._asking.discard(at)

    def _reader(self, question: _Question) -> Callable[[Rest, Instrument], Awaitable[Event | None]]:
        if question.told_as is OpenInterest:
            return self._exchange.read_open_interest
        if question.told_as is Funding:
            return self._exchange.read_funding
        return self._exchange.read_long_short
