"""A driver that is loaded with the application: one that ends the process does so once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from heatdesk.gui.card.build import this_build
from heatdesk.machine import graphics_mark
from heatdesk.machine.graphics import Card, Memory, Trial, save

ENDS = """
import os
from PySide6 import QtWidgets

class Application(QtWidgets.QApplication):
    def __init__(self, *_):
        os._exit(7)

QtWidgets.QApplication = Application
"""
MAKES = """
from heatdesk import app
application = app._application("automatic")
"""


@pytest.fixture
def start(home):
    def started(script: str) -> int:
        own = {**os.environ, "HEATDESK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
        return subprocess.run([sys.executable, "-c", script], env=own, timeout=200).returncode

    return started


def test_the_mark_stands_while_the_application_is_made(start):
    assert start(ENDS + MAKES) == 7
    assert not graphics_mark.stands(), "no card is known to draw: nothing is loaded"
    save(Memory((Trial(this_build(), 2, Card("GeForce", "NVIDIA", "3.3", 32_768), 3.0, 8.0),)))
    assert start(ENDS + MAKES) == 7
    assert graphics_mark.left_in() == graphics_mark.LOADING
    assert start(MAKES) == 0
    assert graphics_mark.stands(), "which the window is told of"
    graphics_mark.end()
    assert start(MAKES) == 0
    assert not graphics_mark.stands()
