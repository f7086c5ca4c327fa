"""The leverage weights that stored liquidations teach: from the store to versions that a map can be drawn with."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.errors import BadInputError
from heatdesk.history import History, read_history
from heatdesk.market import DAY_MS, HOUR_MS, Floats, SeriesKey
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.weights import LearnedWeights
from heatdesk.recorded import RecordedHours, read_hours, recordings
from heatdesk.store.base import SeriesInfo, Store

if TYPE_CHECKING:
    from heatdesk.model.learning import Bars

WARM_UP_MS: Final = (
    30 * DAY_MS
)  # of candles before the first recorded hour: whom it liquidates was born by then
LEAST_CANDLES: Final = 55 / 60  # of an hour's, for what it swept to be known
PSEUDO_EVENTS: Final = 3.0
_KEPT: Final = 16
_BIN_BPS: Final = 10.0  # of the replay that counts what is swept, whatever the map's own rows are


@dataclass(frozen=True, slots=True)
class Lesson:
    """What recorded liquidations say about one exchange's instrument.

    `taught_by` are the stored series that were learned from. Where none of them is the instrument's own (`own` False),
    the weights are another market's and the level is not calibrated here. `leverage` has shape (n_tiers,).
    """

    exchange: str
    symbol: str
    leverage: Floats
    learned: LearnedWeights
    taught_by: tuple[SeriesKey, ...]
    own: bool

    def days(self, time_ms: int | None = None) -> float:
        """Days of recordings behind the version of a moment, the newest by default."""
        known = self.learned if time_ms is None else self.learned.before(time_ms)
        return float(known.bars[-1]) * HOUR_MS / DAY_MS if len(known) else 0.0

    def calibrates(self, time_ms: int) -> bool:
        """Whether the USD of a moment's column were held against this market's own liquidations."""
        return self.own and self.days(time_ms) > 0.0

    def told(self, time_ms: int) -> dict[str, Any]:
        """What a file says about the weights of a moment's column."""
        known = self.learned.before(time_ms)
        return {
            "taught_by": [
                f"{key.symbol} {key.exchange} {key.kind} {key.source}".strip() for key in self.taught_by
            ],
            "own": self.own,
            "days": round(self.days(time_ms), 2),
            "valid_from_ms": int(known.valid_from_ms[-1]) if len(known) else None,
            "weight": known.weight[-1].tolist() if len(known) else known.prior.tolist(),
            "scale": float(known.scale[-1]) if len(known.scale) else 1.0,
        }


class Lessons:
    """Learns from a store, and remembers what it learned while nothing it depends on changes; any thread may ask."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], LearnedWeights] = OrderedDict()

    def of(self, symbol: str, history: History, params: ModelParams, end_ms: int | None) -> Lesson | None:
        """What is known at `end_ms` (None: now) about a history's instrument; None where nothing was recorded.

        The instrument's own recordings count first; before they begin, and where there are none, what the market that
        was recorded longest taught (the same symbol elsewhere before another symbol) stands in, with less trust.
        """
        from heatdesk.model.tiers import (
            build_tiers,
        )  # compiled code lies behind it: imported when first needed

        if history.series.step_ms > HOUR_MS:
            return None  # a candle of several hours does not say in which of them it swept
        params = replace(params, weights="prior", bin_bps=_BIN_BPS)
        catalogue = self._store.list()
        own = recordings(catalogue, symbol, history.exchange)
        donor = _donor(catalogue, symbol, history.exchange, own)
        handed = None if donor is None else self._handed_on(donor, symbol, history.exchange, params, end_ms)
        found = [self._learned(symbol, history, info.key, params, end_ms, handed) for info in own]
        taught = [(info.key, each) for info, each in zip(own, found, strict=True) if len(each)]
        leverage = build_tiers(history.exchange, symbol, params).leverage
        if taught:
            best = taught[0][1]
            for other in [each for _, each in taught[1:]] + ([] if handed is None else [handed]):
                best = best.preceded_by(other)
            return Lesson(history.exchange, symbol, leverage, best, tuple(key for key, _ in taught), True)
        if handed is not None and donor is not None and len(handed):
            return Lesson(history.exchange, symbol, leverage, handed, (donor.key,), False)
        return None

    def evidence(self, lesson: Lesson, end_ms: int | None) -> RecordedHours | None:
        """The recorded hours that a lesson goes by; None where another market taught it."""
        return read_hours(self._store, lesson.taught_by[0], end_ms) if lesson.own else None

    def _handed_on(
        self, donor: SeriesInfo, symbol: str, exchange: str, params: ModelParams, end_ms: int | None
    ) -> LearnedWeights | None:
        from heatdesk.model.tiers import build_tiers

        try:
            history = read_history(self._store, donor.key.symbol, donor.key.exchange, HOUR_MS, end_ms)
        except BadInputError:  # liquidations without candles teach nothing
            return None
        learned = self._learned(donor.key.symbol, history, donor.key, params, end_ms, None)
        own = build_tiers(exchange, symbol, params).weight
        return learned.seen_by(own)

    def _learned(
        self,
        symbol: str,
        history: History,
        key: SeriesKey,
        params: ModelParams,
        end_ms: int | None,
        handed: LearnedWeights | None,
    ) -> LearnedWeights:
        from heatdesk.model.learning import Prior, handed_on, learn
        from heatdesk.model.tiers import build_tiers

        whole_hours = (int(history.series.time_ms[-1]) + history.series.step_ms) // HOUR_MS * HOUR_MS
        hours = read_hours(self._store, key, whole_hours if end_ms is None else min(whole_hours, end_ms))
        series = spanned(history.series, hours)
        tiers = build_tiers(history.exchange, symbol, params)
        known = (symbol, history.exchange, params, key, _digest(series, hours, handed))
        with self._lock:
            if known in self._kept:
                self._kept.move_to_end(known)
                return self._kept[known]
        prior = Prior(tiers.weight, np.full(len(tiers.weight), PSEUDO_EVENTS))
        learned = learn(
            bars_of(series, hours, history.exchange, symbol, params),
            prior if handed is None else handed_on(handed, prior),
        )
        with self._lock:
            self._kept[known] = learned
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return learned


def bars_of(series: Series, hours: RecordedHours, exchange: str, symbol: str, params: ModelParams) -> Bars:
    """Recorded hours beside what each tier would have lost in them, by the very replay that draws the map."""
    from heatdesk.model.book import Book, Frame, Tally
    from heatdesk.model.flow import ESTIMATORS
    from heatdesk.model.learning import Bars
    from heatdesk.model.tiers import build_tiers

    tiers = build_tiers(exchange, symbol, params)
    n_tiers = len(tiers.leverage)
    if not len(series) or not len(hours):
        return Bars(
            np.empty(0, np.int64), np.empty((0, 2, n_tiers)), np.empty((0, 2)), np.empty((0, 2)), np.empty(0)
        )
    first = int(series.time_ms[0]) // HOUR_MS
    hour_of = series.time_ms // HOUR_MS - first
    tally = Tally.empty(hour_of, n_tiers)
    flow = ESTIMATORS[params.estimator].flow(series, params)
    nothing = Frame(slice(0, 1), int(series.time_ms[0]), HOUR_MS, 0, np.ones(n_tiers, bool))
    Book.empty(series, tiers, params).advance(series, nothing, flow, tally)
    born = np.where(tiers.weight > 0, tiers.weight, np.inf)
    swept = np.stack([tally.long / born, tally.short / born], axis=1)
    whole = np.bincount(hour_of) * series.step_ms >= LEAST_CANDLES * HOUR_MS
    row = hours.start_ms // HOUR_MS - first
    row_is_there = (row >= 0) & (row < len(whole))
    kept = np.flatnonzero(row_is_there)[whole[row[row_is_there]]]
    row = row[kept]
    return Bars(
        hours.start_ms[kept] + HOUR_MS,
        swept[row],
        _background(series, flow.pool, hour_of)[row],
        hours.usd[kept],
        hours.coverage[kept],
    )


def _background(series: Series, pool: Floats, hour_of: NDArray[np.int64]) -> Floats:
    """How far each hour's candles went beyond the extremes of the hour before them, times open interest in USD."""
    candles = max(HOUR_MS // series.step_ms, 1)
    reach = np.zeros((len(series), 2))
    if len(series) > candles:
        windows = np.lib.stride_tricks.sliding_window_view
        floor = windows(series.low, candles).min(axis=1)[:-1]
        ceiling = windows(series.high, candles).max(axis=1)[:-1]
        reach[candles:, 0] = np.maximum(1.0 - series.low[candles:] / floor, 0.0)
        reach[candles:, 1] = np.maximum(series.high[candles:] / ceiling - 1.0, 0.0)
    total = np.zeros((int(hour_of[-1]) + 1, 2))
    np.add.at(total, hour_of, reach * (pool * series.close)[:, None])
    return total


def _donor(
    catalogue: Sequence[SeriesInfo], symbol: str, exchange: str, own: Sequence[SeriesInfo]
) -> SeriesInfo | None:
    """The recording that began first elsewhere, if it began before the instrument's own: same symbol before others."""
    begun = min((info.start_ms for info in own), default=None)
    elsewhere = [
        info
        for x, s in sorted({(i.key.exchange, i.key.symbol) for i in catalogue} - {(exchange, symbol)})
        for info in recordings(catalogue, s, x)[:1]
        if begun is None or info.start_ms < begun
    ]
    return min(elsewhere, key=lambda i: (i.key.symbol != symbol, i.start_ms), default=None)


def spanned(series: Series, hours: RecordedHours) -> Series:
    """The candles that whole recorded hours need: what comes later cannot change what was learned."""
    if not len(hours):
        return series.head(0)
    start = np.searchsorted(series.time_ms, hours.start_ms[0] - WARM_UP_MS)
    end = np.searchsorted(series.time_ms, hours.start_ms[-1] + HOUR_MS)
    return series.between(int(start), int(end))


def _digest(series: Series, hours: RecordedHours, handed: LearnedWeights | None) -> tuple[int, ...]:
    """Tells apart whatever could be learned from."""
    parts: Iterable[NDArray[np.generic]] = (
        series.time_ms, series.open, series.high, series.low, series.close, series.volume,
        series.taker_buy_volume, series.open_interest, series.open_interest_step,
        hours.start_ms, hours.usd, hours.coverage,
        *(() if handed is None else (handed.valid_from_ms, handed.weight, handed.shape)),
    )  # fmt: skip
    return (series.step_ms, *(zlib.crc32(np.ascontiguousarray(part).tobytes()) for part in parts))
