"""A map's two sides on the card, uploaded once and shared by all windows that show it."""

from __future__ import annotations

from collections import deque
from typing import Final
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from heatdesk.gui.gl.cells import GlCells
from heatdesk.gui.gl.context import GlContext
from heatdesk.gui.gl.detail import Detail
from heatdesk.gui.gl.textures import AGES, AMOUNTS, Texture
from heatdesk.model.heatmap import Heatmap

_CHUNK: Final = 512  # columns sent together
_MOST_CHANGES: Final = 32
_ALL: Final = -1  # columns have changed, or stand elsewhere


class MapSides:
    """USD per bin of longs and shorts, and of a map by age the windows, time-major as the map itself keeps them.

    Columns stand in slots that are a ring: the column c is in slot ``(first_slot + c) % n_columns``. `version` counts
    the maps that these were.
    """

    def __init__(self, context: GlContext, heatmap: Heatmap) -> None:
        self.heatmap = heatmap
        self.detail = Detail.within(*heatmap.shape, context.largest_texture)
        self.n_rows, self.n_columns = self.detail.kept(*heatmap.shape)
        self.amounts = Texture(context, AMOUNTS, self.n_rows, self.n_columns, layers=2)
        has_ages = heatmap.ages is not None
        self.ages = Texture(context, AGES, self.n_rows, self.n_columns) if has_ages else None
        self.first_slot, self.version = 0, 0
        self._changes: deque[int] = deque(maxlen=_MOST_CHANGES)
        self._cells: WeakValueDictionary[tuple[str, str], GlCells] = WeakValueDictionary()
        self._upload(context, heatmap.shape[1])

    @staticmethod
    def of(context: GlContext, heatmap: Heatmap) -> MapSides:
        """The sides of a map, of one that it goes on from, or new ones."""
        key = _key(heatmap)
        sides: MapSides | None = context.group.shared.get(key)
        if sides is None or not sides.follow(context, heatmap):
            sides = context.group.shared[key] = MapSides(context, heatmap)
        return sides

    def follow(self, context: GlContext, heatmap: Heatmap) -> bool:
        """Become a map that goes on from this one, by its newest columns alone; False where it does not."""
        if heatmap is self.heatmap:
            return True
        moved, same = self._carried_over(heatmap)
        if not same:
            return False
        self.heatmap = heatmap
        self.version += 1
        self.first_slot = (self.first_slot + (moved >> self.detail.level)) % self.n_columns
        count = heatmap.shape[1] - same
        self._changes.append(_ALL if moved else count)
        self._upload(context, count)
        return True

    def _carried_over(self, heatmap: Heatmap) -> tuple[int, int]:
        """How far what is here moves to the left in another map, and how many columns of it stay; (0, 0) where none."""
        before = self.heatmap
        alike = heatmap.shape == before.shape and heatmap.ages is before.ages is None
        if not alike or not np.array_equal(heatmap.prices, before.prices):
            return 0, 0
        moved, same = heatmap.carried_over(before)
        whole_groups = moved % (1 << self.detail.level) == 0
        return (moved, same) if whole_groups else (0, 0)

    def cells(self, context: GlContext, side: str, rendering: str) -> GlCells:
        """What is looked at, mixed of the two sides as they are now."""
        found = self._cells.get((side, rendering))
        if found is None:
            found = self._cells[side, rendering] = GlCells(context, self, side, rendering)
        found.follow(context, self)
        return found

    def changed_since(self, version: int) -> int:
        """How many of the newest columns, of those kept, are others than they were; −1 where all may be."""
        passed = self.version - version
        if version < 0 or passed > len(self._changes):
            return _ALL
        counts = list(self._changes)[len(self._changes) - passed :]
        if _ALL in counts:
            return _ALL
        return max((self._kept(count) for count in counts), default=0)

    def _kept(self, count: int) -> int:
        """How many columns that are kept hold the newest `count` of the map."""
        return self.n_columns - ((self.heatmap.shape[1] - count) >> self.detail.level) if count else 0

    def _upload(self, context: GlContext, count: int) -> None:
        """Send the newest columns."""
        group = 1 << self.detail.level
        first = self.n_columns - self._kept(count)
        for start in range(first, self.n_columns, _CHUNK):
            stop = min(start + _CHUNK, self.n_columns)
            columns = slice(start * group, stop * group)
            sides = [side.T[columns] for side in (self.heatmap.notional_long, self.heatmap.notional_short)]
            for layer, side in enumerate(sides):
                self._send(context, self.amounts, self.detail.amounts(side), start, layer)
            if self.ages is not None and self.heatmap.ages is not None:
                marks = self.heatmap.ages.densest.T[columns]
                if self.detail != Detail():
                    marks = self.detail.marks(marks, sides[0] + sides[1])
                self._send(context, self.ages, marks, start)
        context.check("sending a map")

    def _send(
        self, context: GlContext, texture: Texture, texels: NDArray[np.generic], column: int, layer: int = 0
    ) -> None:
        """Write columns into their slots, in two parts where the ring ends between them."""
        slot = (self.first_slot + column) % self.n_columns
        until_end = self.n_columns - slot
        for part, first_row in ((texels[:until_end], slot), (texels[until_end:], 0)):
            texture.upload(context, part, first_row, layer)


def _key(heatmap: Heatmap) -> tuple[str, int]:
    """The same for maps that may go on from one another; they keep alive what it is made of."""
    if heatmap.steady is None:
        return "map", id(heatmap)
    return "growing", id(heatmap.steady.token)
