"""Max-pooling a map onto screen pixels, so that a band thinner than a pixel never vanishes.

Cells are codes (``cell_codes``) in the order of their magnitudes, so the strongest cell under a pixel is an integer
maximum, and a colour is one look-up in a table of 65,536 entries. Each compiled kernel stands beside a readable NumPy
twin; the tests hold them equal.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from heatdesk.gui.along_price import close, smooth
from heatdesk.gui.cell_codes import Codes, encode

Ranges = NDArray[np.int64]
Argb = NDArray[np.uint32]
Pixels = NDArray[np.uint16] | NDArray[np.uint32]
Levels = NDArray[np.int8]

# Pixel columns worked on together: their rows stay in the cache between the two passes.
_TILE: Final = 16


@njit(cache=True, nogil=True)
def pool(
    cells: Codes,
    column_start: Ranges,
    column_stop: Ranges,
    row_start: Ranges,
    row_stop: Ranges,
    out: Codes,
    top: int,
    left: int,
) -> None:
    """Write the largest of the cells under each pixel, 0 where there is none, into the part of `out` from (top, left).

    `cells` (n_columns, n_rows) is time-major; pixel column ``left + i`` covers ``column_start[i]:column_stop[i]`` and
    pixel row ``top + j`` covers ``row_start[j]:row_stop[j]``, both within `cells`. First whole columns are merged
    along contiguous rows, which the compiler turns into wide integer maxima, then the few rows under each pixel.
    (A slice of `out` would be another type to the compiler, and cost a second compilation in the first drag.)
    """
    height, width = len(row_start), len(column_start)
    low, high = cells.shape[1], 0
    for j in range(height):
        if row_stop[j] > row_start[j]:
            low = min(low, row_start[j])
            high = max(high, row_stop[j])
    if high <= low:
        out[top : top + height, left : left + width] = 0
        return
    merged = np.zeros((_TILE, high - low), np.uint16)
    for first in range(0, width, _TILE):
        tile = min(_TILE, width - first)
        for i in range(tile):
            _merge_columns(cells, column_start[first + i], column_stop[first + i], low, merged[i])
        for j in range(height):
            start, stop = row_start[j] - low, row_stop[j] - low
            for i in range(tile):
                largest = np.uint16(0)
                for r in range(start, stop):
                    largest = max(largest, merged[i, r])
                out[top + j, left + first + i] = largest


@njit(cache=True, nogil=True)
def _merge_columns(cells: Codes, start: int, stop: int, low: int, merged: Codes) -> None:
    """The largest of the columns ``start:stop`` per row, rows counted from `low`; 0 where there are no columns."""
    n_rows = merged.shape[0]
    if stop <= start:
        merged[:] = 0
        return
    for r in range(n_rows):  # an array assigned at once takes seconds to compile
        merged[r] = cells[start, low + r]
    for column in range(start + 1, stop):
        values = cells[column, low : low + n_rows]
        for r in range(n_rows):
            merged[r] = max(merged[r], values[r])


@njit(cache=True, nogil=True)
def colour(table: Argb, grid: Codes, out: Argb, top: int, bottom: int, left: int, right: int) -> None:
    """Write into a part of `out` the entry of `table` (65,536) for every value of `grid`.

    Both are (height, width) in C order; the part is the rows ``top:bottom`` and the columns ``left:right``.
    """
    for j in range(top, bottom):
        for i in range(left, right):
            out[j, i] = table[grid[j, i]]


@njit(cache=True, nogil=True)
def colour_bands(
    shades: Argb, levels: Levels, grid: Codes, out: Argb, top: int, bottom: int, left: int, right: int
) -> None:
    """Write into a part of `out` the colours of bands, for every value of `grid`; arrays and part as of `colour`.

    `levels` (65,536) says how dense a code is in steps, below zero for negative ones. `shades` (2, 2·n + 1) holds the
    colours of the steps −n to n: inside a band, and where it ends, which is the pixel whose neighbour above or below is
    a step nearer to nothing; what lies beyond the grid ends no band. Rows are looked up once and passed on upwards.
    """
    last, width = grid.shape[0] - 1, right - left
    middle, both = shades.shape[1] // 2, shades.copy().reshape(-1)
    above, here, below = np.empty(width, np.int8), np.empty(width, np.int8), np.empty(width, np.int8)
    shade = np.empty(width, np.uint8)
    for i in range(width if top < bottom else 0):
        above[i] = levels[grid[max(top - 1, 0), left + i]]
        here[i] = levels[grid[top, left + i]]
    for j in range(top, bottom):
        for i in range(width):
            below[i] = levels[grid[min(j + 1, last), left + i]]
        for i in range(width):
            level = here[i]
            least, most = min(above[i], below[i]), max(above[i], below[i])
            ends = ((level > 0) & (least < level)) | ((level < 0) & (most > level))
            shade[i] = level + middle + (2 * middle + 1) * ends
        for i in range(width):
            out[j, left + i] = both[shade[i]]
        above, here, below = here, below, above


@njit(cache=True, nogil=True)
def shift(pixels: Pixels, right: int, down: int, top: int, bottom: int) -> None:
    """Give the pixels of the rows ``top:bottom`` what stands `right` columns and `down` rows beyond them, in place.

    Where that lies outside the picture they keep what they hold. A row goes by way of a buffer that stays in the cache.
    """
    height, width = pixels.shape
    start, stop = max(-right, 0), width - max(right, 0)
    # in loops: an array assigned at once takes seconds to compile
    row = np.empty(max(stop - start, 0), pixels.dtype)
    for k in range(top, bottom):
        j = k if down >= 0 else top + bottom - 1 - k  # what is still to be read is not written over
        if start < stop and 0 <= j + down < height:
            for i in range(stop - start):
                row[i] = pixels[j + down, start + right + i]
            for i in range(stop - start):
                pixels[j, start + i] = row[i]


def prepare() -> None:
    """Compile the kernels of the map, or load what was compiled before: seconds at the very first start.

    Meant for the thread that makes a map, so that the one that paints never waits for a compiler.
    """
    cells, grid, pixels = (
        np.zeros((1, 1), np.uint16),
        np.zeros((1, 1), np.uint16),
        np.zeros((1, 1), np.uint32),
    )
    one = (np.zeros(1, np.int64), np.ones(1, np.int64))
    pool(cells, *one, *one, grid, 0, 0)
    table = np.zeros(65_536, np.uint32)
    colour(table, grid, pixels, 0, 1, 0, 1)
    colour_bands(np.zeros((2, 3), np.uint32), np.zeros(65_536, np.int8), grid, pixels, 0, 1, 0, 1)
    for picture in (grid, pixels):
        shift(picture, 0, 0, 0, 1)
    encode(np.zeros((1, 1), np.float32))
    for along_price in (smooth, close):
        along_price(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32))


def pool_readable(
    cells: Codes,
    column_start: Ranges,
    column_stop: Ranges,
    row_start: Ranges,
    row_stop: Ranges,
    out: Codes,
    top: int,
    left: int,
) -> None:
    """The readable twin of `pool`."""
    for j in range(len(row_start)):
        for i in range(len(column_start)):
            block = cells[column_start[i] : column_stop[i], row_start[j] : row_stop[j]]
            out[top + j, left + i] = block.max(initial=0)


def colour_readable(table: Argb, grid: Codes, out: Argb) -> None:
    """The readable twin of `colour`."""
    out[:] = table[grid]


def colour_bands_readable(shades: Argb, levels: Levels, grid: Codes, out: Argb) -> None:
    """The readable twin of `colour_bands`."""
    level = levels[grid]
    above, below = np.vstack([level[:1], level[:-1]]), np.vstack([level[1:], level[-1:]])
    ends = (level > 0) & (np.minimum(above, below) < level) | (level < 0) & (np.maximum(above, below) > level)
    out[:] = shades[ends.astype(np.intp), level + shades.shape[1] // 2]


def halve(cells: Codes) -> Codes:
    """The next level of a time pyramid: the stronger of each pair of columns; an odd last column stands alone."""
    pairs = len(cells) // 2
    halved = np.empty(((len(cells) + 1) // 2, cells.shape[1]), np.uint16)
    np.maximum(cells[0 : 2 * pairs : 2], cells[1 : 2 * pairs : 2], out=halved[:pairs])
    if len(cells) % 2:
        halved[pairs] = cells[-1]
    return halved
