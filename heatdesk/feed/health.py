"""How an exchange is, in one word and one sentence, from how its lines and streams are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heatdesk.feed.bans import Ban
from heatdesk.live import Health, StreamState


class LineState(NamedTuple):
    """One line: its health, why it is closed (empty while it is open), and attempts since it last worked."""

    route: str
    health: Health
    reason: str
    attempts: int


def overall(
    ban: Ban | None, lines: Sequence[LineState], streams: Sequence[StreamState], suspect: bool, note: str
) -> tuple[Health, str]:
    """The health of an exchange and its reason, which is empty where all is well; a `note` says more than a reason."""
    if ban is not None:
        return (Health.REFUSED if ban.not_offered else Health.BANNED), ban.reason
    health, reason = _by_lines(lines, streams, suspect)
    return health, note or reason


def _by_lines(
    lines: Sequence[LineState], streams: Sequence[StreamState], suspect: bool
) -> tuple[Health, str]:
    """Whether sockets are open, and if they are what comes through them."""
    if not lines:
        return Health.CONNECTING, ""
    closed = [line for line in lines if line.health is Health.CONNECTING and line.reason]
    mute = {line.route for line in lines} - {line.route for line in lines if line.health is not Health.MUTE}
    if closed and len(closed) == len(lines):
        worst = max(closed, key=lambda line: line.attempts)
        health = Health.UNREACHABLE if worst.attempts > 2 else Health.CONNECTING
        return health, f"reconnecting ({worst.attempts + 1}): {worst.reason}"
    if mute:
        return Health.MUTE, f"no data since subscribe on {', '.join(sorted(mute))}"
    dialled = (
        f"{len(closed)} of {len(lines)} connections are being dialled: {closed[0].reason}" if closed else ""
    )
    if dialled and 2 * len(closed) >= len(lines):
        return Health.CONNECTING, dialled
    health, reason = _by_streams(streams, suspect)
    return health, reason or dialled


def _by_streams(streams: Sequence[StreamState], suspect: bool) -> tuple[Health, str]:
    """All sockets are open: what comes through them."""
    bad = [one for one in streams if one.health in (Health.MUTE, Health.STALE)]
    waiting = sum(one.health is Health.CONNECTING for one in streams)
    if bad and 2 * len(bad) >= len(streams):
        return bad[0].health, f"{len(bad)} of {len(streams)} streams give no data"
    if suspect:
        return Health.SUSPECT, "no liquidations while other exchanges tell of many"
    if streams and waiting == len(streams):
        return Health.CONNECTING, "subscribed, waiting for the first data"
    if bad:
        return Health.LIVE, f"{len(bad)} of {len(streams)} streams silent, the first is {bad[0].topic}"
    return Health.LIVE, ""
