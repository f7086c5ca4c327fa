"""`heatdesk import`: history from exchange archives, CSV and Parquet into the store."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from heatdesk.errors import BadInputError
from heatdesk.feed.archive import FileSeries, read_file
from heatdesk.feed.files import misfit_by_name, table_files
from heatdesk.market import HOUR_MS, TIMEFRAMES, Interval, Kind, Records, SeriesKey
from heatdesk.store.base import Appended, Store
from heatdesk.store.gaps import gaps
from heatdesk.store.schema import check_exchange
from heatdesk.store.user import user_history

_NAME: Final = re.compile(r"[A-Za-z0-9:/_.-]{1,64}")
_MOST_APART: Final = 1.25
_AUTO: Final = "auto"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one series of one file."""

    key: SeriesKey
    series: FileSeries
    appended: Appended
    gaps: tuple[Interval, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE|FOLDER", help="csv, csv.gz, zip or parquet"
    )
    parser.add_argument(
        "--exchange", required=True, metavar="X", help="the exchange the rows are of, e.g. binance"
    )
    parser.add_argument("--symbol", required=True, metavar="S", help="the instrument, e.g. BTC/USDT:USDT")
    parser.add_argument(
        "--timeframe", choices=TIMEFRAMES, help="the step of the rows, where it should be checked"
    )
    parser.add_argument(
        "--kind",
        choices=[*(kind.value for kind in Kind), _AUTO],
        default=_AUTO,
        help="take only this kind of series",
    )
    parser.add_argument(
        "--source", default="", metavar="NAME", help="keep apart from the exchange's own record"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was done as JSON")


def run(args: argparse.Namespace) -> int:
    """Import every file; one that cannot be used leaves the others stored, and is told at the end."""
    check_exchange(args.exchange)
    _check_names(args.symbol, args.source)
    files, others = _files(args)
    if others:
        print(f"{_count(len(others), 'file')} found in folders left out, for example {others[0]}")
    done: dict[Path, list[Imported]] = {}
    failed: dict[Path, BadInputError] = {}
    with user_history(read_only=False) as store:
        for file in tqdm(files, unit="file", leave=False, disable=not sys.stderr.isatty()):
            try:
                done[file] = _import(store, args, file)
            except BadInputError as error:
                failed[file] = error
                continue
            for imported in done[file]:
                tqdm.write(_summary(file, imported))
    if args.json is not None:
        report = _report(args, done, failed)
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if failed:
        raise BadInputError(_complaint(list(failed.values()), stored=bool(done)))
    return 0


def _files(args: argparse.Namespace) -> tuple[list[Path], list[str]]:
    """The files to try, and why others found in a folder are left out."""
    files: list[Path] = []
    others: list[str] = []
    for file in table_files(args.files):
        misfit = misfit_by_name(file, args.symbol, args.source)
        if misfit is None or file in args.files:
            files.append(file)
        else:
            others.append(f"{file}, which {misfit}")
    return files, others


def _import(store: Store, args: argparse.Namespace, file: Path) -> list[Imported]:
    misfit = misfit_by_name(file, args.symbol, args.source)
    if misfit is not None:
        raise BadInputError(f"{file} {misfit}.")
    kind = None if args.kind == _AUTO else Kind(args.kind)
    found = read_file(file, args.symbol, args.timeframe, kind)
    return [_store(store, args, file, series) for series in found]


def _store(store: Store, args: argparse.Namespace, file: Path, series: FileSeries) -> Imported:
    key = SeriesKey(args.exchange, args.symbol, series.kind, series.timeframe, args.source)
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


def _check_names(symbol: str, source: str) -> None:
    for what, name in (("Symbol", symbol), ("Source", source or "none")):
        if not _NAME.fullmatch(name):
            raise BadInputError(
                f"{what} {name[:64]!a} is no name; use up to 64 letters, digits and : / _ . -, e.g. BTC/USDT:USDT."
            )


def _summary(file: Path, imported: Imported) -> str:
    key, series, rows = imported.key, imported.series, imported.appended
    name = " ".join(filter(None, (key.kind.value.replace("_", " "), key.timeframe, key.source)))
    said = [f"{rows.new:,} new", f"{rows.changed:,} changed", f"{rows.unchanged:,} unchanged"]
    if series.timeframe:
        said.append(_gaps_in_words(imported.gaps, TIMEFRAMES[series.timeframe]))
    if series.kind is Kind.EVENTS:
        hours = sum(end - start for start, end in series.coverage) / HOUR_MS
        said.append(f"{hours:,.1f} hours recorded in {_count(len(series.coverage), 'interval')}")
    return f"{file}: {name}: {', '.join([*said, *series.notes])}"


def _gaps_in_words(holes: Iterable[Interval], step_ms: int) -> str:
    holes = tuple(holes)
    missing = sum((end - start) // step_ms for start, end in holes)
    return f"{_count(len(holes), 'gap')} ({_count(missing, 'bar')} missing)" if holes else "no gaps"


def _report(
    args: argparse.Namespace, done: dict[Path, list[Imported]], failed: dict[Path, BadInputError]
) -> dict[str, Any]:
    return {
        "schema": 1,
        "exchange": args.exchange,
        "symbol": args.symbol,
        "ok": not failed,
        "files": [{"file": str(f), "series": [_series(i) for i in all_]} for f, all_ in done.items()]
        + [{"file": str(file), "series": [], "error": str(error)} for file, error in failed.items()],
    }


def _series(imported: Imported) -> dict[str, Any]:
    key, series = imported.key, imported.series
    times = series.records.time_ms
    return {
        "kind": key.kind.value,
        "timeframe": key.timeframe,
        "source": key.source,
        "rows": len(times),
        **imported.appended._asdict(),
        "start_ms": int(times[0]),
        "end_ms": int(times[-1]),
        "duplicates": series.duplicates,
        "dropped": series.dropped,
        "sorted": series.was_sorted,
        "gaps": imported.gaps,
        "coverage": series.coverage,
        "notes": series.notes,
    }


def _complaint(errors: list[BadInputError], stored: bool) -> str:
    """One sentence about the first file that failed, and how many others did."""
    said = []
    if len(errors) > 1:
        said.append(f"{_count(len(errors) - 1, 'more file')} could not be used either")
    if stored:
        said.append("the other files are imported")
    return f"{errors[0]} ({'; '.join(said)})" if said else str(errors[0])


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
