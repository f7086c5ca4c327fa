"""`heatdesk score`: how good the map was, from the store, as a table, a JSON file and a CSV of every prediction."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from heatdesk import told_brackets
from heatdesk.commands.question import add_model_arguments, model_params
from heatdesk.errors import BadInputError, UsageError
from heatdesk.history.evidence import BARS, Request
from heatdesk.machine.files import whole_file
from heatdesk.model.flow import ESTIMATORS
from heatdesk.moments import utc_ms
from heatdesk.position_check import check_positions
from heatdesk.score import hyperliquid
from heatdesk.score.as_json import SCHEMA, to_json
from heatdesk.score.executor import workers
from heatdesk.score.placebos import SHIFTS
from heatdesk.score.pooled import pooled
from heatdesk.score.report import estimate, report
from heatdesk.score.walk_forward import Predictions
from heatdesk.scoring import Scored, score_all
from heatdesk.store.user import user_history

MOST_SHIFTS: Final = 1000
_COLUMNS: Final = (
    "time_ms,side,scored,observed_usd,predicted_usd,p10_usd,p90_usd,excursion_usd,regression_usd\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to score, where to compute, what to write."""
    parser.add_argument(
        "--symbol", nargs="+", required=True, metavar="S", help="as BTC/USDT:USDT; several are also pooled"
    )
    parser.add_argument("--exchange", required=True, metavar="X", help="whose candles and liquidations")
    parser.add_argument("--bar", choices=BARS, required=True, help="what is predicted: hours or five minutes")
    parser.add_argument(
        "--from", "--start", dest="start", type=_moment, required=True, metavar="T", help="UTC, as 2026-01-20"
    )
    parser.add_argument(
        "--to", "--end", dest="end", type=_moment, required=True, metavar="T", help="UTC, not included"
    )
    parser.add_argument(
        "--observed",
        metavar="SOURCE",
        help="the record to hold it against: the name it was imported under, or "
        "events, or totals (default: totals for 1h, events for 5m)",
    )
    parser.add_argument(
        "--estimator",
        nargs="+",
        choices=tuple(ESTIMATORS),
        default=list(ESTIMATORS),
        metavar="E",
        help=f"the first is the model, the others rivals in the table: {', '.join(ESTIMATORS)} (default: all)",
    )
    parser.add_argument(
        "--shifts",
        type=_count,
        default=SHIFTS,
        metavar="N",
        help=f"births moved in time, as placebos (default {SHIFTS}); 0 leaves all placebos out and is faster",
    )
    parser.add_argument(
        "--scheduler", metavar="tcp://…", help="compute on this Dask cluster, not in processes here"
    )
    parser.add_argument("--json", type=Path, metavar="F", help="everything as JSON")
    parser.add_argument("--predictions", type=Path, metavar="F.csv", help="every bar and side as CSV")
    add_model_arguments(parser, without=("estimator",))


def run(args: argparse.Namespace) -> int:
    """Score, print, write."""
    symbols = list(dict.fromkeys(args.symbol))
    _check_files(args, len(symbols))
    params = model_params(argparse.Namespace(**vars(args) | {"estimator": args.estimator[0]}))
    requests = [
        Request(
            symbol=symbol,
            exchange=args.exchange,
            bar=args.bar,
            start_ms=args.start,
            end_ms=args.end,
            observed=args.observed,
            params=params,
            estimators=tuple(args.estimator),
            shifts=args.shifts,
        )
        for symbol in symbols
    ]
    store = user_history(read_only=True)
    with (
        workers(args.scheduler, begin=told_brackets.load) as executor,
        tqdm(total=1.0, leave=False, disable=not sys.stderr.isatty(), bar_format="{l_bar}{bar}|") as bar,
    ):

        def show(share: float) -> None:
            bar.update(share - bar.n)

        scored = score_all(store, requests, executor, show)
    told = []
    for symbol, one in zip(symbols, scored, strict=True):
        whales = check_positions(store, symbol, params)
        print("\n".join(report(one.card)))
        if whales is not None:
            print("\n" + "\n".join(hyperliquid.lines(whales)))
        told.append(to_json(one.card) | ({} if whales is None else {"positions": whales.to_json()}))
    together = _pooled(scored)
    if args.json:
        written = told[0] if len(told) == 1 else {"schema": SCHEMA, "scorecards": told, "pooled": together}
        _write(args.json, json.dumps(written, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    if args.predictions:
        _write(args.predictions, predictions_csv(scored[0].predictions))
    return 0


def _pooled(scored: Sequence[Scored]) -> dict[str, Any]:
    """Print and return what several symbols say together; nothing of one alone."""
    if len(scored) < 2:
        return {}
    found = pooled([one.predictions for one in scored])
    print(
        f"\nAll {len(scored)} symbols pooled: against the excursion {estimate(found.excursion)}, against the best "
        f"regression without positions {estimate(found.regression)} (n = {found.n:,}, {found.days} days)"
    )
    skill = {"excursion": found.excursion._asdict(), "regression": found.regression._asdict()}
    return {"n": found.n, "days": found.days, "skill": skill}


def _check_files(args: argparse.Namespace, symbols: int) -> None:
    """Refuse what could not be written, before any work."""
    if args.predictions and symbols > 1:
        raise UsageError("--predictions takes the bars of one symbol; give one --symbol.")
    for path in filter(None, (args.json, args.predictions)):
        if path.is_dir() or not path.parent.is_dir():
            raise BadInputError(f"{path} cannot be a file; name one in a folder that is there.")


def predictions_csv(predictions: Predictions) -> str:
    """Every bar and side; `nan` where a bar was not recorded, for silence is not zero."""
    lines = [_COLUMNS]
    amounts = [
        np.where(predictions.scored, predictions.observed, np.nan),
        predictions.predicted,
        predictions.p10,
        predictions.p90,
        predictions.excursion,
        predictions.regression,
    ]
    table = np.stack(amounts, axis=-1)
    for i, time_ms in enumerate(predictions.time_ms.tolist()):
        for side, name in enumerate(("long", "short")):
            numbers = ",".join(f"{x:.10g}" for x in table[i, side].tolist())
            lines.append(f"{time_ms},{name},{int(predictions.scored[i, side])},{numbers}\n")
    return "".join(lines)


def _write(path: Path, text: str) -> None:
    whole_file(path, lambda temporary: _put(temporary, text))


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _moment(text: str) -> int:
    try:
        return utc_ms(text)
    except BadInputError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text) <= MOST_SHIFTS):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {MOST_SHIFTS}")
    return int(text)
