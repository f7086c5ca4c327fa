"""How a recording goes, in one line."""

from __future__ import annotations

from heatdesk.live import ExchangeState, Health, Live
from heatdesk.moments import utc_text

_FINE = (Health.LIVE, Health.QUIET)


def status_line(live: Live) -> str:
    """When, how every exchange is, how many messages came a second, what was written, which holes are open."""
    open_holes = sum(state.gaps_open for state in live.exchanges)
    per_second = sum(state.per_second for state in live.exchanges)
    words = [_exchange(state) for state in live.exchanges] or ["no exchange yet"]
    return (
        f"{utc_text(live.made_ms)}  {', '.join(words)}; {per_second:,.0f} messages/s, "
        f"{live.stored:,} writes, {open_holes} open holes"
    )


def _exchange(state: ExchangeState) -> str:
    if state.health in _FINE:
        return state.title if state.progress >= 1.0 else f"{state.title} (history {state.progress:.0%})"
    return f"{state.title} {state.reason or state.health.value}"
