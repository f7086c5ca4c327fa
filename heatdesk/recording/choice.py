"""What is recorded: the settings, and what a command line sets above them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from heatdesk.errors import BadInputError
from heatdesk.feed.plan import FeedPlan
from heatdesk.settings import Settings

OFFLINE: Final = "HEATDESK_OFFLINE"


def why_offline(settings: Settings) -> str:
    """Why no exchange may be dialled, in words that say how that ends; empty where they may be."""
    if os.environ.get(OFFLINE, "") not in ("", "0"):
        return f"{OFFLINE} is set; unset it to hear exchanges."
    if not settings.feeds.connect:
        return "The settings keep heatdesk off the network; turn on Connect under Exchanges."
    return ""


def plan_of(settings: Settings, exchanges: Sequence[str] = (), symbols: Sequence[str] = ()) -> FeedPlan:
    """The plan of the settings, with exchanges and symbols set above them.

    Raises BadInputError for an exchange that is not known, and for what is no perpetual's name.
    """
    from heatdesk.feed.exchanges import EXCHANGES

    chosen = settings.feeds
    names = tuple(dict.fromkeys(exchanges or chosen.exchanges)) or usual_exchanges()
    wanted = tuple(dict.fromkeys(symbols or chosen.symbols))
    if unknown := [name for name in names if name not in EXCHANGES]:
        raise BadInputError(f"Exchange {unknown[0][:32]!a} is unknown; use some of {', '.join(EXCHANGES)}.")
    for symbol in wanted:
        if not _is_perpetual(symbol):
            raise BadInputError(f"Symbol {symbol[:64]!a} is no perpetual; write it as BTC/USDT:USDT.")
    return FeedPlan(names, wanted, history_days=chosen.history_days)


def plan_for_window(settings: Settings, asked: Sequence[str] = ()) -> FeedPlan:
    """The plan of the settings, and those of the exchanges asked for that can be dialled; raises as `plan_of` does."""
    from heatdesk.feed.exchanges import EXCHANGES

    chosen = settings.feeds.exchanges or usual_exchanges()
    return plan_of(settings, (*chosen, *(name for name in asked if name in EXCHANGES)))


def usual_exchanges() -> tuple[str, ...]:
    """The exchanges that are on from the first start."""
    from heatdesk.feed.exchanges import EXCHANGES

    return tuple(name for name, exchange in EXCHANGES.items() if exchange.row.default)


def _is_perpetual(symbol: str) -> bool:
    pair, colon, settled = symbol.partition(":")
    base, slash, quote = pair.partition("/")
    return bool(colon and slash) and all(part.isascii() and part.isalnum() for part in (base, quote, settled))
