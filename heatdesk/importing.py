"""History from exchange archives, CSV and Parquet into the store: what the command and the window both do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from heatdesk.errors import BadInputError
from heatdesk.feed.files import QUOTES, misfit_by_name, table_files
from heatdesk.market import HOUR_MS, TIMEFRAMES, Interval, Kind, Records, SeriesKey
from heatdesk.store.base import Appended, Store
from heatdesk.store.gaps import gaps
from heatdesk.store.schema import check_exchange

if TYPE_CHECKING:
    from heatdesk.feed.archive import FileSeries

_NAME: Final = re.compile(r"[A-Za-z0-9:/_.-]{1,64}")
_MOST_APART: Final = 1.25


@dataclass(frozen=True, slots=True)
class Import:
    """What files are taken to be. Raises BadInputError for names that cannot be used.

    `timeframe`: the step of the rows, where it should be checked; `kind`: take only this kind of series; `source`
    keeps rows apart from the exchange's own record.
    """

    exchange: str
    symbol: str
    timeframe: str | None = None
    kind: Kind | None = None
    source: str = ""

    def __post_init__(self) -> None:
        check_exchange(self.exchange)
        for what, name in (("Symbol", self.symbol), ("Source", self.source or "none")):
            if not _NAME.fullmatch(name):
                raise BadInputError(
                    f"{what} {name[:64]!a} is no name; use up to 64 letters, digits and : / _ . -, "
                    "e.g. BTC/USDT:USDT."
                )


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one series of one file."""

    key: SeriesKey
    series: FileSeries
    appended: Appended
    gaps: tuple[Interval, ...]


def symbol_by_name(path: Path) -> str:
    """The perpetual that a file's name begins with: BTC/USDT:USDT for ``BTCUSDT-5m-2026-01.zip``; empty for none."""
    first = re.split(r"[-_.]", path.name)[0]
    quote = next((q for q in QUOTES if first.endswith(q) and len(first) > len(q)), None)
    if quote is None or not re.fullmatch(r"[A-Z0-9]{2,24}", first):
        return ""
    return f"{first.removesuffix(quote)}/{quote}:{quote}"


def files_to_import(paths: Sequence[Path], wanted: Import) -> tuple[list[Path], list[str]]:
    """The files to try, and why others found in a folder are left out.

    Raises BadInputError where there is none.
    """
    files: list[Path] = []
    others: list[str] = []
    for file in table_files(paths):
        misfit = misfit_by_name(file, wanted.symbol, wanted.source)
        if misfit is None or file in paths:
            files.append(file)
        else:
            others.append(f"{file}, which {misfit}")
    return files, others


def import_file(store: Store, wanted: Import, file: Path) -> list[Imported]:
    """Store every series of a file; raises BadInputError for one that cannot be used."""
    misfit = misfit_by_name(file, wanted.symbol, wanted.source)
    if misfit is not None:
        raise BadInputError(f"{file} {misfit}.")
    from heatdesk.feed.archive import read_file  # the table readers would hold up every start of the window

    found = read_file(file, wanted.symbol, wanted.timeframe, wanted.kind)
    return [_store(store, wanted, file, series) for series in found]


def _store(store: Store, wanted: Import, file: Path, series: FileSeries) -> Imported:
    key = SeriesKey(wanted.exchange, wanted.symbol, series.kind, series.timeframe, wanted.source)
    if series.kind is Kind.CANDLES:
        _check_prices(store, key, file, series.records)
    appended = store.append(key, series.records, series.coverage)
    step = TIMEFRAMES.get(series.timeframe)
    holes = gaps(series.records.time_ms, step) if step is not None else ()
    return Imported(key, series, appended, holes)


def _check_prices(store: Store, key: SeriesKey, file: Path, records: Records) -> None:
    """Candles of the same time must have about the same price, or one of them is of something else."""
    times = records.time_ms
    there = store.read(key, int(times[0]), int(times[-1]) + 1).records
    _, new, old = np.intersect1d(times, there.time_ms, assume_unique=True, return_indices=True)
    if not len(new):
        return
    ratio = float(np.median(records["close"][new] / there["close"][old]))
    if not 1 / _MOST_APART < ratio < _MOST_APART:
        raise BadInputError(
            f"{file}: prices are {ratio:.3g} times those stored for {key.symbol} at the same times; "
            "check --symbol and --exchange, or keep them apart with --source."
        )


def summary(file: Path, imported: Imported) -> str:
    """What became of a series, in a line."""
    key, series, rows = imported.key, imported.series, imported.appended
    name = " ".join(filter(None, (key.kind.value.replace("_", " "), key.timeframe, key.source)))
    said = [f"{rows.new:,} new", f"{rows.changed:,} changed", f"{rows.unchanged:,} unchanged"]
    if series.timeframe:
        said.append(_gaps_in_words(imported.gaps, TIMEFRAMES[series.timeframe]))
    if series.kind is Kind.EVENTS:
        hours = sum(end - start for start, end in series.coverage) / HOUR_MS
        said.append(f"{hours:,.1f} hours recorded in {count(len(series.coverage), 'interval')}")
    return f"{file}: {name}: {', '.join([*said, *series.notes])}"


def _gaps_in_words(holes: Iterable[Interval], step_ms: int) -> str:
    holes = tuple(holes)
    missing = sum((end - start) // step_ms for start, end in holes)
    return f"{count(len(holes), 'gap')} ({count(missing, 'bar')} missing)" if holes else "no gaps"


def complaint(errors: list[BadInputError], stored: bool) -> str:
    """One sentence about the first file that failed, and how many others did."""
    said = []
    if len(errors) > 1:
        said.append(f"{count(len(errors) - 1, 'more file')} could not be used either")
    if stored:
        said.append("the other files are imported")
    return f"{errors[0]} ({'; '.join(said)})" if said else str(errors[0])


def count(number: int, what: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
