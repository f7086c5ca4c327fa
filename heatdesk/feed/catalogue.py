"""What an exchange trades, read at the start and again every ten minutes, and how its clock differs from ours."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, Rest, RestError
from heatdesk.feed.plain_text import is_name, plain
from heatdesk.live import Health, Instrument

AGAIN_S: Final = 600.0
SOONEST_S: Final = 15.0  # between two readings, however many ask
_RETRY_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 15.0)
_MOST_NOTICES: Final = 20
_NOT_OFFERED: Final = (403, 451)
_BANNED: Final = (418, 429)

_CLOCK_TRIES: Final = 5
_CLOCK_WITHIN_MS: Final = 2_000.0
_log = logging.getLogger(__name__)


class Catalogue:
    """The instruments of one exchange.

    `changed` is called after every reading that differs from the one before, with the new instruments; `trouble` says
    why nothing is known yet.
    """

    def __init__(self, exchange: Exchange, rest: Rest, clock: Clock, changed: Callable[[], None]) -> None:
        self.instruments: dict[str, Instrument] = {}  # by symbol
        self.notices: list[str] = []
        self.health = Health.CONNECTING
        self.trouble = ""
        self.skew_ms = float("nan")
        self._exchange = exchange
        self._rest = rest
        self._clock = clock
        self._changed = changed
        self._soon = asyncio.Event()

    def doubt(self) -> None:
        """Something does not fit what was read: read it again soon."""
        self._soon.set()

    async def run(self) -> None:
        """Read until cancelled."""
        tries = 0
        while True:
            try:
                await self._read()
                tries = 0
                wait_s = AGAIN_S
            except RestError as error:
                self._fail(error)
                wait_s = _RETRY_S[min(tries, len(_RETRY_S) - 1)] if not self.instruments else AGAIN_S / 10
                tries += 1
            await self._pause(wait_s)

    async def _pause(self, seconds: float) -> None:
        until_s = self._clock.steady() + seconds
        await self._clock.sleep(min(seconds, SOONEST_S))
        while self._clock.steady() < until_s and not self._soon.is_set():
            await self._clock.sleep(1.0)
        self._soon.clear()

    async def _read(self) -> None:
        """Both at once: a chart waits for them. Without its clock an exchange can be read all the same."""
        listed, ahead_ms = await asyncio.gather(self._exchange.read_instruments(self._rest), self._ahead())
        if math.isfinite(ahead_ms):
            self.skew_ms = ahead_ms
        new = {instrument.symbol: instrument for instrument in listed if _is_named(instrument)}
        if not new:
            raise RestError(f"{self._exchange.row.title} lists no markets")
        old, self.trouble, self.health = self.instruments, "", Health.LIVE
        if new != old:
            self._compare(old, new)
            self.instruments = new
            self._exchange.know(list(new.values()))
            self._changed()

    async def _ahead(self) -> float:
        """How far the exchange's clock is ahead of ours, ms; NaN where it cannot be told.

        An answer that took long says little: the question may have waited for its turn, and a minute that is still
        open would pass for closed.
        """
        for _ in range(_CLOCK_TRIES):
            asked_ms = self._clock.now_ms()
            try:
                theirs_ms = await self._exchange.read_time(self._rest)
            except RestError as error:
                _log.info("%s: %s", self._exchange.row.title, error)
                return math.nan
            now_ms = self._clock.now_ms()
            if theirs_ms is None:
                return math.nan
            if now_ms - asked_ms <= _CLOCK_WITHIN_MS:
                return theirs_ms - (asked_ms + now_ms) / 2.0
        return math.nan

    def _fail(self, error: RestError) -> None:
        if error.status in _NOT_OFFERED:
            self.health = Health.REFUSED
        else:
            self.health = Health.BANNED if error.status in _BANNED else Health.UNREACHABLE
        self.trouble = plain(error)
        _log.info("%s: %s", self._exchange.row.title, self.trouble)

    def _compare(self, old: Mapping[str, Instrument], new: Mapping[str, Instrument]) -> None:
        """Say what changed for those who look at it or record it."""
        at = f"{datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC):%H:%M} UTC"
        title = self._exchange.row.title
        for symbol, before in old.items():
            after = new.get(symbol)
            if after is None or (before.active and not after.active):
                self.notices.append(f"{title} {symbol}: delisted (noticed at {at})")
            elif after.contract_size != before.contract_size:
                self.notices.append(
                    f"{title} {symbol}: contract changed at {at}, from {before.contract_size:g} to "
                    f"{after.contract_size:g}"
                )
        del self.notices[:-_MOST_NOTICES]


def _is_named(instrument: Instrument) -> bool:
    """Whether its names are fit to be shown, stored and sent; an exchange may list anything."""
    names = (instrument.symbol, instrument.base, instrument.quote)
    return (
        all(map(is_name, names))
        and 0 < len(instrument.wire) <= 64
        and plain(instrument.wire) == instrument.wire
    )
