"""The cells of a map, packed by the model worker while the window still shows the old picture.

A mailbox between one worker and one chart, for one map: the worker puts the newest map's cells in, the painter takes
them out, or packs them itself. What is looked at goes in before the map is shown, its other sides when the worker has
nothing else to do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from heatdesk.gui.along_price import closed, smoothed
from heatdesk.gui.contrast import automatic_limits
from heatdesk.gui.heat_cells import Filter, HeatCells, unchanged
from heatdesk.gui.legend_scale import measured
from heatdesk.gui.sides import ages_shown, standing
from heatdesk.gui.strongest import peak, strongest
from heatdesk.gui.view import SIDES
from heatdesk.model.heatmap import Heatmap, Notional
from heatdesk.replay.doubting import StoppedError

# What each of ``view.RENDERINGS`` does to a map before it is drawn.
_ALONG_PRICE: Final[dict[str, Filter]] = {"raw": unchanged, "smoothed": smoothed, "bands": closed}
_MOST_CHANGED: Final = 64  # columns; more are packed anew with all others
# Of the sides that nobody looks at yet; three of 30 days of 5m take 48 MiB.
_MOST_BYTES: Final = 64 << 20


class _Box(NamedTuple):
    """What was packed of the newest map, by side and rendering."""

    heatmap: Heatmap
    cells: dict[tuple[str, str], HeatCells]


def pack(
    heatmap: Heatmap, side: str, rendering: str, stopped: Callable[[], bool] = lambda: False
) -> HeatCells:
    """The cells of one of ``view.SIDES`` in one of ``view.RENDERINGS``; a map by age is drawn raw, with its ages.

    Raises StoppedError soon after `stopped` says so.
    """

    def read(columns: slice) -> Notional:
        if stopped():
            raise StoppedError
        return standing(heatmap, side, columns)

    largest, ages = strongest(heatmap, side), ages_shown(heatmap, side)
    if ages is not None:
        return HeatCells(heatmap.shape, read, largest, marks=lambda columns: ages.densest[:, columns])
    return HeatCells(heatmap.shape, read, largest, _ALONG_PRICE[rendering])


def renew(cells: HeatCells, heatmap: Heatmap, side: str, count: int) -> bool:
    """Make so many of the newest columns those of this map; False where one is too bright for the cells' scale."""
    if count > 0:
        new = standing(heatmap, side, slice(-count, None))
        if not cells.holds(peak(new)):
            return False
        cells.set_last_columns(new)
    return True


def brought_up_to(cells: HeatCells, heatmap: Heatmap, before: Heatmap, side: str) -> bool:
    """Whether the cells of an earlier map, or of this one, are now those of this one."""
    if heatmap is before:
        return True
    count = changed_columns(heatmap, before)
    return count >= 0 and renew(cells, heatmap, side, count)


def changed_columns(heatmap: Heatmap, before: Heatmap) -> int:
    """How many of the newest columns a map has changed since an earlier one; −1 where most may have."""
    same = heatmap.same_columns(before) if heatmap.shape == before.shape else 0
    if not same or heatmap.ages is not None or not np.array_equal(heatmap.prices, before.prices):
        return -1
    count = heatmap.shape[1] - same
    return count if count <= _MOST_CHANGED else -1


class CellsAhead:
    """All methods may be called from any thread; nobody waits for a packing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._box: _Box | None = None
        self._wanted = "both", "raw"

    def want(self, side: str, rendering: str) -> None:
        """Say what is being looked at."""
        self._wanted = side, rendering

    def put(self, heatmap: Heatmap) -> None:
        """Pack and measure what is being looked at of a map that is about to be shown.

        Of a map that goes on from the one before nothing is packed or measured: the painter has its cells, and the
        legend goes by the one before.
        """
        packed = {}
        if 0 not in heatmap.shape:
            side, rendering = self._wanted
            box = self._box
            if box is not None and changed_columns(heatmap, box.heatmap) >= 0:
                return
            _measure(heatmap, side)
            packed[side, rendering] = pack(heatmap, side, rendering)
        with self._lock:
            self._box = _Box(heatmap, packed) if packed else None

    def put_other_sides(self, heatmap: Heatmap, stopped: Callable[[], bool]) -> None:
        """Measure what may be looked at next of a map that is shown, and pack it as far as memory allows.

        Raises StoppedError soon after `stopped` says so.
        """
        box = self._box
        if box is None or box.heatmap is not heatmap:
            return
        looked_at, rendering = self._wanted
        others = [side for side in SIDES if side != looked_at]
        for side in others:
            if stopped():
                raise StoppedError
            _measure(heatmap, side)
        room = _MOST_BYTES // max(1, 2 * heatmap.shape[0] * heatmap.shape[1])
        for side in others[:room]:
            cells = pack(heatmap, side, rendering, stopped)
            with self._lock:
                if self._box is None or self._box.heatmap is not heatmap:
                    return
                self._box.cells[side, rendering] = cells

    def take(self, heatmap: Heatmap, side: str, rendering: str) -> HeatCells | None:
        """These cells, from now on the taker's alone; None where they are not in the box."""
        with self._lock:
            box = self._box
            goes_on = box is not None and (
                box.heatmap is heatmap or changed_columns(heatmap, box.heatmap) >= 0
            )
            packed = box.cells.pop((side, rendering), None) if box is not None and goes_on else None
        if packed is None or box is None or not brought_up_to(packed, heatmap, box.heatmap, side):
            return None
        return packed


def _measure(heatmap: Heatmap, side: str) -> None:
    automatic_limits(heatmap, side)
    measured(heatmap, side)
