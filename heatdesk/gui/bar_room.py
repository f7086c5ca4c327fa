"""How much the top bar shows: the most that fits. What has no room goes into menus; its keys go on working."""

from __future__ import annotations

from typing import Final, NamedTuple

from heatdesk.market import LOOKBACKS

_USUAL: Final = ("24h", "48h", "7d", "30d", "90d", "1y")
_FEW: Final = ("24h", "7d", "30d")


class Room(NamedTuple):
    """`lookbacks` that are buttons, whether bins and tiers say all, sides are words, and what else is there."""

    lookbacks: tuple[str, ...]
    says_all: bool
    side_words: bool
    price_scale: bool
    map_types: bool = True


# The most first; the last must fit the smallest window.
ROOMS: Final = (
    Room(tuple(LOOKBACKS), says_all=True, side_words=True, price_scale=True),
    Room(_USUAL, says_all=True, side_words=True, price_scale=True),
    Room(_USUAL, says_all=False, side_words=True, price_scale=True),
    Room(_USUAL, says_all=False, side_words=True, price_scale=False),
    Room(_USUAL, says_all=False, side_words=False, price_scale=False),
    Room(_FEW, says_all=False, side_words=False, price_scale=False),
    Room((), says_all=False, side_words=True, price_scale=False),
    Room((), says_all=False, side_words=False, price_scale=False),
    Room((), says_all=False, side_words=False, price_scale=False, map_types=False),
)
