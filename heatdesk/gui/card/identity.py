"""What draws by OpenGL here, asked in this very process: a broken driver may end it."""

from __future__ import annotations

import sys
from typing import Any, Final

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext, QSurfaceFormat

from heatdesk.feed.plain_text import plain
from heatdesk.gui.card.choice import WITHOUT_CARDS
from heatdesk.machine.graphics import Card

_VENDOR, _RENDERER, _VERSION = 0x1F00, 0x1F01, 0x1F02
_MAX_TEXTURE_SIZE: Final = 0x0D33
_LEAST_VERSION: Final = (3, 3)
_LEAST_VERSION_ES: Final = (3, 0)


def drawing_format() -> QSurfaceFormat:
    """What is asked of OpenGL: 3.3 core, which every system gives that has it at all, and no wait for the screen.

    Waiting for it would hold up the window once for each chart; the frames are few, and the desktop composes them.
    """
    wanted = QSurfaceFormat()
    # on Windows, Qt can only tell once there is an application; there it has no ES
    if (
        sys.platform == "win32"
        or QOpenGLContext.openGLModuleType() is not QOpenGLContext.OpenGLModuleType.LibGLES
    ):
        wanted.setVersion(*_LEAST_VERSION)
        wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setStencilBufferSize(8)  # clips of what is painted over the map
    wanted.setSwapInterval(0)
    return wanted


def has_screen() -> bool:
    """Whether windows here could be drawn by a card at all. Needs an application."""
    return QGuiApplication.platformName() not in WITHOUT_CARDS


def card_here() -> Card | None:
    """What answers, None where nothing does or it is too old. Needs an application."""
    if not has_screen():
        return None
    surface, context = QOffscreenSurface(), QOpenGLContext()
    context.setFormat(drawing_format())
    surface.setFormat(drawing_format())
    surface.create()
    if not (context.create() and context.makeCurrent(surface)):
        return None
    try:
        least = _LEAST_VERSION_ES if context.isOpenGLES() else _LEAST_VERSION
        if context.format().version() < least:
            return None
        gl: Any = context.functions()
        renderer, vendor, version = (plain(gl.glGetString(name)) for name in (_RENDERER, _VENDOR, _VERSION))
        return Card(renderer, vendor, version, int(gl.glGetIntegerv(_MAX_TEXTURE_SIZE)))
    finally:
        context.doneCurrent()
