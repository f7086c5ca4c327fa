"""Reconnecting as often as is asked, and what the process holds before and after."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path
from typing import NamedTuple

import psutil

from heatdesk.feed.clock import SystemClock
from heatdesk.feed.exchanges.base import Limits
from heatdesk.feed.supervisor import Supervisor
from tests.feed.tiny_exchange import Ear, TinyExchange, TinyServer, network, serving, stream

_STREAMS = (stream("trade.A"), stream("mark.A"), stream("liq.A"))


class _Hasty(SystemClock):
    """Waits between attempts are not what is measured."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.004))


class Held(NamedTuple):
    """What the process holds."""

    megabytes: float
    descriptors: int
    threads: int
    tasks: int


async def _held() -> Held:
    """The least within half a second: what was closed a moment ago goes when both ends have said good-bye."""
    gc.collect()
    process, seen = psutil.Process(), []
    for _ in range(10):
        await asyncio.sleep(0.05)
        seen.append((process.num_fds(), threading.active_count(), len(asyncio.all_tasks())))
    return Held(process.memory_info().rss / 1e6, *min(seen))


async def reconnect(folder: Path, warm_up: int, reconnects: int) -> tuple[Held, Held, int]:
    """What is held after the first few reconnects, and after all of them, the line being open both times."""
    clock = _Hasty()
    async with serving(folder, clock, every_s=1.0) as (server, detour):
        out = network(detour, clock)
        supervisor = Supervisor(TinyExchange(Limits(1e6, 50, 200, 1e6)), out, clock, _DeafEar())
        supervisor.want(_STREAMS)
        running = asyncio.create_task(supervisor.run())
        await _cut_until(server, supervisor, warm_up)
        before = await _held()
        await _cut_until(server, supervisor, warm_up + reconnects)
        after, told = await _held(), supervisor.state(0.0).reconnects
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
