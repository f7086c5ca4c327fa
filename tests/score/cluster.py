"""A real Dask scheduler with two workers on loopback, as processes of their own that are always ended."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_SECONDS = 60
_CHECKOUT = Path(__file__).parents[2]


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[str]:
    """The scheduler's address."""
    about = folder / "scheduler.json"
    quiet = {**os.environ, "PYTHONPATH": str(_CHECKOUT), "DASK_TEMPORARY_DIRECTORY": str(folder)}
    with contextlib.ExitStack() as stack:

        def start(module: str, *arguments: str) -> None:
            log = stack.enter_context((folder / "cluster.log").open("ab"))
            command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
            process = subprocess.Popen(command, cwd=folder, env=quiet, stdout=log, stderr=log)
            stack.callback(_end, process)

        start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter",
            "--scheduler-file", str(about),
        )  # fmt: skip
        address = _address(about)
        for _ in range(workers):
            start(
                "dask_worker",
                address,
                "--host",
                "127.0.0.1",
                "--nthreads",
                "1",
                "--no-nanny",
                "--no-dashboard",
            )
        yield address


def _address(about: Path) -> str:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError, KeyError):
            return str(json.loads(about.read_text())["address"])
        time.sleep(0.05)
    raise AssertionError((about.parent / "cluster.log").read_text()[-2000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
