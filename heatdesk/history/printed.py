"""Real liquidations in the stretch that a map shows: as reported, and corrected for what a feed holds back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.events import Market
from heatdesk.history.instrument import longest_series
from heatdesk.history.recorded import let_through
from heatdesk.market import HOUR_MS, Floats, Kind, Records, Times
from heatdesk.store.base import Readable

MOST: Final = 5_000  # kept one by one, the largest; all are in the sums


@dataclass(frozen=True, slots=True)
class PrintedLiquidations:
    """The largest liquidations of a stretch, ascending in time; arrays (n,), read-only.

    `market_of` is each one's index in `markets`, `side` the position's, +1 a long. `usd` is what was reported,
    `corrected_usd` that ÷ the share that the feed let through then. `reported_usd` and `estimated_usd` (n_markets, 2)
    are the same summed over all `counted` (n_markets,), longs and shorts, also those too small to be kept.
    """

    markets: tuple[Market, ...] = ()
    time_ms: Times = field(default_factory=lambda: np.zeros(0, np.int64))
    market_of: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    side: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    price: Floats = field(default_factory=lambda: np.zeros(0))
    usd: Floats = field(default_factory=lambda: np.zeros(0))
    corrected_usd: Floats = field(default_factory=lambda: np.zeros(0))
    reported_usd: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    estimated_usd: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    counted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.time_ms)


class _Told(NamedTuple):
    """One market's liquidations of the stretch, and what each would be if the feed let all through."""

    rows: Records
    corrected_usd: Floats


def read_printed(
    store: Readable, markets: Sequence[Market], start_ms: int, end_ms: int, most: int = MOST
) -> PrintedLiquidations:
    """The liquidations of some markets in ``[start_ms, end_ms)``: the `most` largest, and the sums of all."""
    told = [_told(store, market, start_ms, end_ms) for market in markets]
    time_ms = np.concatenate([of.rows.time_ms for of in told])
    market_of = np.repeat(np.arange(len(told)), [len(of.rows) for of in told])
    side, price, usd = (
        np.concatenate([of.rows[name] for of in told]) for name in ("side", "price", "notional_usd")
    )
    corrected = np.concatenate([of.corrected_usd for of in told])
    short = (side < 0).astype(np.int64)
    reported, estimated = np.zeros((len(told), 2)), np.zeros((len(told), 2))
    np.add.at(reported, (market_of, short), usd)
    np.add.at(estimated, (market_of, short), corrected)
    kept = np.argsort(-usd, kind="stable")[:most]
    kept = kept[np.argsort(time_ms[kept], kind="stable")]
    made = PrintedLiquidations(
        tuple(markets),
        time_ms[kept],
        market_of[kept],
        np.sign(side[kept]).astype(np.int8),
        price[kept],
        usd[kept],
        corrected[kept],
        reported,
        estimated,
        np.bincount(market_of, minlength=len(told)),
    )
    for name in ("time_ms", "market_of", "side", "price", "usd", "corrected_usd", "reported_usd", "counted"):
        getattr(made, name).flags.writeable = False
    made.estimated_usd.flags.writeable = False
    return made


def _told(store: Readable, market: Market, start_ms: int, end_ms: int) -> _Told:
    key = longest_series(store, market, Kind.EVENTS)
    if key is None:
        return _Told(Records.empty(Kind.EVENTS), np.empty(0))
    first = start_ms // HOUR_MS  # the share is that of whole hours
    rows = store.read(key, first * HOUR_MS, end_ms).records
    rows = rows.take(rows["notional_usd"] > 0)
    hour = rows.time_ms // HOUR_MS - first
    share = let_through(rows.time_ms, hour, int(hour[-1]) + 1)[hour] if len(rows) else np.empty(0)
    shown = rows.time_ms >= start_ms
    return _Told(rows.take(shown), rows["notional_usd"][shown] / share[shown])
