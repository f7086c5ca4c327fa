"""The leverage weights that stored liquidations teach: from the store to versions that a map can be drawn with."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from heatdesk.errors import BadInputError
from heatdesk.history.instrument import History, read_history
from heatdesk.history.recorded import RecordedHours, read_hours, recordings
from heatdesk.history.swept_hours import SweptHours
from heatdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, Floats, Kind, SeriesKey
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.weights import LearnedWeights
from heatdesk.store.base import Readable, SeriesInfo

if TYPE_CHECKING:
    from heatdesk.model.learning import Learner
    from heatdesk.model.posterior import Bars

WARM_UP_MS: Final = (
    30 * DAY_MS
)  # of candles before the first recorded hour: whom it liquidates was born by then
PSEUDO_EVENTS: Final = 3.0
_KEPT: Final = 16
_SETTLED_MS: Final = 5 * MINUTE_MS  # after an hour, what was recorded in it is stored
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


_About = tuple[str, str, ModelParams, SeriesKey]  # symbol, exchange, model, recording


_KnownBy = tuple[object, ...]


class _Pupil(NamedTuple):
    """What has been counted and learned from one recording, and the lesson of another market that it began with."""

    counter: SweptHours
    learner: Learner
    handed: LearnedWeights | None
    busy: threading.Lock


class Lessons:
    """Learns from a store, and goes on from what it has learned while a history grows; any thread may ask."""

    def __init__(self, store: Readable) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: OrderedDict[_About, _Pupil] = OrderedDict()
        self._found_last: OrderedDict[tuple[str, str, ModelParams], tuple[_KnownBy, Lesson | None]] = (
            OrderedDict()
        )

    def of(self, symbol: str, history: History, params: ModelParams, end_ms: int | None) -> Lesson | None:
        """What is known at `end_ms` (None: now) about a history's instrument; None where nothing was recorded.

        The instrument's own recordings count first; before they begin, and where there are none, what the market that
        was recorded longest taught (the same symbol elsewhere before another symbol) stands in, with less trust.
        """
        if history.series.step_ms > HOUR_MS:
            return None  # a candle of several hours does not say in which of them it swept
        params = replace(params, weights="prior", bin_bps=_BIN_BPS)
        catalogue = self._store.list()
        if end_ms is not None:
            return self._found(catalogue, symbol, history, params, end_ms)
        about = symbol, history.exchange, params
        known_by = _known_by(catalogue, history)
        with self._lock:
            kept = self._found_last.get(about)
        if kept is not None and known_by is not None and kept[0] == known_by:
            return kept[1]
        lesson = self._found(catalogue, symbol, history, params, None)
        with self._lock:
            if known_by is not None:
                self._found_last[about] = known_by, lesson
                self._found_last.move_to_end(about)
            while len(self._found_last) > _KEPT:
                self._found_last.popitem(last=False)
        return lesson

    def _found(
        self,
        catalogue: Sequence[SeriesInfo],
        symbol: str,
        history: History,
        params: ModelParams,
        end_ms: int | None,
    ) -> Lesson | None:
        from heatdesk.model.tiers import LEVERAGES

        own = recordings(catalogue, symbol, history.exchange)
        donor = _donor(catalogue, symbol, history.exchange, own)
        handed = None if donor is None else self._handed_on(donor, symbol, history.exchange, params, end_ms)
        leverage = np.array(LEVERAGES, float)
        best: LearnedWeights | None = None
        taught_by: list[SeriesKey] = []
        for info in own:
            if best is not None and info.start_ms >= best.valid_from_ms[0]:
                continue  # it began too late to say anything that the one before it does not
            learned = self._learned(symbol, history, info.key, params, end_ms, handed)
            if len(learned):
                best = learned if best is None else best.preceded_by(learned)
                taught_by.append(info.key)
        if best is not None:
            best = best if handed is None else best.preceded_by(handed)
            return Lesson(history.exchange, symbol, leverage, best, tuple(taught_by), True)
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
        whole_hours = (int(history.series.time_ms[-1]) + history.series.step_ms) // HOUR_MS * HOUR_MS
        hours = read_hours(self._store, key, whole_hours if end_ms is None else min(whole_hours, end_ms))
        series = spanned(history.series, hours)
        pupil = self._pupil((symbol, history.exchange, params, key), handed)
        with pupil.busy:
            return pupil.learner.learn(_joined(series, hours, pupil.counter))

    def _pupil(self, about: _About, handed: LearnedWeights | None) -> _Pupil:
        """Who has learned about an instrument from a recording so far; one that began with another lesson forgets."""
        from heatdesk.model.learning import Learner, handed_on
        from heatdesk.model.posterior import Prior
        from heatdesk.model.tiers import build_tiers

        symbol, exchange, params, _ = about
        with self._lock:
            pupil = self._kept.get(about)
            if pupil is None or not _same_lesson(pupil.handed, handed):
                tiers = build_tiers(exchange, symbol, params)
                prior = Prior(tiers.weight, np.full(len(tiers.weight), PSEUDO_EVENTS))
                learner = Learner(prior if handed is None else handed_on(handed, prior))
                pupil = _Pupil(SweptHours(exchange, symbol, params), learner, handed, threading.Lock())
                self._kept[about] = pupil
            self._kept.move_to_end(about)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return pupil


def bars_of(series: Series, hours: RecordedHours, exchange: str, symbol: str, params: ModelParams) -> Bars:
    """Recorded hours beside what each tier would have lost in them."""
    return _joined(series, hours, SweptHours(exchange, symbol, params))


def _joined(series: Series, hours: RecordedHours, counter: SweptHours) -> Bars:
    """The recorded hours whose candles are there."""
    from heatdesk.model.posterior import Bars
    from heatdesk.model.tiers import LEVERAGES

    if not len(series) or not len(hours):
        none = np.empty((0, 2))
        return Bars(np.empty(0, np.int64), np.empty((0, 2, len(LEVERAGES))), none, none, np.empty(0))
    swept = counter.of(series)
    row = hours.start_ms // HOUR_MS - swept.first
    there = np.flatnonzero((row >= 0) & (row < len(swept.whole)))
    kept = there[swept.whole[row[there]]]
    return Bars(
        hours.start_ms[kept] + HOUR_MS,
        swept.usd[row[kept]],
        swept.background[row[kept]],
        hours.usd[kept],
        hours.coverage[kept],
    )


def _donor(
    catalogue: Sequence[SeriesInfo], symbol: str, exchange: str, own: Sequence[SeriesInfo]
) -> SeriesInfo | None:
    """The recording that began first elsewhere, if it began before the instrument's own: same symbol before others."""
    begun = min((info.start_ms for info in own), default=None)
    told = [info for info in catalogue if info.key.kind in (Kind.EVENTS, Kind.TOTALS)]
    elsewhere = [
        info
        for x, s in sorted({(i.key.exchange, i.key.symbol) for i in told} - {(exchange, symbol)})
        for info in recordings(told, s, x)[:1]
        if begun is None or info.start_ms < begun
    ]
    return min(elsewhere, key=lambda i: (i.key.symbol != symbol, i.start_ms), default=None)


def _known_by(catalogue: Sequence[SeriesInfo], history: History) -> _KnownBy | None:
    """All that a lesson of now goes by, which changes once an hour; None while the last hour is still coming in."""
    end_ms = int(history.series.time_ms[-1]) + history.series.step_ms
    hour_ms = end_ms // HOUR_MS * HOUR_MS
    if end_ms < hour_ms + _SETTLED_MS:
        return None
    told = (
        (info.key, info.start_ms, info.rewritten, min(info.end_ms, hour_ms))
        for info in catalogue
        if info.key.kind in (Kind.EVENTS, Kind.TOTALS)
    )
    candles = (
        (info.key, info.start_ms, info.rewritten) for info in catalogue if info.key.kind is Kind.CANDLES
    )
    return hour_ms, history.series.step_ms, *told, *candles


def _same_lesson(before: LearnedWeights | None, now: LearnedWeights | None) -> bool:
    """Whether another market's lesson is the same, or has only grown."""
    if before is None or now is None:
        return before is now
    n = min(len(before), len(now))
    return all(
        np.array_equal(getattr(before, name)[:n], getattr(now, name)[:n])
        for name in ("valid_from_ms", "weight", "shape")
    )


def spanned(series: Series, hours: RecordedHours) -> Series:
    """The candles that whole recorded hours need: what comes later cannot change what was learned."""
    if not len(hours):
        return series.head(0)
    start = np.searchsorted(series.time_ms, hours.start_ms[0] - WARM_UP_MS)
    end = np.searchsorted(series.time_ms, hours.start_ms[-1] + HOUR_MS)
    return series.between(int(start), int(end))
