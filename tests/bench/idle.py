"""``python -m tests.bench.idle [--minutes 30]``: what a live window costs while next to nothing happens.

One exchange tells of one coin, about a message a second; nobody touches the window, which shows 48 hours on a screen of
its own. Told are the share of a core that the program uses, what its memory grows by, and both minute by minute.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests.bench.__main__ import end_as_interrupted
from tests.bench.live import Program, Served
from tests.bench.screen import screen

Row = dict[str, Any]
MOST_OF_A_CORE: Final = 3.0  # percent
_MINUTES: Final = 2.0
_TELL_S: Final = (
    5.0  # between two turns of the exchange, each with what has happened meanwhile: five messages
)
_FIRST_MAP_S: Final = 300.0  # a first start compiles
_SETTLED_S: Final = 60.0  # from the first map on: history is being fetched, the ensemble replayed


def rows(minutes: float = _MINUTES) -> list[Row]:
    """The whole of it; takes that long and a little more than a minute."""
    with (
        tempfile.TemporaryDirectory(prefix="heatdesk-idle-") as folder,
        Served(Path(folder), ("binance",), 1, _TELL_S) as served,
        screen(1600, 900) as environment,
    ):
        home = {"HEATDESK_HOME": str(Path(folder) / "home"), "HEATDESK_OFFLINE": ""}
        program = Program(environment | served.environment | home, "idle")
        try:
            _await_map(program)
            time.sleep(_SETTLED_S)
            sent, told = served.frames_sent(), program.ask()
            began, first_rss = time.monotonic(), told["rss"]
            shares = []
            for _ in range(max(1, round(minutes))):
                asked = time.monotonic()
                time.sleep(60.0 * min(1.0, minutes))
                told = program.ask()
                shares.append(100.0 * told["cpu_s"] / (time.monotonic() - asked))
                print(
                    f"  {shares[-1]:.1f} % of a core, {told['rss'] / 2**20:.1f} MB",
                    file=sys.stderr,
                    flush=True,
                )
            seconds = time.monotonic() - began
            return table_of(
                shares, (told["rss"] - first_rss) / 2**20, (served.frames_sent() - sent) / seconds
            )
        finally:
            program.close()


def _await_map(program: Program) -> None:
    deadline = time.monotonic() + _FIRST_MAP_S
    while not program.ask()["map_s"]:
        if time.monotonic() > deadline:
            raise RuntimeError("no map came")
        time.sleep(0.5)


def table_of(shares: list[float], grown_mb: float, messages_a_second: float) -> list[Row]:
    """The rows of so many minutes, each with its share of a core in percent."""
    words = f"idle live window for {len(shares)} min"
    mean = sum(shares) / len(shares)
    return [
        _row(f"{words}: processor", mean, "% of one", MOST_OF_A_CORE),
        _row(f"{words}: processor, its busiest minute", max(shares), "% of one", None),
        _row(f"{words}: memory grows by", grown_mb, "MB", None),
        _row(f"{words}: messages", messages_a_second, "1/s", None),
    ]


def _row(name: str, value: float, unit: str, target: float | None) -> Row:
    ok = target is None or value <= target
    return {"name": name, "value": round(value, 2), "unit": unit, "target": target, "ok": ok}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.idle", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    table = rows(parser.parse_args().minutes)
    for row in table:
        print(f"{row['name']:<60} {row['value']:>8} {row['unit']}")
    return 0 if all(row["ok"] for row in table) else 1


if __name__ == "__main__":
    end_as_interrupted()
    sys.exit(main())
