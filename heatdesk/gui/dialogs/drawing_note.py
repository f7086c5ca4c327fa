"""Below the choice of who draws the map: who does, why, and a way to measure that again."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from heatdesk.gui.card.chooser import Chooser


class DrawingNote(QWidget):
    """Follows what is chosen and measured."""

    def __init__(self, chooser: Chooser, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chooser = chooser
        self._words = QLabel(self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setAccessibleName("Who draws the map")
        self._again = QPushButton("Measure again", self)
        self._again.setAutoDefault(False)  # Enter ends what is typed: it must not press this
        self._again.setToolTip("Time the graphics card against the processor, at the size of this window")
        self._again.clicked.connect(chooser.measure_again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(8)
        column.addWidget(self._words)
        column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
        chooser.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self._words.setText(self._chooser.words)
        self._again.setEnabled(not self._chooser.measuring)
