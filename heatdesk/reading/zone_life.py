"""What a zone went through in the columns shown: how long it has stood, and what became of it lately."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from heatdesk.market import HOUR_MS, Records
from heatdesk.model.heatmap import Heatmap, Notional

HELD: Final = 0.5  # a zone has stood since its rows last held less than this share of what they hold now
DRAINED: Final = 0.5  # of the most it held recently
GREW: Final = 1.25  # times what it held when recently began
RECENT_MS: Final = 4 * HOUR_MS
LEAST_COLUMNS: Final = 12  # that recently spans

STATES: Final = {
    "drained": "holds at most half of the most it held in the last 4 h (or 12 candles)",
    "touched": "price has been inside it in that time, and it stands",
    "fresh": "has stood for less than that time",
    "growing": "holds at least a quarter more than at its start",
    "standing": "none of these",
}


class Age(NamedTuple):
    """How long, in ms, a zone held at least half of what it holds now. `at_least`: it began before the map."""

    ms: int
    at_least: bool


UNKNOWN_AGE: Final = Age(0, at_least=True)


class Life(NamedTuple):
    """A zone's age and one of `STATES`."""

    age: Age
    state: str


def zone_life(heatmap: Heatmap, side: str, rows: slice, candles: Records | None = None) -> Life:
    """The life of some rows of one side; without `candles` of the map's timeframe no zone counts as touched."""
    columns, n_times = heatmap.notional(side).T[:, rows], heatmap.shape[1]
    recent = max(-(-RECENT_MS // heatmap.step_ms), LEAST_COLUMNS)
    held = _sums(columns[-recent:])
    born = _born(columns, HELD * held[-1], recent)
    age = Age((n_times - born) * heatmap.step_ms, at_least=not born)
    touched = candles is not None and _touched(heatmap, rows, candles, max(born + 1, n_times - recent))
    return Life(age, _state(held, touched, n_times - born < recent and not age.at_least))


def _born(columns: Notional, least: np.floating, first_look: int) -> int:
    """The column after the last that holds less than `least`, 0 where none does.

    Looked for from the newest on, in stretches that double: most zones are far younger than the map.
    """
    end, length = len(columns), first_look
    while end > 0:
        start = max(0, end - length)
        lacking = np.flatnonzero(_sums(columns[start:end]) < least)
        if len(lacking):
            return start + int(lacking[-1]) + 1
        end, length = start, 2 * length
    return 0


def _sums(columns: Notional) -> Notional:
    """What each of some columns holds; alike for a column whichever others are asked for with it."""
    sums: Notional = np.einsum("tr->t", columns)
    return sums


def _state(recent: Notional, touched: bool, fresh: bool) -> str:
    """The first of `STATES` that fits what a zone held recently, oldest first."""
    if recent[-1] <= DRAINED * recent.max():
        return "drained"
    if touched:
        return "touched"
    if fresh:
        return "fresh"
    return "growing" if recent[-1] >= GREW * recent[0] else "standing"


def _touched(heatmap: Heatmap, rows: slice, candles: Records, since: int) -> bool:
    """Whether a candle from column `since` on reached into the rows: earlier ones passed before the zone stood."""
    if since >= heatmap.shape[1]:
        return False
    later = slice(int(np.searchsorted(candles.time_ms, heatmap.times_ms[since])), None)
    low, high = heatmap.prices[rows.start], heatmap.prices[rows.stop]
    return bool(np.any((candles["low"][later] < high) & (candles["high"][later] > low)))
