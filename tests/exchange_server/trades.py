"""Every trade of one instrument since ever, and the candles that these very trades make."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.exchange_server.listings import Listing, seed_of
from tests.exchange_server.path import DAY_MS, MINUTE_MS, Path

_FIRST_DAY = 18_000  # trade numbers count from here
_KEPT_DAYS = 3
Ints = NDArray[np.int64]


class Trades(NamedTuple):
    """Columns: ascending times and numbers, prices in ticks, quantities in lots, +1 where the taker bought."""

    ids: Ints
    time_ms: Ints
    ticks: Ints
    lots: Ints
    side: Ints

    def take(self, rows: slice | NDArray[np.bool_]) -> Trades:
        return Trades(*(column[rows] for column in self))


class Candles(NamedTuple):
    """Columns in ticks and lots; `turnover` is Σ ticks × lots, `count` the number of trades."""

    time_ms: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    taker_buy: Ints
    turnover: Ints
    taker_buy_turnover: Ints
    count: Ints

    def take(self, rows: slice | NDArray[np.bool_]) -> Candles:
        return Candles(*(column[rows] for column in self))


class Tape:
    """The trades of one listing: so many seeded ones in every minute, and those that were added since.

    `halts` are whole minutes, as (start_ms, end_ms), in which it did not trade at all.
    """

    def __init__(self, seed: int, listing: Listing, path: Path, halts: list[tuple[int, int]]) -> None:
        self._seed, self.listing, self._path, self._halts = seed, listing, path, halts
        self._days: OrderedDict[int, Trades] = OrderedDict()
        self._candle_days: dict[int, Candles] = {}
        self._added: dict[int, list[Trades]] = {}  # by minute
        self._lumps: dict[
            int, list[tuple[int, int, int, int]]
        ] = {}  # by minute: time, ticks, bought, sold lots
        self._touched: dict[int, Candles] = {}  # candles of minutes to which something was added
        self._minutes: dict[int, Trades] = {}  # the newest that were asked for
        basis = (seed_of(listing.key) % 1000 / 1000 - 0.5) * 4e-4
        self._basis = 1.0 + basis
        usd = listing.coin.daily_usd * listing.share / (_per_day(listing) or 1)
        self._lots = max(2.0, usd / listing.coin.price / float(listing.coins_per_lot))

    def forget_from(self, time_ms: int) -> None:
        """The path has been pushed from there on: days that were made already are made again."""
        self._minutes.clear()
        for days in (self._days, self._candle_days):
            for day in [d for d in days if d >= time_ms // DAY_MS]:
                del days[day]

    def add(self, time_ms: Ints, ticks: Ints, lots: Ints, side: Ints) -> None:
        """More trades, ascending, later than anything that has been told already."""
        self._minutes.clear()
        minutes = time_ms // MINUTE_MS
        for minute in np.unique(minutes):
            rows = minutes == minute
            part = Trades(time_ms[rows], time_ms[rows], ticks[rows], lots[rows], side[rows])
            self._added.setdefault(int(minute), []).append(part)
            self._touched.pop(int(minute), None)

    def add_told(self, time_ms: int, ticks: int, bought: int, sold: int) -> None:
        """Trades that somebody else tells subscribers of: they count in candles only, as one."""
        minute = time_ms // MINUTE_MS
        self._lumps.setdefault(minute, []).append((time_ms, ticks, bought, sold))
        self._touched.pop(minute, None)

    def between(self, start_ms: int, end_ms: int) -> Trades:
        """Trades with ``start_ms <= time < end_ms``."""
        minute = start_ms // MINUTE_MS
        if minute == (end_ms - 1) // MINUTE_MS:
            whole = self._minute_whole(minute)
        else:
            parts = [
                self._whole_minutes(day, start_ms, end_ms)
                for day in range(start_ms // DAY_MS, (end_ms - 1) // DAY_MS + 1)
            ]
            whole = Trades(*map(np.concatenate, zip(*parts, strict=True))) if parts else _NOTHING
        first, last = np.searchsorted(whole.time_ms, (start_ms, end_ms))
        return whole.take(slice(first, last))

    def candles(self, start_ms: int, end_ms: int, now_ms: int, timeframe_ms: int = MINUTE_MS) -> Candles:
        """Candles with ``start_ms <= start < end_ms`` as they stand at `now_ms`, the open one included."""
        start_ms = -(-start_ms // timeframe_ms) * timeframe_ms
        end_ms = min(-(-end_ms // timeframe_ms) * timeframe_ms, now_ms + 1)
        if end_ms <= start_ms:
            return _NO_CANDLES
        open_ms = now_ms // MINUTE_MS * MINUTE_MS
        parts = []
        closed_ms = min(end_ms, open_ms)
        for day in range(start_ms // DAY_MS, (closed_ms - 1) // DAY_MS + 1):
            candles = self._candle_day(day)
            first, last = np.searchsorted(candles.time_ms, (start_ms, closed_ms))
            parts.append(candles.take(slice(first, last)))
        if start_ms <= open_ms < end_ms:
            parts.append(self._minute(open_ms // MINUTE_MS, now_ms + 1))
        found = parts[0] if len(parts) == 1 else Candles(*map(np.concatenate, zip(*parts, strict=True)))
        return found if timeframe_ms == MINUTE_MS else _coarser(found, timeframe_ms)

    def price_at(self, time_ms: float) -> int:
        """Where it trades, ticks."""
        return max(1, round(self._path.now(time_ms) * self._basis / self.listing.steps[0]))

    # --- what is made

    def _minute_whole(self, minute: int) -> Trades:
        """All trades of one minute."""
        if minute not in self._minutes:
            start_ms = minute * MINUTE_MS
            found = self._whole_minutes(start_ms // DAY_MS, start_ms, start_ms + MINUTE_MS)
            self._minutes = {minute: found} if len(self._minutes) > 1 else {**self._minutes, minute: found}
        return self._minutes[minute]

    def _whole_minutes(self, day: int, start_ms: int, end_ms: int) -> Trades:
        """All trades of the minutes of a day that an interval touches, merged."""
        base = self._day(day)
        first, last = max(start_ms, day * DAY_MS), min(end_ms, (day + 1) * DAY_MS)
        lo = first // MINUTE_MS * MINUTE_MS
        hi = -(-last // MINUTE_MS) * MINUTE_MS
        i, j = np.searchsorted(base.time_ms, (lo, hi))
        part = base.take(slice(i, j))
        extra = [t for m in range(lo // MINUTE_MS, hi // MINUTE_MS) for t in self._added.get(m, ())]
        if extra:
            merged = Trades(*map(np.concatenate, zip(part, *extra, strict=True)))
            order = np.argsort(merged.time_ms, kind="stable")
            part = Trades(*(column[order] for column in merged))
        number = self._number_before(day, lo, int(i))
        return part._replace(ids=number + np.arange(len(part.time_ms), dtype=np.int64))

    def _number_before(self, day: int, minute_ms: int, in_day: int) -> int:
        seeded = (day - _FIRST_DAY) * _per_day(self.listing) + in_day
        added = sum(
            sum(len(t.time_ms) for t in parts)
            for m, parts in self._added.items()
            if m < minute_ms // MINUTE_MS
        )
        halted = sum(
            (min(end, day * DAY_MS) - start) // MINUTE_MS * self.listing.trades
            for start, end in self._halts
            if start < day * DAY_MS
        )
        return seeded + added - halted

    def _day(self, day: int) -> Trades:
        if day in self._days:
            self._days.move_to_end(day)
            return self._days[day]
        made = self._make_day(day)
        self._days[day] = made
        while len(self._days) > _KEPT_DAYS:
            self._days.popitem(last=False)
        return made

    def _make_day(self, day: int) -> Trades:
        listing, per_minute = self.listing, self.listing.trades
        rng = np.random.default_rng(seed_of(self._seed, *listing.key, day))
        within = np.sort(rng.integers(0, MINUTE_MS, (1440, per_minute)), axis=1)
        time_ms = (day * DAY_MS + np.arange(1440)[:, None] * MINUTE_MS + within).ravel()
        noise = rng.normal(0, 1e-4, len(time_ms))
        lots = np.maximum(1, rng.lognormal(-0.5, 1.0, len(time_ms)) * self._lots).astype(np.int64)
        side = np.where(rng.random(len(time_ms)) < 0.5 + 20 * noise, 1, -1)
        prices = self._path.at(time_ms) * self._basis * (1.0 + noise)
        ticks = np.maximum(1, np.rint(prices / listing.steps[0])).astype(np.int64)
        made = Trades(time_ms, time_ms, ticks, lots, side)
        for start, end in self._halts:
            made = made.take((made.time_ms < start) | (made.time_ms >= end))
        return made

    def _candle_day(self, day: int) -> Candles:
        """The whole day's candles; minutes to which trades were added are made anew."""
        if day not in self._candle_days:
            self._candle_days[day] = candles_of(self._day(day), MINUTE_MS)
        candles = self._candle_days[day]
        touched = [m for m in {*self._added, *self._lumps} if m * MINUTE_MS // DAY_MS == day]
        if not touched:
            return candles
        again = []
        for m in touched:
            if m not in self._touched:
                self._touched[m] = self._minute(m, (m + 1) * MINUTE_MS)
            again.append(self._touched[m])
        untouched = candles.take(~np.isin(candles.time_ms // MINUTE_MS, touched))
        merged = Candles(*map(np.concatenate, zip(untouched, *again, strict=True)))
        order = np.argsort(merged.time_ms)
        return Candles(*(column[order] for column in merged))

    def _minute(self, minute: int, end_ms: int) -> Candles:
        """One minute's candle up to a time, of everything that was traded in it."""
        trades = self.between(minute * MINUTE_MS, end_ms)
        lumps = [row for row in self._lumps.get(minute, ()) if row[0] < end_ms]
        if lumps:
            time_ms, ticks, bought, sold = np.array(lumps, np.int64).T
            one = np.ones_like(time_ms)
            both = (Trades(time_ms, time_ms, ticks, bought, one), Trades(time_ms, time_ms, ticks, sold, -one))
            merged = Trades(*map(np.concatenate, zip(trades, *both, strict=True)))
            order = np.argsort(merged.time_ms, kind="stable")
            trades = Trades(*(column[order] for column in merged))
        return candles_of(trades, MINUTE_MS)


def _per_day(listing: Listing) -> int:
    return listing.trades * 1440


def candles_of(trades: Trades, timeframe_ms: int) -> Candles:
    """Trades gathered into the candles they make; no trade, no candle."""
    starts = trades.time_ms // timeframe_ms * timeframe_ms
    bought = np.where(trades.side > 0, trades.lots, 0)
    return _gather(
        starts, trades.ticks, trades.ticks, trades.ticks, trades.ticks,
        (trades.lots, bought, trades.ticks * trades.lots, trades.ticks * bought, np.ones_like(starts)),
    )  # fmt: skip


def _coarser(candles: Candles, timeframe_ms: int) -> Candles:
    starts = candles.time_ms // timeframe_ms * timeframe_ms
    return _gather(starts, candles.open, candles.high, candles.low, candles.close, candles[5:])


def _gather(starts: Ints, first: Ints, high: Ints, low: Ints, last: Ints, sums: tuple[Ints, ...]) -> Candles:
    if not len(starts):
        return _NO_CANDLES
    at = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
    ends = np.append(at[1:], len(starts)) - 1
    prices = (first[at], np.maximum.reduceat(high, at), np.minimum.reduceat(low, at), last[ends])
    return Candles(starts[at], *prices, *(np.add.reduceat(column, at) for column in sums))


_NOTHING = Trades(*(np.empty(0, np.int64) for _ in Trades._fields))
_NO_CANDLES = Candles(*(np.empty(0, np.int64) for _ in Candles._fields))
