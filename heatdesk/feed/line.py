"""One line to an exchange: a set of streams on one route, carried by a socket that is replaced whenever it must be.

The next socket is opened before the last is closed, wherever there is a choice: before the exchange's own cut, after a
sleep. Streams that both carry come twice for a while; trades are told apart by their numbers further down.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Coroutine, Iterable
from typing import Any, Final

from yarl import URL

from heatdesk.events import Ack
from heatdesk.feed.attention import Attention
from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, RestError, Stream
from heatdesk.feed.hearing import Listener
from heatdesk.feed.liveness import FIRST_S, LONGEST_S, SHORTEST_S, Pulse, speaks_by_itself
from heatdesk.feed.network import Network
from heatdesk.feed.pace import Backoff, Pace
from heatdesk.feed.repeats import Repeats
from heatdesk.feed.session import OVERLAP_S, Session, hand_over
from heatdesk.feed.socket import Batch, Hearer, Socket
from heatdesk.feed.wake import duration

_FEW: Final = 8  # streams that may all be silent for a while
_SETTLED_S: Final = 10.0  # a socket that lived as long was no failure
# What comes so soon after a subscription may be its answer, a snapshot, and no sign of life.
_ANSWER_S: Final = 2.0


class Line:
    """`run` keeps it open until cancelled. Batches go to `crew`, what was missed to `listener`.

    `turns` is shared by all lines of the exchange: connects come one by one.
    """

    def __init__(
        self,
        route: str,
        exchange: Exchange,
        network: Network,
        clock: Clock,
        turns: Pace,
        crew: Hearer,
        listener: Listener,
    ) -> None:
        self.route = route
        self.reconnects = 0
        self.reason = ""
        self.mute = False  # whether the last socket was closed for never giving data; until one does
        self.streams: dict[str, Stream] = {}
        self.pulses: dict[str, Pulse] = {}
        self.beat = Pulse(math.inf)
        self.attention = Attention(exchange.row.name, listener)
        self._exchange, self._network, self._clock = exchange, network, clock
        self._turns, self._crew, self._repeats = turns, crew, Repeats()
        self._host = URL(exchange.routes[route]).host or ""
        self.opened_ms = 0  # when it was first open, wall time
        self._alive_ms = 0
        # given up for its silence: not heard since then (wall time, 0 where that is over), and when (steady)
        self._given_up_ms, self._given_up_s = 0, -math.inf
        self._took_word, self._trusts_word = False, True  # a confirmation for hearing; see `_prove_quiet`
        self._backoff = Backoff()
        self._session: Session | None = None
        self._sessions: set[Session] = set()
        self._renewal = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what is carried

    @property
    def carried(self) -> frozenset[Stream]:
        """What it is to carry."""
        return frozenset(self.streams.values())

    def change(self, added: Iterable[Stream], dropped: Iterable[Stream]) -> None:
        """Take streams on and give others up, on the socket that is open."""
        added, dropped = tuple(added), tuple(dropped)
        for stream in dropped:
            self.streams.pop(stream.topic, None)
            self.pulses.pop(stream.topic, None)
        for stream in added:
            self.streams[stream.topic] = stream
            self.pulses[stream.topic] = Pulse(math.inf)
        self.attention.end(dropped, self.alive_ms)
        self.attention.begin(added)
        if self._session is not None:
            self._start(self._trade_in(self._session, added, dropped))

    def resubscribe(self, streams: Iterable[Stream]) -> None:
        """Give streams up and take them on again, without touching the others."""
        again = tuple(stream for stream in streams if stream.topic in self.streams)
        if again and self._session is not None:
            for stream in again:
                self.pulses[stream.topic].doubted(self._clock.steady())
                self.pulses[stream.topic].asked(math.inf)
            self._start(self._trade_in(self._session, again, again))

    def hand_over(self, stream: Stream, other: Line) -> None:
        """Let another line carry a stream that is not heard here."""
        self.streams.pop(stream.topic, None)
        pulse = self.pulses.pop(stream.topic, None) or Pulse(math.inf)
        pulse.asked(math.inf)
        other.streams[stream.topic], other.pulses[stream.topic] = stream, pulse
        self.attention.hand_over(stream, other.attention)
        if self._session is not None:
            self._start(self._trade_in(self._session, (), (stream,)))
        if other._session is not None:
            other._start(other._trade_in(other._session, (stream,), ()))

    # --- how it is

    @property
    def open(self) -> bool:
        """Whether a socket is open."""
        return self._session is not None

    @property
    def loud(self) -> bool:
        """Whether anything on it should speak by itself."""
        return any(speaks_by_itself(stream, self.pulses[topic]) for topic, stream in self.streams.items())

    def speaks(self, now_s: float) -> bool:
        """Whether data has come through it in the last seconds, some time after it was asked for."""
        last_s = self.beat.last_s
        return self.open and now_s - last_s < SHORTEST_S < last_s - self.beat.asked_s

    @property
    def alive_ms(self) -> int:
        """When it last spoke of its own accord, wall time: a mute exchange may still answer subscriptions."""
        return self._alive_ms or self.beat.last_ms

    @property
    def attempts(self) -> int:
        """How often it has been dialled without success since it last worked."""
        return self._backoff.attempts

    @property
    def patience_s(self) -> float:
        """How long the first data may take; grows while attempts bring none, and with what is known of its streams."""
        patience_s = FIRST_S * 2.0 ** min(10, max(0, self._backoff.attempts - 1))
        if len(self.streams) <= _FEW:
            chances = (pulse.chance_s() for pulse in self.pulses.values())
            patience_s = max(patience_s, min((c for c in chances if c < math.inf), default=0.0))
        return min(LONGEST_S, patience_s)

    @property
    def host(self) -> str:
        """Where it leads."""
        return self._host

    # --- its life

    async def run(self) -> None:
        """Keep a socket open until cancelled."""
        try:
            while True:
                session = await self._connect()
                previous, self._session = self._session, session
                self._renewal.clear()
                self._start(self._read(session))
                await self._subscribe(session, tuple(self.streams.values()), fresh=previous is None)
                if previous is not None:
                    self._start(hand_over(previous, session, self.loud, self._clock))
                if await self._until_over(session):
                    await self._clock.sleep(self._backoff.wait_s())
        finally:
            await self._end()

    def renew(self) -> None:
        """Open the next socket now and close this one when the next is heard."""
        self._renewal.set()

    def redial(self, cause: str, since_ms: int = 0) -> None:
        """This socket is dead, since it last spoke or since then: nothing on it was heard, it is closed at once."""
        session = self._session
        if session is not None:
            self.mute = not self.beat.heard
            session.cause = cause
            self._given_up_ms = self._given_up_ms or max(since_ms, self.alive_ms)
            self._given_up_s = self._clock.steady()
            self._trusts_word = self._trusts_word and not self._took_word
            self.attention.missed(self.streams.values(), self._given_up_ms, cause)
            self._start(session.socket.close())

    def settle(self, now_s: float, now_ms: int) -> None:
        """It speaks again, or its exchange where it is too quiet itself: what was confirmed meanwhile was no hearing.

        Quiet streams that have been asked for since it was given up are heard from now on.
        """
        if self._given_up_ms and self.open:
            quiet = [stream for stream in self.streams.values() if stream.quiet]
            self.attention.missed(quiet, self._given_up_ms, "confirmed, but no data came")
            asked_s = {stream.topic: self.pulses[stream.topic].asked_s for stream in quiet}
            answered = [t for t, at_s in asked_s.items() if self._given_up_s < at_s < now_s - _ANSWER_S]
            self.attention.proved(answered, now_ms)
            self._given_up_ms = 0
        self._trusts_word, self._took_word = True, False

    def missed_all(self, cause: str, since_ms: int | None = None) -> None:
        """Everything on it has not been heard since it last spoke, or for longer."""
        from_ms = self.alive_ms if since_ms is None else min(since_ms, self.alive_ms)
        self.attention.missed(self.streams.values(), from_ms, cause)

    def take(self, socket: Socket, batch: Batch) -> None:
        """A batch of one of its sockets."""
        now_s, now_ms = self._clock.steady(), int(batch.received_ms)
        known = [topic for topic in batch.topics if topic in self.pulses]
        for topic in known:
            self.pulses[topic].beat(now_s, now_ms)
        if known:
            self.mute = False
            self._doubt_silence(now_s)
            self.beat.beat(now_s, now_ms)
            for session in self._sessions:
                session.heard = session.heard or session.socket is socket
            self.attention.spoke(known, now_ms)
        alive = any(now_s - self.pulses[topic].asked_s > _ANSWER_S for topic in known)
        newest = self._session is not None and self._session.socket is socket
        if alive:
            if newest:
                self.settle(now_s, now_ms)
            self._alive_ms = now_ms
        if self.attention.quiet_and_deaf and newest:
            self._prove_quiet(batch, alive, now_s, now_ms)
        self._crew.take(socket, batch)

    def _doubt_silence(self, now_s: float) -> None:
        """It speaks again: after a silence that was none of the market's, what would have come in it was withheld.

        Such a silence need not have been long enough to dial anew, where there were others as long before.
        """
        silent_s = self.beat.silent_s(now_s)
        if self.beat.heard and self.loud and silent_s > self.beat.unlikely_s():
            self.missed_all(f"no data for {duration(silent_s)}")

    def _prove_quiet(self, batch: Batch, alive: bool, now_s: float, now_ms: int) -> None:
        """Quiet streams are heard when others speak on the socket they were asked on; where all are, when confirmed.

        A confirmation that nothing followed until the line was given up is not believed again before there is data.
        What comes as soon as an answer would may have been sent before the exchange knew that they were asked for.
        """
        confirmed = {topic for event in batch.events if type(event) is Ack for topic in event.topics}
        by_word = self._trusts_word and not self.loud
        for topic in self.attention.quiet_and_deaf:
            answered = now_s - self.pulses[topic].asked_s > _ANSWER_S
            if (by_word and topic in confirmed) or (alive and answered):
                self._took_word = self._took_word or not alive
                self.attention.proved((topic,), now_ms)

    async def _connect(self) -> Session:
        """A socket that is open, however long that takes."""
        while True:
            ban = self._network.bans.standing((self._host,))
            if ban is not None:
                self.reason = ban.reason
                await self._clock.sleep(max(1.0, min(30.0, (ban.until_ms - self._clock.now_ms()) / 1000.0)))
                continue
            await self._turns.turn()
            socket = Socket(self._exchange, self._network, self._clock, self.route, self, self._repeats)
            try:
                await socket.dial()
            except RestError as error:
                self.reason = str(error)
                await self._clock.sleep(self._backoff.wait_s())
                continue
            session = Session(socket, self._clock.steady())
            self._sessions.add(session)
            self.opened_ms = self.opened_ms or int(self._clock.now_ms())
            return session

    async def _read(self, session: Session) -> None:
        """Hear a socket to its end, and account for what that end means."""
        try:
            ended = await session.socket.listen()
            session.cause = session.cause or ended
        finally:
            self._sessions.discard(session)
            session.over.set()
            if session is self._session:
                others = [other for other in self._sessions if other.heard]
                self._session = others[0] if others else None
                self._account(session)
            elif self._session is not None and self._session.subscribed_s == math.inf:
                self.missed_all(session.cause)  # it ended before its successor had asked for everything
        await session.socket.close()

    def _account(self, session: Session) -> None:
        """The socket in use has ended."""
        if session.heard and self._clock.steady() - session.opened_s > _SETTLED_S:
            self._backoff.succeeded()
        self.reason = session.cause
        self.reconnects += 1
        if self._session is None:
            self.missed_all(session.cause)
            for pulse in self.pulses.values():
                pulse.asked(math.inf)
            self.beat.asked(math.inf)

    async def _subscribe(self, session: Session, streams: tuple[Stream, ...], fresh: bool) -> None:
        """Ask for streams; each is waited for from when it was asked. With `fresh` nothing else carries them."""
        if fresh:
            self.beat.asked(self._clock.steady())

        def wanted(stream: Stream) -> bool:
            return stream.topic in self.pulses

        def asked(stream: Stream) -> None:
            pulse = self.pulses.get(stream.topic)
            if pulse is not None and (fresh or pulse.asked_s == math.inf):
                pulse.asked(self._clock.steady())

        await session.subscribe(self._exchange, streams, wanted, asked)
        session.subscribed_s = self._clock.steady()

    async def _trade_in(
        self, session: Session, added: tuple[Stream, ...], dropped: tuple[Stream, ...]
    ) -> None:
        await session.unsubscribe(self._exchange, dropped)
        await self._subscribe(session, added, fresh=False)

    async def _until_over(self, session: Session) -> bool:
        """Wait for a socket's end, True, or for the time to replace it, False."""
        waits = {asyncio.create_task(session.over.wait()), asyncio.create_task(self._renewal.wait())}
        longest_s = self._exchange.row.limits.longest_socket_s
        if longest_s:
            ahead_s = max(1.4 * OVERLAP_S, 0.02 * longest_s) * random.uniform(1.0, 1.5)  # noqa: S311  (spreads the load)
            left_s = session.opened_s + longest_s - ahead_s - self._clock.steady()
            waits.add(asyncio.create_task(self._clock.sleep(max(0.0, left_s))))  # type: ignore[arg-type]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return session.over.is_set()

    # --- its tasks

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        """Close every socket and leave no task behind."""
        self.attention.tell(self.alive_ms)
        await asyncio.gather(*(session.socket.close() for session in tuple(self._sessions)))
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
