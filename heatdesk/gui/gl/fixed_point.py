"""Positions as whole numbers, so that a shader counts along an axis as exactly as the CPU does.

Single precision, all that shaders have, tells 16 million places apart: too few for the far end of a long map. A
position is a whole part and a fraction of 48 bits; ``origin + k · step`` is then exact to 2**−32 for any pixel k.
"""

from __future__ import annotations

import math
from typing import Final

_LIMB: Final = 1 << 16
_LARGEST: Final = 1 << 30  # what the whole part of every pixel's position must stay below

Fixed = tuple[int, int, int, int]


def fixed(value: float) -> Fixed:
    """A number as its whole part and three 16-bit parts of its fraction; the whole part may be negative."""
    whole = math.floor(value)
    fraction = min(int((value - whole) * float(_LIMB**3)), _LIMB**3 - 1)  # of −1e-20 it would be a whole
    return whole, fraction >> 32, (fraction >> 16) % _LIMB, fraction % _LIMB


def countable(origin: float, step: float, n: int) -> bool:
    """Whether n steps from here can be counted in a shader's numbers."""
    return math.isfinite(origin) and math.isfinite(step) and abs(origin) + (n + 1.0) * abs(step) < _LARGEST
