"""What Qt must know of OpenGL before its application is made."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QSurfaceFormat

from heatdesk.gui.card.build import this_build
from heatdesk.gui.card.choice import choose
from heatdesk.gui.card.identity import drawing_format
from heatdesk.machine import graphics, graphics_mark


def prepare(wish: str) -> bool:
    """Say what is asked of OpenGL, and, where a card is about to draw, that windows share what they give it.

    Sharing loads the driver as soon as the application is made, so it is asked for only where the card is known to
    draw. True then: a mark stands, to be ended when there is an application.
    """
    QSurfaceFormat.setDefaultFormat(drawing_format())
    memory, build = graphics.load(), this_build()
    expected = any(choose(wish, memory, build, size).by_card for size in range(graphics.SIZE_CLASSES))
    if not expected or graphics_mark.stands():
        return False
    graphics_mark.begin(graphics_mark.LOADING)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    return True
