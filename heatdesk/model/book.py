"""The book of standing levels, replayed: candles in, columns of the map out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats, Times
from heatdesk.model.flow import ESTIMATORS, Flow
from heatdesk.model.grid import PriceGrid
from heatdesk.model.kernel import advance
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers

Columns = NDArray[np.float32]

THREADS = 2  # one a side: the kernel holds no lock
WORTH_A_THREAD: Final = 1_000  # candles; fewer are done before a thread has started


class Ledger(NamedTuple):
    """Base units per tier since the first candle: born = standing + swept + closed; each of shape (n_tiers,)."""

    born: Floats
    standing: Floats
    swept: Floats
    closed: Floats


@dataclass(frozen=True, slots=True)
class Side:
    """One side's standing levels. Arrays are advanced in place; `copy` first to look ahead without committing.

    `standing` (n_tiers, rows) holds base units times `scale` of its tier; `top`/`bottom` bound the occupied rows.
    Since the first candle `swept` (n_tiers,) base units were liquidated and `opened` (1,) were opened, levered or not.
    The short side is kept on the mirrored price axis.
    """

    standing: Floats
    scale: Floats
    top: NDArray[np.int64]
    bottom: NDArray[np.int64]
    swept: Floats
    opened: Floats

    @staticmethod
    def empty(n_tiers: int, rows: int) -> Side:
        """Nothing stands yet."""
        return Side(
            standing=np.zeros((n_tiers, rows)),
            scale=np.ones(n_tiers),
            top=np.zeros(n_tiers, np.int64),
            bottom=np.full(n_tiers, rows, np.int64),
            swept=np.zeros(n_tiers),
            opened=np.zeros(1),
        )

    def copy(self) -> Side:
        """An independent copy."""
        return Side(*(getattr(self, f.name).copy() for f in fields(self)))

    def levels(self, mirrored: bool) -> Floats:
        """Standing base units by tier and row, lowest price first; shape (n_tiers, rows)."""
        levels = self.standing / self.scale[:, None]
        return levels[:, ::-1] if mirrored else levels

    def ledger(self, weight: Floats) -> Ledger:
        """What became of everything born with these tier weights."""
        born, total = weight * self.opened, self.standing.sum(axis=1) / self.scale
        return Ledger(born, total, self.swept.copy(), born - total - self.swept)


@dataclass(frozen=True, slots=True)
class Frame:
    """What to draw: the rows and columns of a map, and which tiers count.

    `share` (n_times, n_tiers) is what each column shows of what stands in a tier, None = all of it.
    """

    rows: slice
    start_ms: int
    step_ms: int
    n_times: int
    wanted: NDArray[np.bool_]
    share: Floats | None = None

    def shares(self) -> Floats:
        """What each column shows of each tier, shape (n_times, n_tiers), or (1, n_tiers) for all columns alike."""
        if self.share is None:
            return self.wanted.astype(float)[None]
        shown: Floats = self.share * self.wanted
        return shown

    def nothing(self) -> Columns:
        """One side's columns before anything is drawn, (n_times, n_prices)."""
        return np.zeros((self.n_times, self.rows.stop - self.rows.start), np.float32)

    def times_ms(self) -> Times:
        """Column starts, shape (n_times,)."""
        return self.start_ms + np.arange(self.n_times, dtype=np.int64) * self.step_ms


@dataclass(frozen=True, slots=True)
class Tally:
    """USD that candles swept, counted by bar and tier: `long`, `short` (n_bars, n_tiers), added to in place.

    `bar_of` (n,) is the bar of each candle. A level counts at the price that its candle reached.
    """

    bar_of: NDArray[np.int64]
    long: Floats
    short: Floats

    @staticmethod
    def empty(bar_of: NDArray[np.int64], n_tiers: int) -> Tally:
        """Nothing was swept yet."""
        n_bars = int(bar_of.max()) + 1 if len(bar_of) else 0
        return Tally(bar_of, np.zeros((n_bars, n_tiers)), np.zeros((n_bars, n_tiers)))


@dataclass(frozen=True, slots=True)
class Book:
    """Both sides' standing levels of one instrument on one exchange after its last closed candle."""

    grid: PriceGrid
    tiers: Tiers
    params: ModelParams
    long: Side
    short: Side

    @staticmethod
    def empty(series: Series, tiers: Tiers, params: ModelParams, within: PriceGrid | None = None) -> Book:
        """An empty book whose grid holds every level the series can bear, and every row of `within`."""
        grid = PriceGrid.covering(
            float(series.low.min() * tiers.ratio_long.min()),
            float(series.high.max() * tiers.ratio_short.max()),
            params.bin_bps,
        )
        if within is not None:
            grid = grid.joined(within)
        n = len(tiers.leverage)
        return Book(grid, tiers, params, Side.empty(n, grid.rows), Side.empty(n, grid.rows))

    def copy(self) -> Book:
        """An independent copy, for looking at a forming candle without committing it."""
        return replace(self, long=self.long.copy(), short=self.short.copy())

    def newest(self, frame: Frame) -> Columns:
        """USD of every tier as the frame's last column shows it, shape (2, n_tiers, n_prices), long and short."""
        levels = np.stack([self.long.levels(mirrored=False), self.short.levels(mirrored=True)])
        usd = levels[:, :, frame.rows] * self.grid.part(frame.rows).centres() * frame.shares()[-1][:, None]
        newest: Columns = usd.astype(np.float32)
        return newest

    def holds(self, series: Series) -> bool:
        """Whether every level these candles can bear lies on the grid."""
        low = self.grid.position(float(series.low.min() * self.tiers.ratio_long.min()))
        high = self.grid.position(float(series.high.max() * self.tiers.ratio_short.max()))
        return bool(low >= 0 and high < self.grid.rows)

    def advance(
        self,
        series: Series,
        frame: Frame,
        flow: Flow | None = None,
        tally: Tally | None = None,
        hazards: tuple[Floats, Floats] | None = None,
    ) -> tuple[Columns, Columns]:
        """Commit closed candles, in place, and return the columns they end: long and short, (n_times, n_prices).

        Columns without a candle carry the levels that stood before them; those before the first candle are 0. `tally`
        counts what they sweep. `column_of` (n,) draws other columns, and carries none. `hazards`, long
        and short (n,), take in the voluntary closes of every candle as a share of its pool.
        """
        flow = flow or ESTIMATORS[self.params.estimator].flow(series, self.params)
        out = frame.nothing(), frame.nothing()
        self.draw_onto(out, series, flow, frame, tally, hazards)
        return out

    def draw_onto(
        self,
        out: tuple[Columns, Columns],
        series: Series,
        flow: Flow,
        frame: Frame,
        tally: Tally | None = None,
        hazards: tuple[Floats, Floats] | None = None,
        since: int = 0,
    ) -> None:
        """As `advance`, on columns that are there. Those from `since` on in which no candle ends carry what stood."""
        if not len(series):
            return
        column_of = _column_of(series, frame)
        closing = hazards or (np.empty(len(series)), np.empty(len(series)))
        jobs = [
            partial(self.advance_side, mirrored, series, flow, frame, column_of, columns, closes, tally)
            for mirrored, columns, closes in zip((False, True), out, closing, strict=True)
        ]
        if THREADS == 1 or len(series) < WORTH_A_THREAD:
            for job in jobs:
                job()
        else:
            with ThreadPoolExecutor(THREADS) as threads:
                for running in [threads.submit(job) for job in jobs]:
                    running.result()
        for columns in out:
            _carry(columns, column_of, since)

    def advance_side(
        self,
        mirrored: bool,
        series: Series,
        flow: Flow,
        frame: Frame,
        column_of: NDArray[np.int64],
        columns: Columns,
        hazards: Floats,
        tally: Tally | None = None,
    ) -> None:
        """As `advance`, shorts where `mirrored`, else longs; after each candle its `column_of` is drawn, −1 is none."""
        side = self.short if mirrored else self.long
        candles = side_positions(series, self.grid.width, mirrored)
        ratio = self.tiers.ratio_short if mirrored else self.tiers.ratio_long
        offset = np.log(ratio) / self.grid.width
        wick_share = (1.0 - self.params.entry_close) / 2.0
        advance(
            *(getattr(side, f.name) for f in fields(side)),
            self.tiers.weight,
            self.tiers.close_rate,
            -offset if mirrored else offset,
            frame.shares(),
            np.array([wick_share, self.params.entry_close, wick_share]),
            -(self.grid.first + self.grid.rows) if mirrored else self.grid.first,
            candles.extreme,
            candles.body,
            1.0 - self.params.wick_clear,
            candles.path,
            flow.opens_short if mirrored else flow.opens_long,
            flow.closes_short if mirrored else flow.closes_long,
            flow.pool,
            column_of,
            columns,
            hazards,
            self.grid.part(frame.rows).centres(),
            frame.rows.start,
            mirrored,
            *self._counted(mirrored, series, tally),
        )

    def _counted(
        self, mirrored: bool, series: Series, tally: Tally | None
    ) -> tuple[NDArray[np.int64], Floats, Floats]:
        if tally is None:
            return np.empty(0, np.int64), np.empty(0), np.zeros((1, len(self.tiers.leverage)))
        # copied, because what comes from a store may be read-only, and that would be compiled a second time
        if mirrored:
            return tally.bar_of, series.high.copy(), tally.short
        return tally.bar_of, series.low.copy(), tally.long


@dataclass(frozen=True, slots=True)
class SidePositions:
    """A side's candles as positions: `extreme`, `body` (n,), and `path` (n, 3) of low, close and high."""

    extreme: Floats
    body: Floats
    path: Floats


def side_positions(series: Series, width: float, mirrored: bool) -> SidePositions:
    """A side's candles as ln price ÷ row height: the adverse extreme, the body's, and low, close, high."""
    open_, low, close, high = (
        np.log(p) / width for p in (series.open, series.low, series.close, series.high)
    )
    if mirrored:
        open_, low, close, high = -open_, -high, -close, -low
    return SidePositions(low, np.minimum(open_, close), np.column_stack((low, close, high)))


def _column_of(series: Series, frame: Frame) -> NDArray[np.int64]:
    """The column each candle ends, −1 for a candle that ends none; shape (n,)."""
    column = (series.time_ms - frame.start_ms) // frame.step_ms
    ends = np.ones(len(column), bool)
    ends[:-1] = column[1:] != column[:-1]
    before = np.count_nonzero(column < 0)
    column[~ends | (column < 0) | (column >= frame.n_times)] = -1
    if before:  # what stood before the view stands in its first column until a candle ends there
        column[before - 1] = 0
    return column


def _carry(columns: Columns, column_of: NDArray[np.int64], since: int) -> None:
    """Columns behind `since` in which no candle ended keep showing what stood."""
    drawn = np.zeros(len(columns), bool)
    drawn[: since + 1] = True
    drawn[column_of[column_of >= 0]] = True
    for i in np.flatnonzero(~drawn):
        columns[i] = columns[i - 1]
