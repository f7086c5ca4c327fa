"""A machine that slept, a process that was stopped, a clock that was set (N5)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from heatdesk.feed.clock import Clock, SystemClock
from heatdesk.feed.supervisor import Supervisor
from heatdesk.feed.wake import Wake, duration
from heatdesk.live import Health
from tests.feed.tiny_exchange import Ear, TinyExchange, network, serving, stream, until
from tests.patience import PatientClock

_STREAMS = (stream("trade.A"), stream("mark.A"), stream("liq.A"))
_STOPPED_S = 5.0
_LONGEST_S = 180.0  # of a busy machine
_SURELY_ALIVE = (
    50  # trades, one in 50 ms: the first two seconds may answer the subscription, and prove no quiet stream
)


class SetClock:
    """A clock that runs as another, and can be set: wall and steady apart."""

    def __init__(self, other: Clock) -> None:
        self._other = other
        self.wall_ms, self.steady_s = 0.0, 0.0

    def now_ms(self) -> float:
        return self._other.now_ms() + self.wall_ms

    def steady(self) -> float:
        return self._other.steady() + self.steady_s

    async def sleep(self, seconds: float) -> None:
        await self._other.sleep(seconds)


@pytest.mark.parametrize(
    ("wall_s", "steady_s", "words"),
    [
        (0.5, 0.5, None),
        (2.0, 2.0, None),
        (6.5, 6.5, "resumed after 6 s, filling"),  # stopped: both clocks ran on
        (600.5, 0.5, "resumed after 10 min 0 s, filling"),  # slept: the steady clock slept as well
        (8040.5, 8040.5, "resumed after 2 h 14 min, filling"),
        (-3599.5, 0.5, "the clock was set back by 1 h 0 min"),
    ],
)
def test_a_jump_of_either_clock_is_noticed(wall_s: float, steady_s: float, words: str | None) -> None:
    class Still(SetClock):
        def now_ms(self) -> float:
            return self.wall_ms

        def steady(self) -> float:
            return self.steady_s

    clock = Still(SystemClock())
    wake = Wake(clock)
    clock.wall_ms, clock.steady_s = wall_s * 1000.0, steady_s
    jump = wake.look(0.5)
    assert (jump.words if jump else None) == words
    clock.wall_ms, clock.steady_s = clock.wall_ms + 500.0, clock.steady_s + 0.5
    assert wake.look(0.5) is None


def test_durations_read_as_people_say_them() -> None:
    assert [duration(s) for s in (4.4, 75, 8040)] == ["4 s", "1 min 15 s", "2 h 14 min"]


@pytest.mark.parametrize(("wall_s", "steady_s"), [(600.0, 0.0), (600.0, 600.0), (5.0, 5.0), (-3600.0, 0.0)])
def test_every_socket_is_dialled_anew_and_nothing_has_a_negative_age(
    tmp_path: Path, wall_s: float, steady_s: float
) -> None:
    patient = PatientClock(SystemClock().now_ms())

    async def scene() -> None:
        clock = SetClock(patient)
        async with serving(tmp_path, patient, every_s=0.05) as (server, detour):
            out, ear = network(detour, clock), Ear()
            supervisor = Supervisor(TinyExchange(), out, clock, ear)
            supervisor.want(_STREAMS)
            running = asyncio.create_task(supervisor.run())
            await until(lambda: len(ear.trades()) > _SURELY_ALIVE, 15.0)
            clock.wall_ms, clock.steady_s = wall_s * 1000.0, steady_s
            jumped = patient.steady()
            if wall_s > 0:
                await until(lambda: len(server.connects_s) == 2)
                assert patient.steady() - jumped <= 3.0
                assert "resumed after" in supervisor.state(clock.now_ms()).reason
                await until(lambda: len(ear.losses) == 3)
                for loss in ear.losses:
                    assert loss.to_ms - loss.from_ms == pytest.approx(wall_s * 1000.0, abs=3000.0)
            else:
                await until(lambda: "set back by 1 h" in supervisor.state(clock.now_ms()).reason)
            await until(lambda: supervisor.state(clock.now_ms()).health is Health.LIVE)
            state = supervisor.state(clock.now_ms())
            assert 0 <= state.age_ms < 2000
            assert state.latency_ms >= 0.0
            assert all(loss.from_ms <= loss.to_ms for loss in ear.losses)
            assert all(from_ms < to_ms for _, from_ms, to_ms in ear.intervals)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await out.close()

    patient.run(scene())


_CHILD = """
import asyncio, sys
from pathlib import Path
import orjson
from heatdesk.feed.clock import SystemClock
from heatdesk.feed.detour import Detour
from heatdesk.feed.supervisor import Supervisor
from tests.feed.tiny_exchange import Ear, TinyExchange, network, stream

async def main(port, ca):
    clock, ear = SystemClock(), Ear()
    supervisor = Supervisor(TinyExchange(), network(Detour("127.0.0.1", port, Path(ca)), clock), clock, ear)
    supervisor.want([stream("trade.A"), stream("mark.A"), stream("liq.A")])
    running = asyncio.create_task(supervisor.run())
    while True:
        await asyncio.sleep(0.1)
        state = supervisor.state(clock.now_ms())
        losses = [(loss.stream.topic, loss.from_ms, loss.to_ms, loss.cause) for loss in ear.losses]
        told = {"trades": len(ear.trades()), "health": state.health, "reason": state.reason,
                "age_ms": state.age_ms, "losses": losses}
        print(orjson.dumps(told).decode(), flush=True)

asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process")
def test_a_process_that_was_stopped_dials_anew_when_it_runs_on(tmp_path: Path) -> None:
    asyncio.run(_stop_and_go_on(tmp_path))


async def _stop_and_go_on(folder: Path) -> None:
    async with serving(folder, SystemClock(), every_s=0.05) as (server, detour):
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _CHILD,
            str(detour.port),
            str(detour.ca),
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        try:
            assert child.stdout is not None
            async with asyncio.timeout(_LONGEST_S):
                told = await _told_when(child.stdout, lambda told: told["trades"] > _SURELY_ALIVE)
                child.send_signal(signal.SIGSTOP)
                await asyncio.sleep(_STOPPED_S)
                connects = len(server.connects_s)
                child.send_signal(signal.SIGCONT)
                await until(lambda: len(server.connects_s) > connects, _LONGEST_S)
                told = await _told_when(child.stdout, lambda told: len(told["losses"]) == 3)
                assert "resumed after" in told["reason"]
                assert told["age_ms"] >= 0
                for _, from_ms, to_ms, cause in told["losses"]:
                    assert to_ms - from_ms >= _STOPPED_S * 1000.0 - 500.0
                    assert "stood still" in cause
        finally:
            child.kill()
            await child.wait()


async def _told_when(lines: asyncio.StreamReader, condition) -> dict:
    while True:
        told = orjson.loads(await lines.readline())
        if condition(told):
            return told
