"""Liquidations of exchanges that have no feed of them: they are marked among the trades that close the positions."""

from __future__ import annotations

from collections import Counter

from tests.exchange_server.listings import Listing
from tests.exchange_server.market import Forced, Market


def marked(market: Market, listing: Listing, start_ms: int, end_ms: int) -> dict[int, Forced]:
    """The liquidations in ``[start_ms, end_ms)`` that a trade closed, by that trade's id; their price is its price.

    Of quiet days the market knows liquidations without a trade of their own: nobody can see those.
    """
    if end_ms <= start_ms:
        return {}
    open_ = Counter((f.time_ms, f.lots, -f.side) for f in market.liquidations(listing, start_ms, end_ms))
    if not open_:
        return {}
    found = {}
    trades = market.trades(listing, start_ms, end_ms)
    for number, time_ms, ticks, lots, side in zip(*(column.tolist() for column in trades), strict=True):
        if open_[time_ms, lots, side] > 0:
            open_[time_ms, lots, side] -= 1
            found[number] = Forced(time_ms, -side, ticks, lots)
    return found
