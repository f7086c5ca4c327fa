"""Large pictures are worked on by a few threads at once: the compiled kernels let go of the interpreter."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from itertools import pairwise
from typing import Final

_MOST_THREADS: Final = 4
# Pixels; a thread that is woken for fewer costs more than it saves.
_WORTH_A_THREAD: Final = 1 << 20


def in_stripes(work: Callable[[int, int], None], top: int, bottom: int, width: int) -> None:
    """Call `work` with the first row and the row after the last of stripes that together are ``[top, bottom)``.

    Rows are `width` pixels wide. Returns when all is done; raises what `work` raised.
    """
    count = min(_threads(), (bottom - top) * width // _WORTH_A_THREAD)
    if count < 2:
        work(top, bottom)
        return
    edges = [top + (bottom - top) * k // count for k in range(count + 1)]
    others: list[Future[None]] = [_others().submit(work, *stripe) for stripe in pairwise(edges[1:])]
    try:
        work(*edges[:2])
    finally:
        wait(others)
    for other in others:
        other.result()


@cache
def _threads() -> int:
    return min(os.cpu_count() or 1, _MOST_THREADS)


@cache
def _others() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, _threads() - 1), thread_name_prefix="stripes")
