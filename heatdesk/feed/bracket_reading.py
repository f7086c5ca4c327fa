"""Maintenance brackets, asked once a day of every exchange that tells them: they move when an exchange says so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from typing import Final

from heatdesk.errors import HeatdeskError
from heatdesk.events import Market
from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, Rest, RestError
from heatdesk.live import Instrument

Rows = Sequence[tuple[float, float, float]]
KeepBrackets = Callable[[Market, Rows, int], None]

FIRST_S: Final = 20.0  # charts have their candles by then
AGAIN_S: Final = 24 * 3600.0
FAILED_S: Final = 1800.0
_BETWEEN_S: Final = 0.5
_LOOK_S: Final = 2.0

_log = logging.getLogger(__name__)


class BracketReading:
    """Reads the brackets of what one exchange's feed follows; `keep` gets a table with the time it was told at."""

    def __init__(self, exchange: Exchange, rest: Rest, clock: Clock, keep: KeepBrackets) -> None:
        self._exchange, self._rest, self._clock, self._keep = exchange, rest, clock, keep
        self._due_s: dict[str, float] = {}

    async def run(self, followed: Callable[[], Collection[Instrument]]) -> None:
        """Ask until cancelled."""
        await self._clock.sleep(FIRST_S)
        while True:
            for instrument in list(followed()):
                if instrument.kind != "spot" and self._clock.steady() >= self._due_s.get(
                    instrument.symbol, 0.0
                ):
                    await self._read(instrument)
                    await self._clock.sleep(_BETWEEN_S)
            await self._clock.sleep(_LOOK_S)

    async def _read(self, instrument: Instrument) -> None:
        wait_s = AGAIN_S
        try:
            rows = await self._exchange.read_brackets(self._rest, instrument)
            if rows:
                self._keep(instrument.market, rows, int(self._clock.now_ms()))
        except RestError as error:
            wait_s = FAILED_S
            _log.info("%s tells no brackets of %s: %s", self._exchange.row.title, instrument.symbol, error)
        except Exception:  # our mistake costs one table, and not the exchange's streams
            wait_s = FAILED_S
            _log.exception("%s: brackets of %s", self._exchange.row.title, instrument.symbol)
        self._due_s[instrument.symbol] = self._clock.steady() + wait_s


def kept_safely(keep: KeepBrackets) -> KeepBrackets:
    """The same, for a thread that must go on: what cannot be kept is logged, and what held before goes on."""

    def safe(market: Market, rows: Rows, time_ms: int) -> None:
        try:
            keep(market, rows, time_ms)
        except HeatdeskError as error:
            _log.warning("%s", error)

    return safe
