"""`heatdesk record`: hears the exchanges without a window, for days, into the history that windows read."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from heatdesk import settings
from heatdesk.commands.question import typed
from heatdesk.errors import BadInputError, MachineError
from heatdesk.live import Live
from heatdesk.moments import span_ms
from heatdesk.recording.choice import plan_of, why_offline
from heatdesk.recording.recorder import STOP_WITHIN_S, Recorder
from heatdesk.recording.status_line import status_line
from heatdesk.recording.unknown import unknown_symbol

_LINE_EVERY_S: Final = 60.0
_LOOK_S: Final = 0.2
_FIRST_LINE_S: Final = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is recorded, and for how long."""
    parser.add_argument(
        "--exchange", nargs="+", default=(), metavar="X", help="one or more (default: those of the settings)"
    )
    parser.add_argument(
        "--symbol",
        nargs="+",
        default=(),
        metavar="S",
        help="as BTC/USDT:USDT (default: those of the settings)",
    )
    parser.add_argument(
        "--for", dest="span_ms", type=typed(span_ms), metavar="8h", help="end after this (default: go on)"
    )


def run(args: argparse.Namespace) -> int:
    """Record until the time is over, or until SIGINT or SIGTERM."""
    chosen = settings.load().settings
    if reason := why_offline(chosen):
        raise MachineError(f"Nothing can be recorded: {reason}")
    recorder = Recorder(plan_of(chosen, args.exchange, args.symbol))
    deadline = None if args.span_ms is None else time.monotonic() + args.span_ms / 1000
    with _until_told_to_end() as ending:
        recorder.start()
        try:
            _record(recorder, args.symbol, ending, deadline)
        finally:
            ended = recorder.stop(STOP_WITHIN_S)
    if sys.stderr.isatty():
        print(f"\nRecorded. {status_line(recorder.live())}", file=sys.stderr)
    return 0 if ended else MachineError.exit_code


def _record(
    recorder: Recorder, asked: tuple[str, ...], ending: threading.Event, deadline: float | None
) -> None:
    """Wait, and say on a terminal how it goes. Raises BadInputError for a symbol that no exchange trades."""
    began = time.monotonic()
    said, told = began - _LINE_EVERY_S + _FIRST_LINE_S, ""
    while not ending.wait(_LOOK_S):
        now, live = time.monotonic(), recorder.live()
        if deadline is not None and now >= deadline:
            return
        if (symbol := unknown_symbol(asked, recorder.instruments(), live)) is not None:
            raise BadInputError(f"No exchange that is connected trades {symbol}.")
        told = _tell_notices(live, told)
        if now - said >= _LINE_EVERY_S and sys.stderr.isatty():
            print(status_line(live), file=sys.stderr)
            said = now


def _tell_notices(live: Live, told: str) -> str:
    """Print what has to be read, once while it stands; on a terminal and in a log alike."""
    now = "; ".join(live.notices)
    if now and now != told:
        print(now, file=sys.stderr)
    return now


@contextmanager
def _until_told_to_end() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, instead of ending the process over what is being written."""
    ending = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ending.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
