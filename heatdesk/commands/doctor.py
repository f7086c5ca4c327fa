"""`heatdesk doctor`: whether this machine has what the program needs; with --live, whether exchanges are as expected.

The live part is the check to run where the network is real: units, streams and clocks of every exchange in the table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from heatdesk import settings
from heatdesk.checkup import Check, check_up
from heatdesk.commands.display import use_display
from heatdesk.feed.plain_text import plain
from heatdesk.recording.choice import why_offline

if TYPE_CHECKING:
    from heatdesk.feed.trial import Trial

LISTEN_S: Final = 10.0
_HEADS: Final = (
    "exchange",
    "reached",
    "markets",
    "heard",
    "streams",
    "messages",
    "late",
    "clock",
    "units",
    "",
)
_WIDTHS: Final = (15, 12, 7, 15, 8, 8, 8, 9, 7, 0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is looked at, and where the findings go besides."""
    parser.add_argument(
        "--live", action="store_true", help="try every exchange for ten seconds as well, all at the same time"
    )
    parser.add_argument("--json", type=Path, metavar="F", help="write the findings to a file too")


def run(args: argparse.Namespace) -> int:
    """Print every finding; 1 where one is not as it should be."""
    checks = []
    for check in chain(check_up(), _window()):
        checks.append(check)
        print(_line(check), flush=True)
    trials: Sequence[Trial] = ()
    if args.live:
        if reason := why_offline(settings.load().settings):
            checks.append(Check("exchanges", f"none was tried: {reason}", ok=False))
            print(_line(checks[-1]))
        else:
            trials = _try_all()
            _print_trials(trials)
    well = all(check.ok for check in checks) and not any(trial.faults for trial in trials)
    if args.json:
        args.json.write_text(_findings(checks, trials, well), encoding="utf-8")
    return 0 if well else 1


def _window() -> Iterator[Check]:
    """Whether a window can open, and who draws its maps.

    Qt itself is not asked: where it finds no screen it ends the process.
    """
    try:
        qt = version("PySide6-Essentials")
    except PackageNotFoundError:
        yield Check("window", "Qt is not installed", ok=False, remedy="install heatdesk again")
        return
    if use_display():
        yield Check("window", f"Qt {qt} can open one on {sys.platform}")
        yield _drawing()
    else:
        yield Check("window", f"Qt {qt}; no screen here: pictures and recording work, a window does not")


def _drawing() -> Check:
    """Who draws the map: as remembered, or asked now in a process of its own. Nothing of it is kept."""
    try:
        from heatdesk.gui.card.remembered import told
    except ImportError as error:
        return Check(
            "drawing", f"Qt cannot be loaded ({plain(error)})", ok=False, remedy="install heatdesk again"
        )
    return Check("drawing", told(settings.load().settings.drawing.by))


def _line(check: Check) -> str:
    remedy = f"; {check.remedy}" if check.remedy and not check.ok else ""
    return f"{'ok   ' if check.ok else 'WRONG'}  {check.name:<16} {check.said}{remedy}"


def _try_all() -> tuple[Trial, ...]:
    """Every exchange of the table at the same time; raises UsageError and MachineError for a detour that is none."""
    from heatdesk.feed.ban_file import user_bans
    from heatdesk.feed.bans import Bans
    from heatdesk.feed.clock import SystemClock
    from heatdesk.feed.exchanges import EXCHANGES
    from heatdesk.feed.network import Network
    from heatdesk.feed.trial import try_exchange

    clock = SystemClock()
    file = user_bans()
    bans = Bans(clock, file.read(), file.keep)
    network = Network.from_environment([kind.row for kind in EXCHANGES.values()], clock, bans)

    async def all_of_them() -> list[Trial]:
        try:
            return await asyncio.gather(
                *(try_exchange(kind(), network, clock, LISTEN_S) for kind in EXCHANGES.values())
            )
        finally:
            await network.close()

    return tuple(asyncio.run(all_of_them()))


def _print_trials(trials: Sequence[Trial]) -> None:
    print()
    print(_row(_HEADS))
    for trial in trials:
        print(_row(_cells(trial)))
        for fault in trial.faults:
            print(f"{'':<4}{fault}")
    reached = sum(trial.reachable for trial in trials)
    refused = sum(trial.not_offered for trial in trials)
    if reached:
        print(f"\n{reached} of {len(trials)} exchanges were reached.")
    elif refused:
        print(f"\nNo exchange was reached; {refused} of {len(trials)} say that they are not offered here.")
    else:
        print("\nNo exchange was reached: check the network, a proxy or a firewall, and the names they need.")


def _cells(trial: Trial) -> tuple[str, ...]:
    if not trial.reachable:
        return (trial.title, "not offered" if trial.not_offered else "no")
    return (
        trial.title,
        "yes",
        f"{trial.instruments:,}",
        trial.symbol,
        f"{trial.heard} of {trial.asked}",
        f"{trial.messages:,}",
        _number(trial.latency_ms, "{:,.0f} ms"),
        _number(trial.skew_ms / 1000.0, "{:+.1f} s"),
        _number(trial.units, "{:.3f}"),
        "not well" if trial.faults else "well",
    )


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else form.format(value)


def _row(cells: Sequence[str]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=False)).rstrip()


def _findings(checks: Sequence[Check], trials: Sequence[Trial], well: bool) -> str:
    """Everything as JSON; numbers that are not known are null."""
    exchanges = [{**asdict(trial), "faults": trial.faults} for trial in trials]
    for told in exchanges:
        told.update({k: None for k, v in told.items() if isinstance(v, float) and math.isnan(v)})
    whole: dict[str, Any] = {
        "schema": 1,
        "ok": well,
        "checks": [check._asdict() for check in checks],
        "exchanges": exchanges,
    }
    return json.dumps(whole, indent=1) + "\n"
