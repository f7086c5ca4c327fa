"""What the store recorded of an instrument's liquidations, hour by hour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.market import HOUR_MS, MINUTE_MS, TIMEFRAMES, Floats, Interval, Kind, Records, SeriesKey, Times
from heatdesk.store.base import Readable, SeriesInfo

RECORDED_SHARE: Final = 55 / 60  # of an hour, from which on its silence means that nothing happened
_SECONDS: Final = 60
_MOST_OCCUPIED: Final = 59.5  # of 60 seconds: a full minute says no more than "many"


@dataclass(frozen=True, slots=True)
class RecordedHours:
    """Liquidated USD of whole hours that were recorded; the others are left out.

    `start_ms` (n,) ascending, `usd` (n, 2) of longs and shorts, `coverage` (n,) the share of liquidations that the feed
    reported, `series` where they are kept.
    """

    series: SeriesKey
    start_ms: Times
    usd: Floats
    coverage: Floats

    def __len__(self) -> int:
        return len(self.start_ms)

    def before(self, end_ms: int) -> RecordedHours:
        """The hours that had ended by a moment."""
        n = int(np.searchsorted(self.start_ms, end_ms - HOUR_MS, side="right"))
        return RecordedHours(self.series, self.start_ms[:n], self.usd[:n], self.coverage[:n])


def recordings(catalogue: Iterable[SeriesInfo], symbol: str, exchange: str) -> tuple[SeriesInfo, ...]:
    """The stored series of an instrument's liquidations: sums before single events, unnamed sources first."""
    found = [
        info
        for info in catalogue
        if (info.key.symbol, info.key.exchange) == (symbol, exchange)
        and (info.key.kind is Kind.EVENTS or _adds_up_to_hours(info.key))
    ]
    return tuple(sorted(found, key=lambda i: (i.key.kind is Kind.EVENTS, i.key.source, _step_ms(i.key))))


def read_hours(store: Readable, series: SeriesKey, end_ms: int | None = None) -> RecordedHours:
    """The recorded hours of one series, as they were known at `end_ms`."""
    records = store.read(series, end_ms=end_ms).records
    if series.kind is Kind.EVENTS:
        hours = hours_of_events(records, store.coverage(series), series)
    else:
        hours = hours_of_totals(records, _step_ms(series), series)
    return hours if end_ms is None else hours.before(end_ms)


def hours_of_totals(records: Records, step_ms: int, series: SeriesKey) -> RecordedHours:
    """Sums of rows of `step_ms`; an hour that misses rows, or a row that misses a number, is no record of nothing."""
    usd = np.stack([records["liquidation_long_usd"], records["liquidation_short_usd"]], axis=1)
    known = np.isfinite(usd).all(axis=1)
    hour, row_of = np.unique(records.time_ms[known] // HOUR_MS, return_inverse=True)
    total = np.zeros((len(hour), 2))
    np.add.at(total, row_of, usd[known])
    whole = np.bincount(row_of, minlength=len(hour)) * step_ms >= RECORDED_SHARE * HOUR_MS
    return RecordedHours(series, hour[whole] * HOUR_MS, total[whole], np.ones(int(whole.sum())))


def hours_of_events(records: Records, covered: Iterable[Interval], series: SeriesKey) -> RecordedHours:
    """Sums of single events over the hours that were recorded, with the share that a throttled feed let through."""
    starts = np.array([span.start_ms for span in covered], np.int64)
    ends = np.array([span.end_ms for span in covered], np.int64)
    if not len(starts):
        empty = np.empty(0, np.int64)
        return RecordedHours(series, empty, np.empty((0, 2)), np.empty(0))
    first, last = int(starts.min()) // HOUR_MS, -(-int(ends.max()) // HOUR_MS)
    edges = np.arange(first, last + 1, dtype=np.int64) * HOUR_MS
    recorded = _covered(edges, starts, ends) >= RECORDED_SHARE * HOUR_MS
    hour = records.time_ms // HOUR_MS - first
    inside = (hour >= 0) & (hour < len(recorded))
    usd = np.zeros((len(recorded), 2))
    side = (records["side"] < 0).astype(int)
    np.add.at(usd, (hour[inside], side[inside]), records["notional_usd"][inside])
    coverage = let_through(records.time_ms[inside], hour[inside], len(recorded))
    return RecordedHours(series, edges[:-1][recorded], usd[recorded], coverage[recorded])


def let_through(time_ms: Times, bar_of: Times, n_bars: int) -> Floats:
    """The share of events that a feed of at most one a second lets through, shape (n_bars,).

    With `s` of a minute's seconds occupied, events came at −60·ln(1 − s/60) a minute if they came at random. Where the
    feed reports all, it reports about as many as that, and the share is 1 (design: model, 3).
    """
    second, first = np.unique(time_ms // 1000, return_index=True)
    minute, inverse = np.unique(second // _SECONDS, return_inverse=True)
    occupied = np.minimum(np.bincount(inverse), _MOST_OCCUPIED)
    came = -_SECONDS * np.log1p(-occupied / _SECONDS)
    bar_of_minute = np.zeros(len(minute), np.int64)
    bar_of_minute[inverse] = bar_of[first]
    expected = np.bincount(bar_of_minute, came, n_bars)
    seen = np.bincount(bar_of, minlength=n_bars)
    share: Floats = np.minimum(np.divide(seen, expected, out=np.ones(n_bars), where=expected > 0), 1.0)
    return share


def _covered(edges: Times, starts: Times, ends: Times) -> Floats:
    """Milliseconds of each stretch between edges that lie in one of the intervals, which do not overlap."""
    order = np.argsort(starts)
    starts, ends = starts[order], ends[order]
    length = np.concatenate(([0], np.cumsum(ends - starts)))
    at = np.searchsorted(starts, edges, side="right") - 1
    inside = np.clip(edges - starts[np.maximum(at, 0)], 0, (ends - starts)[np.maximum(at, 0)])
    before = np.where(at >= 0, length[np.maximum(at, 0)] + inside, 0)
    covered: Floats = np.diff(before).astype(float)
    return covered


def _step_ms(key: SeriesKey) -> int:
    return TIMEFRAMES.get(key.timeframe, 0)


def _adds_up_to_hours(key: SeriesKey) -> bool:
    step_ms = _step_ms(key)
    return key.kind is Kind.TOTALS and step_ms >= MINUTE_MS and HOUR_MS % step_ms == 0
