"""The two quiet kinds of words in a panel."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def heading(text: str) -> QLabel:
    """What a section is about."""
    label = QLabel(text)
    label.setObjectName("heading")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setContentsMargins(8, 0, 8, 4)
    return label


def secondary(text: str = "") -> QLabel:
    """A remark in the secondary colour."""
    label = QLabel(text)
    label.setObjectName("secondary")
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
