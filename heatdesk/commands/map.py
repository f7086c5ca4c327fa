"""`heatdesk map`: the map as NumPy arrays in an NPZ file, and its clusters as a table."""

from __future__ import annotations

import argparse
from pathlib import Path

from heatdesk.commands.question import add_question_arguments, question_from
from heatdesk.engine import Engine
from heatdesk.errors import UsageError
from heatdesk.export import write_clusters, write_map
from heatdesk.store.user import user_history


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The question, and where the answer goes."""
    add_question_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="F.npz")
    parser.add_argument("--clusters", type=Path, metavar="F.csv|F.parquet")


def run(args: argparse.Namespace) -> int:
    """Ask the engine and write the files."""
    if args.out.suffix != ".npz":
        raise UsageError(f"{args.out.name} must end in .npz.")
    engine = Engine(user_history(read_only=True))
    snapshot = engine.ask(question_from(args))
    heatmap = snapshot.heatmap.only(args.side)
    write_map(heatmap, args.out)
    if args.clusters:
        doubts = engine.doubt(snapshot, lambda: False)
        clusters = snapshot.clusters if doubts is None else doubts.known_of(snapshot.clusters)
        write_clusters([c for c in clusters if args.side in (c.side, "both")], args.clusters)
    n_prices, n_times = heatmap.shape
    worth = "uncalibrated" if heatmap.meta["uncalibrated"] else "calibrated"
    print(f"{args.out}: {n_prices} prices × {n_times} columns of {args.timeframe}, USD, {worth}")
    for note in snapshot.notes:
        print(note)
    return 0
