"""How feeds are told: one short word, an age, a share; what a trader glances at and what the tooltip explains."""

from __future__ import annotations

import math
from typing import Final

from heatdesk.gui import numbers
from heatdesk.live import ExchangeState, Health, Live

STALE_MS: Final = 30_000  # what is shown must never be older without saying so
_GOOD: Final = frozenset({Health.LIVE, Health.QUIET})
_WAITING: Final = frozenset({Health.CONNECTING, Health.SUSPECT, Health.MUTE, Health.STALE})
# Shapes differ as well as colours: not everybody sees the colours apart.
MARKS: Final = {"good": "●", "warn": "▲", "bad": "✕"}


def grade(state: ExchangeState) -> str:
    """``good``, ``warn`` or ``bad``: the token of its colour."""
    if state.health in _GOOD:
        return "good" if 0 <= state.age_ms <= STALE_MS else "warn"
    return "warn" if state.health in _WAITING else "bad"


def mark(state: ExchangeState) -> str:
    """The shape that stands for how an exchange is."""
    return MARKS[grade(state)]


def age(ms: float) -> str:
    """``0.4 s``, ``12 s``, ``4 m 10 s``; a dash for never."""
    if ms < 0:
        return numbers.UNKNOWN
    return f"{ms / 1000:.1f}{numbers.THIN}s" if ms < 9_950 else numbers.duration(ms)


def milliseconds(ms: float) -> str:
    """``38 ms``; a dash where it is not known."""
    return f"{numbers.fixed(ms, 0)}{numbers.THIN}ms" if math.isfinite(ms) else numbers.UNKNOWN


def share(fraction: float) -> str:
    """``98 %``; only what is whole is 100 %."""
    if not math.isfinite(fraction):
        return numbers.UNKNOWN
    floored = math.floor(min(max(fraction, 0.0), 1.0) * 100 + 1e-9)
    return f"{floored}{numbers.THIN}%"


def glance(state: ExchangeState) -> str:
    """``Binance 0.4 s 100 %``: what fits the status bar; why, where it is not well."""
    if state.health is Health.BANNED:
        return f"{state.title} paused"
    if grade(state) == "bad":
        return f"{state.title} {state.health.value}"
    if state.progress < 1.0:
        return f"{state.title} {age(state.age_ms)} history {share(state.progress)}"
    return f"{state.title} {age(state.age_ms)} {share(state.coverage)}"


def short_glance(state: ExchangeState) -> str:
    """The same in fewer words: ``Binance 0.4 s``."""
    well = grade(state) == "good" and state.progress >= 1.0
    return f"{state.title} {age(state.age_ms)}" if well else glance(state)


def explained(state: ExchangeState, made_ms: int) -> str:
    """All there is to say about an exchange, a line each."""
    lines = [f"{state.title}: {state.health.value}"]
    if state.reason:
        lines.append(state.reason)
    if state.until_ms > made_ms:
        lines.append(f"asked again in {numbers.duration(state.until_ms - made_ms)}")
    lines += [
        f"last data {age(state.age_ms)} ago, {share(state.coverage)} of the last 24 h heard",
        f"exchange to here {milliseconds(state.latency_ms)}, its clock {skew(state.skew_ms)}",
        f"gaps open {state.gaps_open}, reconnects {state.reconnects}, rejected messages {state.rejected}",
    ]
    if state.liquidations:
        lines.append(f"liquidation feed: {state.liquidations}")
    if state.progress < 1.0:
        lines.append(f"history: {share(state.progress)} of what was asked for is there")
    if state.refused:
        lines.append(refusal(state, made_ms))
    return "\n".join(lines)


def refusal(state: ExchangeState, made_ms: int) -> str:
    """Which history an exchange does not give, and when it is asked for it again; empty where it gives all."""
    if not state.refused:
        return ""
    stretches = "1 stretch" if state.refused == 1 else f"{state.refused} stretches"
    again = numbers.duration(max(0, state.refused_until_ms - made_ms))
    why = state.refused_why.rstrip(".")
    return f"{state.title} refuses {stretches} of history: {why}. Asked again in {again}."


def skew(ms: float) -> str:
    """``12 ms ahead``, ``1,204 ms behind``, ``not known``."""
    if not math.isfinite(ms):
        return "not known"
    return f"{milliseconds(abs(ms))} {'ahead' if ms >= 0 else 'behind'}"


def headline(live: Live) -> str:
    """``5 of 5 exchanges live, 0 gaps open``."""
    well = sum(grade(state) == "good" for state in live.exchanges)
    gaps = sum(state.gaps_open for state in live.exchanges)
    whose = ", recorded by another heatdesk" if live.attached else ""
    return (
        f"{well} of {len(live.exchanges)} exchanges live, {gaps} {'gap' if gaps == 1 else 'gaps'} open{whose}"
    )
