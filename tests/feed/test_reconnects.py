"""Reconnecting leaves nothing behind (M2): no memory, no file descriptor, no thread, no task."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from heatdesk.feed.clock import FastClock
from heatdesk.feed.exchanges.base import Limits
from heatdesk.feed.supervisor import Supervisor
from tests.feed.tiny_exchange import Ear, TinyExchange, TinyServer, network, serving, stream

_STREAMS = (stream("trade.A"), stream("mark.A"), stream("liq.A"))
_LONG = (pytest.mark.slow, pytest.mark.timeout(900))
_HASTE = 5000.0  # waits between attempts are not what is measured


class Held(NamedTuple):
    """What the process holds."""

    megabytes: float
    descriptors: int
    threads: int
    tasks: int


def _held() -> Held:
    gc.collect()
    process = psutil.Process()
    return Held(
        process.memory_info().rss / 1e6, process.num_fds(), threading.active_count(), len(asyncio.all_tasks())
    )


@pytest.mark.skipif(not hasattr(psutil.Process, "num_fds"), reason="this system counts no file descriptors")
@pytest.mark.parametrize(
    ("warm_up", "reconnects"),
    [(50, 200), pytest.param(1000, 10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
)
def test_reconnects_leave_nothing_behind(tmp_path: Path, warm_up: int, reconnects: int) -> None:
    before, after, told = asyncio.run(_reconnect(tmp_path, warm_up, reconnects))
    assert told >= warm_up + reconnects
    assert after.megabytes - before.megabytes <= 10.0
    assert after[1:] == before[1:]


async def _reconnect(folder: Path, warm_up: int, reconnects: int) -> tuple[Held, Held, int]:
    """What is held after the first few reconnects, and after all of them, the line being open both times."""
    clock = FastClock(_HASTE, 1_790_000_000_000.0)
    async with serving(folder, clock, every_s=20.0) as (server, detour):
        out = network(detour, clock)
        supervisor = Supervisor(TinyExchange(Limits(1e6, 50, 200, 1e6)), out, clock, _DeafEar())
        supervisor.want(_STREAMS)
        running = asyncio.create_task(supervisor.run())
        await _cut_until(server, supervisor, warm_up)
        before = _held()
        await _cut_until(server, supervisor, warm_up + reconnects)
        after, told = _held(), supervisor.state(0.0).reconnects
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await out.close()
    return before, after, told


async def _cut_until(server: TinyServer, supervisor: Supervisor, reconnects: int) -> None:
    """Reset every connection that has been subscribed on; ends with one that is open."""
    while True:
        subscribed = [peer for peer in server.peers if peer.topics]
        if not subscribed:
            await asyncio.sleep(0.001)
        elif supervisor.state(0.0).reconnects >= reconnects:
            await asyncio.sleep(0.05)
            return
        else:
            server.abort(subscribed[0])
            await asyncio.sleep(0.001)


class _DeafEar(Ear):
    """Keeps nothing, so that only the lines can grow."""

    def events(self, exchange, received_ms, events) -> None:
        pass

    def lost(self, loss) -> None:
        pass

    def heard(self, exchange, stream, from_ms, to_ms) -> None:
        pass
