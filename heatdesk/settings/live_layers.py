"""What of a live market is drawn over the map and under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from heatdesk.declared import check, declared

HIDDEN, SHOWN, FOLDED = PANE_STATES = ("hidden", "shown", "folded")
PANES: Final = ("volume", "open_interest", "funding", "delta", "long_short")  # top to bottom


@dataclass(frozen=True, slots=True)
class LiveLayers:
    """Layers over the map. Raises BadInputError for a value that its declaration does not allow."""

    bubbles: bool = declared(
        True, "Real liquidations", help="as circles where they were printed, their area is their size"
    )
    smallest_bubble: float = declared(
        0.0,
        "Smallest liquidation",
        "USD",
        0.0,
        1e12,
        help="smaller ones are not drawn; near ones are one circle",
    )
    book: bool = declared(
        False, "Order book", help="what rests at each price now, at the right edge of the map"
    )
    wall: float = declared(
        5.0, "Wall", "× the median", 1.5, 1000.0, help="resting orders so many times the usual are marked"
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class Panes:
    """What stands under the map. Raises BadInputError for a value that its declaration does not allow."""

    volume: str = declared(HIDDEN, "Volume", choices=PANE_STATES, help="traded in each column, base units")
    open_interest: str = declared(
        HIDDEN, "Open interest", choices=PANE_STATES, help="one-sided, of all chosen exchanges"
    )
    funding: str = declared(HIDDEN, "Funding", choices=PANE_STATES, help="for eight hours, in percent")
    delta: str = declared(
        HIDDEN, "Volume delta", choices=PANE_STATES, help="bought less sold by takers, cumulative"
    )
    long_short: str = declared(
        HIDDEN, "Long/short", choices=PANE_STATES, help="accounts that are long ÷ accounts that are short"
    )
    per_exchange: bool = declared(
        False, "A line per exchange", help="beside the sum or the mean of all of them"
    )

    def __post_init__(self) -> None:
        check(self)
