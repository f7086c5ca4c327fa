"""What can be switched on over the map and under it: one row for each, for menus, keys and the strip of panes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from heatdesk.gui.view import View


class Toggle(NamedTuple):
    """`text` says what it is, `short` where room is scarce; `name` is a field of `View`, or a pane."""

    name: str
    text: str
    short: str
    key: str
    is_pane: bool = False

    def is_on(self, view: View) -> bool:
        """Whether it is drawn."""
        return self.name in view.panes if self.is_pane else bool(getattr(view, self.name))

    def turned(self, view: View) -> View:
        """The view with it where it was without, and the other way round."""
        on = self.is_on(view)
        return view.with_pane(self.name, not on) if self.is_pane else _with_switch(view, self.name, not on)


def _with_switch(view: View, name: str, on: bool) -> View:
    changed: dict[str, bool] = {name: on}
    return replace(view, **changed)  # type: ignore[arg-type]


_pane: Final = partial(Toggle, is_pane=True)
OVER_MAP: Final = (
    Toggle("bubbles", "Real liquidations as circles", "Liquidations", "Alt+C"),
    Toggle("book", "Order book at the right edge", "Book", "Alt+W"),
)
UNDER_MAP: Final = (
    _pane("volume", "Volume", "Volume", "Alt+V"),
    _pane("open_interest", "Open interest", "Open interest", "Alt+I"),
    _pane("funding", "Funding", "Funding", "Alt+U"),
    _pane("delta", "Cumulative volume delta", "CVD", "Alt+D"),
    _pane("long_short", "Long/short ratio of accounts", "Long/short", "Alt+Y"),
)
PER_EXCHANGE: Final = Toggle("per_exchange", "A line per exchange", "Per exchange", "Alt+E")
TOGGLES: Final = (*OVER_MAP, *UNDER_MAP, PER_EXCHANGE)


def without_panes(view: View) -> View:
    """The map alone."""
    return replace(view, panes=())
