"""Which side is exposed near the price, how fragile that makes the market, and how unusual it is."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from heatdesk.declared import declarations_of
from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.panels.balance_bar import BalanceBar
from heatdesk.gui.panels.headings import heading, secondary
from heatdesk.gui.panels.typed_number import TypedNumber, parse_percent
from heatdesk.gui.view import View
from heatdesk.gui.wording import wording_of
from heatdesk.reading.exposure import FORMULAS, UNUSUAL, Exposure
from heatdesk.reading.rules import ExposureRules

_WITHIN: Final = next(d for d in declarations_of(ExposureRules) if d.name == "within_percent")
_PARSE: Final = parse_percent(_WITHIN.low or 0.0, _WITHIN.high or 100.0)
_ROWS: Final = (("above", "▲ shorts"), ("below", "▼ longs"), ("fragility", "Fragility"))


class ExposurePanel(QWidget):
    """Emits `within_asked` with the reach a person typed, in percent, and `complained` with a sentence."""

    within_asked = Signal(float)
    complained = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._exposure: Exposure | None = None
        self._known = False
        self._view = View()
        self.within = TypedNumber(
            "Exposure within", "How far around the price levels count", "Alt+X", _PARSE, self
        )
        self.within.setFixedWidth(48)
        self.bar = BalanceBar(self)
        there = self.bar.sizePolicy()
        there.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(there)
        self._amounts = {name: _number() for name, _ in _ROWS}
        self._ranks = {name: _number() for name, _ in _ROWS}
        self._whipsaw, self._ranked = QLabel(), secondary()
        self._whipsaw.setTextFormat(Qt.TextFormat.PlainText)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(0)
        column.addLayout(self._top())
        column.addLayout(self._grid())
        self.within.typed.connect(self._ask_within)
        self.within.complained.connect(self.complained)
        self._say()

    def _top(self) -> QHBoxLayout:
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 8, 4)
        top.setSpacing(4)
        top.addWidget(heading("EXPOSURE"))
        top.addStretch(1)
        top.addWidget(secondary("±"))
        top.addWidget(self.within)
        return top

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(8, 0, 8, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.bar, 0, 0, 1, 3)
        for row, (name, words) in enumerate(_ROWS, 1):
            label = secondary(words)
            for column, widget in enumerate((label, self._amounts[name], self._ranks[name])):
                widget.setToolTip(f"{FORMULAS[name]}\n{FORMULAS['percentile']}")
                grid.addWidget(widget, row, column)
        self.bar.setToolTip(f"{FORMULAS['balance']}\n{FORMULAS['percentile']}")
        self._whipsaw.setToolTip(FORMULAS["whipsaw"])
        grid.addWidget(self._whipsaw, len(_ROWS) + 1, 0, 1, 3)
        grid.addWidget(self._ranked, len(_ROWS) + 2, 0, 1, 3)
        return grid

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what stands around the price."""
        self._exposure, self._known = snapshot.exposure, True
        if not self.within.hasFocus():
            self.within.show_text(f"{snapshot.question.rules.exposure.within_percent:g}{numbers.THIN}%")
        self._say()

    def set_view(self, view: View) -> None:
        """Follow theme and currency."""
        self._view = view
        self.bar.set_view(view)
        self._say()

    def _say(self) -> None:
        exposure, words = self._exposure, wording_of(self._view)
        self.bar.setVisible(self._known)
        if exposure is None:
            self.bar.show_balance(None)
            for label in (*self._amounts.values(), *self._ranks.values()):
                label.setText(numbers.UNKNOWN)
            self._whipsaw.setText("Unknown without a price" if self._known else "")
            self._ranked.setText("")
            return
        self.bar.show_balance(exposure.balance if exposure.fragility > 0 else None)
        values = {"above": exposure.above, "below": exposure.below, "fragility": exposure.fragility}
        for name, value in values.items():
            self._amounts[name].setText(words.amount(value))
            self._ranks[name].setText(_rank(getattr(exposure, f"{name}_percentile")))
        self._whipsaw.setText(whipsaw_words(exposure))
        self._ranked.setText(f"P: percentile of the last {covered(exposure)}")
        self._ranked.setToolTip(
            f"{FORMULAS['percentile']}\nBalance {numbers.percent(exposure.balance, signed=True)}, "
            f"rank {_rank(exposure.balance_percentile)}\nPlain sums within ±{numbers.percent(exposure.within)}: "
            f"{words.amount_exact(exposure.above_usd)} above, {words.amount_exact(exposure.below_usd)} below"
        )

    def _ask_within(self, percent: float | None) -> None:
        self.within_asked.emit(_WITHIN.default if percent is None else percent)


def whipsaw_words(exposure: Exposure) -> str:
    """Whether a move either way can force the other."""
    if exposure.whipsaw:
        return "Whipsaw: dense both sides"
    if exposure.fragility_percentile >= UNUSUAL:
        return "Fragile: dense one side"
    return "No whipsaw zone"


def covered(exposure: Exposure) -> str:
    """``30 days``, or how many there are."""
    if exposure.days >= 2:
        return f"{min(exposure.days, 30.0):.0f} days"
    hours = 24 * exposure.days
    return f"{hours:.0f} h" if hours >= 2 else f"{max(1.0, 60 * hours):.0f} min"


def _rank(percentile: float) -> str:
    return f"P{numbers.THIN}{percentile:.0f}"


def _number() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setMinimumWidth(label.fontMetrics().horizontalAdvance("P 100"))
    return label
