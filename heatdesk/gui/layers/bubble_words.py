"""What a circle says: who was liquidated where, what was reported, and what was held back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.events import Market
from heatdesk.gui import numbers
from heatdesk.gui.layers.bubble_shapes import span_ms
from heatdesk.gui.liquidation_log import LiquidationLog
from heatdesk.gui.wording import Wording
from heatdesk.history.printed import Prints

_WORDS: Final = {1: ("▼", "long", "longs"), -1: ("▲", "short", "shorts")}
_MOST_NAMED: Final = 4
_LONGEST_NAME: Final = 24
_HELD_BACK: Final = 1.05  # times; below that nothing worth telling is held back


def told(log: LiquidationLog, chosen: NDArray[np.bool_], wording: Wording) -> list[str]:
    """The lines of one circle: the prints of `log` that are in it."""
    prints = log.prints.rows(chosen)
    if not len(prints):
        return []
    return _one(log, prints, wording) if len(prints) == 1 else _many(log, prints, wording)


def _one(log: LiquidationLog, prints: Prints, wording: Wording) -> list[str]:
    market, side = prints.markets[int(prints.market_of[0])], int(prints.side[0])
    mark, name, _ = _WORDS[side]
    state = log.exchanges.get(market.exchange)
    kind = state.liquidation_price if state is not None else ""
    price = numbers.price(float(prints.price[0]))
    return [
        f"{mark} {name} liquidated on {_title(log, market)}",
        f"{_clock(wording, int(prints.time_ms[0]))}   at {price}" + (f", {kind} price" if kind else ""),
        *_sizes(log, prints, wording.amount_exact, wording),
    ]


def _many(log: LiquidationLog, prints: Prints, wording: Wording) -> list[str]:
    mark, _, names = _WORDS[int(prints.side[0])]
    first, last = span_ms(prints, np.ones(len(prints), bool))
    low, high = float(prints.price.min()), float(prints.price.max())
    counts = np.bincount(prints.market_of, minlength=len(prints.markets))
    by_count = np.argsort(-counts, kind="stable")[:_MOST_NAMED]
    who = ", ".join(f"{_title(log, prints.markets[i])} {counts[i]}" for i in by_count if counts[i])
    largest = wording.amount(float(prints.usd.max()))
    return [
        f"{mark} {len(prints)} {names} liquidated: {who}",
        f"{_clock(wording, first)} – {_clock(wording, last)[-8:]}   at {numbers.zone(low, high)}",
        *_sizes(log, prints, wording.amount, wording),
        f"the largest {largest}",
    ]


def _sizes(log: LiquidationLog, prints: Prints, say: Callable[[float], str], wording: Wording) -> list[str]:
    reported = float(prints.usd.sum())
    known = bool(np.isfinite(prints.corrected_usd).all())
    if not known:
        return [f"{say(reported)} reported, truly that or more", *_held_back(log, prints)]
    corrected = float(prints.corrected_usd.sum())
    if corrected < reported * _HELD_BACK:
        return [f"{say(reported)} reported, nothing held back"]
    return [f"{say(reported)} reported, ~{wording.amount(corrected)} corrected", *_held_back(log, prints)]


def _held_back(log: LiquidationLog, prints: Prints) -> list[str]:
    """Who holds liquidations back, and how many times as much they truly are; one line or none."""
    who = []
    for index in np.unique(prints.market_of):
        own = prints.market_of == index
        times = float(prints.corrected_usd[own].sum() / max(float(prints.usd[own].sum()), 1e-9))
        market = prints.markets[int(index)]
        state = log.exchanges.get(market.exchange)
        throttled = state is not None and state.liquidations == "throttled"
        if math.isfinite(times) and times >= _HELD_BACK:
            who.append(f"{_title(log, market)} ~{times:.1f}×")
        elif throttled and not math.isfinite(times):
            who.append(_title(log, market))
    return [f"reports at most one a second: {', '.join(who[:_MOST_NAMED])}"] if who else []


def _title(log: LiquidationLog, market: Market) -> str:
    state = log.exchanges.get(market.exchange)
    return (state.title if state is not None else market.exchange)[:_LONGEST_NAME]


def _clock(wording: Wording, time_ms: int) -> str:
    return f"{wording.moment(time_ms)}:{time_ms // 1000 % 60:02d}"
