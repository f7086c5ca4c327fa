"""Hosts that have told us to stay away: nobody dials them before the time is up.

Shared by everything that dials, because a ban is for the address of this machine: another connection, another instance,
a retry or a new start would only make it longer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from heatdesk.feed.clock import Clock
from heatdesk.feed.exchanges.base import UnreachedError
from heatdesk.feed.reasons import answered

LONGEST_S: Final = 3 * 86_400.0  # no exchange bans for longer: a later end is a mistake
_UNNAMED_S: Final = {418: 120.0, 429: 30.0}  # where the answer does not say how long, or says what cannot be
TOO_OFTEN: Final = frozenset(_UNNAMED_S)
_ROUNDED_S: Final = 1.0  # whole seconds may have been rounded down
_TOO_FREQUENT_S: Final = 600.0  # what an exchange that answers 403 to a flood asks for
_NOT_OFFERED_S: Final = 3600.0  # laws do not change by the minute
_KEPT_S: Final = 10.0  # what is shorter is over before anybody can start again
_UNTIL: Final = re.compile(rb"banned until (\d{13})")
_FLOOD: Final = re.compile(rb"too frequent|too many|rate.?limit", re.IGNORECASE)


class Ban(NamedTuple):
    """Until when (wall time, ms UTC) a host is left alone, HTTP's status, and why in words."""

    until_ms: int
    status: int
    reason: str

    @property
    def not_offered(self) -> bool:
        """Whether the exchange serves nobody from here, rather than us too often."""
        return self.status in (403, 451)


class Told(NamedTuple):
    """A ban as it is kept for the next start: when it was told, and until when it stands (wall time, ms UTC)."""

    host: str
    status: int
    told_ms: int
    until_ms: int


class Bans:
    """Who is to be left alone, by host. Measured by both clocks, the later counts: none lets us return too early.

    `earlier` are bans of runs before this one; `keep` is given those that the next run should know. An exchange that is
    not offered here is not kept: whoever starts anew may sit elsewhere.
    """

    def __init__(
        self, clock: Clock, earlier: Iterable[Told] = (), keep: Callable[[Told], object] | None = None
    ) -> None:
        self._clock = clock
        self._keep = keep
        self._bans: dict[str, tuple[Ban, float]] = {}  # and the steady time at which it ends
        now_ms = clock.now_ms()
        for told in earlier:
            # A clock that was set back since makes no ban longer than it was told.
            left_ms = min(told.until_ms - now_ms, told.until_ms - told.told_ms)
            if left_ms > 0:
                self._note(told.host, told.status, left_ms / 1000.0)

    def heed(self, host: str, status: int, headers: Mapping[str, str], body: bytes) -> Ban | None:
        """Read an answer; leave the host alone from now on if it says so."""
        seconds = _seconds(status, headers, body, self._clock.now_ms())
        if seconds is None:
            return None
        flood = status == 403 and _FLOOD.search(body) is not None
        return self.leave(host, 429 if flood else status, seconds)

    def leave(self, host: str, status: int, seconds: float) -> Ban:
        """Leave a host alone; a ban that stands for longer stays."""
        seconds = min(max(seconds, 1.0), LONGEST_S)
        standing = self.standing((host,))
        until_ms = int(self._clock.now_ms() + seconds * 1000.0)
        if standing is not None and standing.until_ms >= until_ms:
            return standing
        if self._keep is not None and status in TOO_OFTEN and seconds >= _KEPT_S:
            self._keep(Told(host, status, int(self._clock.now_ms()), until_ms))
        return self._note(host, status, seconds)

    def _note(self, host: str, status: int, seconds: float) -> Ban:
        until_ms = int(self._clock.now_ms() + seconds * 1000.0)
        ban = Ban(until_ms, status, f"{host}: {answered(status)}")
        self._bans[host] = ban, self._clock.steady() + seconds
        return ban

    def standing(self, hosts: Iterable[str]) -> Ban | None:
        """The longest ban that stands for any of these hosts."""
        found = []
        for host in hosts:
            if host in self._bans:
                ban, steady_end = self._bans[host]
                if self._clock.now_ms() < ban.until_ms or self._clock.steady() < steady_end:
                    found.append(ban)
                else:
                    del self._bans[host]
        return max(found, default=None)

    def check(self, host: str) -> None:
        """Raise UnreachedError, with HTTP's status, where a host is to be left alone."""
        ban = self.standing((host,))
        if ban is not None:
            raise UnreachedError(ban.reason, ban.status)


def _seconds(status: int, headers: Mapping[str, str], body: bytes, now_ms: float) -> float | None:
    """How long an answer asks us to stay away; None where it does not."""
    if status == 451:
        return _NOT_OFFERED_S
    if status == 403:
        return _TOO_FREQUENT_S if _FLOOD.search(body) else _NOT_OFFERED_S
    if status not in _UNNAMED_S:
        return None
    told = []
    retry_after = _retry_after(headers.get("Retry-After", ""), now_ms)
    if retry_after is not None and retry_after > 0.0:
        told.append(retry_after + _ROUNDED_S)
    until = _UNTIL.search(body)
    if until is not None:
        told.append((int(until[1]) - now_ms) / 1000.0)
    ahead = [seconds for seconds in told if seconds > 0.0]
    return max(ahead, default=_UNNAMED_S[status])


def _retry_after(text: str, now_ms: float) -> float | None:
    """Seconds, told as such or as a date; None where neither can be read."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return parsedate_to_datetime(text).timestamp() - now_ms / 1000.0
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
