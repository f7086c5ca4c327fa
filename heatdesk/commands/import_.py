"""`heatdesk import`: history from exchange archives, CSV and Parquet into the store."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from heatdesk.errors import BadInputError
from heatdesk.importing import Import, Imported, complaint, count, files_to_import, import_file, summary
from heatdesk.market import TIMEFRAMES, Kind
from heatdesk.store.user import user_history

_AUTO: Final = "auto"


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
    kind = None if args.kind == _AUTO else Kind(args.kind)
    wanted = Import(args.exchange, args.symbol, args.timeframe, kind, args.source)
    files, others = files_to_import(args.files, wanted)
    if others:
        print(f"{count(len(others), 'file')} found in folders left out, for example {others[0]}")
    done: dict[Path, list[Imported]] = {}
    failed: dict[Path, BadInputError] = {}
    with user_history(read_only=False) as store:
        for file in tqdm(files, unit="file", leave=False, disable=not sys.stderr.isatty()):
            try:
                done[file] = import_file(store, wanted, file)
            except BadInputError as error:
                failed[file] = error
                continue
            for imported in done[file]:
                tqdm.write(summary(file, imported))
    if args.json is not None:
        report = _report(args, done, failed)
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if failed:
        raise BadInputError(complaint(list(failed.values()), stored=bool(done)))
    return 0


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
