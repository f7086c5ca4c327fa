"""A small field for a number: what cannot be one is marked and told, and the number before it goes on holding."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QWidget

from heatdesk.gui import numbers


class TypedNumber(QLineEdit):
    """Emits `typed` with a number, None for an empty field; `complained` with a sentence for anything else.

    `parse` raises ValueError for a text that is no such number. Escape brings back what held before.
    """

    typed = Signal(object)
    complained = Signal(str)

    def __init__(
        self, name: str, tip: str, key: str, parse: Callable[[str], float], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._tip, self._parse = name, f"{tip} ({key})", parse
        self._held = ""
        self.setObjectName("typed")
        self.setAccessibleName(name)
        self.setToolTip(self._tip)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedHeight(24)
        self.setMaxLength(24)
        self.editingFinished.connect(self._read)
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        shortcut.activated.connect(self._take_focus)

    def show_text(self, text: str) -> None:
        """Hold this without telling anyone."""
        self._held = text
        self.setText(text)
        self._mark(wrong=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.show_text(self._held)
            self.clearFocus()
            return
        super().keyPressEvent(event)

    def _take_focus(self) -> None:
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def _read(self) -> None:
        text = self.text().strip()
        if text == self._held:
            self._mark(wrong=False)
            return
        try:
            value = self._parse(text) if text else None
        except ValueError as error:
            self._mark(wrong=True)
            self.complained.emit(f"{self._name}: {error}.")
            return
        self._held = text
        self._mark(wrong=False)
        self.typed.emit(value)

    def _mark(self, wrong: bool) -> None:
        if bool(self.property("wrong")) != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)


def parse_percent(low: float, high: float) -> Callable[[str], float]:
    """A reader of ``5``, ``2.5 %`` or ``2,5`` between two bounds; it gives percent and raises ValueError."""

    def parse(text: str) -> float:
        try:
            value = float(text.replace("%", "").replace(",", ".").strip())
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"{text!r} is no percentage from {low:g} to {high:g}")
        return value

    return parse


def parse_usd(text: str) -> float:
    """USD of ``10M`` or ``$ 250,000``; raises ValueError."""
    try:
        return numbers.parse_amount(text)
    except ValueError:
        raise ValueError(f"{text!r} is no amount; type 250k, 10M or 1.5B") from None
