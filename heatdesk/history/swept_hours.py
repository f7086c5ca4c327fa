"""What each hour's candles swept, by tier: counted on while a history grows, instead of replayed anew."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import HOUR_MS, Floats
from heatdesk.model.flow import Flow
from heatdesk.model.grid import PriceGrid
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series

if TYPE_CHECKING:
    from heatdesk.model.book import Book
    from heatdesk.model.tiers import Tiers

LEAST_CANDLES: Final = 55 / 60  # of an hour's, for what it swept to be known
_ROOM: Final = 1.25  # of price beyond what was seen, before the levels need a larger grid


class Swept(NamedTuple):
    """Hours from `first` (hours since 1970) on: USD that tiers lose where all newborns are in them (n, 2, n_tiers),
    USD in the reach of price alone (n, 2), and whether the candles of an hour are there (n,)."""

    first: int
    usd: Floats
    background: Floats
    whole: NDArray[np.bool_]


class SweptHours:
    """Counts for one instrument and one model, by the very replay that draws its map.

    A history that goes on where the last one ended costs its new candles; any other is replayed from its start. Not for
    several threads at once.
    """

    def __init__(self, exchange: str, symbol: str, params: ModelParams) -> None:
        self._exchange, self._symbol, self._params = exchange, symbol, params
        self._series: Series | None = None
        self._book: Book | None = None
        self._long: Floats = np.empty((0, 0))
        self._short: Floats = np.empty((0, 0))

    def of(self, series: Series) -> Swept:
        """What the hours of a series swept; nothing later than an hour counts for it. The series must not be empty."""
        from heatdesk.model.flow import ESTIMATORS
        from heatdesk.model.tiers import build_tiers

        tiers = build_tiers(self._exchange, self._symbol, self._params)
        flow = ESTIMATORS[self._params.estimator].flow(series, self._params)
        first = int(series.time_ms[0]) // HOUR_MS
        hour_of = series.time_ms // HOUR_MS - first
        done = self._done(series)
        if done < len(series):
            rest = series.between(done, len(series))
            book = self._book
            if done == 0 or book is None or not book.holds(rest):
                done, rest = 0, series
                book = self._begin(series, tiers)
            births = Flow(*(getattr(flow, f.name)[done:] for f in fields(flow)))
            self._count(rest, hour_of[done:], births, book)
            self._series, self._book = series, book
        hours = int(hour_of[-1]) + 1
        born = np.where(tiers.weight > 0, tiers.weight, np.inf)
        return Swept(
            first,
            np.stack([self._long[:hours] / born, self._short[:hours] / born], axis=1),
            _background(series, flow.pool, hour_of),
            np.bincount(hour_of) * series.step_ms >= LEAST_CANDLES * HOUR_MS,
        )

    def _done(self, series: Series) -> int:
        """How many of the candles are counted already: all of the last series where this one begins alike, else none.

        Where this one is the beginning of the last, nothing is left to count.
        """
        before = self._series
        if before is None or before.step_ms != series.step_ms:
            return 0
        n = min(len(before), len(series))
        if n < len(before) and (int(series.time_ms[-1]) + series.step_ms) % HOUR_MS:
            return 0  # its last hour was counted to the end
        alike = all(
            np.array_equal(
                getattr(before, f.name)[:n], getattr(series, f.name)[:n], equal_nan=f.name != "time_ms"
            )
            for f in fields(Series)
            if f.name != "step_ms"
        )
        return n if alike else 0

    def _begin(self, series: Series, tiers: Tiers) -> Book:
        from heatdesk.model.book import Book

        room = PriceGrid.covering(
            float(series.low.min() * tiers.ratio_long.min()) / _ROOM,
            float(series.high.max() * tiers.ratio_short.max()) * _ROOM,
            self._params.bin_bps,
        )
        self._long, self._short = (np.zeros((0, len(tiers.leverage))) for _ in range(2))
        return Book.empty(series, tiers, self._params, within=room)

    def _count(self, rest: Series, hour_of: NDArray[np.int64], flow: Flow, book: Book) -> None:
        from heatdesk.model.book import Frame, Tally

        n_tiers = self._long.shape[1]
        more = int(hour_of[-1]) + 1 - len(self._long)
        grown = [
            np.concatenate((side, np.zeros((max(more, 0), n_tiers)))) for side in (self._long, self._short)
        ]
        tally = Tally(hour_of, grown[0], grown[1])
        nothing = Frame(slice(0, 1), int(rest.time_ms[0]), HOUR_MS, 0, np.ones(n_tiers, bool))
        book.advance(rest, nothing, flow, tally)
        self._long, self._short = tally.long, tally.short


def _background(series: Series, pool: Floats, hour_of: NDArray[np.int64]) -> Floats:
    """How far each hour's candles went beyond the extremes of the hour before them, times open interest in USD."""
    candles = max(HOUR_MS // series.step_ms, 1)
    reach = np.zeros((2, len(series)))
    if len(series) > candles:
        windows = np.lib.stride_tricks.sliding_window_view
        floor = windows(series.low, candles).min(axis=1)[:-1]
        ceiling = windows(series.high, candles).max(axis=1)[:-1]
        reach[0, candles:] = np.maximum(1.0 - series.low[candles:] / floor, 0.0)
        reach[1, candles:] = np.maximum(series.high[candles:] / ceiling - 1.0, 0.0)
    value = pool * series.close
    total: Floats = np.stack([np.bincount(hour_of, side * value) for side in reach], axis=1)
    return total
