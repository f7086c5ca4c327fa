"""Which of a map's two sides is looked at, as one array of cells."""

from __future__ import annotations

from typing import Final

from heatdesk.model.heatmap import Ages, Heatmap, Notional

_ALL: Final = slice(None)


def standing(heatmap: Heatmap, side: str, columns: slice = _ALL) -> Notional:
    """Cells of some columns as one of ``view.SIDES``, float32 (n_prices, n) in USD per bin, kept time-major.

    ``net`` is short minus long: above zero more shorts stand there, below zero more longs.
    """
    long, short = heatmap.notional_long.T[columns], heatmap.notional_short.T[columns]
    if side == "long":
        return long.T
    if side == "short":
        return short.T
    return (short - long).T if side == "net" else (long + short).T


def ages_shown(heatmap: Heatmap | None, side: str) -> Ages | None:
    """The ages by which one of ``view.SIDES`` is coloured; a net map has two signs and no colour left for them."""
    return None if heatmap is None or side == "net" else heatmap.ages
