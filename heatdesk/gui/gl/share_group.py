"""What contexts that share have in common: the textures of the maps that are shown, and those to be deleted.

A texture can only be deleted while a context of its group is current, and Python lets go of it at any moment. So its
name is put aside then, and deleted at the next frame, or with the last context that drew anything.
"""

from __future__ import annotations

import weakref
from typing import Any, Final

import numpy as np
from PySide6.QtGui import QOpenGLContext
from shiboken6 import Shiboken

from heatdesk.gui.gl.failure import GlError


class ShareGroup:
    """Textures by their names, and what may be looked up by a key as long as somebody holds it."""

    def __init__(self) -> None:
        self.alive: set[int] = set()
        self.shared: weakref.WeakValueDictionary[tuple[str, int], Any] = weakref.WeakValueDictionary()
        self._abandoned: list[int] = []

    @staticmethod
    def of(context: QOpenGLContext) -> ShareGroup:
        """The group of a context."""
        key = Shiboken.getCppPointer(context.shareGroup())[0]
        group = _GROUPS.get(key)
        if group is None:
            group = _GROUPS[key] = ShareGroup()
        return group

    def new_texture(self, gl: Any) -> int:
        """The name of a new texture. Raises GlError where there is none to be had."""
        self.sweep(gl)
        names = np.zeros(1, np.uint32)
        gl.glGenTextures(1, names)
        name = int(names[0])
        if not name:
            raise GlError("it gives no texture")
        self.alive.add(name)
        return name

    def abandon(self, name: int) -> None:
        """Delete this texture as soon as that can be done; from any place at any time."""
        self._abandoned.append(name)

    def sweep(self, gl: Any) -> None:
        """Delete what was abandoned; a context of the group must be current."""
        while self._abandoned:
            name = self._abandoned.pop()
            if name in self.alive:
                self.alive.remove(name)
                gl.glDeleteTextures(1, np.array([name], np.uint32))


# Contexts keep theirs; a group that nobody keeps is gone with its contexts.
_GROUPS: Final[weakref.WeakValueDictionary[int, ShareGroup]] = weakref.WeakValueDictionary()
