"""All exchanges of a plan on one loop: a station each, what they share, and the picture of them all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from heatdesk.errors import BadInputError
from heatdesk.feed.ban_file import BanFile
from heatdesk.feed.bans import Bans
from heatdesk.feed.bracket_reading import KeepBrackets
from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges import EXCHANGES
from heatdesk.feed.exchanges.base import Exchange
from heatdesk.feed.network import Network
from heatdesk.feed.picture import Pictures
from heatdesk.feed.plan import FeedPlan, GapLedger, History
from heatdesk.feed.rest import Lanes
from heatdesk.feed.shelf import Shelf
from heatdesk.feed.silence import Silence
from heatdesk.feed.station import Station, Surroundings
from heatdesk.feed.writer import Writer
from heatdesk.live import HoleState, Instrument, Live, Watched

PICTURES_S: Final = 1 / 30
_QUIET_S: Final = 0.1  # the same, where no market has moved for a while: a quiet night costs next to nothing
_AGAIN_S: Final = 2.0
_AGE_S: Final = 3600.0

_log = logging.getLogger(__name__)


class Feeds:
    """Belongs to the loop that runs it. Raises BadInputError for an exchange that is not in the table."""

    def __init__(
        self,
        plan: FeedPlan,
        history: History,
        ledger: GapLedger,
        writer: Writer,
        clock: Clock,
        network: Network | None = None,
        keep_brackets: KeepBrackets | None = None,
        ban_file: BanFile | None = None,
    ) -> None:
        unknown = [name for name in plan.exchanges if name not in EXCHANGES]
        if unknown:
            raise BadInputError(
                f"Exchange {unknown[0][:32]!a} is unknown; use some of {', '.join(EXCHANGES)}."
            )
        exchanges: Mapping[str, Exchange] = {name: EXCHANGES[name]() for name in plan.exchanges}
        self._clock = clock
        self._ledger = ledger
        self._writer = writer
        self._asked_ms = plan.asked_ms
        self._network = network or Network.from_environment(
            [e.row for e in exchanges.values()], clock, _bans(clock, writer, ban_file)
        )
        self._pictures = Pictures(clock, writer, ledger)
        self._watched = Watched()
        self._known: list[dict[str, Instrument]] = []
        self._instruments: tuple[Instrument, ...] = ()
        around = Surroundings(
            plan,
            clock,
            self._network,
            writer,
            Shelf(history, writer, ledger),
            Silence(),
            self._pictures.print,
            keep_brackets,
        )
        self._stations = tuple(self._station(exchange, around) for exchange in exchanges.values())

    def watch(self, watched: Watched) -> None:
        """What charts show from now on."""
        self._watched = watched
        for station in self._stations:
            station.watch(watched)

    async def run(self, ending: asyncio.Event, show: Callable[[Live, tuple[Instrument, ...]], None]) -> None:
        """Work until `ending` is set; `show` is given every new picture, at most thirty a second."""
        self._resume()
        tasks = [asyncio.create_task(self._kept(station.run, station.name)) for station in self._stations]
        tasks.append(asyncio.create_task(self._kept(lambda: self._publish(show), "picture")))
        tasks.append(asyncio.create_task(self._kept(self._age, "gap ledger")))
        try:
            await ending.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(*(station.close() for station in self._stations), return_exceptions=True)
            await self._network.close()

    def _station(self, exchange: Exchange, around: Surroundings) -> Station:
        lanes = Lanes(exchange.row, self._network, self._clock)
        return Station(exchange, lanes.live, lanes.backfill, around)

    def _resume(self) -> None:
        """What the last recording left open is filled by this one, or can never be."""
        stations = {station.name: station for station in self._stations}
        for hole in self._ledger.begin(int(self._clock.now_ms())):
            if hole.what != "candles":
                self._ledger.settle(*hole[:4], HoleState.NONE_THERE)
        for hole in self._ledger.holes():
            if hole.state == HoleState.OPEN and hole.what == "candles" and hole.exchange in stations:
                stations[hole.exchange].missed.left_open(hole)

    async def _kept(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """An error in one part is ours: it is logged, stops no other part, and the part begins again."""
        while True:
            try:
                await work()
            except Exception:
                _log.exception("the feed's %s failed and begins again", name)
            await self._clock.sleep(_AGAIN_S)

    async def _age(self) -> None:
        """Keep the ledger from growing for ever: a market where little is traded leaves out minutes every hour."""
        while True:
            self._writer.tell(lambda ledger: ledger.age(int(self._clock.now_ms()), self._asked_ms))
            await self._clock.sleep(_AGE_S)

    async def _publish(self, show: Callable[[Live, tuple[Instrument, ...]], None]) -> None:
        while True:
            known = [station.catalogue.instruments for station in self._stations]
            if known != self._known:
                self._known = known
                self._instruments = tuple(i for instruments in known for i in instruments.values())
            notices = [text for station in self._stations for text in station.notices()]
            if self._pictures.make(self._stations, self._watched.markets, notices):
                show(self._pictures.newest, self._instruments)
            await asyncio.sleep(PICTURES_S if self._pictures.lively else _QUIET_S)


def _bans(clock: Clock, writer: Writer, file: BanFile | None) -> Bans:
    """Those of earlier runs to begin with; what is told from now on goes to the disk from the writer's thread."""
    if file is None:
        return Bans(clock)
    return Bans(clock, file.read(), lambda told: writer.tell(lambda _: file.keep(told)))
