"""The arguments that say what to look at, shared by `map`, `snapshot` and `run`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from heatdesk.engine import Question
from heatdesk.errors import BadInputError, UsageError
from heatdesk.market import LOOKBACKS, TIMEFRAMES
from heatdesk.model.params import ModelParams, declarations
from heatdesk.moments import span_ms, utc_ms


def add_question_arguments(parser: argparse.ArgumentParser) -> None:
    """Symbol, exchanges, timeframe, range, rows, side, tiers, and every declared parameter of the model."""
    parser.add_argument("--symbol", required=True, help="as BTC/USDT:USDT")
    parser.add_argument(
        "--exchange", nargs="+", required=True, metavar="X", help="one or more; their maps add up"
    )
    parser.add_argument("--timeframe", choices=tuple(TIMEFRAMES), default="5m", help="of candles and columns")
    parser.add_argument(
        "--start", "--from", dest="start", type=typed(utc_ms), metavar="T", help="UTC, as 2026-02-08T12:00"
    )
    parser.add_argument(
        "--end", "--to", dest="end", type=typed(utc_ms), metavar="T", help="UTC, not included"
    )
    parser.add_argument(
        "--lookback", type=typed(span_ms), metavar="30d", help=f"{', '.join(LOOKBACKS)}, or any 36h, 10d"
    )
    parser.add_argument("--price-min", type=_price, metavar="P")
    parser.add_argument("--price-max", type=_price, metavar="P")
    parser.add_argument("--side", choices=("long", "short", "both"), default="both")
    parser.add_argument("--tiers", type=_tiers, metavar="10,20,…", help="only these leverages")
    add_model_arguments(parser)


def add_model_arguments(parser: argparse.ArgumentParser, without: tuple[str, ...] = ()) -> None:
    """One option per declared parameter, but for those a command declares itself."""
    group = parser.add_argument_group("the model's parameters")
    for declared in declarations():
        if declared.name in without:
            continue
        unit = f" {declared.unit}" if declared.unit else ""
        limits = "" if declared.choices else f", {declared.low:g} to {declared.high:g}{unit}"
        group.add_argument(
            "--" + declared.name.replace("_", "-"),
            type=str if declared.choices else float,
            choices=declared.choices or None,
            default=declared.default,
            help=f"{declared.label}: {declared.help} (default {declared.default}{limits})".replace("%", "%%"),
        )


def model_params(args: argparse.Namespace) -> ModelParams:
    """The model as the command line asks for it."""
    return ModelParams(**{declared.name: getattr(args, declared.name) for declared in declarations()})


def question_from(args: argparse.Namespace) -> Question:
    """The question the command line asks; raises UsageError where it contradicts itself."""
    if args.start is not None and args.lookback is not None:
        raise UsageError("--start and --lookback both say where the range begins; give one of them.")
    return Question(
        symbol=args.symbol,
        exchanges=tuple(args.exchange),
        timeframe=args.timeframe,
        lookback_ms=args.lookback,
        start_ms=args.start,
        end_ms=args.end,
        price_min=args.price_min,
        price_max=args.price_max,
        tiers=args.tiers,
        params=model_params(args),
    )


def typed(parse: Callable[[str], int]) -> Callable[[str], int]:
    """A parser whose complaint is one about the command line."""

    def parsed(text: str) -> int:
        try:
            return parse(text)
        except BadInputError as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None

    return parsed


def _price(text: str) -> float:
    price = _number(text)
    if not price > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no price; it must be above zero")
    return price


def _tiers(text: str) -> tuple[float, ...]:
    return tuple(_number(part.removesuffix("x")) for part in text.split(","))


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return number
