"""The same jobs here and on a cluster, and what is said where there is none."""

from __future__ import annotations

import math
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import psutil
import pytest

from heatdesk.errors import MachineError, UsageError
from heatdesk.score.executor import Job, run_jobs, workers

from .cluster import dask_cluster

JOBS = [Job(np.linalg.norm, (np.arange(n, dtype=float),)) for n in range(1, 30)]


def test_processes_give_the_results_in_the_order_of_the_jobs() -> None:
    heard: list[int] = []
    with workers(processes=2) as executor:
        results = run_jobs(executor, JOBS, heard.append)
        assert executor.submit(os.getpid).result() != os.getpid()
    assert results == [float(np.linalg.norm(job.arguments[0])) for job in JOBS]
    assert heard == sorted(heard)
    assert heard[-1] == len(JOBS)


def test_a_failing_job_fails_as_itself() -> None:
    with workers(processes=1) as executor, pytest.raises(ValueError, match=r"math domain|nonnegative"):
        run_jobs(executor, [Job(math.sqrt, (4.0,)), Job(math.sqrt, (-1.0,))])


def test_a_wish_to_stop_drops_what_has_not_begun() -> None:
    with workers(processes=1) as executor, pytest.raises(CancelledError):
        run_jobs(executor, JOBS, stop=lambda: True)


def test_stopping_does_not_wait_for_what_is_being_computed() -> None:
    start = time.monotonic()
    with pytest.raises(CancelledError), workers(processes=1) as executor:
        run_jobs(executor, [Job(time.sleep, (120.0,))], stop=lambda: time.monotonic() > start + 1)
    assert time.monotonic() < start + 60
    assert not multiprocessing.active_children()


_KILLED = """
import os, sys, time
from heatdesk.score.executor import workers
if __name__ == "__main__":
    with workers(processes=1) as executor:
        print(executor.submit(os.getpid).result(), flush=True)
        executor.submit(time.sleep, 120)
        time.sleep(0.2)
        os._exit(1)
"""


def test_nobody_goes_on_computing_for_a_program_that_was_killed(tmp_path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(_KILLED)
    path = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run([sys.executable, script], env=path, capture_output=True, text=True, timeout=60)
    worker = int(ended.stdout)
    deadline = time.monotonic() + 20
    while psutil.pid_exists(worker) and psutil.Process(worker).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the process is still there"
        time.sleep(0.05)


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "http://127.0.0.1:8786", ""])
def test_an_address_that_is_none_is_a_mistake_of_the_command_line(address: str) -> None:
    with pytest.raises(UsageError, match="tcp://"), workers(address):
        pass


def test_a_silent_address_says_how_to_start_a_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heatdesk.score.executor.CONNECT_SECONDS", 1)
    with pytest.raises(MachineError, match="dask scheduler"), workers("tcp://127.0.0.1:9"):
        pass


@pytest.mark.timeout(60)
def test_a_real_cluster_gives_the_very_same_results(tmp_path) -> None:
    with dask_cluster(tmp_path) as address, workers(address) as executor:
        far = run_jobs(executor, JOBS)
        pids = set(run_jobs(executor, [Job(os.getpid, ()) for _ in range(40)]))
    with workers(processes=2) as executor:
        assert far == run_jobs(executor, JOBS)
    assert os.getpid() not in pids
