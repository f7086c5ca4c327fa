"""What stands on the axes beside the ticks: the frame, the last price and when its candle closes, the crosshair."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers, theme
from heatdesk.gui.axis import Tag
from heatdesk.gui.hover import Hover
from heatdesk.gui.layers.base import Look
from heatdesk.gui.layers.frame_zones import framing
from heatdesk.gui.layers.last_price import last_line
from heatdesk.gui.live_bar import LiveBar
from heatdesk.gui.price_axis import PriceAxis

_GLYPHS: Final = {"long": "▼", "short": "▲"}


def price_tags(
    axis: PriceAxis,
    snapshot: Snapshot | None,
    look: Look,
    bar: LiveBar | None,
    closes_in: str,
) -> list[Tag]:
    """Labels for the price axis, the last on top; `closes_in` stands under the price of a forming candle."""
    tokens, tags = look.tokens, []
    for cluster in framing(snapshot, look):
        tag = axis.tag(cluster.peak, tokens.hairline, tokens.text)
        tags.append(replace(tag, text=f"{_GLYPHS[cluster.side]}{numbers.THIN}{tag.text}"))
    line = last_line(snapshot, bar)
    if line is not None:
        price, rising = line
        fill = look.move_colour(rising)
        tag = axis.tag(price, fill, theme.ink_on(fill))
        tags.append(replace(tag, below="" if bar is None else closes_in))
    return tags


def price_pointed_at(axis: PriceAxis, look: Look, hover: Hover | None) -> Tag | None:
    """The label of the price under the cursor."""
    return None if hover is None else axis.tag(hover.price, look.tokens.text, look.tokens.background)


def moment_pointed_at(look: Look, moment_ms: float | None) -> Tag | None:
    """The label of the moment pointed at."""
    if moment_ms is None:
        return None
    return Tag(moment_ms, look.wording.moment(moment_ms), look.tokens.text, look.tokens.background)
