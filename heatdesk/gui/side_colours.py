"""The colour of a price move, and of the side it liquidates; in some countries what rises is red."""

from __future__ import annotations

from PySide6.QtGui import QColor

from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View


def move_colour(view: View, rising: bool) -> str:
    """The colour of a price that went up, or down, where the user lives."""
    theme = tokens(view.theme)
    return theme.good if rising != view.up_is_red else theme.bad


def side_colour(view: View, side: str) -> str:
    """The colour of longs or shorts: of the move that liquidates them."""
    return move_colour(view, side == "short")


def side_colours(view: View) -> dict[str, QColor]:
    """The colours of both sides."""
    return {side: QColor(side_colour(view, side)) for side in ("long", "short")}


def shows(view: View, side: str) -> bool:
    """Whether longs, or shorts, are looked at: net looks at both."""
    return view.side not in ("long", "short") or view.side == side
