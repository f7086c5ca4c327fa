"""What stands in the window while there is no map: what to do, or what went wrong."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

_IMPORT: Final = "heatdesk import FILE --exchange binance --symbol BTC/USDT:USDT --timeframe 5m"


class Page(QWidget):
    """A title, a sentence and a command to copy, in the middle of the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._title, self._text, self._command = QLabel(), QLabel(), QLabel()
        self._title.setObjectName("title")
        self._text.setWordWrap(True)
        self._text.setFixedWidth(600)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._command.setObjectName("command")
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(2)
        for label in (self._title, self._text, self._command):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            column.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self.show_loading()

    def show_loading(self) -> None:
        """Before the first map."""
        self.show_waiting("Reading the stored history")

    def show_waiting(self, sentence: str) -> None:
        """What takes so long before the first map."""
        self._say(f"{sentence}…", "", "")

    def show_empty(self) -> None:
        """Nothing is stored: how history comes in."""
        self._say(
            "No history stored yet",
            "Drop files of an exchange's archive, CSV or Parquet here, or press Ctrl+O. In a terminal:",
            _IMPORT,
        )

    def show_error(self, sentence: str) -> None:
        """What went wrong, while there is no older map to go on showing."""
        self._say("This map cannot be shown", sentence, "")

    def _say(self, title: str, text: str, command: str) -> None:
        for label, words in ((self._title, title), (self._text, text), (self._command, command)):
            label.setText(words)
            label.setVisible(bool(words))
