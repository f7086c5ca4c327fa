"""The map pooled to the pixels of the plot, kept from frame to frame so that a pan pools only what came into view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from heatdesk.gui.cell_codes import Codes
from heatdesk.gui.heat_cells import HeatCells
from heatdesk.gui.maxpool import Pixels, Ranges, pool, shift
from heatdesk.gui.stripes import in_stripes
from heatdesk.market import Floats

# A cell counts as under a pixel where they share at least this part of the smaller; less is rounding of the edges.
TOUCH: Final = 1e-3
# Two zooms are the same while the far edge of the plot moves by less than this many pixels between them.
_SAME_ZOOM: Final = 0.02
# The pyramid level is the coarsest that still has this many blocks under a pixel.
_BLOCKS_PER_PIXEL: Final = 4.0


@dataclass(frozen=True, slots=True)
class Lattice:
    """Pixels fixed in data space: column k covers ``x + k·dx`` to ``x + (k+1)·dx``, row k ``y − k·dy`` downwards.

    `left` and `top` are the first column and row on the screen, `width` and `height` how many there are. x is in
    ms, y in the price scale's view coordinates. Panning changes only `left` and `top`.
    """

    x: float
    dx: float
    y: float
    dy: float
    width: int
    height: int
    left: int = 0
    top: int = 0

    @staticmethod
    def over(x_range: tuple[float, float], y_range: tuple[float, float], width: int, height: int) -> Lattice:
        """The lattice whose first pixel begins exactly at the visible range's corner."""
        (x_min, x_max), (y_min, y_max) = x_range, y_range
        return Lattice(x_min, (x_max - x_min) / width, y_max, (y_max - y_min) / height, width, height)

    def moved_to(self, fresh: Lattice) -> Lattice:
        """This lattice shifted by whole pixels to where `fresh` is, or `fresh` itself at another zoom or size."""
        same = (
            (fresh.width, fresh.height) == (self.width, self.height)
            and abs(fresh.dx / self.dx - 1.0) * self.width < _SAME_ZOOM
            and abs(fresh.dy / self.dy - 1.0) * self.height < _SAME_ZOOM
        )
        if not same:
            return fresh
        left, top = round((fresh.x - self.x) / self.dx), round((self.y - fresh.y) / self.dy)
        return replace(self, left=left, top=top)

    def same_zoom(self, other: Lattice) -> bool:
        """Whether the two differ by a shift of whole pixels only."""
        return replace(self, left=other.left, top=other.top) == other


def pyramid_level(columns_per_pixel: float, n_times: int) -> int:
    """The level of a pyramid over `n_times` columns that pixels of this width are pooled from."""
    if columns_per_pixel < 2.0 * _BLOCKS_PER_PIXEL:
        return 0
    return min(int(np.log2(columns_per_pixel / _BLOCKS_PER_PIXEL)), max(n_times - 1, 1).bit_length())


class Change(NamedTuple):
    """The view moved by `right` and `down` pixels; the `parts` (rows, columns) came into sight, or are new."""

    right: int
    down: int
    parts: tuple[tuple[slice, slice], ...]

    def move(self, pixels: Pixels) -> None:
        """Move what stays in sight of some pixels (height, width) to where it stands now."""
        if not self.right and not self.down:
            return
        height, width = pixels.shape
        if self.down:
            shift(pixels, self.right, self.down, 0, height)  # rows depend on one another
        else:
            in_stripes(partial(shift, pixels, self.right, 0), 0, height, width)


class PixelGrid:
    """The strongest cell under every pixel as a code (``cell_codes``), (height, width), row 0 at the top.

    Rows may end at any ascending view y (a logarithmic grid on a linear axis); columns are `step` ms wide.
    """

    def __init__(self) -> None:
        self._cells: HeatCells | None = None
        self._start = 0.0
        self._step = 1.0
        self._row_edges: Floats = np.empty(0)
        self._lattice: Lattice | None = None
        self._pixels: Codes = np.zeros((0, 0), np.uint16)

    def set_cells(self, cells: HeatCells | None, start_ms: float, step_ms: float, row_edges: Floats) -> None:
        """Another map: its first column begins at `start_ms`, `row_edges` (n_prices + 1) are in view y."""
        self._cells, self._start, self._step, self._row_edges = cells, start_ms, step_ms, row_edges
        self._lattice = None

    def refresh_last_columns(self, count: int) -> slice:
        """Pool again the pixels of the newest columns, after they have changed; says which pixel columns they were."""
        if self._cells is None or self._lattice is None:
            return slice(0, 0)
        lattice, (n_times, _) = self._lattice, self._cells.shape
        # Blocks of the pyramid can carry a column up to one block to the left.
        back = self._step * (2 ** self._level(lattice) + count - 1)
        end = self._start + n_times * self._step
        first = int(np.floor((end - back - lattice.x) / lattice.dx)) - lattice.left - 1
        last = int(np.ceil((end - lattice.x) / lattice.dx)) - lattice.left + 1
        columns = slice(min(max(first, 0), lattice.width), max(min(last, lattice.width), 0))
        if columns.start < columns.stop:
            self._pool(lattice, slice(0, lattice.height), columns)
        return columns

    @property
    def pixels(self) -> Codes:
        """The pooled pixels, valid until the next `show`."""
        return self._pixels

    def show(self, fresh: Lattice) -> Change | None:
        """Pool the pixels of a view; None where they are the same as before."""
        old = self._lattice
        new = fresh if old is None else old.moved_to(fresh)
        if new == old:
            return None
        if self._pixels.shape != (new.height, new.width):
            self._pixels = np.zeros((new.height, new.width), np.uint16)
        self._lattice = new
        change = _between(old, new)
        change.move(self._pixels)
        for rows, columns in change.parts:
            self._pool(new, rows, columns)
        return change

    def _level(self, lattice: Lattice) -> int:
        return 0 if self._cells is None else pyramid_level(lattice.dx / self._step, self._cells.shape[0])

    def _pool(self, lattice: Lattice, rows: slice, columns: slice) -> None:
        """Pool a rectangle of pixels from the cells."""
        if self._cells is None or 0 in self._cells.shape:
            self._pixels[rows, columns] = 0
            return
        level = self._level(lattice)
        column_start, column_stop = self._columns_under(lattice, columns, level)
        row_start, row_stop = self._rows_under(lattice, rows)
        cells = self._cells.level(level)

        def stripe(top: int, bottom: int) -> None:
            start, stop = row_start[top:bottom], row_stop[top:bottom]
            pool(cells, column_start, column_stop, start, stop, self._pixels, rows.start + top, columns.start)

        in_stripes(stripe, 0, len(row_start), len(column_start))

    def _columns_under(self, lattice: Lattice, columns: slice, level: int) -> tuple[Ranges, Ranges]:
        n_times = 0 if self._cells is None else self._cells.shape[0]
        at = np.arange(columns.start, columns.stop + 1) + lattice.left
        edges = (lattice.x + at * lattice.dx - self._start) / self._step
        touch = TOUCH * min(lattice.dx / self._step, 1.0)
        start = np.clip(np.floor(edges[:-1] + touch), 0, n_times).astype(np.int64)
        stop = np.clip(np.ceil(edges[1:] - touch), 0, n_times).astype(np.int64)
        outside = stop <= start
        start, stop = start >> level, ((stop - 1) >> level) + 1
        stop[outside] = start[outside]
        return start, stop

    def _rows_under(self, lattice: Lattice, rows: slice) -> tuple[Ranges, Ranges]:
        n_prices = len(self._row_edges) - 1
        at = np.arange(rows.start, rows.stop + 1) + lattice.top
        edges = lattice.y - at * lattice.dy
        touch = TOUCH * min(lattice.dy, float(np.diff(self._row_edges).min()))
        start = np.searchsorted(self._row_edges, edges[1:] + touch, side="right") - 1
        stop = np.searchsorted(self._row_edges, edges[:-1] - touch, side="left")
        return np.clip(start, 0, n_prices).astype(np.int64), np.clip(stop, 0, n_prices).astype(np.int64)


def _between(old: Lattice | None, new: Lattice) -> Change:
    """What becomes of the pixels between two views; all are pooled anew where none stays in sight."""
    whole = slice(0, new.height), slice(0, new.width)
    if old is None or not new.same_zoom(old):
        return Change(0, 0, (whole,))
    right, down = new.left - old.left, new.top - old.top
    if abs(right) >= new.width or abs(down) >= new.height:
        return Change(0, 0, (whole,))
    rows, columns = _staying(down, new.height), _staying(right, new.width)
    above_or_below = slice(rows.stop, new.height) if down > 0 else slice(0, rows.start)
    beside = slice(columns.stop, new.width) if right > 0 else slice(0, columns.start)
    parts = ((above_or_below, whole[1]), (rows, beside))
    return Change(right, down, tuple(p for p in parts if all(along.start < along.stop for along in p)))


def _staying(moved: int, size: int) -> slice:
    """The pixels along one axis that were in sight before the view moved."""
    return slice(max(-moved, 0), size - max(moved, 0))
