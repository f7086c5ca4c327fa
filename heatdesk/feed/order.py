"""Times of a file: what they must be, and the rows put in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.errors import BadInputError
from heatdesk.feed.kinds import Draft
from heatdesk.feed.tables import TIMES, Table
from heatdesk.market import COLUMNS, SEVERAL_AT_ONCE, TIMEFRAMES, Kind, Records, Times

# The first Bitcoin block, and 2100: seconds and microseconds of any real year fall outside.
EARLIEST_MS: Final = 1_230_940_800_000
LATEST_MS: Final = 4_102_444_800_000
_METRICS_STEP_MS: Final = 300_000


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows ascending in time; what it took to get there."""

    records: Records
    dropped: int
    duplicates: int
    was_sorted: bool


def times_of(table: Table) -> Times:
    """The table's time column in ms UTC; raises BadInputError where it is none or in another unit."""
    name = next((name for name in TIMES[:4] if name in table.times), None)
    if name is None:
        raise BadInputError(f"{table.path}, row 1: there is no column time_ms; add it, in milliseconds UTC.")
    times = table.times[name]
    for unit, factor in (("seconds", 1000.0), ("microseconds", 0.001), ("nanoseconds", 1e-6)):
        scaled = times * factor
        table.refuse(
            (scaled >= EARLIEST_MS) & (scaled < LATEST_MS) & ((times < EARLIEST_MS) | (times >= LATEST_MS)),
            f"{name} is in {unit}",
            "give milliseconds",
        )
    table.refuse(
        (times < EARLIEST_MS) | (times >= LATEST_MS),
        f"{name} is no time of this age",
        "give milliseconds UTC",
    )
    # Binance stamps some samples a second late; they belong to the 5 minutes they start.
    return times - times % _METRICS_STEP_MS if name == "create_time" else times


def timeframe_of(table: Table, times: Times, kind: Kind, asked: str | None) -> str:
    """The step of the rows as a timeframe; empty for kinds without one. A contradiction to `asked` is refused."""
    if kind in SEVERAL_AT_ONCE or kind is Kind.FUNDING:
        return ""
    steps = np.diff(np.sort(times))
    steps = steps[steps > 0]
    if not len(steps):
        if asked is None:
            raise BadInputError(
                f"{table.path} has a single time, which tells no timeframe; give --timeframe."
            )
        found = asked
    else:
        values, counts = np.unique(steps, return_counts=True)
        step = int(values[counts.argmax()])
        found = next((name for name, length in TIMEFRAMES.items() if length == step), "")
        if not found:
            known = ", ".join(TIMEFRAMES)
            raise BadInputError(
                f"{table.path}: rows are {step:,} ms apart, which is none of {known}; resample them."
            )
        if asked is not None and asked != found:
            raise BadInputError(
                f"{table.path}: rows are {found} apart, not {asked}; leave --timeframe out or correct it."
            )
    table.refuse(
        times % TIMEFRAMES[found] != 0,
        f"the time is not the start of a {found} bar",
        "stamp bars at their start",
    )
    return found


def ordered(table: Table, times: Times, draft: Draft) -> Ordered:
    """The draft's rows that say something, sorted, equal duplicates merged, contradicting ones refused."""
    rows = np.flatnonzero(draft.kept)
    stamps = times[rows]
    was_sorted = bool((np.diff(stamps) >= 0).all())
    if not was_sorted:
        rows = rows[np.argsort(stamps, kind="stable")]
        stamps = times[rows]
    duplicates = 0
    if draft.kind not in SEVERAL_AT_ONCE:  # several events of one millisecond are several events
        again = np.flatnonzero(np.diff(stamps) == 0) + 1
        for name in COLUMNS[draft.kind]:
            _refuse_contradictions(table, rows, again, draft, name)
        duplicates = len(again)
        rows = np.delete(rows, again)
    columns = {name: np.ascontiguousarray(draft.columns[name][rows]) for name in COLUMNS[draft.kind]}
    records = Records(draft.kind, times[rows], columns)
    return Ordered(records, int((~draft.kept).sum()), duplicates, was_sorted)


def _refuse_contradictions(
    table: Table, rows: NDArray[np.intp], again: NDArray[np.intp], draft: Draft, name: str
) -> None:
    before, after = draft.columns[name][rows[again - 1]], draft.columns[name][rows[again]]
    differ = np.flatnonzero((before != after) & ~(np.isnan(before) & np.isnan(after)))
    if len(differ):
        first, second = sorted((int(rows[again[differ[0]] - 1]), int(rows[again[differ[0]]])))
        table.refuse(
            second, f"{name} contradicts row {table.row(first)} of the same time", "keep one of the two"
        )
