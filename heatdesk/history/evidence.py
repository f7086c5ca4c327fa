"""From the store to what is scored: candles and what was recorded of liquidations, nothing later than the range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heatdesk.errors import BadInputError, NotEnoughDataError
from heatdesk.history.instrument import read_history
from heatdesk.market import DAY_MS, TIMEFRAMES, Interval, Kind, Records, SeriesKey, Times, timeframe_ms
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.moments import utc_text
from heatdesk.score.observed import Observed, from_events, from_totals
from heatdesk.score.placebos import SHIFTS
from heatdesk.store.base import SeriesInfo, Store

BARS = ("1h", "5m")
WARM_UP_MS = 30 * DAY_MS  # of candles before the first observed bar: older positions have closed by then


@dataclass(frozen=True, slots=True)
class Request:
    """What to score: bars of ``[start_ms, end_ms)``; `observed` names a record, None takes one that fits the bar."""

    symbol: str
    exchange: str
    bar: str
    start_ms: int
    end_ms: int
    observed: str | None = None
    params: ModelParams = field(default_factory=ModelParams)
    estimators: tuple[str, ...] = ()
    shifts: int = SHIFTS  # of births, as placebos; 0 leaves all placebos out


@dataclass(frozen=True, slots=True)
class Evidence:
    """Candles and observations up to the end of the range.

    `counts` (n_bars, 2) are single liquidations by side where they are `counted`, else 1 where a total is not 0.
    `events` with the intervals in which they were `recorded` are there where single events are stored, whatever is
    observed. `source` says what was. `minutes` are minute candles within the series', where stored.
    """

    series: Series
    observed: Observed
    counts: NDArray[np.int64]
    source: str
    counted: bool
    events: Records | None = None
    recorded: tuple[Interval, ...] = ()
    minutes: Records | None = None

    def counts_on(self, time_ms: Times) -> NDArray[np.int64]:
        """`counts` of the bars at these times, 0 where none was observed."""
        found = np.zeros((len(time_ms), 2), np.int64)
        at = (time_ms - self.observed.time_ms[0]) // self.observed.bar_ms
        inside = (at >= 0) & (at < len(self.counts))
        found[inside] = self.counts[at[inside]]
        return found


def read_evidence(store: Store, request: Request) -> Evidence:
    """Read what a score needs.

    Raises BadInputError for a symbol, bar, range or record that is not there, NotEnoughDataError where no liquidations
    are stored at all or none in the range.
    """
    if request.bar not in BARS:
        raise BadInputError(f"Bars of {request.bar!r} cannot be scored; use 1h or 5m.")
    if request.start_ms >= request.end_ms:
        raise BadInputError(
            f"The range from {utc_text(request.start_ms)} to {utc_text(request.end_ms)} is empty; "
            "give a start before the end."
        )
    bar_ms = timeframe_ms(request.bar)
    history = read_history(store, request.symbol, request.exchange, bar_ms, request.end_ms)
    catalogue = store.list()
    info = _record(catalogue, request)
    counted = info.key.kind is Kind.EVENTS
    single = info if counted else _single_events(catalogue, request)
    events = None if single is None else store.read(single.key, end_ms=request.end_ms).records
    recorded = () if single is None else _recorded(store, single, request.end_ms)
    if counted and events is not None:
        observed = from_events(events, recorded, bar_ms)
    else:
        totals = store.read(info.key, end_ms=request.end_ms).records
        observed = from_totals(totals, TIMEFRAMES.get(info.key.timeframe, 0), bar_ms)
    if not len(observed):
        raise NotEnoughDataError(
            f"No liquidations of {request.symbol} on {request.exchange} were recorded before "
            f"{utc_text(request.end_ms)}; choose a later range or import more."
        )
    series = _recent(history.series, int(observed.time_ms[0]) - WARM_UP_MS)
    counts = _counts(observed, events if counted else None)
    minute = SeriesKey(request.exchange, request.symbol, Kind.CANDLES, "1m")
    minutes = store.read(minute, int(series.time_ms[0]), request.end_ms).records if len(series) else None
    return Evidence(series, observed, counts, _told(info), counted, events, recorded, minutes)


def _single_events(catalogue: Sequence[SeriesInfo], request: Request) -> SeriesInfo | None:
    """Single events beside totals; the exchange's own before others."""
    there = [
        i
        for i in catalogue
        if (i.key.exchange, i.key.symbol, i.key.kind) == (request.exchange, request.symbol, Kind.EVENTS)
    ]
    return max(there, key=lambda i: (i.key.source == "", i.rows, i.key.source), default=None)


def _recorded(store: Store, info: SeriesInfo, end_ms: int) -> tuple[Interval, ...]:
    """When a feed was listening, up to the end."""
    return tuple(Interval(a, min(b, end_ms)) for a, b in store.coverage(info.key) if a < end_ms)


def _record(catalogue: Sequence[SeriesInfo], request: Request) -> SeriesInfo:
    """The stored record of liquidations that was asked for."""
    bar_ms = timeframe_ms(request.bar)
    there = [
        i
        for i in catalogue
        if (i.key.exchange, i.key.symbol) == (request.exchange, request.symbol)
        and (i.key.kind is Kind.EVENTS or (i.key.kind is Kind.TOTALS and _adds_up(i.key.timeframe, bar_ms)))
    ]
    if not there:
        raise NotEnoughDataError(
            f"No liquidations of {request.symbol} on {request.exchange} are stored that fill bars of {request.bar}; "
            "import single events, or totals of such bars."
        )
    wanted = request.observed
    named = [i for i in there if wanted is None or wanted in (i.key.source, i.key.kind.value, _told(i))]
    if not named:
        known = ", ".join(sorted({_told(i) for i in there}))
        raise BadInputError(f"No record is called {wanted!r}; --observed knows {known}.")
    preferred = Kind.TOTALS if request.bar == "1h" else Kind.EVENTS
    return max(named, key=lambda i: (i.key.kind is preferred, i.key.source == "", i.rows, i.key.source))


def _adds_up(timeframe: str, bar_ms: int) -> bool:
    step = TIMEFRAMES.get(timeframe, 0)
    return step > 0 and bar_ms % step == 0


def _told(info: SeriesInfo) -> str:
    """What a record is called: the name it was imported under, or its kind."""
    return info.key.source or info.key.kind.value


def _recent(series: Series, start_ms: int) -> Series:
    """The candles from a moment on; the older ones bear nobody who is still there."""
    first = int(np.searchsorted(series.time_ms, start_ms))
    arrays: dict[str, Any] = {
        f.name: value[first:]
        for f in fields(series)
        if isinstance(value := getattr(series, f.name), np.ndarray)
    }
    return replace(series, **arrays)


def _counts(observed: Observed, events: Records | None) -> NDArray[np.int64]:
    if events is None:
        return (observed.usd > 0).astype(np.int64)
    counts = np.zeros((len(observed), 2), np.int64)
    bar = (events.time_ms - observed.time_ms[0]) // observed.bar_ms
    inside = (bar >= 0) & (bar < len(observed))
    np.add.at(counts, (bar[inside], (events["side"][inside] < 0).astype(int)), 1)
    counts[~observed.recorded] = 0
    return counts
