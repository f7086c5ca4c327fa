"""What exchanges allow, and what they do to those who ask for more: 429, then 418, and cut sockets."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tests.exchange_server.counts import Count

_UNDER_WAY_S = 0.25  # requests that were sent before the first was told of a ban


@dataclass(frozen=True, slots=True)
class Limits:
    """0 means no limit. Weights are `weight` for paths that are not listed in `weights`."""

    weight_per_minute: int = 0
    weights: dict[str, int] = field(default_factory=dict)
    weight: int = 1
    used_header: str = ""  # in which the answer tells the weight used in this minute
    messages_per_s: float = 0.0  # on one socket
    topics_per_message: int = 0
    message_bytes: int = 0
    streams_per_socket: int = 0
    subscribes_per_hour: int = 0
    connects_per_s: float = 0.0
    ban_s: float = 120.0


class Meter:
    """Watches one exchange's clients; `now` is steady seconds, `haste` of which pass in one of the machine's."""

    def __init__(self, limits: Limits, count: Count, haste: float = 1.0) -> None:
        self.limits, self._count = limits, count
        self._under_way_s = haste * _UNDER_WAY_S
        self.banned_until = -1.0
        self.ban_status = 0
        self._ban_told = float("inf")
        self._minute, self._used, self._warned = -1, 0, 0
        self._connects: deque[float] = deque()

    def ban(self, now: float, seconds: float, status: int) -> None:
        """Refuse every request for a while."""
        self.banned_until, self.ban_status, self._ban_told = now + seconds, status, float("inf")

    def ask(self, path: str, now: float) -> tuple[int, float]:
        """Weigh a request: the status (200, 429 or 418) and the seconds to stay away."""
        if now < self.banned_until:
            if now > self._ban_told + self._under_way_s:
                self._count.while_banned += 1
            self._ban_told = min(self._ban_told, now)
            return self.ban_status, self.banned_until - now
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._used, self._warned = minute, 0, 0
        self._used += self.limits.weights.get(path, self.limits.weight)
        if not self.limits.weight_per_minute or self._used <= self.limits.weight_per_minute:
            return 200, 0.0
        self._count.violations["weight"] += 1
        self._warned += 1
        if self._warned > 10:
            self.ban(now, self.limits.ban_s, 418)
            self._ban_told = now
            return 418, self.limits.ban_s
        return 429, (minute + 1) * 60 - now

    @property
    def used(self) -> int:
        """Weight used in this minute."""
        return self._used

    def connect(self, now: float) -> bool:
        """Whether one more socket may open now."""
        return self._within(self._connects, now, 1.0, self.limits.connects_per_s, "connects")

    def message(self, heard: deque[float], now: float, size: int) -> bool:
        """Whether a socket may send one more message; `heard` are the times of its last ones."""
        if self.limits.message_bytes and size > self.limits.message_bytes:
            self._count.violations["message size"] += 1
            return False
        return self._within(heard, now, 1.0, self.limits.messages_per_s, "messages")

    def subscribe(self, asked: deque[float], now: float, topics: int, streams: int) -> bool:
        """Whether a socket with `streams` streams may subscribe to so many more topics."""
        if self.limits.topics_per_message and topics > self.limits.topics_per_message:
            self._count.violations["topics per message"] += 1
            return False
        if self.limits.streams_per_socket and streams + topics > self.limits.streams_per_socket:
            self._count.violations["streams per socket"] += 1
            return False
        return self._within(asked, now, 3600.0, self.limits.subscribes_per_hour, "subscribes")

    def _within(self, times: deque[float], now: float, span: float, allowed: float, rule: str) -> bool:
        times.append(now)
        while times[0] <= now - span:
            times.popleft()
        # Two clocks count the same second: what left in time may arrive a little closer together.
        if allowed and len(times) > allowed + 1:
            self._count.violations[rule] += 1
            return False
        return True
