"""The scoreboard: how good the map was, against its nulls, with n, days and interval beside every figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from heatdesk.errors import BadInputError
from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.gui.panels.score_choice import Record, ScoreChoice
from heatdesk.gui.panels.score_view import ScoreView, words_label
from heatdesk.gui.panels.score_words import verdict
from heatdesk.gui.view import View
from heatdesk.score.report import report

TITLE: Final = "Scoreboard"
NOTHING: Final = (
    "The stored history on screen has no recorded liquidations, so there is nothing to hold the map against. Import "
    "some (Ctrl+O): single events with their coverage, or totals per hour."
)
READY: Final = (
    "Press Score: every bar of the range is predicted from what was known before it and its own price path, then held "
    "against what was recorded. The same figures come from the command line: heatdesk score."
)

# How a score is made is not needed to show one.
if TYPE_CHECKING:
    from heatdesk.scoring import Scored
_SIZE: Final = (1160, 720)
_LEAST: Final = (1060, 560)


class ScoreDialog(QDialog):
    """Emits `asked` with a Wanted, `stop_asked` while it is being computed, `copied` with the report as text."""

    asked = Signal(object)
    stop_asked = Signal()
    copied = Signal(str)

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{TITLE} · heatdesk")
        self._scored: Scored | None = None
        self._busy = False
        self._anything = False
        self.choice, self.view = ScoreChoice(self), ScoreView(self)
        self.progress = QProgressBar(self)
        self.go = _button("Score", "Compute the scoreboard in the background", "Ctrl+Return", self)
        self.copy = _button("Copy as text", "The whole scorecard as text", "Ctrl+Shift+C", self)
        self.headline, self.complaint = words_label("title"), words_label("complaint")
        self.invitation = words_label("")
        self._page = QStackedWidget(self)
        self._lay_out()
        quits_too(self)
        self.go.clicked.connect(self._press)
        self.choice.entered.connect(self._press)
        self.copy.clicked.connect(self._copy)
        self._show_state()

    def _lay_out(self) -> None:
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(120, 4)
        self.progress.setRange(0, 1000)
        self.invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.invitation.setContentsMargins(120, 0, 120, 80)
        self._page.addWidget(self.invitation)
        self._page.addWidget(self.view)
        top, foot = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.choice)
        top.addStretch(1)
        top.addWidget(self.progress)
        top.addWidget(self.go)
        close = _button("Close", "Close the scoreboard; what is being computed goes on", "Esc", self)
        close.clicked.connect(self.close)
        foot.addStretch(1)
        foot.addWidget(self.copy)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.complaint)
        column.addWidget(self.headline)
        column.addWidget(self._page, 1)
        column.addLayout(foot)
        self.setMinimumSize(*_LEAST)
        self.resize(*_SIZE)

    def show_records(self, records: Sequence[Record], market: str = "") -> None:
        """Offer what can be scored; `market` is chosen where it is among them."""
        self._anything = bool(records)
        self.choice.show_records(records, market)
        self._show_state()

    def set_view(self, view: View) -> None:
        """Follow theme, currency, clocks and the colour of a rise."""
        self.view.set_view(view)

    def show_busy(self, share: float | None) -> None:
        """How far the work is; None once it is over."""
        self._busy = share is not None
        self.progress.setValue(round(1000 * (share or 0.0)))
        self._show_state()

    def show_scored(self, scored: Scored) -> None:
        """Show a scorecard."""
        self._scored = scored
        self.view.show_scored(scored)
        self.headline.setText(verdict(scored.card))
        self.complaint.setText("")
        self._show_state()

    def show_failed(self, sentence: str) -> None:
        """Say why there is no scorecard; an older one stays."""
        self.complaint.setText(sentence)
        self._show_state()

    def _show_state(self) -> None:
        self.progress.setVisible(self._busy)
        self.go.setText("Stop" if self._busy else "Score")
        self.go.setEnabled(self._anything)
        self.copy.setEnabled(self._scored is not None)
        self.choice.set_free(not self._busy)
        self.complaint.setVisible(bool(self.complaint.text()))
        self.headline.setVisible(self._scored is not None)
        self.invitation.setText(READY if self._anything else NOTHING)
        self._page.setCurrentWidget(self.invitation if self._scored is None else self.view)

    def _press(self) -> None:
        if self._busy:
            self.stop_asked.emit()
            return
        try:
            wanted = self.choice.wanted()
        except BadInputError as error:
            self.show_failed(str(error))
            return
        if wanted is not None:
            self.show_failed("")
            self.asked.emit(wanted)

    def _copy(self) -> None:
        if self._scored is not None:
            self.copied.emit("\n".join(report(self._scored.card)) + "\n")


def _button(text: str, tip: str, key: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(f"{tip} ({key})")
    button.setAutoDefault(False)
    if key != "Esc":  # every dialog has that
        QShortcut(QKeySequence(key), parent).activated.connect(button.click)
    return button
