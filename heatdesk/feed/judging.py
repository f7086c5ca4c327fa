"""How a line and its streams are at this moment, for those who mend them and for those who look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from heatdesk.feed.exchanges.base import Stream
from heatdesk.feed.health import LineState
from heatdesk.feed.line import Line
from heatdesk.feed.liveness import SHORTEST_S, judge, judge_socket
from heatdesk.feed.proofs import Proofs
from heatdesk.live import Health, StreamState


def line_health(line: Line, now_s: float) -> Health:
    """A line by everything that came through it."""
    if not line.open:
        return Health.MUTE if line.mute else Health.CONNECTING
    return judge_socket(line.beat, line.patience_s, line.loud, now_s)


def line_state(line: Line, now_s: float) -> LineState:
    """A line as the exchange's state counts it: one that was closed for giving no data is mute until one gives some."""
    health = Health.MUTE if line.mute else line_health(line, now_s)
    return LineState(line.route, health, "" if line.open else line.reason, line.attempts)


def stream_healths(
    line: Line, health: Health, proofs: Proofs, now_s: float
) -> Iterator[tuple[Stream, Health]]:
    """Every stream of a line and how it is, given how the line is."""
    for topic, stream in line.streams.items():
        pulse = line.pulses[topic]
        if now_s - pulse.last_s <= SHORTEST_S:
            yield stream, Health.LIVE
        else:
            yield stream, judge(stream, pulse, health, proofs.owed_s(stream, pulse.asked_s), now_s)


def stream_states(
    line: Line, proofs: Proofs, refused: Mapping[str, str], now_s: float
) -> Iterator[StreamState]:
    """Every stream of a line for people to read, with why it is not heard."""
    for stream, judged in stream_healths(line, line_state(line, now_s).health, proofs, now_s):
        health, note = judged, ""
        deaf = line.attention.deaf(stream.topic)
        if stream.topic in refused and judged is not Health.LIVE:
            health, note = Health.REFUSED, refused[stream.topic]
        elif deaf is not None and deaf.from_ms:
            note = deaf.cause
            if deaf.own_word:
                health = Health.SUSPECT
            elif judged is Health.LIVE or (stream.quiet and judged is Health.QUIET):
                health = Health.CONNECTING  # nothing is wrong with it; it has not spoken since
            elif judged is Health.QUIET:
                health = Health.STALE
        pulse = line.pulses[stream.topic]
        yield StreamState(stream.topic, stream.what.value, stream.symbol, health, pulse.last_ms, note)
