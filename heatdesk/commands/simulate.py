"""`heatdesk simulate`: a simulated market as files that `heatdesk import` reads, with the truth beside them."""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from heatdesk.engine import Engine, Question
from heatdesk.errors import BadInputError, MachineError, UsageError
from heatdesk.feed.simulated.feed import LONGEST_MINUTES, TIMEFRAME, SimulatedFeed
from heatdesk.feed.simulated.market import MINUTES_PER_DAY
from heatdesk.machine.files import whole_file
from heatdesk.market import Kind, Records, SeriesKey
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from heatdesk.reading.truth import Errors, Levels, compare, compare_baselines
from heatdesk.store.memory import MemoryStore

_MOST_DAYS: Final = LONGEST_MINUTES // MINUTES_PER_DAY
_ABOUT: Final = """SIMULATED market, seed {seed}, {days} days: {symbol} on {exchanges}. Nothing here happened.

Of each exchange, in a folder of its name:
  {name}_{timeframe}.csv.gz: candles, taker buy volume, open interest at each candle's start; in coins
  {name}_liquidations.csv.gz: every liquidation, with the side of the position; _coverage.csv: when they were recorded
  {name}_totals.csv.gz: liquidated USD per minute and side
The truth:
  positions.csv.gz: all levered positions that stand at time_ms

Read it back into a home of its own, so that it never mixes with real history:
HEATDESK_HOME=FOLDER heatdesk import EXCHANGE/ --exchange EXCHANGE --symbol {symbol}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long, which market, what to write."""
    parser.add_argument("--days", type=int, default=30, help=f"1 to {_MOST_DAYS} (default 30)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same files (default 1)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the files go")
    parser.add_argument(
        "--positions-every", type=int, metavar="HOURS", help="true positions not only at the end"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="write into a folder that holds files already"
    )
    parser.add_argument(
        "--truth", action="store_true", help="print how far each estimator is from the true positions"
    )


def run(args: argparse.Namespace) -> int:
    """Simulate, write the files, print the comparison."""
    _check(args)
    store = MemoryStore()
    feed = SimulatedFeed(store.append, args.seed)
    moments = _moments(feed, args.days * 24, args.positions_every)
    if args.out is None:
        for _ in moments:  # the market is lived through, the truth is asked for at its end
            continue
    else:
        _write_all(args, store, feed, moments)
    if args.truth:
        print(f"seed {args.seed}, {args.days} days, standing positions within ±20 % of the last price:")
        _print_errors(_errors(store, feed))
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuse what makes no sense and make the folder, before any work."""
    if args.out is None and not args.truth:
        raise UsageError("Say what to do with the market: --out FOLDER writes it, --truth compares with it.")
    if not 1 <= args.days <= _MOST_DAYS:
        raise UsageError(f"--days is {args.days}; give 1 to {_MOST_DAYS}.")
    if args.seed < 0:
        raise UsageError(f"--seed is {args.seed}; give 0 or more.")
    if args.positions_every is not None and args.positions_every < 1:
        raise UsageError(f"--positions-every is {args.positions_every}; give a number of hours from 1.")
    if args.out is None:
        return
    if args.out.exists() and not args.out.is_dir():
        raise BadInputError(f"{args.out} is a file; name a folder.")
    if args.out.is_dir() and any(args.out.iterdir()) and not args.overwrite:
        raise BadInputError(f"{args.out} holds files already; choose another folder or add --overwrite.")
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MachineError(f"{args.out} cannot be made ({error.strerror}); choose another --out.") from error


def _moments(feed: SimulatedFeed, hours: int, every: int | None) -> Iterator[int]:
    """Let the market run, stopping at every moment whose true positions are asked for, the end being the last."""
    every = every or hours
    now = 0
    with tqdm(total=hours, unit="h", leave=False, disable=not sys.stderr.isatty()) as bar:
        while now < hours:
            step = min(24, every - now % every, hours - now)
            feed.advance(step * 60)
            bar.update(step)
            now += step
            if now % every == 0 or now == hours:
                yield feed.time_ms


def _write_all(
    args: argparse.Namespace, store: MemoryStore, feed: SimulatedFeed, moments: Iterator[int]
) -> None:
    name = feed.symbol.split(":")[0].replace("/", "")
    _write(args.out / "positions.csv.gz", _truths(feed, moments))
    for exchange in feed.exchanges:
        (args.out / exchange).mkdir(exist_ok=True)
        for file, table in _tables(store, feed.symbol, exchange).items():
            _write(args.out / exchange / f"{name}_{file}", [_header(table), _rows(table)])
    about = _ABOUT.format(
        seed=args.seed,
        days=args.days,
        symbol=feed.symbol,
        exchanges=", ".join(feed.exchanges),
        name=name,
        timeframe=TIMEFRAME,
    )
    _write(args.out / "README.txt", [about.encode()])
    minutes = args.days * MINUTES_PER_DAY
    print(
        f"{args.out}: {minutes:,} minutes of {feed.symbol} on {', '.join(feed.exchanges)}, "
        f"{len(feed.positions()):,} true positions at the end; see README.txt"
    )


def _tables(store: MemoryStore, symbol: str, exchange: str) -> dict[str, dict[str, Any]]:
    """What one exchange published, as columns by file."""

    def read(kind: Kind, timeframe: str) -> Records:
        return store.read(SeriesKey(exchange, symbol, kind, timeframe)).records

    candles, events = read(Kind.CANDLES, TIMEFRAME), read(Kind.EVENTS, "")
    totals = read(Kind.TOTALS, TIMEFRAME)
    open_interest = read(Kind.OPEN_INTEREST, TIMEFRAME).columns
    tables: dict[str, dict[str, Any]] = {
        f"{TIMEFRAME}.csv.gz": {"time_ms": candles.time_ms, **candles.columns, **open_interest},
        "totals.csv.gz": {"time_ms": totals.time_ms, **totals.columns},
    }
    if len(events):  # a file without a row would be refused
        tables["liquidations.csv.gz"] = {
            "time_ms": events.time_ms,
            "side": _side(events["side"]),
            "bankruptcy_price": events["price"],
            "amount": events["quantity"],
            "notional_usd": events["notional_usd"],
        }
        covered = store.coverage(SeriesKey(exchange, symbol, Kind.EVENTS))
        starts, ends = zip(*covered, strict=True)
        tables["liquidations_coverage.csv"] = {"start_ms": np.array(starts), "end_ms": np.array(ends)}
    return tables


def _truths(feed: SimulatedFeed, moments: Iterator[int]) -> Iterator[bytes]:
    """The true positions of every moment, as pieces of one CSV: a month of hours has many millions."""
    for number, time_ms in enumerate(moments):
        truth = feed.positions()
        table = {
            "time_ms": np.full(len(truth), time_ms),
            "exchange": truth.exchange,
            "side": _side(truth.side),
            "quantity": truth.quantity,
            "entry_price": truth.entry,
            "leverage": truth.leverage,
            "margin_usd": truth.margin,
            "liquidation_price": truth.liquidation_price,
            "opened_ms": truth.opened_ms,
        }
        if not number:
            yield _header(table)
        yield _rows(table)


def _side(sign: Any) -> Any:
    return np.where(sign > 0, "long", "short")


def _header(table: dict[str, Any]) -> bytes:
    return f"{','.join(table)}\n".encode()


def _rows(table: dict[str, Any]) -> bytes:
    """Every number in the fewest digits that read back as the same number."""
    columns = [[str(cell) for cell in column.tolist()] for column in table.values()]
    return "".join(f"{','.join(row)}\n" for row in zip(*columns, strict=True)).encode()


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """Compressed where the name says so; the bytes of the file depend on nothing but the pieces."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            if path.suffix != ".gz":
                file.writelines(pieces)
                return
            with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
                packed.writelines(pieces)

    whole_file(path, write)


def _errors(store: MemoryStore, feed: SimulatedFeed) -> list[tuple[str, Errors]]:
    """Every estimator with its defaults against the positions that stand now, then the baselines."""
    truth = feed.positions()
    levels = Levels(truth.liquidation_price, truth.liquidation_usd, truth.side)
    found: list[tuple[str, Errors]] = []
    models = {estimator: ModelParams(estimator=estimator, weights="prior") for estimator in ESTIMATORS}
    for name, params in (models | {"learned": ModelParams()}).items():
        snapshot = Engine(store).ask(Question(feed.symbol, feed.exchanges, "5m", params=params))
        last = float(snapshot.candles["close"][-1])
        found += [(name, errors) for errors in compare(snapshot.heatmap, levels, last)]
    return found + [(e.estimate, e) for e in compare_baselines(snapshot.heatmap, levels, last)]


def _print_errors(rows: Sequence[tuple[str, Errors]]) -> None:
    print(f"{'':10} {'side':5} {'cosine':>7} {'off by %':>9} {'rank':>6} {'USD est/true':>13}")
    for name, e in rows:
        numbers = (f"{e.cosine:7.3f}", f"{e.mover:9.2f}", f"{e.rank:6.2f}", f"{e.ratio:13.2f}")
        print(f"{name:10} {e.side:5} {' '.join(numbers).replace('nan', '  –')}")
