"""``python -m tests.bench [--json F] [--only NAME…]``: every speed and size that is promised, measured side by side.

Each module below offers ``rows()``: dictionaries with name, value, unit, target (the most that is allowed, or the
least where `ok` says so; None for a measurement without a promise) and ok, and sometimes `also`: what else was measured
of it, by unit. Ratios are taken within one run, because machines drift; absolute times are for orientation.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

PEERS_PYTHON: Final = "HEATDESK_BENCH_PEERS_PYTHON"
MODULES: Final = (
    "kernel",
    "reading",
    "ages",
    "refresh",
    "folding",
    "drawing",
    "frames",
    "peers",
    "four_windows",
    "leaks",
    "workbench",
    "start",
    "history",
    "decoding",
    "live",
    "reconnects",
    "idle",
)

Row = dict[str, Any]
_FIELDS: Final = ("name", "value", "unit", "target", "ok")


def main(argv: Sequence[str]) -> int:
    """Measure, print the table; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures what is promised.")
    parser.add_argument("--json", type=Path, metavar="F", help="write the rows to a file too")
    parser.add_argument(
        "--markdown", type=Path, metavar="F", help="the same as rows of a table for the README"
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help=f"modules ({', '.join(MODULES)}) or parts of a row's name"
    )
    parser.add_argument(
        "--peers-python",
        type=Path,
        metavar="PATH",
        help="a Python with the libraries of the extra `bench` (this one)",
    )
    args = parser.parse_args(argv)
    if args.peers_python:
        os.environ[PEERS_PYTHON] = str(args.peers_python.absolute())
    chosen = [name for name in MODULES if args.only and name in args.only]
    parts = [part for part in args.only or () if part not in MODULES]
    rows: list[Row] = []
    for module in chosen if chosen and not parts else MODULES:
        for row in import_module(f"tests.bench.{module}").rows():
            if not parts or module in chosen or any(part in row["name"] for part in parts):
                rows.append({field: row[field] for field in _FIELDS} | row.get("also", {}))
                print(line(rows[-1]), flush=True)
    if not rows:
        parser.error(f"nothing is called {' or '.join(args.only)}")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if args.markdown:
        args.markdown.write_text("".join(map(markdown, rows)), encoding="utf-8")
    missed = [row["name"] for row in rows if not row["ok"]]
    print(f"\nMissed: {'; '.join(missed)}." if missed else "\nEvery target is met.")
    return 1 if missed else 0


def line(row: Row) -> str:
    """One row as text: name, value, unit, target, verdict."""
    target = "" if row["target"] is None else f"target {row['target']:g}"
    verdict = ("ok" if row["ok"] else "MISSED") if target else ""
    also = "  ".join(_beside(row))
    return (
        f"{row['name']:<72} {row['value']:>9.4g} {row['unit']:<8} {target:<14} {verdict:<7} {also}".rstrip()
    )


def markdown(row: Row) -> str:
    """One row of the README's table: what, measured, target."""
    target = ""
    if row["target"] is not None:
        sign = "≥" if row["ok"] == (row["value"] > row["target"]) else "≤"
        target = f"{sign} {row['target']:g}{'' if row['ok'] else ' **missed**'}"
    measured = " · ".join([f"{row['value']:.3g} {row['unit']}".strip(), *_beside(row)])
    return f"| {row['name']} | {measured} | {target} |\n"


def _beside(row: Row) -> list[str]:
    """What else was measured of a row."""
    return [f"{value:,} {unit}" for unit, value in row.items() if unit not in _FIELDS]


def end_as_interrupted() -> None:
    """A bench that is told to end takes its windows, exchanges and screens along."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


if __name__ == "__main__":
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    end_as_interrupted()
    with tempfile.TemporaryDirectory(prefix="heatdesk-bench-") as home:
        os.environ["HEATDESK_HOME"] = home  # never the user's own history
        os.environ["HEATDESK_OFFLINE"] = "1"  # and no exchange, but where a row starts its own
        sys.exit(main(sys.argv[1:]))
