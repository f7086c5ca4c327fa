"""When a stream counts as dead: by its own data and nothing else; confirmations and pongs are no sign of life.

Pure logic on steady seconds. A stream is stale when it is silent for longer than max(5 s, 8 × its median gap), at most
60 s, *and* that is no accident: it ticks like a clock, or another stream of the same instrument proves that it should
have spoken, or the silence is far outside what it does by itself. Trades come at random: their median gap alone would
raise a false alarm in one gap of 250. A stream too sparse for any of that is judged by the others on its socket.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import fmean, median
from typing import Final

from heatdesk.feed.exchanges.base import Stream, What
from heatdesk.live import Health

SHORTEST_S: Final = 5.0
LONGEST_S: Final = 60.0
GAPS: Final = 8.0  # median gaps that a silence may last
FIRST_S: Final = 9.0  # from the subscription to the first data; told before ten are over
_OWED_S: Final = 4.0  # how long a stream may owe a word that another proves
_RESOLUTION_S: Final = 0.5  # shorter gaps are bursts, and would push the longer ones out of memory
_REMEMBERED: Final = 64
_RANDOM_GAPS: Final = 16.0  # mean gaps that a random silence lasts once in nine million
_FADES_S: Final = 1800.0
_LIKE_A_CLOCK: Final = 2.0  # longest gap ÷ median gap
_ENOUGH: Final = 8  # gaps that tell how fast a stream is
_ENOUGH_TO_TELL: Final = 24  # and whether it ticks like a clock; fewer random gaps are even too often
_PROMPT: Final = (What.MARK_PRICE, What.BOOK)  # a subscription is answered with where things stand


class Pulse:
    """When something spoke: a stream, or a socket as a whole. Times are steady seconds; `last_s` is -inf before."""

    __slots__ = ("_counted_s", "_gaps", "_longest", "_usual", "asked_s", "last_ms", "last_s")

    def __init__(self, now_s: float) -> None:
        self.last_ms = 0
        self._gaps: deque[float] = deque(maxlen=_REMEMBERED)
        self._longest = 0.0
        self._usual: float | None = None  # median gap, reckoned when it is asked for
        self.asked(now_s)

    def asked(self, now_s: float) -> None:
        """It has been subscribed to (again): what it does by itself stays known, the silence so far is forgotten."""
        self.asked_s = now_s
        self.last_s = self._counted_s = -math.inf

    def doubted(self, now_s: float) -> None:
        """It is asked for again because it is silent: whatever the reason, another silence as long is no news."""
        if self.heard:
            self._longest = max(self._longest, min(LONGEST_S, now_s - self.last_s))

    def beat(self, now_s: float, now_ms: float) -> None:
        """It spoke."""
        gap = now_s - self._counted_s
        if gap >= _RESOLUTION_S:
            if gap < math.inf:
                self._gaps.append(gap)
                self._usual = None
                self._longest = max(gap, self._longest * math.exp(-gap / _FADES_S))
            self._counted_s = now_s
        self.last_s = now_s
        self.last_ms = int(now_ms)

    @property
    def heard(self) -> bool:
        """Whether it has spoken since it was asked to."""
        return self.last_s > -math.inf

    def silent_s(self, now_s: float) -> float:
        """For how long it has said nothing."""
        return now_s - max(self.last_s, self.asked_s)

    def limit_s(self) -> float:
        """How long a silence may last before one asks why."""
        if len(self._gaps) < _ENOUGH:
            return LONGEST_S if self.heard else FIRST_S
        return min(LONGEST_S, max(SHORTEST_S, GAPS * self._usual_s()))

    def _usual_s(self) -> float:
        if self._usual is None:
            self._usual = median(self._gaps)
        return self._usual

    @property
    def known_as_sparse(self) -> bool:
        """Whether it has been heard often enough to know that it may be silent for longer than anybody waits."""
        return len(self._gaps) >= _ENOUGH and self.chance_s() == math.inf

    def chance_s(self) -> float:
        """How long a silence may last by chance; inf where too little is known or it is too sparse to tell.

        Silences that there were before count: an exchange that stalls now and then is not dialled anew each time.
        """
        if len(self._gaps) < _ENOUGH:
            return math.inf
        usual = self._usual_s()
        if GAPS * usual > LONGEST_S:
            return math.inf
        if len(self._gaps) >= _ENOUGH_TO_TELL and self._longest <= _LIKE_A_CLOCK * usual:
            return self.limit_s()
        longest = max(self.unlikely_s(), 2.0 * self._longest)
        return longest if longest <= LONGEST_S else math.inf

    def unlikely_s(self) -> float:
        """How long a silence may last before it is none of the market's, whatever silences there were; inf as above."""
        if len(self._gaps) < _ENOUGH:
            return math.inf
        return max(self.limit_s(), _RANDOM_GAPS * fmean(self._gaps))


def judge(stream: Stream, pulse: Pulse, socket: Health, owed_s: float, now_s: float) -> Health:
    """How a stream is, given how its socket is and since when it owes a word (see `Proofs`; inf: it owes none)."""
    if socket not in (Health.LIVE, Health.QUIET):
        return socket
    silent_s = pulse.silent_s(now_s)
    if stream.quiet:
        return Health.LIVE if pulse.heard and silent_s <= LONGEST_S else Health.QUIET
    if silent_s <= pulse.limit_s():
        return Health.LIVE if pulse.heard else Health.CONNECTING
    owing = now_s - owed_s > _OWED_S
    if not pulse.heard:
        return Health.MUTE if stream.what in _PROMPT or owing else Health.QUIET
    chance_s = min(pulse.chance_s(), LONGEST_S) if stream.what is What.MARK_PRICE else pulse.chance_s()
    if owing or silent_s > chance_s:
        return Health.STALE
    return Health.QUIET if silent_s > LONGEST_S else Health.LIVE


def speaks_by_itself(stream: Stream, pulse: Pulse) -> bool:
    """Whether a stream, for all that is known of it, cannot be silent for long."""
    if stream.quiet:
        return False
    return stream.what is What.MARK_PRICE or not pulse.known_as_sparse


def judge_socket(pulse: Pulse, patience_s: float, loud: bool, now_s: float) -> Health:
    """How a socket is, by everything that came through it; `loud` where something on it should speak by itself.

    `patience_s` is how long the first data may take: more after every attempt that brought none.
    """
    silent_s = pulse.silent_s(now_s)
    if not loud:
        return Health.LIVE if silent_s <= LONGEST_S else Health.QUIET
    if not pulse.heard:
        return Health.CONNECTING if silent_s <= patience_s else Health.MUTE
    if silent_s <= pulse.limit_s():
        return Health.LIVE
    return Health.STALE if silent_s > min(pulse.chance_s(), LONGEST_S) else Health.LIVE
