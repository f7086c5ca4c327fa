"""A supervisor against a real TLS server that cuts, goes mute, refuses and limits (N1, N3, N4, N6, N12)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from heatdesk.feed.clock import Clock, SystemClock
from heatdesk.feed.exchanges.base import Limits, Stream
from heatdesk.feed.fast_loop import loop_factory
from heatdesk.feed.silence import Silence
from heatdesk.feed.socket import Socket
from heatdesk.feed.supervisor import Supervisor
from heatdesk.live import Health, StreamState
from tests.feed.tiny_exchange import Ear, Peer, TinyExchange, TinyServer, network, serving, stream, until
from tests.patience import PatientClock

_START_MS = 1_790_000_000_000.0
_THREE = (stream("trade.A"), stream("mark.A"), stream("liq.A"))

Scene = tuple[TinyServer, Supervisor, Ear]


@contextlib.asynccontextmanager
async def _scene(
    folder: Path,
    clock: Clock,
    streams: tuple[Stream, ...] = _THREE,
    limits: Limits | None = None,
    every_s: float = 0.1,
    silence: Silence | None = None,
    prepare: Callable[[TinyServer], None] = lambda server: None,
) -> AsyncIterator[Scene]:
    """A server and a supervisor that hears it; nothing may be left of either."""
    async with serving(folder, clock, every_s) as (server, detour):
        prepare(server)
        out, ear = network(detour, clock), Ear()
        supervisor = Supervisor(TinyExchange(limits or Limits(connects_per_s=20.0)), out, clock, ear, silence)
        supervisor.want(streams)
        running = asyncio.create_task(supervisor.run())
        try:
            yield server, supervisor, ear
        finally:
            assert not running.done(), running
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await out.close()
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not left, left


def _play(scene: Callable[[Clock], Coroutine[Any, Any, None]]) -> None:
    clock = PatientClock(_START_MS, step_s=0.02)
    clock.run(scene(clock))


def _state(supervisor: Supervisor, topic: str) -> StreamState:
    found = [one for one in supervisor.state(0.0).streams if one.topic == topic]
    return found[0] if found else StreamState(topic, "", "", Health.CONNECTING, 0)


@pytest.mark.parametrize("loop", ["patient", "uvloop"])
def test_a_cut_is_shown_and_mended_and_its_hole_is_told(tmp_path: Path, loop: str) -> None:
    shown_s = 1.0 if loop == "patient" else 60.0  # the machine may be busy

    async def scene(clock: Clock) -> None:
        async with _scene(tmp_path, clock, every_s=0.02) as (server, supervisor, ear):
            await until(lambda: len(ear.trades()) > 5)
            await asyncio.sleep(
                2.2
            )  # trades that come so late are no answer: the quiet stream counts as heard
            assert supervisor.state(clock.now_ms()).health is Health.LIVE
            before = ear.trades()[-1].id
            server.cut()
            await until(lambda: supervisor.state(clock.now_ms()).health is Health.CONNECTING, shown_s)
            assert "the connection broke" in supervisor.state(clock.now_ms()).reason
            assert {loss.stream.topic for loss in supervisor.unheard()} == {"trade.A", "mark.A", "liq.A"}
            await until(lambda: len(ear.losses) == 3, 5 * shown_s)
            await until(lambda: ear.trades()[-1].id > before)
            state = supervisor.state(clock.now_ms())
            assert (state.health, state.reconnects, state.rejected) == (Health.LIVE, 1, 0)
            assert supervisor.unheard() == []
            _holes_and_hearing_fit(ear)

    if loop == "patient":
        _play(scene)
    else:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(scene(SystemClock()))


def _holes_and_hearing_fit(ear: Ear) -> None:
    """Every trade that did not come lies in a hole, and every one that came outside of them."""
    (loss,) = [loss for loss in ear.losses if loss.stream.topic == "trade.A"]
    numbers = [trade.id for trade in ear.trades()]
    missing = set(range(numbers[0], numbers[-1] + 1)) - set(numbers)
    assert missing
    assert loss.from_ms < loss.to_ms
    assert not [trade for trade in ear.trades() if loss.from_ms < trade.time_ms < loss.to_ms - 50]


def test_an_acknowledged_route_without_data_is_mute_within_ten_seconds(tmp_path: Path) -> None:
    """N3: the liquidation stream beside it is known to be mute by its canary."""

    async def scene(clock: Clock) -> None:
        mute: Callable[[Peer, str], bool] = lambda peer, topic: True  # noqa: E731

        def prepare(server: TinyServer) -> None:
            server.muted = mute

        async with _scene(tmp_path, clock, prepare=prepare) as (server, supervisor, ear):
            await until(lambda: server.peers and server.peers[0].topics)
            began_s = clock.steady()
            await until(lambda: supervisor.state(0.0).health is Health.MUTE)
            assert clock.steady() - began_s <= 11.0
            assert supervisor.state(0.0).reason == "no data since subscribe on public"
            assert _state(supervisor, "liq.A").health is Health.MUTE
            server.muted = lambda peer, topic: False
            await until(lambda: supervisor.state(0.0).health is Health.LIVE)
            assert _state(supervisor, "liq.A").health is Health.QUIET
            assert ear.intervals == [] or min(ear.intervals, key=lambda one: one[1])[1] > _START_MS

    _play(scene)


def test_a_route_that_is_dead_alone_is_not_believed_because_another_speaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is quiet there was not heard, however lively the other socket is, also while a dead one hangs on closing."""
    close = Socket.close

    async def hanging(socket: Socket) -> None:
        await asyncio.sleep(3.0)
        await close(socket)

    async def scene(clock: Clock) -> None:
        streams = (*_THREE, stream("trade.B", "other"), stream("mark.B", "other"))
        async with _scene(tmp_path, clock, streams) as (server, supervisor, ear):
            await until(lambda: len(ear.trades()) > 400)
            (line,) = (line for line in supervisor._lines if "liq.A" in line.streams)
            monkeypatch.setattr(Socket, "close", hanging)
            server.muted = lambda peer, topic: peer.route == "public"
            await until(lambda: line.attention.deaf("liq.A"))
            believed: list[str] = []
            monkeypatch.setattr(line.attention, "proved", lambda topics, _: believed.extend(topics))
            for _ in range(100):
                await asyncio.sleep(0.25)
                assert line.attention.deaf("liq.A")
            assert believed == []
            monkeypatch.undo()
            server.muted = lambda peer, topic: False
            await until(lambda: line.attention.deaf("liq.A") is None)

    _play(scene)


def test_one_mute_stream_among_two_hundred_is_asked_for_again_and_then_moved(tmp_path: Path) -> None:
    """N4: nothing else is touched."""

    async def scene(clock: Clock) -> None:
        streams = tuple(stream(f"{kind}.{n}") for n in range(100) for kind in ("trade", "mark"))
        async with _scene(tmp_path, clock, streams, Limits(50.0, 50, 300, 20.0), every_s=2.0) as scene:
            server, supervisor, ear = scene
            await until(lambda: len({trade.symbol for trade in ear.trades()}) == 100)
            await until(lambda: server.number > 40, 200.0)
            first = server.peers[0]
            server.muted = lambda peer, topic: peer is first and topic == "mark.7"
            muted_s, asked = clock.steady(), len(first.messages_s)
            await until(lambda: _state(supervisor, "mark.7").health is Health.STALE, 80.0)
            assert clock.steady() - muted_s <= 60.0 + 3.0
            health = supervisor.state(0.0)
            assert health.health is Health.LIVE
            assert "1 of 200 streams" in health.reason
            await until(lambda: len(first.messages_s) > asked)
            await until(lambda: len(server.peers) == 2)
            assert server.peers[1].topics == {"mark.7"}
            await until(lambda: _state(supervisor, "mark.7").health is Health.LIVE)
            assert [loss.stream.topic for loss in ear.losses] == ["mark.7"]
            assert supervisor.state(0.0).reconnects == 0

    _play(scene)


@pytest.mark.parametrize("cycles", [8, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_a_socket_is_replaced_before_the_exchange_cuts_it(tmp_path: Path, cycles: int) -> None:
    """N6: a day of 24 s, again and again; every trade comes, and all that come twice bear the same number."""

    async def scene(clock: Clock) -> None:
        limits = Limits(50.0, 50, 200, 20.0, longest_socket_s=24.0)
        async with _scene(tmp_path, clock, limits=limits, every_s=1.0) as (server, supervisor, ear):
            cutting = asyncio.create_task(_cut_after(server, clock, 24.0))
            await until(lambda: len(server.connects_s) >= cycles, 48.0 * cycles)
            numbers = sorted({trade.id for trade in ear.trades()})
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            assert ear.losses == []
            assert supervisor.state(0.0).health is Health.LIVE
            cutting.cancel()
            await asyncio.gather(cutting, return_exceptions=True)
            assert server.overlaps_s
            assert min(server.overlaps_s) >= 10.0 - 1.0

    _play(scene)


def test_a_successor_that_brings_nothing_does_not_replace_what_works(tmp_path: Path) -> None:
    async def scene(clock: Clock) -> None:
        limits = Limits(50.0, 50, 200, 20.0, longest_socket_s=300.0)
        async with _scene(tmp_path, clock, limits=limits, every_s=1.0) as (server, _, ear):
            await until(lambda: ear.trades())
            first = server.peers[0]
            server.muted = lambda peer, topic: peer is not first
            await until(lambda: len(server.connects_s) >= 2, 400.0)
            await until(lambda: len(server.peers) == 1, 200.0)
            assert server.peers == [first]
            assert ear.losses == []
            server.muted = lambda peer, topic: False
            await until(lambda: first not in server.peers, 400.0)
            numbers = sorted({trade.id for trade in ear.trades()})
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            assert ear.losses == []

    _play(scene)


async def _cut_after(server: TinyServer, clock: Clock, longest_s: float) -> None:
    while True:
        for peer in tuple(server.peers):
            if clock.steady() - peer.opened_s >= longest_s:
                server.abort(peer)
        await clock.sleep(0.5)


def test_fifteen_hundred_symbols_are_subscribed_within_the_limits(tmp_path: Path) -> None:
    """N12: as fast as is allowed, and never faster."""

    def prepare(server: TinyServer) -> None:
        server.first_word = True

    async def scene(clock: Clock) -> None:
        streams = tuple(stream(f"{kind}.{n}") for n in range(1500) for kind in ("trade", "mark", "liq"))
        limits = Limits(messages_per_s=5.0, topics_per_message=50, streams_per_socket=200, connects_per_s=1.0)
        async with _scene(tmp_path, clock, streams, limits, every_s=20.0, prepare=prepare) as (server, _, _):
            await until(lambda: sum(len(peer.topics) for peer in server.peers) == 4500, 100.0)
            assert clock.steady() - server.connects_s[0] <= 90.0
            assert max(len(peer.topics) for peer in server.peers) <= 200
            assert _most_in_a_window(server.connects_s, 10.0) <= 11
            for peer in server.peers:
                assert _most_in_a_window(peer.messages_s, 10.0) <= 51
            assert _quiet_ones_have_company(server)

    _play(scene)


def _most_in_a_window(times_s: list[float], window_s: float) -> int:
    return max(sum(0 <= other - one < window_s for other in times_s) for one in times_s)


def _quiet_ones_have_company(server: TinyServer) -> bool:
    return all(any(topic.startswith("mark") for topic in peer.topics) for peer in server.peers)


def test_streams_come_and_go_on_an_open_socket(tmp_path: Path) -> None:
    async def scene(clock: Clock) -> None:
        async with _scene(tmp_path, clock, every_s=0.02) as (server, supervisor, ear):
            await until(lambda: ear.trades())
            supervisor.want([*_THREE, stream("trade.B")])
            await until(lambda: any(trade.symbol == "B" for trade in ear.trades()))
            supervisor.want(_THREE[1:])
            await until(lambda: server.peers[0].topics == {"mark.A", "liq.A"})
            assert len(server.connects_s) == 1
            assert ear.losses == []
            supervisor.want([])
            await until(lambda: not server.peers)
            supervisor.want(_THREE)
            await until(lambda: server.peers)

    _play(scene)


def test_a_refused_topic_is_said_and_does_not_disturb_the_others(tmp_path: Path) -> None:
    async def scene(clock: Clock) -> None:
        def prepare(server: TinyServer) -> None:
            server.refused = {"trade.B"}

        streams = (*_THREE, stream("trade.B"))
        async with _scene(tmp_path, clock, streams, every_s=0.02, prepare=prepare) as (
            _,
            supervisor,
            ear,
        ):
            await until(lambda: _state(supervisor, "trade.B").health is Health.REFUSED)
            assert _state(supervisor, "trade.B").note == "no such topic"
            await until(lambda: supervisor.state(0.0).health is Health.LIVE)
            await until(lambda: ear.trades())

    _play(scene)


def test_hostile_frames_are_counted_and_cost_nothing_else(tmp_path: Path) -> None:
    """N8: what is no frame is rejected one by one; what is too large ends the socket, and the next one is heard."""

    async def scene(clock: Clock) -> None:
        def prepare(server: TinyServer) -> None:
            server.greeting = [
                "{",
                b"\xff\xfe\x00",
                "[" * 100_000,
                '{"t":1e999}',
                '{"t":null,"n":1}',
                "x" * 1_000_000,
            ]

        async with _scene(tmp_path, clock, every_s=0.02, prepare=prepare) as (
            server,
            supervisor,
            ear,
        ):
            await until(lambda: ear.trades())
            assert supervisor.state(0.0).rejected == 6
            assert supervisor.state(0.0).reconnects == 0
            server.greeting = []
            await server.peers[0].ws.send_str("y" * (1 << 21))
            await until(lambda: supervisor.state(0.0).reconnects == 1)
            heard = len(ear.trades())
            await until(lambda: len(ear.trades()) > heard)

    _play(scene)


def test_a_handshake_that_is_refused_is_not_repeated_before_its_time(tmp_path: Path) -> None:
    """N7: a ban counts for sockets as well."""

    async def scene(clock: Clock) -> None:

        def prepare(server: TinyServer) -> None:
            server.handshake_status = 429

        async with _scene(tmp_path, clock, prepare=prepare) as (server, supervisor, ear):
            await until(lambda: server.connects_s)
            await until(lambda: supervisor.state(0.0).health is Health.BANNED)
            assert supervisor.state(0.0).until_ms > clock.now_ms()
            server.handshake_status = 0
            await until(lambda: ear.trades())
            assert len(server.connects_s) == 2
            assert server.connects_s[1] - server.connects_s[0] >= 5.0

    _play(scene)


def test_liquidations_that_others_tell_of_and_this_one_does_not_make_it_suspect(tmp_path: Path) -> None:
    """N3: an acknowledged liquidation stream that gives nothing, while its socket is alive."""

    async def scene(clock: Clock) -> None:
        silence = Silence()
        async with _scene(tmp_path, clock, every_s=1.0, silence=silence) as (server, supervisor, ear):
            await until(lambda: supervisor.state(0.0).health is Health.LIVE)
            for other in range(400):
                silence.heard("other", f"S{other}", clock.steady())
            await until(lambda: supervisor.state(0.0).health is Health.SUSPECT)
            await until(lambda: _state(supervisor, "liq.A").health is Health.SUSPECT)
            (loss,) = supervisor.unheard()
            assert loss.stream.topic == "liq.A"
            server.silent = lambda topic: False
            await until(lambda: supervisor.state(0.0).health is Health.LIVE)
            assert [one.stream.topic for one in ear.losses] == ["liq.A"]

    _play(scene)


def test_the_answer_to_a_subscription_proves_no_quiet_stream(tmp_path: Path) -> None:
    """An exchange that stands still may confirm, and tell where things stood: that is no sign of life."""

    async def scene(clock: Clock) -> None:
        async with _scene(tmp_path, clock, every_s=0.02) as (_, supervisor, ear):
            await until(lambda: len(ear.trades()) > 5)
            (line,) = supervisor._lines
            assert line.attention.deaf("liq.A") is not None
            await until(lambda: line.attention.deaf("liq.A") is None, 5.0)

    _play(scene)


def test_others_that_spoke_before_it_was_asked_for_prove_no_quiet_stream(tmp_path: Path) -> None:
    """What comes on a socket in the first moments may have been sent before the exchange knew of one more wish."""

    async def scene(clock: Clock) -> None:
        async with _scene(tmp_path, clock, every_s=0.1) as (_, supervisor, ear):
            await until(lambda: len(ear.trades()) > 50)
            supervisor.want([*_THREE, stream("liq.B")])
            (line,) = supervisor._lines
            await asyncio.sleep(1.0)
            assert line.attention.deaf("liq.B") is not None
            await until(lambda: line.attention.deaf("liq.B") is None, 5.0)

    _play(scene)
