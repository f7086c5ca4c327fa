"""Order books kept from changes. A book that misses a change, crosses or stands still is not whole until it is new."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

import numpy as np

from heatdesk.events import BookChange, Market
from heatdesk.live import BookState
from heatdesk.market import Floats

LEVELS: Final = 200  # of a side that are shown
KEPT: Final = 1000  # of a side that are remembered: exchanges send fewer, or all there are
STALE_S: Final = 5.0
CROSSED_S: Final = 0.5  # levels told one by one may cross it for a moment
RETRY_S: Final = 2.0  # how long a new book may take before it is asked for again
_EARLY: Final = 2000  # changes kept while the snapshot is on its way


class Book:
    """One order book.

    `whole` is False from the first change that does not fit until a snapshot comes; `wants_new` says when to ask for
    one. Changes that come before the snapshot are kept and joined to it. A book that is crossed is never shown whole.
    """

    __slots__ = (
        "_asked_s",
        "_asks",
        "_bids",
        "_crossed_s",
        "_early",
        "_fresh",
        "_heard_s",
        "_state",
        "last_id",
        "market",
        "time_ms",
        "whole",
    )

    def __init__(self, market: Market) -> None:
        self.market = market
        self.whole = False
        self.last_id = -1
        self.time_ms = 0
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}
        self._early: deque[BookChange] = deque(maxlen=_EARLY)
        self._fresh = True  # nothing has followed the snapshot yet
        self._heard_s = self._asked_s = float("-inf")
        self._crossed_s = float("inf")  # since when it has been crossed
        self._state: BookState | None = None

    def take(self, change: BookChange, now_s: float) -> None:
        """One change or snapshot, in the order they come; `now_s` is steady time."""
        self._heard_s = now_s
        if change.snapshot:
            self._begin(change)
        elif self.whole:
            if not self._behind(change):
                self._follow(change)
        else:
            self._early.append(change)
        self._state = None

    def wants_new(self, now_s: float) -> bool:
        """Whether to ask for a snapshot now; once it said yes it waits a while before it asks again."""
        if not (self.whole and self._crossed()):
            self._crossed_s = float("inf")
        elif self._crossed_s > now_s:
            self._crossed_s = now_s
        if self.whole and (now_s - self._heard_s > STALE_S or now_s - self._crossed_s > CROSSED_S):
            self._break()
            self._state = None
        if self.whole or now_s - self._asked_s < RETRY_S:
            return False
        self._asked_s = now_s
        return True

    def state(self) -> BookState:
        """The best levels as arrays; the same object until something changes."""
        if self._state is None:
            bids = _side(self._bids.items(), best_is_high=True)
            asks = _side(self._asks.items(), best_is_high=False)
            self._state = BookState(self.time_ms, bids, asks, self.whole and not self._crossed())
        return self._state

    def _begin(self, snapshot: BookChange) -> None:
        self._bids = {price: quantity for price, quantity in snapshot.bids if quantity > 0}
        self._asks = {price: quantity for price, quantity in snapshot.asks if quantity > 0}
        self.last_id, self.time_ms, self.whole = snapshot.last_id, snapshot.time_ms, True
        early = list(self._early)
        self._early.clear()
        self._fresh = True
        for change in early:
            if self.whole and not self._behind(change):
                self._follow(change)

    def _follow(self, change: BookChange) -> None:
        if self._fits(change):
            self._fresh = False
            self._apply(change)
        else:
            self._break()
            self._early.append(change)

    def _behind(self, change: BookChange) -> bool:
        """Whether the book holds this change already."""
        return change.last_id >= 0 and change.last_id <= self.last_id

    def _joins(self, change: BookChange) -> bool:
        """Whether it can be the first change after a snapshot that came on another way."""
        if change.first_id >= 0:
            return change.first_id <= self.last_id + 1
        return change.previous_id < 0 or change.previous_id <= self.last_id

    def _fits(self, change: BookChange) -> bool:
        if change.last_id < 0:
            return True  # the exchange does not number them
        if self._fresh:
            return self._joins(change)
        if change.previous_id >= 0:
            return change.previous_id == self.last_id
        return change.first_id <= self.last_id + 1

    def _apply(self, change: BookChange) -> None:
        for levels, side in ((change.bids, self._bids), (change.asks, self._asks)):
            for price, quantity in levels:
                if quantity > 0:
                    side[price] = quantity
                else:
                    side.pop(price, None)
        self.last_id, self.time_ms = change.last_id, max(self.time_ms, change.time_ms)
        if len(self._bids) > 2 * KEPT:
            self._bids = dict(sorted(self._bids.items(), reverse=True)[:KEPT])
        if len(self._asks) > 2 * KEPT:
            self._asks = dict(sorted(self._asks.items())[:KEPT])

    def _crossed(self) -> bool:
        return bool(self._bids and self._asks) and max(self._bids) >= min(self._asks)

    def _break(self) -> None:
        """What is left is shown as a book that is not whole."""
        self.whole = False
        self._early.clear()


def _side(levels: Iterable[tuple[float, float]], *, best_is_high: bool) -> Floats:
    best = sorted(levels, reverse=best_is_high)[:LEVELS]
    array: Floats = np.array(best, np.float64).reshape(len(best), 2)
    array.flags.writeable = False
    return array
