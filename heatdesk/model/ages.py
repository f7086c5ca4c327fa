"""The map by age: what stands in each cell in positions at least so old.

A position that is older than A at a column's end already stood A before it. So what is older than A is the book as it
was then, less what its owners closed since (the hazard is known from the replay, the same for all of a tier) and less
what price swept since (a row keeps the same share of every cohort). Nothing is rounded to whole windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from heatdesk.model.age_kernel import keep
from heatdesk.model.book import THREADS, Book, Columns, Frame, side_positions
from heatdesk.model.cohorts import Closing
from heatdesk.model.flow import ESTIMATORS, Flow
from heatdesk.model.grid import PriceGrid
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers

_NO_PRICE: Final = 1e300  # a candle that touches nothing: its low is above and its high below every level

_NOTHING: Final = Frame(slice(0, 1), 0, 1, 0, np.ones(1, bool))  # no column is drawn

_Indices = NDArray[np.int64]
_T = TypeVar("_T", Series, Flow)


@dataclass(frozen=True, slots=True)
class Older:
    """USD in positions of at least some age: `columns` (2, n_times, n_prices), long and short; `newest` the last of
    them by tier, (2, n_tiers, n_prices)."""

    columns: Columns
    newest: NDArray[np.float32]

    @staticmethod
    def nothing(shape: tuple[int, int], newest: tuple[int, ...]) -> Older:
        """Nobody is that old: for columns of this shape and a newest one (2, n_tiers, n_prices)."""
        return Older(np.zeros((2, *shape), np.float32), np.zeros(newest, np.float32))


@dataclass(frozen=True, slots=True)
class _Moments:
    """Of every column: the last candle it shows, and the last whose positions are old enough by then; −1 for none."""

    shown: _Indices
    cut: _Indices


def older_than(
    ages_ms: Sequence[int],
    now_ms: int,
    series: Series,
    tiers: Tiers,
    params: ModelParams,
    grid: PriceGrid,
    frame: Frame,
    closing: Closing,
) -> Iterator[Older]:
    """What of a map is in positions of at least each age at a column's end, or at `now_ms` where that is earlier.

    One after the other, for memory's sake. `frame.rows` are rows of `grid`; `closing` are the hazards of the replay of
    all of `series`. A position is as old as the end of the candle it was born in.
    """
    moments = [_moments(series, frame, age_ms, now_ms) for age_ms in ages_ms]
    flow = ESTIMATORS[params.estimator].flow(series, params)
    book = Book.empty(series, tiers, params, within=grid)
    offset = grid.first - book.grid.first
    rows = slice(frame.rows.start + offset, frame.rows.stop + offset)
    own = replace(frame, rows=rows)
    # what no age draws is replayed once, and every age goes on from there
    common = max(min((int(at.cut[0]) for at in moments), default=0), 0)
    if common:
        book.advance(_candles(series, slice(0, common)), _NOTHING, _flows(flow, slice(0, common)))
    for at in moments:
        yield _older(series, flow, book, common, at, own, closing)


def _older(
    series: Series, flow: Flow, begun: Book, common: int, at: _Moments, frame: Frame, closing: Closing
) -> Older:
    """One age: go on from the book after `common` candles."""
    shape = frame.n_times, frame.rows.stop - frame.rows.start
    older = Older.nothing(shape, (2, len(begun.tiers.leverage), shape[1]))
    if np.any(at.cut >= 0):
        padded, column_of = _drawn_then(series, flow, common, at.cut)
        jobs = [
            partial(_side, mirrored, series, padded, column_of, at, begun.copy(), frame, closing, older)
            for mirrored in (False, True)
        ]
        with ThreadPoolExecutor(THREADS) as threads:
            for running in [threads.submit(job) for job in jobs]:
                running.result()
    return older


@dataclass(frozen=True, slots=True)
class _Padded:
    series: Series
    flow: Flow


def _moments(series: Series, frame: Frame, age_ms: int, now_ms: int) -> _Moments:
    ends = frame.times_ms() + frame.step_ms
    shown = np.searchsorted(series.time_ms, ends, side="left") - 1
    old = np.minimum(ends, now_ms) - age_ms
    cut = np.searchsorted(series.time_ms + series.step_ms, old, side="right") - 1
    return _Moments(shown, np.minimum(cut, shown))


def _drawn_then(series: Series, flow: Flow, common: int, cut: _Indices) -> tuple[_Padded, _Indices]:
    """The candles from `common` to the last cut and the column each draws, with a candle of nothing for every column
    whose cut is that of the column before: the kernel draws one column a candle."""
    candles = slice(common, int(cut.max()) + 1)
    drawn = np.flatnonzero(cut >= 0)
    # where there are no candles before `common`, what stood then is drawn by a candle of nothing too
    again = np.r_[cut[drawn[0]] < common, cut[drawn[1:]] == cut[drawn[:-1]]]
    column_of = np.full(candles.stop - common, -1, np.int64)
    column_of[cut[drawn[~again]] - common] = drawn[~again]
    where = cut[drawn[again]] + 1 - common
    some, flows = _candles(series, candles), _flows(flow, candles)
    if len(where):
        some = _with_nothing(
            some, where, {"low": _NO_PRICE, "high": 1.0 / _NO_PRICE, "open": 1.0, "close": 1.0}
        )
        flows = _with_nothing(flows, where, {"pool": 1.0})
    return _Padded(some, flows), np.insert(column_of, where, drawn[again])


def _with_nothing(of: _T, where: _Indices, values: dict[str, float]) -> _T:
    """Candles or their flow, with entries inserted before some indices."""
    inserted = {
        f.name: np.insert(array, where, values.get(f.name, 0.0))
        for f in fields(of)
        if isinstance(array := getattr(of, f.name), np.ndarray)
    }
    return replace(of, **inserted)  # type: ignore[arg-type]


def _candles(series: Series, part: slice) -> Series:
    return Series(
        series.time_ms[part],
        series.step_ms,
        *(getattr(series, f.name)[part] for f in fields(Series)[2:]),
    )


def _flows(flow: Flow, part: slice) -> Flow:
    return Flow(*(getattr(flow, f.name)[part] for f in fields(Flow)))


def _side(
    mirrored: bool,
    series: Series,
    padded: _Padded,
    column_of: _Indices,
    at: _Moments,
    book: Book,
    frame: Frame,
    closing: Closing,
    older: Older,
) -> None:
    hazard = np.cumsum(closing.short if mirrored else closing.long)
    since = np.where(at.cut >= 0, hazard[at.shown] - hazard[at.cut], 0.0)
    outlived = np.exp(-since[:, None] * book.tiers.close_rate)
    shares = frame.shares() * outlived
    drawn = Frame(frame.rows, frame.start_ms, frame.step_ms, frame.n_times, frame.wanted, shares)
    columns = older.columns[int(mirrored)]
    spare = np.empty(len(padded.series))
    book.advance_side(mirrored, padded.series, padded.flow, drawn, column_of, columns, spare)
    candles = side_positions(series, book.grid.width, mirrored)
    first = book.grid.first + frame.rows.start
    swept = (candles.extreme, candles.body, 1.0 - book.params.wick_clear, -first - 1 if mirrored else first)
    keep(columns, at.cut, at.shown, *swept, mirrored)
    if at.cut[-1] < 0:
        return
    kept = np.ones((1, columns.shape[1]), np.float32)
    keep(kept, at.cut[-1:], at.shown[-1:], *swept, mirrored)
    levels = (book.short if mirrored else book.long).levels(mirrored)[:, frame.rows]
    value = book.grid.part(frame.rows).centres() * kept[0]
    older.newest[int(mirrored)] = levels * shares[-1][:, None] * value
