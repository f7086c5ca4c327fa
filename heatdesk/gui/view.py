"""How a snapshot is looked at. A view change recomputes nothing and never leaves the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """The looking side of a chart.

    `side`: both, long or short. `low`/`high`: contrast limits in USD per 0.1 % of price, None = automatic from the
    map. `price_scale`: linear, log or percent. `theme`: dark or light.
    """

    side: str = "both"
    palette: str = "blue-yellow"
    low: float | None = None
    high: float | None = None
    gamma: float = 1.0
    price_scale: str = "linear"
    theme: str = "dark"
