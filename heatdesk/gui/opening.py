"""The first launch: nothing is stored yet. Exchanges tell something within seconds, or a market is simulated."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Final

from heatdesk.gui.bridge import Bridge
from heatdesk.gui.window import Window
from heatdesk.live import Health, Live, LiveFeed
from heatdesk.markets import Markets

_LOOK_S: Final = 0.05
_WRITTEN_S: Final = 0.25
_PATIENCE_S: Final = 6.0  # with exchanges that neither answer nor refuse
_LOST: Final = (Health.UNREACHABLE, Health.REFUSED)
CONNECTING: Final = "Connecting to the exchanges"
_UNREACHED: Final = "No exchange can be reached, so this market is simulated: {reason}"
_SILENT: Final = "No exchange has told anything yet, so this market is simulated meanwhile: {reason}"
_REACHED: Final = (
    "Exchanges can be reached now: press History (Alt+H) beside the simulated market to go live."
)


class Outlook(Enum):
    """What can be opened."""

    WAIT = auto()
    CHART = auto()
    NOTHING = auto()


def outlook(live: Live, waited_s: float) -> Outlook:
    """A chart once something of some market is stored; nothing once every exchange has failed, or none has answered."""
    if any(state.history_from_ms for state in live.markets.values()):
        return Outlook.CHART
    if live.exchanges and all(state.health in _LOST for state in live.exchanges):
        return Outlook.NOTHING
    heard = any(state.health is not Health.CONNECTING for state in live.exchanges)
    return Outlook.NOTHING if waited_s > _PATIENCE_S and not heard else Outlook.WAIT


async def open_first(
    feed: LiveFeed,
    markets: Markets,
    bridge: Bridge,
    window: Window,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Wait for the first candles and ask for their map, or open the simulated market and say when it can be left."""
    began = time.monotonic()
    while (seen := outlook(feed.live(), time.monotonic() - began)) is Outlook.WAIT:
        window.page.show_waiting(waiting_words(feed.live()))
        await sleep(_LOOK_S)
    if seen is Outlook.CHART:
        while window.question is None:  # what the feed has told may not be written yet
            bridge.read_again(None)
            await sleep(_WRITTEN_S)
        return
    markets.give_up_on_exchanges()
    window.notices.warn(why_simulated(feed.live()))
    bridge.read_again(None)
    while outlook(feed.live(), 0.0) is not Outlook.CHART:
        await sleep(1.0)
    markets.anything_stored = True
    window.side.simulated.offer_history(True)
    window.notices.warn(_REACHED)


def waiting_words(live: Live) -> str:
    """What is being waited for, exchange by exchange."""
    there = [state.title for state in live.exchanges if state.health not in (*_LOST, Health.CONNECTING)]
    if there:
        return f"Fetching the first candles from {', '.join(there)}"
    return CONNECTING


def why_simulated(live: Live) -> str:
    """Why there is no real market, with what one of the exchanges says about it; those that failed speak first."""
    lost = [state for state in live.exchanges if state.health in _LOST]
    said = next((state for state in (*lost, *live.exchanges) if state.reason), None)
    others = live.notices[0] if live.notices else "none has answered."
    words = _UNREACHED if len(lost) == len(live.exchanges) else _SILENT
    return words.format(reason=others if said is None else f"{said.title}: {said.reason}")
