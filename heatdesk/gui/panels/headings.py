"""The two quiet kinds of words in a panel."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

ROW_PX: Final = 24  # of a heading and of what stands beside it


def heading(text: str) -> QLabel:
    """What a section is about."""
    label = QLabel(text)
    label.setObjectName("heading")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setContentsMargins(8, 0, 8, 0)
    label.setFixedHeight(ROW_PX)
    return label


def secondary(text: str = "") -> QLabel:
    """A remark in the secondary colour."""
    label = QLabel(text)
    label.setObjectName("secondary")
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
