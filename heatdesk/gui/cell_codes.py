"""A cell as 16 bits whose order is the order of magnitudes, so that pooling is an integer maximum.

A code is a float16 with its sign bit moved from the front to the end. Numbers that are never negative keep their own
order; of signed ones the larger magnitude has the larger code, whatever its sign, and of +x and −x the latter. So
pooling keeps the strongest cell of a net map by the very maximum that keeps the largest of any other.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Codes = NDArray[np.uint16]

MAGNITUDES: Final = 1 << 15
LARGEST: Final = 65_504.0  # the largest finite float16
MARKS: Final = 7
LEAST: Final = 2.0**-14  # the smallest normal one; what is less is nothing

# Magnitudes as float32 bits, and what turns their exponent into that of a float16.
_LARGEST_BITS: Final = 0x477F_E000
_LEAST_BITS: Final = 0x3880_0000
_NAN_BITS: Final = 0x7F80_0001
_REBIAS: Final = 0x1_C000
_ONE: Final = np.uint16(1)
_REST: Final = np.uint16(15)


def encode(numbers: NDArray[np.float32], out: Codes | None = None) -> Codes:
    """Numbers as codes, same shape, 0.05 % precise; beyond ±`LARGEST` that, within ±`LEAST` and for NaN nothing.

    `out` may be a contiguous array to write them into.
    """
    # Read-only cells would be another type to the compiler: those are copied.
    bits = np.require(numbers, np.float32, ["C", "W"]).view(np.uint32).reshape(-1)
    codes = np.empty(numbers.shape, np.uint16) if out is None else out
    encode_bits(bits, codes.reshape(-1))
    return codes


@njit(cache=True, nogil=True)
def encode_bits(bits: NDArray[np.uint32], out: Codes) -> None:
    """Write the codes of numbers given as their float32 bits, both (n,): rounded to the nearest, ties to even."""
    for i in range(len(bits)):
        magnitude = bits[i] & np.uint32(0x7FFF_FFFF)
        rounded = magnitude + np.uint32(0xFFF) + ((magnitude >> np.uint32(13)) & np.uint32(1))
        half = (min(rounded, np.uint32(_LARGEST_BITS)) >> np.uint32(13)) - np.uint32(_REBIAS)
        nothing = rounded < np.uint32(_LEAST_BITS) or magnitude >= np.uint32(_NAN_BITS)
        code = (half << np.uint32(1)) | (bits[i] >> np.uint32(31))
        out[i] = np.uint16(0) if nothing else np.uint16(code)


def mark(codes: Codes, numbers: NDArray[np.uint8]) -> Codes:
    """Codes of what is never negative, each with a number up to `MARKS` in its last bits; nothing stays nothing.

    Pooling still keeps the strongest cell, with its number. Magnitudes are 0.4 % precise then.
    """
    marked: Codes = np.where(codes > np.uint16(MARKS), (codes & ~np.uint16(MARKS)) | numbers, np.uint16(0))
    return marked


def encode_readable(numbers: NDArray[np.float32]) -> Codes:
    """The readable twin of `encode`."""
    known = np.where(np.isnan(numbers), np.float32(0), np.clip(numbers, -LARGEST, LARGEST))
    half = known.astype(np.float16)
    half[np.abs(half) < LEAST] = 0.0
    bits = half.view(np.uint16)
    return np.bitwise_or(bits << _ONE, bits >> _REST)


def decode(codes: Codes) -> NDArray[np.float16]:
    """The numbers behind codes, same shape."""
    return np.bitwise_or(codes >> _ONE, codes << _REST).view(np.float16)
