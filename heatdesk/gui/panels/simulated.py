"""The simulated market's own section: that it is one, how fast it moves, and the truth beside the estimate."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.panels.headings import heading, secondary
from heatdesk.gui.segmented import Segmented
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.reading.truth import REACH, Comparison, Errors
from heatdesk.simulation import SPEEDS

_SPEEDS: Final = [
    (
        str(speed),
        f"{speed} market minutes per second" if speed else "Pause, and go on with Alt+P",
        f"Alt+{key}",
    )
    for key, speed in zip("56789", SPEEDS, strict=True)
]
_TITLES: Final = {
    "cosine": "Cosine of the smoothed columns: 1 is alike",
    "off by": "How far the average USD lies off, in percent of price (earth mover's distance)",
    "USD": "Estimated ÷ true USD",
}
KIND: Final = (
    "SIMULATED: kind to the model, whose leverages are lognormal on round presets as here. "
    "No evidence about real markets."
)
_WITHOUT: Final = "The truth is told of the newest column and of all tiers."


class SimulatedPanel(QWidget):
    """Emits `speed_chosen` in market minutes per second, `truth_asked` with a bool, `left` for the stored history."""

    speed_chosen = Signal(float)
    truth_asked = Signal(bool)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._truth: Comparison | None = None
        self._before_pause = str(SPEEDS[1])
        self._title = heading("SIMULATED")
        self.speed = Segmented("Speed", _SPEEDS, self)
        self.speed.set_labels({"0": "‖"})
        self.truth = _button("Truth", "Show what really stands beside the estimate (Alt+T)", "Alt+T")
        self.truth.setCheckable(True)
        self.back = _button("History", "Back to the stored history (Alt+H)", "Alt+H")
        self._table = QWidget(self)
        self._cells = {(name, title): _cell() for name in ("estimate", "uniform") for title in _TITLES}
        self._words = secondary(KIND)
        self._words.setWordWrap(True)
        self._lay_out()
        self.speed.chosen.connect(self._choose_speed)
        self.truth.toggled.connect(self._toggle_truth)
        self.back.clicked.connect(self.left)
        QShortcut(QKeySequence("Alt+P"), self).activated.connect(self._pause)
        self.show_speed(SPEEDS[1])
        self._toggle_truth(False)

    def _lay_out(self) -> None:
        top, second = QHBoxLayout(), QHBoxLayout()
        top.setContentsMargins(0, 0, 8, 0)
        top.addWidget(self._title)
        top.addStretch(1)
        top.addWidget(self.truth)
        top.addWidget(self.back)
        second.setContentsMargins(8, 0, 8, 4)
        second.setSpacing(4)
        second.addWidget(self.speed)
        second.addWidget(secondary("min per s"))
        second.addStretch(1)
        grid = QGridLayout(self._table)
        grid.setContentsMargins(8, 0, 8, 4)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        for column, (title, tip) in enumerate(_TITLES.items(), 1):
            label = secondary(title)
            label.setAlignment(Qt.AlignmentFlag.AlignRight)
            label.setToolTip(f"{tip}; within ±{REACH:.0%} of the price, both sides")
            grid.addWidget(label, 0, column)
        for row, name in enumerate(("estimate", "uniform"), 1):
            grid.addWidget(secondary("model" if name == "estimate" else name), row, 0)
            for column, title in enumerate(_TITLES, 1):
                grid.addWidget(self._cells[name, title], row, column)
        grid.addWidget(self._words, 3, 0, 1, 4)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 8)
        whole.setSpacing(0)
        whole.addLayout(top)
        whole.addLayout(second)
        whole.addWidget(self._table)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the errors of a map; a map of the stored history has none, and no such section."""
        self.setVisible(snapshot.question.simulated)
        self._truth = snapshot.truth
        for name in ("estimate", "uniform"):
            errors = None if self._truth is None else _both(getattr(self._truth, name))
            for title, text in zip(_TITLES, error_words(errors), strict=True):
                self._cells[name, title].setText(text)
        self._words.setText(KIND if self._truth is not None else _WITHOUT)

    def set_view(self, view: View) -> None:
        """Follow the theme."""
        self._title.setStyleSheet(f"color: {tokens(view.theme).warn}" if view.theme == "dark" else "")

    def show_speed(self, minutes_per_second: float) -> None:
        """Press the button of a speed."""
        self.speed.show_choice(f"{minutes_per_second:g}")

    def offer_history(self, stored: bool) -> None:
        """Whether there is a stored history to go back to."""
        self.back.setVisible(stored)

    def _choose_speed(self, text: str) -> None:
        if text != "0":
            self._before_pause = text
        self.speed_chosen.emit(float(text))

    def _pause(self) -> None:
        """Pause, or go on as before."""
        button = self.speed.button("0")
        (self.speed.button(self._before_pause) if button.isChecked() else button).click()

    def _toggle_truth(self, shown: bool) -> None:
        self._table.setVisible(shown)
        self.truth_asked.emit(shown)


def error_words(errors: Errors | None) -> tuple[str, str, str]:
    """Cosine, distance and ratio of one estimate as a table says them."""
    if errors is None:
        return (numbers.UNKNOWN,) * 3
    ratio = numbers.UNKNOWN if math.isnan(errors.ratio) else f"×{numbers.THIN}{errors.ratio:.2f}"
    return f"{errors.cosine:.3f}", f"{errors.mover:.2f}{numbers.THIN}%", ratio


def _both(errors: tuple[Errors, ...]) -> Errors | None:
    """Both sides together; None where nothing truly stands."""
    return next((e for e in errors if e.side == "both"), None)


def _button(text: str, tip: str, key: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setShortcut(key)
    return button


def _cell() -> QLabel:
    label = QLabel(numbers.UNKNOWN)
    label.setObjectName("small")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignRight)
    return label
