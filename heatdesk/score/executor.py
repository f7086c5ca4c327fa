"""Where the scoreboard's work is done: in processes here, or on a Dask cluster; one interface for both."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from heatdesk.errors import MachineError, UsageError

CONNECT_SECONDS: Final = 10
LOOK_SECONDS: Final = 0.2  # how soon a wish to stop is noticed


class Job(NamedTuple):
    """One call to make somewhere: a module-level function and its arguments, which travel by value."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


@contextmanager
def workers(
    scheduler: str | None = None, processes: int | None = None, begin: Callable[[], object] | None = None
) -> Iterator[Executor]:
    """An executor for the time of a `with`: one process per core, or the cluster of a Dask scheduler's address.

    `begin`, a module-level function, is called first in each process. An exception inside the `with` ends the processes
    at once. Everything a cluster sends back is trusted as the program itself: name only a scheduler of your own. Raises
    UsageError for an address that is none, MachineError where the library is missing or nobody answers.
    """
    if scheduler is not None:
        with _cluster(scheduler) as executor:
            yield executor
        return
    # a fresh interpreter per process: one that is forked while threads run may never get its locks back
    spawn = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        processes or multiprocessing.cpu_count(), mp_context=spawn, initializer=_begin, initargs=(begin,)
    )
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(begin: Callable[[], object] | None) -> None:
    """What a process does first."""
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    if begin is not None:
        begin()


def _end_with_parent() -> None:
    """A program that was killed leaves nobody computing for it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        signal.raise_signal(signal.SIGTERM)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    if not address.startswith(("tcp://", "tls://")):
        raise UsageError(f"--scheduler is {address!r}; give an address such as tcp://127.0.0.1:8786.")
    try:
        from distributed import Client
        from distributed.core import connect
        from distributed.utils import LoopRunner
    except ImportError as error:
        raise MachineError(
            "A Dask cluster needs the library distributed; install heatdesk[cluster], here and on the workers."
        ) from error

    async def knock() -> None:
        (await connect(address, timeout=CONNECT_SECONDS)).abort()

    try:
        LoopRunner().run_sync(knock)  # a client that reaches nobody would leave its thread behind
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise MachineError(
            f"No Dask scheduler answers at {address}; start one with `dask scheduler` and workers with "
            f"`dask worker {address}`, or leave --scheduler out."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError as error:
            raise MachineError(
                f"{address} has no worker; start some with `dask worker {address}`."
            ) from error
        executor = client.get_executor(pure=False)
        yield executor
        executor.shutdown(wait=False)


def run_jobs(
    executor: Executor,
    jobs: Sequence[Job],
    done: Callable[[int], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Any]:
    """The results of all jobs in their order; `done` hears how many are finished.

    A job's exception is raised as it is; CancelledError where `stop` turns true, jobs that have not begun are dropped.
    """
    futures: list[Future[Any]] = [executor.submit(job.function, *job.arguments) for job in jobs]
    waiting = set(futures)
    try:
        while waiting:
            finished, waiting = wait(waiting, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
            if finished:
                done(len(futures) - len(waiting))
            if stop():
                raise CancelledError("The scoreboard was stopped.")
    finally:
        for future in waiting:
            future.cancel()
    return [future.result() for future in futures]
