"""Textures of whole numbers and of amounts, read texel by texel: nothing is ever interpolated."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from shiboken6 import VoidPtr

from heatdesk.gui.gl import names

if TYPE_CHECKING:
    from heatdesk.gui.gl.context import GlContext


class Format(NamedTuple):
    """How a texel is kept, how it is handed over, and the type of NumPy that it is."""

    internal: int
    layout: int
    kind: int
    dtype: type


AMOUNTS: Final = Format(names.R32F, names.RED, names.FLOAT, np.float32)
AGES: Final = Format(names.R8UI, names.RED_INTEGER, names.UNSIGNED_BYTE, np.uint8)
CODES: Final = Format(names.R16UI, names.RED_INTEGER, names.UNSIGNED_SHORT, np.uint16)
FRACTIONS: Final = Format(names.R32UI, names.RED_INTEGER, names.UNSIGNED_INT, np.uint32)
COLOURS: Final = Format(names.RGBA8, names.RGBA, names.UNSIGNED_BYTE, np.uint8)


class Texture:
    """`width` × `height` texels, or `layers` of them; deleted after nobody holds it any more.

    Its context, or one that shares with it, must be current whenever a method is called.
    """

    def __init__(self, context: GlContext, texels: Format, width: int, height: int, layers: int = 0) -> None:
        self.format, self.width, self.height, self.layers = texels, width, height, layers
        self.target = names.TEXTURE_2D_ARRAY if layers else names.TEXTURE_2D
        gl = context.gl
        self.name = context.group.new_texture(gl)
        weakref.finalize(self, context.group.abandon, self.name).atexit = False
        self.bind(gl)
        nothing, (internal, layout, kind, _) = VoidPtr(0), texels
        if layers:
            gl.glTexImage3D(self.target, 0, internal, width, height, layers, 0, layout, kind, nothing)
        else:
            gl.glTexImage2D(self.target, 0, internal, width, height, 0, layout, kind, nothing)
        # whole numbers cannot be interpolated: without these a texture is incomplete and reads as zero
        for what in (names.TEXTURE_MIN_FILTER, names.TEXTURE_MAG_FILTER):
            gl.glTexParameteri(self.target, what, names.NEAREST)
        gl.glTexParameteri(self.target, names.TEXTURE_MAX_LEVEL, 0)
        context.check("making a texture")

    @property
    def n_bytes(self) -> int:
        """What it takes of the card's memory."""
        texel = 4 if self.format is COLOURS else np.dtype(self.format.dtype).itemsize
        return self.width * self.height * max(self.layers, 1) * texel

    def bind(self, gl: Any, unit: int = 0) -> None:
        """Have it on one of the units that shaders read from."""
        gl.glActiveTexture(names.TEXTURE0 + unit)
        gl.glBindTexture(self.target, self.name)

    def upload(self, context: GlContext, texels: NDArray[Any], first_row: int = 0, layer: int = 0) -> None:
        """Write whole rows, (n, width)."""
        sent: NDArray[Any] = np.ascontiguousarray(texels, self.format.dtype)
        height, width = sent.shape
        if not sent.size:
            return
        gl = context.gl
        self.bind(gl)
        pixels, (_, layout, kind, _) = VoidPtr(sent.ctypes.data, sent.nbytes), self.format
        if self.layers:
            gl.glTexSubImage3D(self.target, 0, 0, first_row, layer, width, height, 1, layout, kind, pixels)
        else:
            gl.glTexSubImage2D(self.target, 0, 0, first_row, width, height, layout, kind, pixels)
        context.uploaded_bytes += sent.nbytes
