"""`heatdesk reach`: how far price may get from here, and whether such chances held in the past."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from heatdesk.errors import NotEnoughDataError, UsageError
from heatdesk.history.instrument import History, read_history
from heatdesk.market import DAY_MS, HOUR_MS, Floats
from heatdesk.moments import span_ms, utc_ms, utc_text
from heatdesk.reading.reach import CONTOURS, Reach, find_reach, first_passage, walk_forward
from heatdesk.reading.variance import Hours, Outlook
from heatdesk.score.reach import TOLERANCE, Calibration, ChanceBin, calibrate
from heatdesk.store.user import user_history

DISTANCES: Final = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)  # percent
_HORIZONS: Final = "1h,4h,24h"
_WARM_UP_DAYS: Final = 30
_FEWEST_DAYS: Final = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which market, how far ahead, which stretch is judged."""
    parser.add_argument("--symbol", required=True, help="as BTC/USDT:USDT")
    parser.add_argument("--exchange", required=True, metavar="X")
    parser.add_argument("--horizon", default=_HORIZONS, metavar="H,…", help=f"default {_HORIZONS}")
    parser.add_argument(
        "--start",
        "--from",
        dest="start",
        metavar="T",
        help=f"UTC, judge from here (default {_WARM_UP_DAYS} days after the first candle); older ones are learnt from",
    )
    parser.add_argument("--end", "--to", dest="end", metavar="T", help="UTC, not included")
    parser.add_argument("--json", type=Path, metavar="F", help="everything printed, as numbers")


def run(args: argparse.Namespace) -> int:
    """Print the contours of now and the record; 1 where a chance is off by more than it may be."""
    horizons = _horizons(args.horizon)
    end = None if args.end is None else utc_ms(args.end)
    history = read_history(user_history(read_only=True), args.symbol, args.exchange, HOUR_MS, end)
    reach = find_reach(history.candles, history.series.step_ms, horizons)
    if reach is None:
        raise NotEnoughDataError(f"{args.symbol} on {args.exchange} has one candle; import more history.")
    first = int(history.candles.time_ms[0])
    start = first + _WARM_UP_DAYS * DAY_MS if args.start is None else utc_ms(args.start)
    record = judge(history, horizons, start, reach.time_ms)
    print(f"{args.symbol} on {args.exchange}, {utc_text(reach.time_ms)}, {reach.price:,.6g}")
    _print_contours(reach, horizons)
    for calibration in record:
        _print_record(calibration, start, reach.time_ms)
    if args.json is not None:
        args.json.write_text(json.dumps(_report(args, reach, record), indent=1) + "\n", encoding="utf-8")
    return int(any(calibration.misses for calibration in record))


def judge(
    history: History, horizons_ms: tuple[int, ...], start_ms: int, end_ms: int
) -> tuple[Calibration, ...]:
    """The record of every horizon over the hours from start to end whose outcome is known.

    Raises NotEnoughDataError where those are fewer than five days.
    """
    outlook = Outlook.of(Hours.of(history.candles, history.series.step_ms))
    distance = np.log1p(np.array(DISTANCES) / 100.0)
    return tuple(_judged(outlook, ms, distance, start_ms, end_ms) for ms in horizons_ms)


def _judged(outlook: Outlook, horizon_ms: int, distance: Floats, start_ms: int, end_ms: int) -> Calibration:
    walk = walk_forward(outlook, horizon_ms)
    there = np.isfinite(walk.up) & (walk.time_ms >= start_ms) & (walk.time_ms + horizon_ms <= end_ms)
    if len(np.unique(walk.time_ms[there] // DAY_MS)) < _FEWEST_DAYS:
        raise NotEnoughDataError(
            f"Not enough data: fewer than {_FEWEST_DAYS} days from {utc_text(start_ms)} to {utc_text(end_ms)} "
            f"show what came within {horizon_ms // HOUR_MS} h; import more history or judge from an earlier day."
        )
    told = np.tile(walk.chance(distance)[there], 2)
    came = np.concatenate((walk.up[there, None] >= distance, walk.down[there, None] >= distance), axis=1)
    plain = first_passage(distance / outlook.last_day(horizon_ms)[there, None])
    return calibrate(horizon_ms, walk.time_ms[there], told, came, np.tile(plain, 2))


def _horizons(text: str) -> tuple[int, ...]:
    horizons = tuple(sorted({span_ms(part.strip()) for part in text.split(",")}))
    if any(ms % HOUR_MS or ms > 7 * DAY_MS for ms in horizons):
        raise UsageError(f"--horizon is {text}; give whole hours of at most 7 days, as {_HORIZONS}.")
    return horizons


def _print_contours(reach: Reach, horizons: tuple[int, ...]) -> None:
    print(f"{'touched within':>16}" + "".join(f"{chance:>24.0%}" for chance in CONTOURS))
    for ms in horizons:
        moves = [reach.distance(chance, ms) for chance in CONTOURS]
        prices = [f"{reach.price * np.exp(-d):,.6g} … {reach.price * np.exp(d):,.6g}" for d in moves]
        print(f"{ms // HOUR_MS:>14} h" + "".join(f"{text:>24}" for text in prices))


def _print_record(record: Calibration, start_ms: int, end_ms: int) -> None:
    skill = record.skill
    print(
        f"\nWithin {record.horizon_ms // HOUR_MS} h, {utc_text(start_ms)} to {utc_text(end_ms)}: "
        f"{record.hours:,} hours on {record.days} days, both sides, {DISTANCES[0]:g} to {DISTANCES[-1]:g} % away"
    )
    print(
        f"Brier score {record.brier:.4f}, {skill.value:.1%} [{skill.lo:.1%}, {skill.hi:.1%}] less than "
        "2·(1 − Φ(d ÷ σ)) with the last day's σ"
    )
    print("      told    came   points off [95 %]            chances  days")
    for b in record.tenths:
        print(_line(b))
    worst = max(record.deciles, key=lambda b: abs(b.off.value))
    print(f"In ten equal groups the worst is off by {100 * worst.off.value:+.1f} points.")


def _line(b: ChanceBin) -> str:
    off = "".join(
        f"{100 * value:+6.1f}{after}"
        for value, after in ((b.off.value, " ["), (b.off.lo, ","), (b.off.hi, "]"))
    )
    said = ("" if b.holds else "  MISSED") if b.enough else "  too few days to judge"
    return f"  {b.told:>7.1%} {b.came:>7.1%}   {off:<26} {b.chances:>9,} {b.days:>5}{said}"


def _report(args: argparse.Namespace, reach: Reach, record: tuple[Calibration, ...]) -> dict[str, Any]:
    return {
        "schema": 1,
        "symbol": args.symbol,
        "exchange": args.exchange,
        "time_ms": reach.time_ms,
        "price": reach.price,
        "tolerance": TOLERANCE,
        "distances_percent": list(DISTANCES),
        "contours": [
            {
                "horizon_hours": h.ms / HOUR_MS,
                "chance": c,
                "distance_percent": 100 * (np.expm1(reach.distance(c, h.ms))),
            }
            for h in reach.horizons
            for c in CONTOURS
        ],
        "record": [calibration.to_json() for calibration in record],
    }
