"""One exchange's lines: which streams are heard, on which sockets, and how they are."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import Final

from heatdesk.events import Liquidation, Refusal, Trade
from heatdesk.feed.allotment import allot
from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import Exchange, Stream, What
from heatdesk.feed.health import overall
from heatdesk.feed.hearing import Listener, Loss
from heatdesk.feed.judging import line_health, line_state, stream_healths, stream_states
from heatdesk.feed.line import Line
from heatdesk.feed.liveness import SHORTEST_S
from heatdesk.feed.mending import Mending, Step
from heatdesk.feed.network import Network
from heatdesk.feed.pace import Pace
from heatdesk.feed.proofs import Proofs
from heatdesk.feed.reasons import plain
from heatdesk.feed.silence import Silence
from heatdesk.feed.socket import Batch, Socket
from heatdesk.feed.wake import Wake, duration
from heatdesk.live import ExchangeState, Health

_LOG: Final = logging.getLogger(__name__)
_LOOK_S: Final = 0.5
_TELL_S: Final = 5.0
_REFUSED_S: Final = 600.0
_NOTE_S: Final = 60.0
_SMOOTHED: Final = 0.2
_LATE_ONES: Final = (
    31  # batches whose median is the latency: old trades that come with a subscription do not count
)
_BAD: Final = (Health.MUTE, Health.STALE)


class Supervisor:
    """Keeps what is wanted of one exchange heard until it is closed; belongs to one loop.

    `silence` compares how often exchanges liquidate and is shared by all of them.
    """

    def __init__(
        self,
        exchange: Exchange,
        network: Network,
        clock: Clock,
        listener: Listener,
        silence: Silence | None = None,
    ) -> None:
        self._exchange, self._network, self._clock, self._listener = exchange, network, clock, listener
        self._silence = silence or Silence()
        self._turns = Pace(clock, exchange.row.limits.connects_per_s)
        self._wanted: frozenset[Stream] = frozenset()
        self._lines: dict[Line, asyncio.Task[None]] = {}
        self._moved_to: set[Line] = set()
        self._refused: dict[str, str] = {}
        self._mending, self._proofs = Mending(), Proofs()
        self._running = self._listening = False
        self._note, self._note_until_s = "", -math.inf
        self._told_s = clock.steady()
        self._frames = self._rejected = self._reconnects = self._counted = 0
        self._per_s = 0.0
        self._late_ms: deque[float] = deque(maxlen=_LATE_ONES)

    # --- what is wanted

    def want(self, streams: Iterable[Stream]) -> None:
        """These and no others, from now on; may be called at any time, also before `run`."""
        routes = self._exchange.routes
        self._wanted = frozenset(stream for stream in streams if stream.route in routes)
        if self._running:
            self._apply()

    def renew(self, stream: Stream) -> None:
        """Subscribe to a stream anew (a book that does not fit): the exchange answers with a snapshot."""
        for line in self._lines:
            if line.streams.get(stream.topic) == stream:
                line.resubscribe((stream,))

    async def run(self) -> None:
        """Dial, subscribe, judge and mend until cancelled or closed; never raises anything of the network's."""
        self._running = True
        try:
            self._apply()
            await self._watch()
        finally:
            await self.close()

    async def close(self) -> None:
        """Close every socket; returns within about a second."""
        self._running = False
        lines, self._lines = self._lines, {}
        for task in lines.values():
            task.cancel()
        await asyncio.gather(*lines.values(), return_exceptions=True)
        self._silence.gone(self._exchange.row.name)

    def _apply(self) -> None:
        """Bring the lines to what is wanted."""
        lines = list(self._lines)
        carried = [(line.route, line.carried) for line in lines]
        allotment = allot(self._wanted, carried, self._exchange.row.limits)
        for place in allotment.added.keys() | allotment.dropped.keys():
            dropped = allotment.dropped.get(place, ())
            lines[place].change(allotment.added.get(place, ()), dropped)
            for stream in dropped:
                self._mending.healed(stream)
                self._refused.pop(stream.topic, None)
        for streams in allotment.opened:
            self._open(streams[0].route).change(streams, ())
        for line in [line for line in self._lines if not line.streams]:
            self._close(line)

    def _open(self, route: str) -> Line:
        line = Line(
            route, self._exchange, self._network, self._clock, self._turns, crew=self, listener=self._listener
        )
        self._lines[line] = asyncio.create_task(line.run(), name=f"{self._exchange.row.name} {route}")
        return line

    def _close(self, line: Line) -> None:
        self._reconnects += line.reconnects
        self._moved_to.discard(line)
        self._lines.pop(line).cancel()

    # --- what comes

    def take(self, socket: Socket, batch: Batch) -> None:
        """A batch of one of the lines; passed on to the listener."""
        now_s, name = self._clock.steady(), self._exchange.row.name
        self._frames += batch.frames
        self._rejected += batch.rejected
        if not batch.events:
            return
        self._proofs.read(batch.events, now_s)
        newest: Trade | None = None
        for event in batch.events:
            if isinstance(event, Trade):
                newest = event
            elif isinstance(event, Liquidation):
                self._silence.heard(name, event.symbol, now_s)
            elif isinstance(event, Refusal):
                self._refuse(event.topic, event.text, now_s)
        if newest is not None and batch.topics:  # without a topic it is what was traded before
            self._late_ms.append(max(0.0, batch.received_ms - newest.time_ms))
        self._listener.events(name, batch.received_ms, batch.events)

    def _refuse(self, topic: str, text: str, now_s: float) -> None:
        """The exchange refused a subscription: said so, and asked again much later."""
        for line in self._lines:
            stream = line.streams.get(topic)
            if stream is not None:
                self._refused[topic] = plain(text)
                self._mending.postpone(stream, now_s + _REFUSED_S)

    # --- looking after it

    async def _watch(self) -> None:
        """Look at everything twice a second; a mistake of ours in that costs one look and not the exchange."""
        wake = Wake(self._clock)
        while True:
            await self._clock.sleep(_LOOK_S)
            try:
                self._look(wake, self._clock.steady())
            except Exception:
                _LOG.exception("%s: a look at the lines failed", self._exchange.row.name)

    def _look(self, wake: Wake, now_s: float) -> None:
        """Judge and mend, and notice when time has passed without us."""
        jump = wake.look(_LOOK_S)
        self._revive()
        if jump is not None:
            self._note, self._note_until_s = jump.words, now_s + _NOTE_S
            for line in self._lines if not jump.set_back else ():
                line.missed_all(f"this machine stood still for {duration(jump.lost_s)}", jump.since_ms)
                line.renew()
        elif not wake.late:
            if any(line.speaks(now_s) for line in self._lines):
                for line in self._lines:
                    if not line.loud:  # others speak for themselves, or are dead alone
                        line.settle(now_s, int(self._clock.now_ms()))
            for line in tuple(self._lines):
                self._judge(line, now_s)
            self._judge_liquidations(now_s)
            self._mend(now_s)
        self._count()
        if now_s - self._told_s >= _TELL_S:
            self._told_s = now_s
            for line in self._lines:
                line.attention.tell(line.alive_ms)

    def _revive(self) -> None:
        """A line never ends by itself; where one did, it was our mistake, and it begins anew."""
        for line, task in tuple(self._lines.items()):
            if task.done() and not task.cancelled():
                _LOG.error("%s: a line ended", self._exchange.row.name, exc_info=task.exception())
                line.missed_all("a mistake in heatdesk")
                self._lines[line] = asyncio.create_task(line.run(), name=task.get_name())

    def _judge(self, line: Line, now_s: float) -> None:
        """Redial a line that is dead; note the streams that are silent on one that is not."""
        if not line.open:
            return
        whole = line_health(line, now_s)
        if whole is Health.MUTE:
            line.redial(f"no data since subscribe on {line.route}")
        elif whole is Health.STALE:
            line.redial(f"no data for {duration(line.beat.silent_s(now_s))}")
        if whole in _BAD:
            self._doubt_others(line, now_s)
            return
        for stream, health in stream_healths(line, whole, self._proofs, now_s):
            if health in _BAD and not self._mending.knows(stream):
                pulse = line.pulses[stream.topic]
                line.attention.missed((stream,), pulse.last_ms, f"{stream.topic} gave no data")
                self._mending.begin(stream)

    def _doubt_others(self, dead: Line, now_s: float) -> None:
        """Sockets too quiet to be judged that fell silent with one that is dead were not heard either."""
        silent_s = dead.beat.silent_s(now_s)
        for line in self._lines:
            if (
                line is not dead
                and line.open
                and line.beat.silent_s(now_s) > max(SHORTEST_S, silent_s - SHORTEST_S)
            ):
                line.redial("no data on any connection", dead.alive_ms)

    def _mend(self, now_s: float) -> None:
        """Take the next step for every stream that is silent, or stop where it speaks."""
        where = {stream: line for line in self._lines for stream in line.streams.values()}
        for stream in self._mending.pending():
            line = where.get(stream)
            if line is None or line.attention.deaf(stream.topic) is None:
                self._mending.healed(stream)
                self._refused.pop(stream.topic, None)
                continue
            step = self._mending.step(stream, now_s) if line.open else None
            if step is Step.MOVE and not stream.quiet:
                line.hand_over(stream, self._spare(line))
            elif step is not None:
                line.resubscribe((stream,))

    def _spare(self, line: Line) -> Line:
        """A socket of its own for streams that went silent elsewhere, shared by those of one route."""
        most = self._exchange.row.limits.streams_per_socket
        for other in self._moved_to:
            if other is not line and other.route == line.route and len(other.streams) < most:
                return other
        other = self._open(line.route)
        self._moved_to.add(other)
        return other

    def _judge_liquidations(self, now_s: float) -> None:
        """Compare with the other exchanges, as long as the liquidations of this one are listened to."""
        name = self._exchange.row.name
        carriers = [
            (line, stream)
            for line in self._lines
            if line.open
            for stream in line.streams.values()
            if stream.what is What.LIQUIDATIONS
        ]
        listening = any(line.open for line in self._lines) and self._exchange.row.liquidations != "none"
        if listening != self._listening:
            self._listening = listening
            if listening:
                self._silence.listening(name, now_s)
            else:
                self._silence.gone(name)
        if self._silence.suspect(name, now_s):
            for line, stream in carriers:
                if not self._mending.knows(stream):
                    since_ms = line.pulses[stream.topic].last_ms or line.opened_ms
                    cause = "no liquidations while other exchanges told of many"
                    line.attention.missed((stream,), since_ms, cause, own_word=True)
                    self._mending.begin(stream)

    def _count(self) -> None:
        fresh = (self._frames - self._counted) / _LOOK_S
        self._counted = self._frames
        self._per_s += _SMOOTHED * (fresh - self._per_s)

    # --- how it is

    def unheard(self) -> list[Loss]:
        """The silences that last, `to_ms` 0."""
        return [loss for line in self._lines for loss in line.attention.unheard]

    def state(self, now_ms: float) -> ExchangeState:
        """How the lines are; progress, coverage, gaps and skew are for others to fill in."""
        row, now_s = self._exchange.row, self._clock.steady()
        ban = self._network.bans.standing(row.hosts)
        lines = [line_state(line, now_s) for line in self._lines]
        streams = tuple(
            one for line in self._lines for one in stream_states(line, self._proofs, self._refused, now_s)
        )
        note = self._note if now_s < self._note_until_s else ""
        health, reason = overall(ban, lines, streams, self._silence.suspect(row.name, now_s), note)
        last_s = max((line.beat.last_s for line in self._lines), default=-math.inf)
        return ExchangeState(
            exchange=row.name,
            title=row.title,
            health=health,
            reason=reason,
            until_ms=ban.until_ms if ban is not None else 0,
            age_ms=int((now_s - last_s) * 1000.0) if last_s > -math.inf else -1,
            latency_ms=median(self._late_ms) if self._late_ms else math.nan,
            messages=self._frames,
            per_second=self._per_s,
            rejected=self._rejected,
            reconnects=self._reconnects + sum(line.reconnects for line in self._lines),
            liquidations=row.liquidations,
            liquidation_price=row.liquidation_price,
            streams=streams,
        )
