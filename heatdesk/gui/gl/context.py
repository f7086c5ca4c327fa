"""What one OpenGL context has of its own: functions, programs and a frame to draw into textures with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol
from weakref import WeakSet

import numpy as np
from PySide6.QtGui import QOpenGLContext, QSurface
from PySide6.QtOpenGL import QOpenGLVertexArrayObject
from shiboken6 import Shiboken

from heatdesk.gui.gl import names, shaders
from heatdesk.gui.gl.failure import GlError
from heatdesk.gui.gl.program import Program
from heatdesk.gui.gl.share_group import ShareGroup
from heatdesk.gui.gl.textures import Texture

_UNITS: Final = 3  # of those that shaders read textures from, as many as are used here
_MOST_ERRORS: Final = 16  # a lost context may have no end of them
_SHADERS: Final = {
    "mix": (shaders.COVER, shaders.MIX),
    "halve": (shaders.COVER, shaders.HALVE),
    "pool": (shaders.STRIPS, shaders.POOL),
    "table": (shaders.COVER, shaders.TABLE),
    "shade": (shaders.COVER, shaders.SHADE),
}


class Holder(Protocol):
    """Who holds something of a context."""

    def forget(self) -> None:
        """Let go of it."""
        ...


class GlContext:
    """One context, from the first frame drawn in it until it is destroyed.

    `holders` are told when that comes, `uploaded_bytes` counts what was sent to textures while it was current.
    Raises GlError where it is older than OpenGL 3.3 and ES 3.0.
    """

    def __init__(self, context: QOpenGLContext) -> None:
        version, is_es = context.format().version(), context.isOpenGLES()
        if tuple(version) < ((3, 0) if is_es else (3, 3)):
            raise GlError(f"OpenGL{' ES' if is_es else ''} {version[0]}.{version[1]} is too old")
        self._context = context
        self.gl: Any = (
            context.extraFunctions()
        )  # what is filled by it must be an array: a list stays as it is
        self.group = ShareGroup.of(context)
        self.holders: WeakSet[Holder] = WeakSet()
        self.uploaded_bytes = 0
        self._header = shaders.HEADERS[is_es]
        self._programs: dict[str, Program] = {}
        self._surface: QSurface | None = None
        self._vertices = QOpenGLVertexArrayObject()
        self._vertices.create()
        frames: Any = np.zeros(1, np.uint32)
        self.gl.glGenFramebuffers(1, frames)
        self._frame = int(frames[0])
        self.largest_texture = int(self._ask(names.MAX_TEXTURE_SIZE)[0])

    @staticmethod
    def current() -> GlContext:
        """The current context. Raises GlError where there is none."""
        context = QOpenGLContext.currentContext()
        if context is None:
            raise GlError("there is no OpenGL context")
        key = Shiboken.getCppPointer(context)[0]
        found = _CONTEXTS.get(key)
        if found is None:
            found = _CONTEXTS[key] = GlContext(context)
            context.aboutToBeDestroyed.connect(lambda: _end(key))
        found._surface = context.surface()
        return found

    def program(self, name: str) -> Program:
        """One of the programs, compiled when it is first needed."""
        if name not in self._programs:
            self._programs[name] = Program(self.gl, name, self._header, *_SHADERS[name])
        return self._programs[name]

    @contextmanager
    def painting(self) -> Iterator[tuple[int, int]]:
        """Between a painter's native painting: draw in here, and leave behind what Qt's own painting expects.

        Gives the size of what is painted on, in device pixels. Raises GlError where the context was taken away.
        """
        gl = self.gl
        for _ in range(_MOST_ERRORS):  # of others
            if gl.glGetError() == names.NO_ERROR:
                break
        target, vertices = self._ask(names.FRAMEBUFFER_BINDING)[0], self._ask(names.VERTEX_ARRAY_BINDING)[0]
        view = self._ask(names.VIEWPORT)
        for one in (names.SCISSOR_TEST, names.DEPTH_TEST, names.STENCIL_TEST, names.CULL_FACE, names.BLEND):
            gl.glDisable(one)
        gl.glColorMask(1, 1, 1, 1)
        gl.glPixelStorei(names.UNPACK_ALIGNMENT, 1)
        self._vertices.bind()
        self.group.sweep(gl)
        self._target, self._view = int(target), view
        try:
            yield int(view[2]), int(view[3])
        finally:
            if self.make_current():
                self._vertices.release()
                gl.glBindVertexArray(int(vertices))
                gl.glUseProgram(0)
                gl.glDisable(names.BLEND)
                gl.glPixelStorei(names.UNPACK_ALIGNMENT, 4)
                for unit in reversed(range(_UNITS)):
                    gl.glActiveTexture(names.TEXTURE0 + unit)
                    for target_kind in (names.TEXTURE_2D, names.TEXTURE_2D_ARRAY):
                        gl.glBindTexture(target_kind, 0)
                self.into_painter()
        self.check("painting")

    def into(self, texture: Texture, first_row: int = 0, n_rows: int | None = None) -> None:
        """Draw into a texture from now on, or into some rows of it."""
        gl = self.gl
        gl.glBindFramebuffer(names.FRAMEBUFFER, self._frame)
        gl.glFramebufferTexture2D(
            names.FRAMEBUFFER, names.COLOR_ATTACHMENT0, names.TEXTURE_2D, texture.name, 0
        )
        if gl.glCheckFramebufferStatus(names.FRAMEBUFFER) != names.FRAMEBUFFER_COMPLETE:
            raise GlError("it cannot draw into a texture of this kind")
        gl.glViewport(0, first_row, texture.width, texture.height if n_rows is None else n_rows)

    def into_painter(self, left: int = 0, bottom: int = 0, width: int = 0, height: int = 0) -> None:
        """Draw into what is painted on from now on, into all of it or into a part."""
        self.gl.glBindFramebuffer(names.FRAMEBUFFER, self._target)
        if width and height:
            self.gl.glViewport(left, bottom, width, height)
        else:
            self.gl.glViewport(*map(int, self._view))

    def cover(self) -> None:
        """Draw over all of the viewport, with the program in use."""
        self.gl.glDrawArrays(names.TRIANGLE_STRIP, 0, 4)

    def check(self, doing: str) -> None:
        """Raises GlError where the context is gone or has met an error."""
        if not self._is_current():
            raise GlError(f"its context was taken away while {doing}")
        error = self.gl.glGetError()
        if error == names.CONTEXT_LOST:
            raise GlError(f"its context was lost while {doing}")
        if error != names.NO_ERROR:
            raise GlError(f"it met error {error:#06x} while {doing}")

    def take_away(self) -> None:
        """What a driver may do at any time; for tests."""
        self._context.doneCurrent()

    def make_current(self) -> bool:
        """Try to bring a context back that was taken away."""
        if self._is_current():
            return True
        surface = self._surface
        if surface is None or not Shiboken.isValid(surface) or not Shiboken.isValid(self._context):
            return False
        return bool(self._context.makeCurrent(surface))

    def end(self) -> None:
        """The context is about to be destroyed: whoever holds something of it lets go, and that is deleted."""
        for holder in list(self.holders):
            holder.forget()
        before = QOpenGLContext.currentContext()
        if self.make_current():
            self.group.sweep(self.gl)
            self.gl.glDeleteFramebuffers(1, np.array([self._frame], np.uint32))
            self._vertices.destroy()
            self._programs.clear()
            if before is not self._context:
                self._context.doneCurrent()

    def _is_current(self) -> bool:
        return QOpenGLContext.currentContext() is self._context

    def _ask(self, what: int) -> list[int]:
        told = np.zeros(4, np.int32)
        self.gl.glGetIntegerv(what, told)
        return [int(value) for value in told]


def _end(key: int) -> None:
    context = _CONTEXTS.pop(key, None)
    if context is not None:
        context.end()


_CONTEXTS: Final[dict[int, GlContext]] = {}
