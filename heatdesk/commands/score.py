"""`heatdesk score`: how good the map was, from the store, as a table, a JSON file and a CSV of every prediction."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from heatdesk.commands.question import add_model_arguments, model_params
from heatdesk.errors import BadInputError
from heatdesk.evidence import BARS, Request
from heatdesk.files import whole_file
from heatdesk.model.flow import ESTIMATORS
from heatdesk.moments import utc_ms
from heatdesk.position_check import check_positions
from heatdesk.score import hyperliquid
from heatdesk.score.as_json import to_json
from heatdesk.score.executor import workers
from heatdesk.score.placebos import SHIFTS
from heatdesk.score.report import report
from heatdesk.score.walk_forward import Predictions
from heatdesk.scoring import score
from heatdesk.store.user import user_history

MOST_SHIFTS: Final = 1000
_COLUMNS: Final = (
    "time_ms,side,scored,observed_usd,predicted_usd,p10_usd,p90_usd,excursion_usd,regression_usd\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to score, where to compute, what to write."""
    parser.add_argument("--symbol", required=True, help="as BTC/USDT:USDT")
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
    request = Request(
        symbol=args.symbol,
        exchange=args.exchange,
        bar=args.bar,
        start_ms=args.start,
        end_ms=args.end,
        observed=args.observed,
        params=model_params(argparse.Namespace(**vars(args) | {"estimator": args.estimator[0]})),
        estimators=tuple(args.estimator),
        shifts=args.shifts,
    )
    store = user_history(read_only=True)
    with (
        workers(args.scheduler) as executor,
        tqdm(total=1.0, leave=False, disable=not sys.stderr.isatty(), bar_format="{l_bar}{bar}|") as bar,
    ):

        def show(share: float) -> None:
            bar.update(share - bar.n)

        scored = score(store, request, executor, show)
    whales = check_positions(store, args.symbol, request.params)
    for line in report(scored.card):
        print(line)
    if whales is not None:
        print("\n" + "\n".join(hyperliquid.lines(whales)))
    if args.json:
        told = to_json(scored.card) | ({} if whales is None else {"positions": whales.to_json()})
        text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        whole_file(args.json, lambda path: _write(path, text))
    if args.predictions:
        text = predictions_csv(scored.predictions)
        whole_file(args.predictions, lambda path: _write(path, text))
    return 0


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
