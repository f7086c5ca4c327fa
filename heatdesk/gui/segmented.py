"""A row of buttons of which one is down: instead of a drop-down where the choices are few."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget


class Segmented(QWidget):
    """Emits `chosen` with the value of the button a person presses; `show_choice` moves it without a signal."""

    chosen = Signal(str)

    def __init__(
        self, name: str, choices: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        """`choices`: (value, what the tooltip says, key) in order; the value is also the label."""
        super().__init__(parent)
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        for value, tip, key in choices:
            button = QToolButton(self)
            button.setText(value)
            button.setCheckable(True)
            button.setAccessibleName(f"{name}: {tip}")
            button.setToolTip(f"{tip} ({key})")
            button.clicked.connect(lambda _=False, v=value: self.chosen.emit(v))
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.activated.connect(button.click)
            self._group.addButton(button)
            self._buttons[value] = button
            row.addWidget(button)

    def button(self, value: str) -> QToolButton:
        """The button of a value."""
        return self._buttons[value]

    def show_choice(self, value: str | None) -> None:
        """Press the button of a value, or none."""
        self._group.setExclusive(False)
        for name, button in self._buttons.items():
            button.setChecked(name == value)
        self._group.setExclusive(True)

    def set_labels(self, labels: Mapping[str, str]) -> None:
        """Write something shorter than the value on some buttons."""
        for value, label in labels.items():
            self._buttons[value].setText(label)

    def set_available(self, values: Collection[str]) -> None:
        """Grey what cannot be chosen."""
        for name, button in self._buttons.items():
            button.setEnabled(name in values)

    def set_visible(self, values: Collection[str]) -> None:
        """Hide the rarer ones; their keys go on working."""
        for name, button in self._buttons.items():
            button.setVisible(name in values)

    def fit(self) -> None:
        """Know at once how much room the buttons shown by now take."""
        if (row := self.layout()) is not None:
            row.invalidate()
        self.updateGeometry()
