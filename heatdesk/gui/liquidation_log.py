"""The real liquidations of what is shown: those of the snapshot, and those printed since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from heatdesk.engine import Snapshot
from heatdesk.events import Market
from heatdesk.gui.live_bar import follows_now, shown_markets
from heatdesk.history.printed import Prints
from heatdesk.live import ExchangeState, Live, Printed

MOST_HEARD: Final = 5_000
COMPLETE: Final = "complete"  # a feed that holds nothing back
_SIDES: Final = {1: 0, -1: 1}


class LiquidationLog:
    """Keeps `prints` up to date: nothing printed is missed or stands there twice."""

    def __init__(self) -> None:
        self.prints = Prints()
        self.exchanges: dict[str, ExchangeState] = {}
        self._snapshot: Snapshot | None = None
        self._stored = Prints()
        self._known: frozenset[tuple[Market, int, int, float]] = frozenset()
        self._heard: list[Printed] = []
        self._number = -1

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """What is stored of this map; what was heard and is stored by now counts once."""
        before, self._snapshot = self._snapshot, snapshot
        self._stored = Prints() if snapshot.liquidations is None else snapshot.liquidations.kept
        if before is None or shown_markets(before) != shown_markets(snapshot):
            self._heard, self._number = [], -1
        self._known = frozenset(_keys(self._stored))
        self._heard = [heard for heard in self._heard if _key(heard) not in self._known]
        self._join()

    def show_live(self, live: Live) -> bool:
        """Take what is new; returns whether anything of what is shown is."""
        self.exchanges = {state.exchange: state for state in live.exchanges}
        if not follows_now(self._snapshot) or self._snapshot is None or not live.liquidations:
            return False
        newest = live.liquidations[-1].number
        if newest == self._number:
            return False
        since = -1 if newest < self._number else self._number  # a feed that began anew counts from zero
        self._number = newest
        wanted = shown_markets(self._snapshot)
        new = [
            printed
            for printed in live.liquidations
            if printed.number > since and _market(printed) in wanted and _key(printed) not in self._known
        ]
        if not new:
            return False
        self._heard = [*self._heard, *new][-MOST_HEARD:]
        self._join()
        return True

    def held_back(self, market: Market, side: int) -> float:
        """How many times the reported USD truly went, 1 where nothing is held back, NaN where it is not known."""
        state = self.exchanges.get(market.exchange)
        if state is not None and state.liquidations == COMPLETE:
            return 1.0
        printed = None if self._snapshot is None else self._snapshot.liquidations
        if printed is None or market not in printed.kept.markets:
            return float("nan")
        at = printed.kept.markets.index(market), _SIDES[side]
        reported, estimated = float(printed.reported_usd[at]), float(printed.estimated_usd[at])
        return estimated / reported if reported > 0.0 else float("nan")

    def _join(self) -> None:
        stored = self._stored
        if not self._heard:
            self.prints = stored
            return
        markets = tuple(dict.fromkeys((*stored.markets, *map(_market, self._heard))))
        index = {market: i for i, market in enumerate(markets)}
        told = [heard.liquidation for heard in self._heard]
        usd = np.array([one.price * one.quantity for one in told])
        times = np.array([self.held_back(_market(h), h.liquidation.side) for h in self._heard])
        columns = (
            (stored.time_ms, np.array([one.time_ms for one in told], np.int64)),
            (stored.market_of, np.array([index[_market(h)] for h in self._heard], np.int64)),
            (stored.side, np.array([one.side for one in told], np.int8)),
            (stored.price, np.array([one.price for one in told])),
            (stored.usd, usd),
            (stored.corrected_usd, usd * times),
        )
        self.prints = Prints(markets, *(np.concatenate(pair) for pair in columns))


def _market(printed: Printed) -> Market:
    return Market(printed.exchange, printed.liquidation.symbol)


def _key(printed: Printed) -> tuple[Market, int, int, float]:
    one = printed.liquidation
    return _market(printed), one.time_ms, one.side, one.price


def _keys(prints: Prints) -> Iterable[tuple[Market, int, int, float]]:
    rows = zip(
        prints.market_of.tolist(),
        prints.time_ms.tolist(),
        prints.side.tolist(),
        prints.price.tolist(),
        strict=True,
    )
    return ((prints.markets[market], time_ms, side, price) for market, time_ms, side, price in rows)
