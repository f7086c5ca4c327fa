"""What stands under a map: volume, open interest, funding, volume delta and long/short ratio of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.events import Market
from heatdesk.history.instrument import History, longest_series
from heatdesk.live import Live
from heatdesk.market import DAY_MS, HOUR_MS, TIMEFRAMES, Floats, Kind, Records, SeriesKey, Times
from heatdesk.same_coin import spot_of
from heatdesk.store.base import Readable

_PAID_EVERY_MS: Final = (
    8 * HOUR_MS
)  # what funding is told for, and what is thought of where an exchange does not say
_PAYMENTS: Final = 30  # the newest ones, that tell the exchange's own interval
_OLDEST_MS: Final = {
    Kind.OPEN_INTEREST: 2 * HOUR_MS,
    Kind.FUNDING: DAY_MS,
    Kind.LONG_SHORT: 2 * HOUR_MS,
}  # a sample older than this says nothing about a column


def _nothing() -> Floats:
    return np.zeros((0, 0))


@dataclass(frozen=True, slots=True)
class Companions:
    """One row of each array for every one of `markets`, one column for every column of the map.

    NaN is "not known", never zero. `volume` is traded in the column, base units. `open_interest` is what was last known
    at the column's end, base units, one-sided; `open_interest_usd` the same at the column's close. `funding` is the
    rate that held, as a fraction for eight hours whatever interval the exchange pays by. `long_short` is accounts that
    are long ÷ accounts that are short. `delta` is bought less sold by takers in the column, base units; `spot_delta`
    the same of `spot_markets`. Arrays are read-only.
    """

    times_ms: Times = field(default_factory=lambda: np.zeros(0, np.int64))
    step_ms: int = 0
    markets: tuple[Market, ...] = ()
    volume: Floats = field(default_factory=_nothing)
    open_interest: Floats = field(default_factory=_nothing)
    open_interest_usd: Floats = field(default_factory=_nothing)
    funding: Floats = field(default_factory=_nothing)
    long_short: Floats = field(default_factory=_nothing)
    delta: Floats = field(default_factory=_nothing)
    spot_markets: tuple[Market, ...] = ()
    spot_delta: Floats = field(default_factory=_nothing)

    def total(self, name: str) -> Floats:
        """The sum over the markets known in each column, NaN where none is; shape (n_times,)."""
        return known_sum(getattr(self, name))

    def open_interest_change(self, name: str = "open_interest") -> Floats:
        """The total of the newest column, traced back without the step of a market that joins or is lost, (n_times,).

        Before the newest column it follows the changes of those markets that are known on both sides of each.
        """
        each = getattr(self, name)
        total = self.total(name)
        known = np.flatnonzero(np.isfinite(total))
        if not len(known):
            return total
        change = np.diff(each, axis=1)
        change = np.where(np.isfinite(change), change, 0.0).sum(axis=0)
        level = np.concatenate(([0.0], np.cumsum(change)))
        level += total[known[-1]] - level[known[-1]]
        return np.where(np.isfinite(total), level, np.nan)

    def mean_funding(self) -> Floats:
        """Funding weighted by open interest in USD among the markets of which both are known, shape (n_times,)."""
        both = np.isfinite(self.funding) & np.isfinite(self.open_interest_usd)
        weight = np.where(both, self.open_interest_usd, 0.0)
        paid = np.where(both, self.funding, 0.0) * weight
        total = weight.sum(axis=0)
        mean: Floats = np.divide(paid.sum(axis=0), total, out=np.full(len(total), np.nan), where=total > 0)
        return mean

    def cumulative(self, name: str = "delta") -> Floats:
        """The volume delta (`delta` or `spot_delta`) since the first column; NaN where no market is known."""
        total = self.total(name)
        return np.where(np.isfinite(total), np.cumsum(np.nan_to_num(total)), np.nan)


def known_sum(each: Floats) -> Floats:
    """Sums of the finite numbers of each column, NaN where there is none; (n_rows, n) → (n,)."""
    known = np.isfinite(each)
    return np.where(known.any(axis=0), np.where(known, each, 0.0).sum(axis=0), np.nan)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a map, and up to when anything is known."""

    times_ms: Times
    step_ms: int
    now_ms: int

    @property
    def ends_ms(self) -> Times:
        return np.minimum(self.times_ms + self.step_ms, self.now_ms)

    def sums(self, time_ms: Times, values: Floats) -> Floats:
        """What candles add up to in every column, NaN where none is known."""
        column = (time_ms - self.times_ms[0]) // self.step_ms
        inside = (column >= 0) & (column < len(self.times_ms)) & np.isfinite(values)
        n = len(self.times_ms)
        counted = np.bincount(column[inside], minlength=n)
        return np.where(counted > 0, np.bincount(column[inside], values[inside], n), np.nan)

    def last_known(self, time_ms: Times, values: Floats, oldest_ms: int) -> Floats:
        """The last value at or before every column's end, NaN where there is none or it is too old."""
        good = np.isfinite(values)
        time_ms, values = time_ms[good], values[good]
        at = np.searchsorted(time_ms, self.ends_ms, side="right") - 1
        seen = at >= 0
        seen[seen] = self.ends_ms[seen] - time_ms[at[seen]] <= oldest_ms
        return np.where(seen, values[np.maximum(at, 0)] if len(values) else np.nan, np.nan)


def read_companions(
    store: Readable,
    symbol: str,
    histories: Sequence[History],
    times_ms: Times,
    step_ms: int,
    live: Live | None = None,
) -> Companions:
    """What stands under the columns that begin at `times_ms`, of the markets of `histories`, up to `live`'s values."""
    last_ms = max(int(h.series.time_ms[-1]) + h.series.step_ms for h in histories)
    columns = _Columns(times_ms, step_ms, last_ms if live is None else max(last_ms, live.made_ms))
    markets = tuple(Market(h.exchange, h.symbol) for h in histories)
    interest = _sampled(store, markets, Kind.OPEN_INTEREST, columns, live)
    closes = np.stack([_closes(columns, history) for history in histories])
    spot = _spot(store, symbol, tuple(dict.fromkeys(h.exchange for h in histories)), columns)
    made = Companions(
        times_ms=times_ms,
        step_ms=step_ms,
        markets=markets,
        volume=np.stack([columns.sums(h.series.time_ms, h.series.volume) for h in histories]),
        open_interest=interest,
        open_interest_usd=interest * closes,
        funding=_sampled(store, markets, Kind.FUNDING, columns, live),
        long_short=_sampled(store, markets, Kind.LONG_SHORT, columns, live),
        delta=np.stack([_delta(columns, h.candles) for h in histories]),
        spot_markets=tuple(spot),
        spot_delta=np.stack(list(spot.values())) if spot else np.zeros((0, len(times_ms))),
    )
    for name in (
        "volume",
        "open_interest",
        "open_interest_usd",
        "funding",
        "long_short",
        "delta",
        "spot_delta",
    ):
        getattr(made, name).flags.writeable = False
    return made


def _closes(columns: _Columns, history: History) -> Floats:
    """The last price at every column's end; one that is forming ends now."""
    ends_ms = np.minimum(history.series.time_ms + history.series.step_ms, columns.now_ms)
    return columns.last_known(ends_ms, history.series.close, columns.now_ms)


_NOW: Final = {
    Kind.OPEN_INTEREST: "open_interest",
    Kind.FUNDING: "funding_rate",
    Kind.LONG_SHORT: "long_short_ratio",
}  # what a live picture calls it


def _sampled(
    store: Readable, markets: Sequence[Market], kind: Kind, columns: _Columns, live: Live | None
) -> Floats:
    """One row of each market: its samples as of every column's end, and in the last column what holds now."""
    rows = np.full((len(markets), len(columns.times_ms)), np.nan)
    for row, market in zip(rows, markets, strict=True):
        key = longest_series(store, market, kind)
        records = Records.empty(kind) if key is None else store.read(key).records
        scale = _PAID_EVERY_MS / _interval_ms(records.time_ms) if kind is Kind.FUNDING else 1.0
        (values,) = records.columns.values()
        row[:] = columns.last_known(records.time_ms, values, _OLDEST_MS[kind]) * scale
        state = None if live is None else live.markets.get(market)
        if state is not None and np.isfinite(now := float(getattr(state, _NOW[kind]))):
            row[-1] = now * scale
    return rows


def _interval_ms(paid_ms: Times) -> float:
    """The whole hours between an exchange's payments of funding."""
    if len(paid_ms) < 2:
        return float(_PAID_EVERY_MS)
    hours = round(float(np.median(np.diff(paid_ms[-_PAYMENTS:]))) / HOUR_MS)
    return float(max(hours, 1) * HOUR_MS)


def _delta(columns: _Columns, candles: Records) -> Floats:
    """Bought less sold by takers, of candles that tell."""
    return columns.sums(candles.time_ms, 2.0 * candles["taker_buy_volume"] - candles["volume"])


def _spot(
    store: Readable, symbol: str, exchanges: Sequence[str], columns: _Columns
) -> dict[Market, NDArray[np.float64]]:
    """The volume delta of the coin's spot market on each exchange that is stored with one."""
    found = {}
    for exchange in exchanges:
        for name in spot_of(symbol):
            stored = [
                info.key
                for info in store.list()
                if (info.key.exchange, info.key.symbol, info.key.kind) == (exchange, name, Kind.CANDLES)
                and columns.step_ms % TIMEFRAMES.get(info.key.timeframe, columns.step_ms + 1) == 0
            ]
            if stored:
                candles = _longest_first(stored, store, int(columns.times_ms[0]))
                found[Market(exchange, name)] = _delta(columns, candles)
                break
    return found


def _longest_first(keys: Sequence[SeriesKey], store: Readable, start_ms: int) -> Records:
    """The candles from a moment on, of the timeframe that has most of them in time."""
    read = [(store.read(key, start_ms).records, TIMEFRAMES[key.timeframe]) for key in keys]
    return max(read, key=lambda of: len(of[0]) * of[1])[0]
