"""Real liquidations in the stretch that a map shows: as reported, and corrected for what a feed holds back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.events import Market
from heatdesk.history.instrument import longest_series
from heatdesk.history.recorded import let_through
from heatdesk.market import HOUR_MS, Floats, Kind, Records, Times
from heatdesk.store.base import Readable

MOST: Final = 5_000  # kept one by one, the largest; all are in the sums


@dataclass(frozen=True, slots=True)
class Prints:
    """Liquidations; arrays (n,). `side` is the position's, +1 a long; `market_of` an index into `markets`.

    `usd` is what was reported, `corrected_usd` that as it would be if the feed held nothing back, NaN where that is not
    known.
    """

    markets: tuple[Market, ...] = ()
    time_ms: Times = field(default_factory=lambda: np.zeros(0, np.int64))
    market_of: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    side: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    price: Floats = field(default_factory=lambda: np.zeros(0))
    usd: Floats = field(default_factory=lambda: np.zeros(0))
    corrected_usd: Floats = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.time_ms)

    def same_as(self, other: Prints) -> bool:
        """Whether the other ones are the same liquidations."""
        return self.markets == other.markets and all(
            np.array_equal(own, theirs, equal_nan=own.dtype.kind == "f")
            for own, theirs in zip(self.columns(), other.columns(), strict=True)
        )

    def rows(self, chosen: NDArray[Any]) -> Prints:
        """Some of them, by a mask or by their indices."""
        return Prints(self.markets, *(column[chosen] for column in self.columns()))

    def columns(self) -> tuple[NDArray[Any], ...]:
        """Everything but the markets, in the order of the fields."""
        return self.time_ms, self.market_of, self.side, self.price, self.usd, self.corrected_usd


@dataclass(frozen=True, slots=True)
class PrintedLiquidations:
    """The largest liquidations of a stretch, ascending in time; all arrays are read-only.

    `reported_usd` and `estimated_usd` (n_markets, 2) are what was reported and that ÷ the share that the feed let
    through then, summed over all `counted` (n_markets,), longs and shorts, also those too small to be kept.
    """

    kept: Prints = field(default_factory=Prints)
    reported_usd: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    estimated_usd: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    counted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


class _Told(NamedTuple):
    """One market's liquidations of the stretch, and what each would be if the feed let all through."""

    rows: Records
    corrected_usd: Floats


def read_printed(
    store: Readable, markets: Sequence[Market], start_ms: int, end_ms: int, most: int = MOST
) -> PrintedLiquidations:
    """The liquidations of some markets in ``[start_ms, end_ms)``: the `most` largest, and the sums of all."""
    told = [_told(store, market, start_ms, end_ms) for market in markets]
    side, price, usd = (
        np.concatenate([of.rows[name] for of in told]) for name in ("side", "price", "notional_usd")
    )
    every = Prints(
        tuple(markets),
        np.concatenate([of.rows.time_ms for of in told]),
        np.repeat(np.arange(len(told)), [len(of.rows) for of in told]),
        np.sign(side).astype(np.int8),
        price,
        usd,
        np.concatenate([of.corrected_usd for of in told]),
    )
    short = (every.side < 0).astype(np.int64)
    reported, estimated = np.zeros((len(told), 2)), np.zeros((len(told), 2))
    np.add.at(reported, (every.market_of, short), every.usd)
    np.add.at(estimated, (every.market_of, short), every.corrected_usd)
    largest = np.argsort(-every.usd, kind="stable")[:most]
    kept = every.rows(largest[np.argsort(every.time_ms[largest], kind="stable")])
    counted = np.bincount(every.market_of, minlength=len(told))
    for array in (*kept.columns(), reported, estimated, counted):
        array.flags.writeable = False
    return PrintedLiquidations(kept, reported, estimated, counted)


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
