"""A shader program and what it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtOpenGL import QOpenGLShader, QOpenGLShaderProgram

from heatdesk.gui.gl.failure import GlError, to_break
from heatdesk.gui.gl.textures import Texture


class Program:
    """Compiled from a vertex and a fragment shader. Raises GlError where they do not compile."""

    def __init__(self, gl: Any, name: str, header: str, vertex: str, fragment: str) -> None:
        self._gl = gl
        self._program = QOpenGLShaderProgram()
        self._places: dict[str, int] = {}
        if to_break() == "shader":
            fragment = "broken on purpose"
        kinds, add = QOpenGLShader.ShaderTypeBit, self._program.addShaderFromSourceCode
        with _without_words_of_qt():
            added = add(kinds.Vertex, header + vertex) and add(kinds.Fragment, header + fragment)
            compiled = added and self._program.link()
        if not compiled:
            raise GlError(f"its shader '{name}' does not compile: {self._program.log()}")

    def use(self, *textures: tuple[str, Texture]) -> None:
        """Draw with it from now on, its samplers reading from these."""
        self._gl.glUseProgram(self._program.programId())
        for unit, (name, texture) in enumerate(textures):
            texture.bind(self._gl, unit)
            self.set_int(name, unit)

    def set_int(self, name: str, *values: int) -> None:
        """An int, an ivec2 or an ivec4."""
        send = {1: self._gl.glUniform1i, 2: self._gl.glUniform2i, 4: self._gl.glUniform4i}[len(values)]
        send(self._place(name), *values)

    def set_uint(self, name: str, value: int) -> None:
        """A uint."""
        self._gl.glUniform1ui(self._place(name), value)

    def set_float(self, name: str, value: float) -> None:
        """A float."""
        self._gl.glUniform1f(self._place(name), value)

    def set_uints(self, name: str, values: Sequence[int]) -> None:
        """An array of uvec4, filled with as many numbers as there are; its end with 0."""
        filled = [*values, *[0] * (-len(values) % 4)]
        self._gl.glUniform4uiv(self._place(name), len(filled) // 4, filled)

    def _place(self, name: str) -> int:
        if name not in self._places:
            self._places[name] = self._program.uniformLocation(name)
        return self._places[name]


@contextmanager
def _without_words_of_qt() -> Iterator[None]:
    """Qt prints all of a shader that does not compile, once more for each part of it; a GlError says enough."""
    before = qInstallMessageHandler(lambda *_: None)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
