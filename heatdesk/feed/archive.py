"""History from files: Binance Vision archives and plain CSV or Parquet, read, checked and put in order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from heatdesk.errors import BadInputError
from heatdesk.feed import kinds
from heatdesk.feed.files import COVERAGE, SUFFIXES, archive_name, stem
from heatdesk.feed.kinds import Draft
from heatdesk.feed.order import Ordered, ordered, timeframe_of, times_of
from heatdesk.feed.tables import Mask, Table, read_table
from heatdesk.market import HOUR_MS, Interval, Kind, Records, Times

# Without a coverage file, a longer silence between two liquidations counts as not recorded.
LONGEST_SILENCE_MS: Final = HOUR_MS
_OF_ALL_COINS: Final = frozenset({Kind.POSITIONS, Kind.OPEN_INTEREST_USD})


@dataclass(frozen=True, slots=True)
class FileSeries:
    """One series of a file, ready to store, and what had to be done to its rows."""

    kind: Kind
    timeframe: str
    records: Records
    coverage: tuple[Interval, ...]
    dropped: int
    duplicates: int
    was_sorted: bool
    notes: tuple[str, ...]


def read_file(
    path: Path, symbol: str, timeframe: str | None = None, kind: Kind | None = None
) -> tuple[FileSeries, ...]:
    """Every series one file holds, or only that of `kind`; a file of candles with open interest holds two.

    Raises BadInputError, with file, row and remedy, for anything that would make a wrong picture.
    """
    table = read_table(path)
    found = kinds.present(table)
    wanted = found if kind is None else tuple(k for k in found if k is kind)
    if not wanted:
        raise kinds.explain(table, kind)
    times = times_of(table)
    if not len(table):
        raise BadInputError(f"{path} has a header but no rows; export it again.")
    own = _own_rows(table, symbol, wanted)
    drafts = [draft for each in wanted if (draft := kinds.draft(table, each, times)).kept.any()]
    if not drafts:
        raise BadInputError(f"{path} has rows but not a single value of {wanted[0].value}; export it again.")
    return tuple(_series(table, times, draft, own, timeframe) for draft in drafts)


def _series(table: Table, times: Times, draft: Draft, own: Mask, asked: str | None) -> FileSeries:
    kind = draft.kind
    timeframe = timeframe_of(table, times, kind, asked)
    rows = ordered(table, times, replace(draft, kept=draft.kept & own))
    rows = replace(rows, dropped=int((own & ~draft.kept).sum()))
    coverage = _coverage(table.path, rows.records.time_ms) if kind is Kind.EVENTS else ()
    others = int((~own).sum())
    notes = (*draft.notes, *([f"{others:,} rows of other coins left out"] if others else []), *_notes(rows))
    return FileSeries(
        kind, timeframe, rows.records, coverage, rows.dropped, rows.duplicates, rows.was_sorted, notes
    )


def _notes(rows: Ordered) -> tuple[str, ...]:
    said = (
        (not rows.was_sorted, "rows were not in order: sorted"),
        (rows.duplicates, f"{rows.duplicates} duplicate rows merged"),
        (rows.dropped, f"{rows.dropped} rows without a value left out"),
    )
    return tuple(text for happened, text in said if happened)


def _coverage(path: Path, times: Times) -> tuple[Interval, ...]:
    """The intervals of ``NAME_coverage.csv`` beside the file, or the spans between long silences."""
    for suffix in SUFFIXES:
        beside = path.with_name(stem(path) + COVERAGE + suffix)
        if beside.is_file():
            return _recorded(read_table(beside))
    breaks = np.flatnonzero(np.diff(times) > LONGEST_SILENCE_MS)
    firsts, lasts = times[np.r_[0, breaks + 1]], times[np.r_[breaks, len(times) - 1]]
    return tuple(
        Interval(first, last + 1) for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
    )


def _recorded(table: Table) -> tuple[Interval, ...]:
    if not {"start_ms", "end_ms"} <= set(table.times):
        raise BadInputError(
            f"{table.path}, row 1: coverage needs the columns start_ms and end_ms; add or rename them."
        )
    starts, ends = table.times["start_ms"], table.times["end_ms"]
    table.refuse(starts >= ends, "the interval ends before it starts", "correct or remove the row")
    return tuple(Interval(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True))


def _own_rows(table: Table, symbol: str, wanted: tuple[Kind, ...]) -> Mask:
    """The rows of the symbol asked for: BTCUSDT or BTC for BTC/USDT:USDT.

    Positions come for all coins at once, and so does the open interest beside them: the others are left out. Any other
    table must be of one symbol.
    """
    asked = (archive_name(symbol), symbol.upper(), symbol.upper().split("/")[0])
    for texts in (table.texts[name] for name in ("symbol", "coin") if name in table.texts):
        other = ~np.isin(np.char.upper(texts), asked)
        if not other.all() and set(wanted) <= _OF_ALL_COINS:
            return ~other
        table.refuse(other, f"the row is of another symbol than {symbol}", "import each symbol on its own")
    return np.ones(len(table), np.bool_)
