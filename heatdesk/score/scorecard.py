"""The scorecard: what predictions were worth, each figure with its null, its n, its days and its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.errors import NotEnoughDataError
from heatdesk.market import DAY_MS, Floats, Times
from heatdesk.score.deviance import deviance
from heatdesk.score.intervals import LEAST_DAYS, LEAST_EVENTS, Blocks, Estimate
from heatdesk.score.location import Location
from heatdesk.score.magnet import Magnet
from heatdesk.score.metrics import (
    calibration,
    captured,
    coverage,
    equal_groups,
    spearman,
    stratified_spearman,
)
from heatdesk.score.placebos import Placebos

TOP_BARS: Final = 10
WEEK_MS: Final = 7 * DAY_MS
MONDAY_MS: Final = 4 * DAY_MS  # 1970-01-05, the first one


@dataclass(frozen=True, slots=True)
class Cells:
    """One side of one scored bar per row: all arrays (n,), `side` 0 long and 1 short, USD.

    `others` are predictions of rivals in the same table, by name.
    """

    time_ms: Times
    side: NDArray[np.intp]
    observed: Floats
    predicted: Floats
    p10: Floats
    p90: Floats
    others: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Row:
    """One predictor of the table. `skill` is its own against the excursion, `beaten` the headline's against it."""

    name: str
    label: str
    skill: Estimate
    beaten: Estimate
    spearman: float
    stratified: float


@dataclass(frozen=True, slots=True)
class Period:
    """Skill against the excursion in a stretch of time; an Estimate of NaN where there was too little."""

    start_ms: int
    end_ms: int
    n: int
    events: int
    days: int
    skill: Estimate


@dataclass(frozen=True, slots=True)
class Bar:
    """One scored cell worth looking at, USD."""

    time_ms: int
    side: str
    observed: float
    predicted: float
    p10: float
    p90: float
    excursion: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of predictions: `n` scored cells, `events` liquidations in them, `days` with such a cell."""

    n: int
    events: int
    days: int
    table: tuple[Row, ...]
    spearman: Estimate
    stratified: Estimate
    deciles: tuple[Estimate, ...]
    decile_predicted: tuple[float, ...]
    coverage: Estimate
    captured: Estimate
    observed_usd: float
    predicted_usd: float
    sides: dict[str, Period]
    weeks: tuple[Period, ...]
    months: tuple[Period, ...]
    top: tuple[Bar, ...]

    def against(self, name: str) -> Estimate:
        """The headline's skill against a rival of the table."""
        return next(row.beaten for row in self.table if row.name == name)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All that was found for one instrument, bar and range.

    `source` is the record that was observed, `recorded` the share of the range it covers, `counted` whether `events`
    are single liquidations (else cells with a total above 0, so at least as many). `magnet` by horizon, `location` by
    offset, empty where single liquidations are not known.
    """

    symbol: str
    exchange: str
    bar: str
    start_ms: int
    end_ms: int
    source: str
    counted: bool
    recorded: float
    estimator: str
    params: dict[str, Any]
    measured: Measured
    placebos: Placebos | None = None
    magnet: tuple[Magnet, ...] = ()
    location: tuple[Location, ...] = ()
    notes: tuple[str, ...] = ()


def require_enough(events: int, days: int) -> None:
    """Raises NotEnoughDataError below the least that an honest figure needs."""
    if events < LEAST_EVENTS or days < LEAST_DAYS:
        raise NotEnoughDataError(
            f"Not enough data: {events:,} liquidations on {days} {'day' if days == 1 else 'days'} were recorded in "
            f"this range; a score needs {LEAST_EVENTS} on {LEAST_DAYS} days. Choose a longer range, or import more."
        )


def measure(cells: Cells, events: NDArray[np.int64], labels: dict[str, str]) -> Measured:
    """Everything that follows from predictions and observations alone.

    `events` (n,) is the number of liquidations in each cell (or 1 where only a total is known and it is not 0).
    `labels` names the rivals of the table in its order; "excursion" and "regression" must be among `cells.others`.
    Raises NotEnoughDataError for too few liquidations or days.
    """
    blocks = Blocks.by_day(cells.time_ms)
    require_enough(int(events.sum()), blocks.n)
    own = deviance(cells.observed, cells.predicted)
    path = deviance(cells.observed, cells.others["excursion"])
    stratum = equal_groups(cells.others["excursion"])
    table = [_row("model", labels["model"], cells, cells.predicted, own, path, blocks, stratum)]
    table += [
        _row(name, labels.get(name, name), cells, rival, own, path, blocks, stratum)
        for name, rival in cells.others.items()
    ]
    deciles = calibration(cells.observed, cells.predicted, blocks)
    order = np.array_split(np.sort(cells.predicted), len(deciles))

    def period(chosen: NDArray[np.bool_], start_ms: int, end_ms: int) -> Period:
        return _period(chosen, start_ms, end_ms, cells, events, own, path)

    start, end = int(cells.time_ms.min()), int(cells.time_ms.max()) + 1
    return Measured(
        n=len(cells.observed),
        events=int(events.sum()),
        days=blocks.n,
        table=tuple(table),
        spearman=spearman(cells.observed, cells.predicted, blocks),
        stratified=stratified_spearman(cells.observed, cells.predicted, stratum, blocks),
        deciles=deciles,
        decile_predicted=tuple(float(group.mean()) for group in order),
        coverage=coverage(cells.observed, cells.p10, cells.p90, blocks),
        captured=captured(cells.observed, cells.predicted, blocks),
        observed_usd=float(cells.observed.sum()),
        predicted_usd=float(cells.predicted.sum()),
        sides={name: period(cells.side == side, start, end) for side, name in enumerate(("long", "short"))},
        weeks=tuple(period(inside, *span) for inside, *span in _weeks(cells.time_ms)),
        months=tuple(period(inside, *span) for inside, *span in _months(cells.time_ms)),
        top=_top(cells),
    )


def _row(
    name: str,
    label: str,
    cells: Cells,
    predicted: Floats,
    own: Floats,
    path: Floats,
    blocks: Blocks,
    stratum: NDArray[np.intp],
) -> Row:
    left = deviance(cells.observed, predicted)
    return Row(
        name,
        label,
        blocks.skill(left, path),
        blocks.skill(own, left),
        spearman(cells.observed, predicted, blocks).value,
        stratified_spearman(cells.observed, predicted, stratum, blocks).value,
    )


def _period(
    chosen: NDArray[np.bool_],
    start_ms: int,
    end_ms: int,
    cells: Cells,
    events: NDArray[np.int64],
    own: Floats,
    path: Floats,
) -> Period:
    blocks = Blocks.by_day(cells.time_ms[chosen])
    found = int(events[chosen].sum())
    enough = found >= LEAST_EVENTS and blocks.n >= LEAST_DAYS
    skill = blocks.skill(own[chosen], path[chosen]) if enough else Estimate(np.nan, np.nan, np.nan)
    return Period(start_ms, end_ms, int(chosen.sum()), found, blocks.n, skill)


def _weeks(time_ms: Times) -> list[tuple[Any, ...]]:
    week = (time_ms - MONDAY_MS) // WEEK_MS
    return [
        (week == w, int(w) * WEEK_MS + MONDAY_MS, int(w + 1) * WEEK_MS + MONDAY_MS) for w in np.unique(week)
    ]


def _months(time_ms: Times) -> list[tuple[Any, ...]]:
    month = time_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)

    def start(m: int) -> int:
        return int(np.datetime64(m, "M").astype("datetime64[ms]").astype(np.int64))

    return [(month == m, start(int(m)), start(int(m) + 1)) for m in np.unique(month)]


def _top(cells: Cells) -> tuple[Bar, ...]:
    largest = np.argsort(-cells.observed, kind="stable")[:TOP_BARS]
    return tuple(
        Bar(
            int(cells.time_ms[i]),
            ("long", "short")[cells.side[i]],
            *(
                float(values[i])
                for values in (
                    cells.observed,
                    cells.predicted,
                    cells.p10,
                    cells.p90,
                    cells.others["excursion"],
                )
            ),
        )
        for i in largest
    )
