"""How a snapshot is looked at. A view change recomputes nothing and never leaves the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from heatdesk.settings.live_layers import PANES

SIDES: Final = ("both", "long", "short", "net")
RENDERINGS: Final = ("raw", "smoothed", "bands")


@dataclass(frozen=True, slots=True)
class Currency:
    """What amounts are told in: `rate` units of `code` for one USD, as the user typed it on `dated`.

    `dated` is an ISO date (``2026-11-12``), empty for USD itself. Prices stay in the instrument's quote currency.
    """

    code: str = "USD"
    rate: float = 1.0
    dated: str = ""


USD: Final = Currency()


@dataclass(frozen=True, slots=True)
class View:
    """The looking side of a chart.

    `side`: one of `SIDES`; ``net`` is short minus long. `palette`: one of ``theme.palette_names()``; net always uses
    the diverging one. `low`/`high`: contrast limits in USD per 0.1 % of price, None = automatic from the map; for net
    they hold for both signs. `locked`: the limits stay for another symbol too. `minimum_usd`: cells below, in USD per
    0.1 %, are background. `rendering`: one of `RENDERINGS`. `price_scale`: linear, log or percent. `theme`: dark or
    light. `time_zone`: an IANA name. `up_is_red`: rising candles are red, falling ones green.
    `reach`: contours of how far price may get are drawn. `agreement`: what few models of the ensemble see is faded.
    `positions`: real liquidation prices are drawn. `bubbles`: real liquidations from `smallest_bubble` USD on.
    `book`: what rests in the order book is drawn, `wall` times the median and more of it marked. `panes`: what stands
    under the map, names of ``live_layers.PANES``; of those in `folded` only the values; `per_exchange`: with a line for
    each exchange.
    """

    side: str = "both"
    palette: str = "blue-yellow"
    low: float | None = None
    high: float | None = None
    gamma: float = 1.0
    price_scale: str = "linear"
    theme: str = "dark"
    rendering: str = "raw"
    minimum_usd: float = 0.0
    locked: bool = False
    time_zone: str = "UTC"
    currency: Currency = USD
    up_is_red: bool = False
    reach: bool = False
    positions: bool = False
    agreement: bool = False
    bubbles: bool = True
    smallest_bubble: float = 0.0
    book: bool = False
    wall: float = 5.0
    panes: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    per_exchange: bool = False

    def with_lock(self, limits: tuple[float, float]) -> View:
        """Keep these contrast limits, USD per 0.1 %, across symbols."""
        return replace(self, low=limits[0], high=limits[1], locked=True)

    def without_lock(self) -> View:
        """Back to automatic limits."""
        return replace(self, low=None, high=None, locked=False)

    def with_pane(self, name: str, shown: bool) -> View:
        """With or without one pane; panes stay in their order."""
        chosen = {*self.panes, name} if shown else {*self.panes} - {name}
        return replace(self, panes=tuple(pane for pane in PANES if pane in chosen))

    def with_fold(self, name: str, folded: bool) -> View:
        """With one pane folded to its values, or open."""
        chosen = {*self.folded, name} if folded else {*self.folded} - {name}
        return replace(self, folded=tuple(pane for pane in PANES if pane in chosen))

    def for_other_symbol(self) -> View:
        """The same look at another instrument: its limits are automatic again unless they are locked."""
        return self if self.locked else replace(self, low=None, high=None)


def wants_more(before: View, now: View) -> bool:
    """Whether a view draws what the answer to a question may lack because the one before it did not."""
    return (now.bubbles and not before.bubbles) or (bool(now.panes) and not before.panes)
