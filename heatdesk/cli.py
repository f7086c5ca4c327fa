"""The command line: finds the command, runs it, and turns whatever goes wrong into one sentence and an exit code.

A command's module is imported only when that command is asked for, so `heatdesk --help` waits for no library.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Final, NamedTuple, NoReturn, Protocol, cast

from heatdesk import __version__
from heatdesk.errors import HeatdeskError, MachineError, UsageError
from heatdesk.machine import paths


class Command(NamedTuple):
    """One row of the table of commands."""

    module: str  # in heatdesk.commands
    summary: str


COMMANDS: Final[dict[str, Command]] = {
    "run": Command("run", "open the window (what `heatdesk` alone does)"),
    "record": Command("record", "hear the exchanges without a window, for days"),
    "import": Command("import_", "read history from exchange archives, CSV and Parquet"),
    "map": Command("map", "compute a heatmap and write it as arrays"),
    "snapshot": Command("snapshot", "draw the chart into a PNG"),
    "score": Command("score", "measure how good the map was, against its nulls"),
    "reach": Command("reach", "how far price may get, and whether such chances held"),
    "simulate": Command("simulate", "write a simulated market, and the true positions behind it"),
    "doctor": Command("doctor", "look whether this machine has what heatdesk needs, and the exchanges too"),
    "drawing": Command("drawing", "time the graphics card against the processor, drawing the map"),
    "prepare": Command("prepare", "compile the model ahead of the first start"),
    "liquidation-price": Command("liquidation_price", "one liquidation price by an exchange's formula"),
}

INTERRUPTED: Final = 130  # as a shell reports a command ended by Ctrl-C
READER_GONE: Final = 141  # and one whose reader closed the pipe
UNEXPECTED: Final = 1

_MACHINE_SAYS_NO: Final = {
    errno.ENOSPC: "free some space, or write elsewhere",
    errno.EDQUOT: "free some space, or write elsewhere",
    errno.EROFS: "choose a writable folder, for the program's own files with HEATDESK_HOME",
    errno.EACCES: "choose a folder you may write to, for the program's own files with HEATDESK_HOME",
    errno.EPERM: "choose a folder you may write to, for the program's own files with HEATDESK_HOME",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.EIO: "check the disk",
}


class _CommandModule(Protocol):
    """What every module of heatdesk.commands offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are told like all others."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}; see `{self.prog} --help`.")


def main(argv: Sequence[str]) -> int:
    """Run `heatdesk` with these arguments; returns the exit code, and never lets an exception out."""
    _print_any_text()
    debug = "--debug" in argv
    try:
        _keep_compiled_kernels()
        return _run(list(argv))
    except HeatdeskError as error:
        return _tell(str(error), error.exit_code, error if debug else None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return READER_GONE
    except MemoryError as error:
        told = "The machine has too little memory for this; ask for a shorter range or a wider bin."
        return _tell(told, MachineError.exit_code, error if debug else None)
    except OSError as error:
        return _tell_os_error(error, debug)
    except Exception as error:
        return _tell_unexpected(error, debug)


def _run(argv: list[str]) -> int:
    try:
        args = _parse(argv)
        if args.command is None:  # `heatdesk` alone opens the window
            args = _parse([*argv, "run"])
        _use_told_brackets()
        status = _module(args.command).run(args)
    except SystemExit as end:  # --help and --version
        status = end.code if isinstance(end.code, int) else 0
    if sys.stdout is not None:  # without a console there is none
        sys.stdout.flush()
    return status


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="heatdesk",
        description="Estimates where leveraged positions would be force-closed, as a heatmap over time and price.",
        epilog="Modelled levels, not records. Education, not advice.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"heatdesk {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the trace of an error")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    asked = next((argument for argument in argv if not argument.startswith("-")), None)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(
            name, help=command.summary, description=f"heatdesk {name}: {command.summary}.", allow_abbrev=False
        )
        sub.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        if name == asked:
            _module(name).add_arguments(sub)
    return parser.parse_args(argv)


def _use_told_brackets() -> None:
    from heatdesk import told_brackets  # behind --help, which waits for nothing

    told_brackets.load()


def _module(name: str) -> _CommandModule:
    return cast("_CommandModule", import_module(f"heatdesk.commands.{COMMANDS[name].module}"))


def _print_any_text() -> None:
    """Let a terminal of an old encoding show χ as an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _keep_compiled_kernels() -> None:
    """Tell the kernel compiler, before it is imported, to keep its results where the program keeps its files.

    Where that folder cannot be written, a private one that ends with the program: compiled code is executed, so it
    must never come from a folder that others may write to.
    """
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    folder = paths.cache() / "kernels"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        import atexit
        import shutil
        import tempfile

        private = tempfile.mkdtemp(prefix="heatdesk-kernels-")
        atexit.register(shutil.rmtree, private, ignore_errors=True)
        os.environ["NUMBA_CACHE_DIR"] = private
        return
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


def _tell(sentence: str, status: int, trace: BaseException | None = None) -> int:
    if trace is not None:
        import traceback

        traceback.print_exception(trace)
    print(f"heatdesk: {sentence}", file=sys.stderr)
    return status


def _tell_os_error(error: OSError, debug: bool) -> int:
    remedy = _MACHINE_SAYS_NO.get(error.errno or 0)
    if remedy is None:
        return _tell_unexpected(error, debug)
    what = f"{error.filename} cannot be used" if error.filename else "The output cannot be written"
    if not error.filename:
        _abandon_stdout()
    return _tell(f"{what}: {error.strerror}; {remedy}.", MachineError.exit_code, error if debug else None)


def _tell_unexpected(error: Exception, debug: bool) -> int:
    told = " ".join(f"{type(error).__name__}: {error}".split())
    return _tell(
        f"Something unexpected happened ({told}); please report it with what the same command prints "
        "with --debug.",
        UNEXPECTED,
        error if debug else None,
    )


def _abandon_stdout() -> None:
    """Point standard output to nowhere, so that the interpreter's last flush does not fail again."""
    with suppress(AttributeError, OSError, ValueError):  # no stdout, or one without a descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
