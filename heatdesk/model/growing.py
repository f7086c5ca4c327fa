"""A map that grows at its end: closed candles are committed once, the forming ones are looked at on a copy."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple

import numpy as np

from heatdesk.model.book import Book, Columns, Frame
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.grid import PriceGrid
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers

ROOM: Final = 1.15  # price may go so far beyond what it has reached before the levels need another grid


class Drawing(NamedTuple):
    """What is drawn of an instrument: its tiers, the model, the rows shown, and the columns."""

    tiers: Tiers
    params: ModelParams
    grid: PriceGrid
    frame: Frame


class Ahead(NamedTuple):
    """The columns from `first` on as the forming candles leave them, (n, n_prices) each side.

    `newest` (2, n_tiers, n_prices) is the last column by tier.
    """

    first: int
    long: Columns
    short: Columns
    newest: Columns


@dataclass(slots=True)
class Growing:
    """One instrument's levels after the candles of `series`, which have closed, and its columns from `first` on.

    `drawing` is what was drawn last; `long` and `short` (n_times − first, n_prices) are written in place. Columns are
    those of one replay over all candles, to the last bit, however they came in.
    """

    series: Series
    book: Book
    drawing: Drawing
    long: Columns
    short: Columns
    first: int = 0

    @staticmethod
    def of(series: Series, drawing: Drawing) -> Growing:
        """Replay everything that has closed."""
        tiers, params, grid, _ = drawing
        roomy = PriceGrid.covering(
            float(series.low.min() * tiers.ratio_long.min()) / ROOM,
            float(series.high.max() * tiers.ratio_short.max()) * ROOM,
            params.bin_bps,
        )
        book = Book.empty(series, tiers, params, within=grid.joined(roomy))
        drawing = _placed(drawing, book)
        frame = drawing.frame
        made = Growing(series.head(0), book, drawing, frame.nothing(), frame.nothing())
        made.commit(series, drawing)
        return made

    @property
    def final(self) -> int:
        """The first column that may still change: no candle is to come that ends in one before it."""
        end_ms, frame = int(self.series.time_ms[-1]) + self.series.step_ms, self.drawing.frame
        return min(max((end_ms - frame.start_ms) // frame.step_ms, 0), frame.n_times)

    def goes_on(self, series: Series, closed: int, drawing: Drawing) -> bool:
        """Whether these candles, the first `closed` of them closed, follow on what is committed and drawn."""
        before, now = self.drawing.frame, drawing.frame
        shift = (now.start_ms - before.start_ms) // now.step_ms
        return (
            len(self.series) <= closed
            and drawing.grid == self.drawing.grid
            and drawing.params == self.drawing.params
            and now.step_ms == before.step_ms
            and 0 <= shift < before.n_times <= now.n_times + shift
            and np.array_equal(now.wanted, before.wanted)
            and _same_tiers(drawing.tiers, self.drawing.tiers)
            and _same_shares(before, now, shift)
            and (shift == 0 or _candle_in_first_column(self.series, now))
            and series.begins_with(self.series)
            and self.book.holds(series.between(len(self.series) - 1, len(series)))
        )

    def commit(self, series: Series, drawing: Drawing) -> None:
        """Take in the candles that have closed since; `series` are all closed ones, and `goes_on` has allowed it."""
        drawing = _placed(drawing, self.book)
        frame = drawing.frame
        if (frame.start_ms, frame.n_times) != (self.drawing.frame.start_ms, self.drawing.frame.n_times):
            self._move(frame)
        self.drawing = drawing
        done = len(self.series)
        if len(series) == done:
            return
        flow = ESTIMATORS[drawing.params.estimator].flow(series, drawing.params)
        since = max(_column(self.series, frame) - self.first, 0)
        self.book.draw_onto(
            (self.long, self.short),
            series.between(done, len(series)),
            flow.between(done, len(series)),
            _from(frame, self.first),
            since=since,
        )
        self.series = series

    def forget(self, column: int) -> None:
        """Keep no columns before one; the last in which a candle has ended is always kept."""
        column = min(column, max(_column(self.series, self.drawing.frame), 0), self.drawing.frame.n_times - 1)
        if column > self.first:
            self.long, self.short = (of[column - self.first :].copy() for of in (self.long, self.short))
            self.first = column

    def ahead(self, series: Series) -> Ahead:
        """Look at candles that come after the committed ones, `series` being all, without committing any."""
        done, frame = len(self.series), self.drawing.frame
        rest = series.between(done, len(series))
        if not len(rest):
            nothing = self.long[:0]
            return Ahead(frame.n_times, nothing, nothing, self.book.newest(frame))
        flow = ESTIMATORS[self.book.params.estimator].flow(series, self.book.params)
        first = max(int((rest.time_ms[0] - frame.start_ms) // frame.step_ms), 0)
        at = first - self.first
        book, out = self.book.copy(), (self.long[at:].copy(), self.short[at:].copy())
        book.draw_onto(out, rest, flow.between(done, len(series)), _from(frame, first))
        return Ahead(first, *out, book.newest(frame))

    def _move(self, frame: Frame) -> None:
        """The columns of another stretch of time; new ones at its end show what stood last."""
        first = self.first - (frame.start_ms - self.drawing.frame.start_ms) // frame.step_ms
        self.first = max(first, 0)
        moved = []
        for columns in (self.long, self.short):
            kept = columns[self.first - first :]
            longer = np.empty((frame.n_times - self.first, columns.shape[1]), np.float32)
            longer[: len(kept)] = kept
            longer[len(kept) :] = columns[-1]
            moved.append(longer)
        self.long, self.short = moved


def _from(frame: Frame, first: int) -> Frame:
    """The same frame without its columns before `first`."""
    share = None if frame.share is None else frame.share[first:]
    start_ms = frame.start_ms + first * frame.step_ms
    return replace(frame, start_ms=start_ms, n_times=frame.n_times - first, share=share)


def _placed(drawing: Drawing, book: Book) -> Drawing:
    """The drawing with its rows counted on a book's own grid."""
    start = drawing.grid.first - book.grid.first
    return drawing._replace(frame=replace(drawing.frame, rows=slice(start, start + drawing.grid.rows)))


def _column(series: Series, frame: Frame) -> int:
    """The column in which the last candle ends; below 0 before the first, or where there is none."""
    return int((series.time_ms[-1] - frame.start_ms) // frame.step_ms) if len(series) else -1


def _candle_in_first_column(series: Series, frame: Frame) -> bool:
    """Whether the first column is drawn by a candle of its own, so that it does not depend on where the view begins."""
    at = int(np.searchsorted(series.time_ms, frame.start_ms))
    return at < len(series) and bool(series.time_ms[at] < frame.start_ms + frame.step_ms)


def _same_tiers(a: Tiers, b: Tiers) -> bool:
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))


def _same_shares(before: Frame, now: Frame, shift: int) -> bool:
    """Whether the columns that stay show as much of every tier as they did."""
    if before.share is None or now.share is None:
        return before.share is now.share
    return np.array_equal(before.share[shift:], now.share[: before.n_times - shift])
