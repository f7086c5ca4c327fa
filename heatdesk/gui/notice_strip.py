"""A line under the top bar: what was saved, what went wrong, how far an import is. Gone where nothing is to be said."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QWidget

from heatdesk.gui.errands import Progress

HEIGHT: Final = 32
_GONE_AFTER_MS: Final = 8000
_BAR_PX: Final = 160
_MOST_LINES: Final = 12


class NoticeStrip(QWidget):
    """Shows one notice, or the progress of an errand; `stop_asked` when a person gives the errand up."""

    stop_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumHeight(HEIGHT)
        self._lines: list[str] = []
        self._busy = False
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(_BAR_PX, 4)
        self._bar.setRange(0, 1000)
        self._button = QToolButton()
        self._button.setAccessibleName("Close this notice")
        self._button.clicked.connect(self._pressed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_GONE_AFTER_MS)
        self._timer.timeout.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(self._text, 1)
        row.addWidget(self._bar)
        row.addWidget(self._button)
        self.clear()

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def say(self, sentence: str) -> None:
        """A thing that went well; goes away by itself."""
        self._lines = []
        self._show(sentence, failed=False)
        self._timer.start()

    def warn(self, sentence: str) -> None:
        """A thing the user must read; stays until it is closed, below what else was not read yet."""
        self._timer.stop()
        if sentence not in self._lines:
            self._lines = [*self._lines, sentence][-_MOST_LINES:]
        self._show("\n".join(self._lines), failed=True)

    def show_progress(self, progress: Progress | None) -> None:
        """How far an errand is; None where none runs."""
        if progress is None:
            if self._busy:
                self.clear()
            return
        self._timer.stop()
        self._busy = True
        self._bar.setValue(round(1000 * progress.share))
        self._show(progress.line, failed=False)

    def clear(self) -> None:
        """Say nothing any more."""
        self._timer.stop()
        self._busy = False
        self._lines = []
        self._text.clear()
        self.hide()

    def _show(self, text: str, failed: bool) -> None:
        self._text.setObjectName("error" if failed else "")
        self._text.style().unpolish(self._text)
        self._text.style().polish(self._text)
        self._text.setText(text)
        self._bar.setVisible(self._busy)
        self._button.setText("Stop" if self._busy else "Close")
        self._button.setToolTip("Stop the import; what is in stays in" if self._busy else "Close this notice")
        self.show()

    def _pressed(self) -> None:
        if self._busy:
            self.stop_asked.emit()
        else:
            self.clear()
