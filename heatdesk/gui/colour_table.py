"""Contrast limits, gamma and palette folded into tables: from the code of a cell to a pixel's colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.gui.cell_codes import MAGNITUDES, MARKS, Codes
from heatdesk.gui.maxpool import Argb, Levels, colour, colour_bands
from heatdesk.gui.stripes import in_stripes
from heatdesk.market import Floats

BANDS: Final = 4  # steps of density that the bands rendering tells apart
_ALL: Final = slice(None)
_INFINITY: Final = 0x7C00  # the bit pattern after the largest finite float16
_STEP: Final = np.arange(256) * (BANDS + 1) // 256  # of each palette entry
_FILL: Final = 0.8  # how much of its palette colour a band's inside keeps; the edge has all of it


class Contrast(NamedTuple):
    """Limits, all in one unit: `low` takes a palette's first colour, `high` its last; below `minimum` is nothing."""

    low: float
    high: float
    gamma: float = 1.0
    minimum: float = 0.0

    def times(self, factor: float) -> Contrast:
        """The same limits in another unit."""
        return self._replace(low=self.low * factor, high=self.high * factor, minimum=self.minimum * factor)


@dataclass(frozen=True, slots=True)
class Colours:
    """What a code looks like: `table` (65,536), or for bands its step of density, `levels` (65,536), and the colours
    `shades` (2, 2 · `BANDS` + 1) of the inside and of the edge of every step from −`BANDS`.
    """

    table: Argb | None = None
    levels: Levels | None = None
    shades: Argb | None = None

    @property
    def looks_around(self) -> bool:
        """Whether the colour of a pixel depends on its neighbours above and below."""
        return self.levels is not None

    def paint(self, grid: Codes, out: Argb, rows: slice = _ALL, columns: slice = _ALL) -> None:
        """Write the picture of `grid`, or some rows and columns of it; both (height, width) in C order."""
        (top, bottom, _), (left, right, _) = rows.indices(grid.shape[0]), columns.indices(grid.shape[1])
        table, levels, shades = self.table, self.levels, self.shades

        def stripe(first: int, last: int) -> None:
            if table is not None:
                colour(table, grid, out, first, last, left, right)
            elif levels is not None and shades is not None:
                colour_bands(shades, levels, grid, out, first, last, left, right)

        in_stripes(stripe, top, bottom, right - left)


def colour_table(palette: NDArray[np.uint8], contrast: Contrast) -> Argb:
    """Premultiplied ARGB32 of every code, shape (65,536,).

    `palette` is uint8 RGBA, (256, 4) or for signed cells (2, 256, 4), above zero and below; a value takes the entry
    ``((value − low) / (high − low))**gamma`` of its magnitude, in stored units. Zero is always transparent. Limits
    without a distance make a step.
    """
    return _table(palette, _entries(contrast), contrast)


def plain(palette: NDArray[np.uint8], contrast: Contrast) -> Colours:
    """Every value its own colour."""
    return Colours(colour_table(palette, contrast))


def aged(palette: NDArray[np.uint8], contrast: Contrast) -> Colours:
    """Cells marked with a window of age (``cell_codes.mark``): `palette` is uint8 RGBA (n_windows, 256, 4)."""
    colours, codes = premultiplied(palette), np.arange(2 * MAGNITUDES)
    window, entries = codes & MARKS, _entries(contrast)
    table = colours[np.minimum(window, len(palette) - 1), entries[(codes & ~MARKS) >> 1]]
    table[: codes_below(contrast.minimum)] = 0
    return Colours(table)


def banded(palette: NDArray[np.uint8], contrast: Contrast) -> Colours:
    """Values in `BANDS` steps of density, each of one colour with an edge; what is less than a step is nothing."""
    steps = np.repeat(_STEP.astype(np.int8), _entry_sizes(contrast))
    levels = np.empty(2 * MAGNITUDES, np.int8)
    levels[0::2], levels[1::2] = steps, -steps
    levels[: codes_below(contrast.minimum)] = 0
    return Colours(levels=levels, shades=band_shades(palette))


def band_shades(palette: NDArray[np.uint8]) -> Argb:
    """Premultiplied ARGB32 of every step from −`BANDS`, inside a band and where it ends, (2, 2 · `BANDS` + 1)."""
    first = np.searchsorted(_STEP, np.arange(1, BANDS + 1))  # a palette entry of each step
    shades = np.zeros((2, 2 * BANDS + 1), np.uint32)
    for shade, pair in zip(shades, band_palettes(palette), strict=True):
        above, below = premultiplied(pair)
        shade[BANDS + 1 :], shade[:BANDS] = above[first], below[first[::-1]]
    return shades


def band_palettes(palette: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The colours of bands and of their edges for the entries of a palette; each (2, 256, 4)."""
    pair = np.broadcast_to(palette, (2, 256, 4))
    edge = pair[:, np.rint(255 * _STEP / BANDS).astype(np.intp)]
    fill = edge.copy()
    fill[..., :3] = np.rint(edge[..., :3] * _FILL + pair[:, :1, :3] * (1.0 - _FILL))
    return fill, edge


@cache
def _half_values() -> Floats:
    """The numbers behind the bit patterns of a float16 from zero to the largest finite one, ascending."""
    return np.arange(_INFINITY, dtype=np.uint16).view(np.float16).astype(np.float64)


def _entries(contrast: Contrast) -> NDArray[np.intp]:
    """The palette entry of every magnitude (32,768)."""
    return np.repeat(np.arange(256), _entry_sizes(contrast))


def entry_begins(contrast: Contrast) -> NDArray[np.intp]:
    """The magnitude, as bits of a float16, where each palette entry but the first begins (255,), in stored units."""
    low, high, gamma, _ = contrast
    share = ((np.arange(1, 256) - 0.5) / 255.0) ** (1.0 / max(gamma, 1e-3))
    return np.searchsorted(_half_values(), low + max(high - low, 0.0) * share)


def _entry_sizes(contrast: Contrast) -> NDArray[np.intp]:
    """How many magnitudes take each palette entry (256,): found by where among them each entry begins."""
    # Patterns above the largest number (infinity, NaN) are never stored.
    return np.diff(entry_begins(contrast), prepend=0, append=MAGNITUDES)


def codes_below(minimum: float) -> int:
    """How many codes are nothing: both signs of zero, and what is below a minimum, in stored units."""
    return 2 * max(1, int(np.searchsorted(_half_values(), minimum)))


def premultiplied(palette: NDArray[np.uint8]) -> Argb:
    """RGBA of any shape (…, 4) as premultiplied ARGB32 (…)."""
    rgba = palette.astype(np.uint32)
    alpha = rgba[..., 3]
    red, green, blue = ((rgba[..., c] * alpha + 127) // 255 for c in range(3))
    return ((alpha << 24) | (red << 16) | (green << 8) | blue).astype(np.uint32)


def _table(palette: NDArray[np.uint8], entries: NDArray[np.intp], contrast: Contrast) -> Argb:
    colours = premultiplied(np.broadcast_to(palette, (2, 256, 4)))
    table = np.empty(2 * MAGNITUDES, np.uint32)
    table[0::2], table[1::2] = colours[0][entries], colours[1][entries]
    table[: codes_below(contrast.minimum)] = 0
    return table
