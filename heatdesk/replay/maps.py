"""Several exchanges' histories replayed into one map."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

import heatdesk
from heatdesk.errors import BadInputError
from heatdesk.history.instrument import History
from heatdesk.market import Interval, Records, timeframe_ms
from heatdesk.model.age_windows import AgeChoice
from heatdesk.model.brackets import bracket_table
from heatdesk.model.grid import PriceGrid
from heatdesk.model.heatmap import Heatmap
from heatdesk.model.params import ModelParams
from heatdesk.replay.by_age import by_age
from heatdesk.replay.drawn import Drawn, DrawnMemo, Part, summed
from heatdesk.replay.growth import Growth
from heatdesk.replay.learned import Lesson

_STEADY_ROWS: Final = 16  # a map ends at multiples of these, so that a slightly higher high moves no row

if TYPE_CHECKING:
    from heatdesk.model.book import Frame


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which map to draw: columns of `timeframe` in ``[start_ms, end_ms)``, both on its marks.

    `tiers` None counts every tier, `ages` None every age; `price_min`/`price_max` bound the rows, None = all that the
    candles shown and their levels reach.
    """

    symbol: str
    timeframe: str
    start_ms: int
    end_ms: int
    params: ModelParams
    tiers: tuple[float, ...] | None = None
    price_min: float | None = None
    price_max: float | None = None
    ages: AgeChoice | None = None


def replay(
    histories: Sequence[History],
    candles: Records,
    wanted: Wanted,
    holes: tuple[Interval, ...],
    lessons: Sequence[Lesson | None] = (),
    memo: DrawnMemo | None = None,
    growth: Growth | None = None,
) -> Heatmap:
    """Replay every history from its first candle and add up their columns.

    `candles` are those shown, `holes` the stretches without any. `lessons`, one of each history or None, say how much
    each column shows of what stands in a tier; without them all of it, by the prior's weights. An exchange that `memo`
    has drawn before is not replayed again; with `growth` only what is new of each. Raises BadInputError for a tier that
    is not one of the model's and for an absurd price range.
    """
    # the compiled kernel takes longer to import than a window to open, so it is imported where it is first needed
    from heatdesk.model.tiers import build_tiers, chosen

    tiers = [build_tiers(h.exchange, h.symbol, wanted.params) for h in histories]
    leverage = tiers[0].leverage
    grid = _shown_grid(wanted, float(leverage.min()), candles)
    lessons = lessons or [None] * len(histories)
    frames = [_frame(wanted, grid, chosen(leverage, wanted.tiers), lesson) for lesson in lessons]
    parts = [
        Part(wanted.symbol, history.exchange, history.series, own, wanted.params, grid, frame)
        for history, own, frame in zip(histories, tiers, frames, strict=True)
    ]
    steady = None
    if growth is not None:
        closed = [len(history.series) - history.forming for history in histories]
        long, short, newest, steady = growth.add_up(parts, closed)
        total = long, short
    else:
        drawn = [_drawn(part, memo) for part in parts]
        total, newest = summed(drawn), [part.newest for part in drawn]
    ages = None
    if wanted.ages is not None:
        total, newest, ages = by_age(
            histories, tiers, wanted.params, grid, frames, total, newest, wanted.ages
        )
        steady = None
    return Heatmap(
        notional_long=_frozen(total[0]).T,
        notional_short=_frozen(total[1]).T,
        prices=_frozen(grid.edges()),
        times_ms=_frozen(frames[0].times_ms()),
        step_ms=frames[0].step_ms,
        bin_bps=grid.bin_bps,
        tiers=_frozen(leverage),
        newest_by_tier=_frozen(np.sum(newest, axis=0)),
        exchanges=tuple(h.exchange for h in histories),
        newest_by_exchange=_frozen(np.stack([own.sum(axis=1) for own in newest])),
        gaps=holes,
        meta=_meta(wanted, histories, holes, lessons),
        ages=ages,
        steady=steady,
    )


def _frame(wanted: Wanted, grid: PriceGrid, counted: NDArray[np.bool_], lesson: Lesson | None) -> Frame:
    """The columns asked for, on the rows of their own grid, as a lesson weighs the tiers."""
    from heatdesk.model.book import Frame

    step_ms = timeframe_ms(wanted.timeframe)
    n_times = (wanted.end_ms - wanted.start_ms) // step_ms
    frame = Frame(slice(0, grid.rows), wanted.start_ms, step_ms, n_times, counted)
    if lesson is None:
        return frame
    in_hindsight = wanted.params.weights == "hindsight"
    return replace(frame, share=lesson.learned.shares(frame.times_ms(), in_hindsight))


def _drawn(part: Part, memo: DrawnMemo | None) -> Drawn:
    """One exchange's columns, remembered or replayed."""
    from heatdesk.model.book import Book

    known = memo.find(part) if memo is not None else None
    if known is not None:
        return known
    book = Book.empty(part.series, part.tiers, part.params, within=part.grid)
    start = part.grid.first - book.grid.first
    frame = replace(part.frame, rows=slice(start, start + part.grid.rows))
    known = Drawn(*book.advance(part.series, frame), book.newest(frame))
    if memo is None:
        return known
    memo.keep(part, known)
    return known.views()


def _shown_grid(wanted: Wanted, lowest_leverage: float, candles: Records) -> PriceGrid:
    """The rows asked for, or all that positions on any exchange can reach from the candles shown.

    They do not depend on which exchanges are chosen, but for candles that reach farther: switching one moves no row.
    """
    low, high = float(candles["low"].min()), float(candles["high"].max())
    price_min = wanted.price_min or low * (1.0 - 1.0 / lowest_leverage)
    price_max = wanted.price_max or high * (1.0 + 1.0 / lowest_leverage)
    if not price_min < price_max:
        raise BadInputError(
            f"The price range {price_min:g} to {price_max:g} is empty; give the lower price first."
        )
    grid = PriceGrid.covering(price_min, price_max, wanted.params.bin_bps)
    first, end = grid.first, grid.first + grid.rows
    if not wanted.price_min:
        first = first // _STEADY_ROWS * _STEADY_ROWS
    if not wanted.price_max:
        end = -(-end // _STEADY_ROWS) * _STEADY_ROWS
    return PriceGrid(grid.bin_bps, first, end - first)


def _frozen(array: np.ndarray[Any, Any]) -> Any:
    array.flags.writeable = False
    return array


def _meta(
    wanted: Wanted,
    histories: Sequence[History],
    holes: tuple[Interval, ...],
    lessons: Sequence[Lesson | None],
) -> dict[str, Any]:
    last_ms = wanted.end_ms - timeframe_ms(wanted.timeframe)
    return {
        "version": heatdesk.__version__,
        "symbol": wanted.symbol,
        "exchanges": [h.exchange for h in histories],
        "symbols": {h.exchange: h.symbol for h in histories},
        "timeframe": wanted.timeframe,
        "params": dataclasses.asdict(wanted.params),
        "tiers_shown": wanted.tiers and list(wanted.tiers),
        "ages_shown": wanted.ages and [wanted.ages.windows.labels()[i] for i in wanted.ages.shown],
        "data_start_ms": min(int(h.series.time_ms[0]) for h in histories),
        "data_end_ms": max(int(h.series.time_ms[-1]) + h.series.step_ms for h in histories),
        "replayed_step_ms": {h.exchange: h.series.step_ms for h in histories},
        "brackets": {
            h.exchange: {"as_of": table.as_of, "known": table.known}
            for h in histories
            for table in [bracket_table(h.exchange, h.symbol)]
        },
        "gaps": [list(gap) for gap in holes],
        "weights": {lesson.exchange: lesson.told(last_ms) for lesson in lessons if lesson is not None},
        "uncalibrated": not all(lesson is not None and lesson.calibrates(last_ms) for lesson in lessons),
        "unit": "USD per bin standing at the column's end",
    }
