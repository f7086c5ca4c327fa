"""Our chart on a canvas that OpenGL draws, and whether that can be had here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

from heatdesk.engine import Snapshot

from .scenes import SIZE, ChartScene

_GL_RENDERER: Final = 0x1F01
_WITHOUT_WINDOWS: Final = ("offscreen", "minimal")


def without_gl() -> str:
    """Why nothing can be drawn by OpenGL, empty where it can; needs an application."""
    if find_spec("heatdesk.gui.gl") is None:
        return "heatdesk.gui.gl is missing"
    if QGuiApplication.platformName() in _WITHOUT_WINDOWS:
        return "no screen"
    return "" if gl_renderer() else "no OpenGL"


def gl_renderer() -> str:
    """What draws by OpenGL, as it calls itself; empty where nothing does."""
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    if not (context.create() and context.makeCurrent(surface)):
        return ""
    name = str(context.functions().glGetString(_GL_RENDERER))
    context.doneCurrent()
    return name


class GlChartScene(ChartScene):
    """Our chart, its map drawn by OpenGL."""

    def __init__(self, snapshot: Snapshot, size: tuple[int, int] = SIZE) -> None:
        super().__init__(snapshot, size)
        self.chart.canvas.useOpenGL(True)

    def uploaded_bytes(self) -> int:
        """All bytes that the map has uploaded so far."""
        painter = self.chart.heatmap_item.gl
        return 0 if painter is None else int(painter.uploaded_bytes)
