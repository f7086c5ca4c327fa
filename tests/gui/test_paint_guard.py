"""An exception in a widget's painting ends there, and is told once."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

import heatdesk.gui
from heatdesk.gui.paint_guard import guarded


class Broken(QWidget):
    painted = 0

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        self.painted += 1
        painter = QPainter(self)
        painter.save()
        raise ValueError("no colour")


def test_a_broken_painting_is_told_once_and_the_program_goes_on(qtbot, caplog: pytest.LogCaptureFixture):
    widget = Broken()
    qtbot.addWidget(widget)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            widget.grab()
    assert widget.painted == 3
    assert [record.getMessage() for record in caplog.records] == ["Broken could not be painted."]


def test_every_widget_that_paints_is_guarded():
    for path in Path(heatdesk.gui.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        painted = len(re.findall(r"^    def paintEvent\(", text, re.M))
        assert len(re.findall(r"^    @guarded\n    def paintEvent\(", text, re.M)) == painted, path.name
