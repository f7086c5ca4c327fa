"""A replayed map narrowed to some windows of age, and coloured by the densest of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.history.instrument import History
from heatdesk.model.age_windows import WINDOWS, AgeChoice
from heatdesk.model.grid import PriceGrid
from heatdesk.model.heatmap import Ages
from heatdesk.model.params import ModelParams

if TYPE_CHECKING:
    from heatdesk.model.ages import Older
    from heatdesk.model.book import Columns, Frame
    from heatdesk.model.tiers import Tiers

_Newest = NDArray[np.float32]
_Sides = tuple["Columns", "Columns"]  # long, short
_THREADS: Final = 2


class ByAge(NamedTuple):
    """A map of the chosen windows: `columns`, long and short, each (n_times, n_prices), and `newest` by exchange, each
    (2, n_tiers, n_prices); `ages` says how old what is."""

    columns: _Sides
    newest: list[_Newest]
    ages: Ages


def by_age(
    histories: Sequence[History],
    tiers: Sequence[Tiers],
    params: ModelParams,
    grid: PriceGrid,
    frames: Sequence[Frame],
    whole: _Sides,
    newest: Sequence[_Newest],
    choice: AgeChoice,
) -> ByAge:
    """Split a map, `whole` long and short, each (n_times, n_prices), into windows of age and keep those chosen.

    `frames` say which columns each history draws; `newest` is the last column of each, (2, n_tiers, n_prices).
    """
    from heatdesk.model.ages import Older

    now_ms = max(int(h.series.time_ms[-1]) + h.series.step_ms for h in histories)
    each = [
        _older(history, own, params, grid, frame, now_ms, choice)
        for history, own, frame in zip(histories, tiers, frames, strict=True)
    ]
    shape = whole[0].shape
    shown = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    kept = [np.zeros_like(of) for of in newest]
    most, densest = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
    by_window = np.zeros((WINDOWS, 2, shape[1]), np.float32)
    younger, younger_newest = whole, list(newest)
    for window in range(WINDOWS):
        olders = [next(ages, None) or Older.nothing(shape, newest[0].shape) for ages in each]
        for other in olders[1:]:
            olders[0].columns[:] += other.columns
        older = olders[0].columns[0], olders[0].columns[1]
        _take(younger, older, window, window in choice.shown, shown, most, densest)
        for i, of in enumerate(olders):
            own = np.maximum(younger_newest[i] - of.newest, 0.0)
            by_window[window] += own.sum(axis=1)
            if window in choice.shown:
                kept[i] += own
        younger, younger_newest = older, [of.newest for of in olders]
    for array in (densest, by_window):
        array.flags.writeable = False
    return ByAge(shown, kept, Ages(choice, densest.T, by_window))


def _older(
    history: History,
    tiers: Tiers,
    params: ModelParams,
    grid: PriceGrid,
    frame: Frame,
    now_ms: int,
    choice: AgeChoice,
) -> Iterator[Older]:
    from heatdesk.model.ages import older_than
    from heatdesk.model.cohorts import closing_hazards
    from heatdesk.model.flow import ESTIMATORS

    flow = ESTIMATORS[params.estimator].flow(history.series, params)
    closing = closing_hazards(history.series, flow, tiers, params)
    rows = replace(frame, rows=slice(0, grid.rows))
    return older_than(choice.windows.limits_ms, now_ms, history.series, tiers, params, grid, rows, closing)


def _take(
    younger: _Sides,
    older: _Sides,
    window: int,
    wanted: bool,
    shown: _Sides,
    most: _Newest,
    densest: NDArray[np.uint8],
) -> None:
    """`take_window`, a part of the columns to each thread."""
    from heatdesk.model.age_kernel import take_window

    cuts = np.linspace(0, len(most), _THREADS + 1).astype(int)
    with ThreadPoolExecutor(_THREADS) as threads:
        for running in [
            threads.submit(take_window, younger, older, window, wanted, shown, most, densest, start, stop)
            for start, stop in pairwise(cuts)
        ]:
            running.result()
