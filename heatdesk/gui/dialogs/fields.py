"""One row of a form: a declared value under its label, with its unit, its range, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QGridLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from heatdesk.declared import Declaration, checked, written
from heatdesk.errors import BadInputError
from heatdesk.gui import numbers

_EDITOR_PX: Final = 190
_MARK: Final = "• "


class Field(QObject):
    """Emits `edited` when a person has set another value that is allowed; a wrong one is told below the row."""

    edited = Signal(str, object)

    def __init__(self, declaration: Declaration, value: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self.declaration = declaration
        self._value = value
        self.label, self._about, self._complaint = QLabel(parent), QLabel(parent), QLabel(parent)
        for label in (self.label, self._about, self._complaint):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._about.setObjectName("secondary")
        self._about.setText(_about(declaration))
        self._complaint.setObjectName("complaint")
        self._complaint.setWordWrap(True)
        self._complaint.hide()
        self.editor = self._make_editor(parent)
        self.editor.setAccessibleName(declaration.label)
        self.editor.setFixedWidth(_EDITOR_PX)
        self.label.setBuddy(self.editor)
        self._reset = QToolButton(parent)
        self._reset.setText("Reset")
        self._reset.setAccessibleName(f"Reset {declaration.label}")
        self._reset.setToolTip(f"Back to {text_of(declaration.default)}")
        self._reset.clicked.connect(self.reset)
        for widget in (self.label, self.editor, self._about):
            widget.setToolTip(declaration.help)
        self.show_value(value)

    def place(self, grid: QGridLayout, row: int) -> None:
        """Stand in two rows of a grid: the value, and room for what is wrong with it."""
        for column, widget in enumerate((self.label, self.editor, self._about, self._reset)):
            grid.addWidget(widget, 2 * row, column)
        grid.addWidget(self._complaint, 2 * row + 1, 1, 1, 3)

    def reserve(self) -> None:
        """Keep room for the mark of another value, so that setting one moves nothing."""
        marked = self.label.fontMetrics().horizontalAdvance(f"{_MARK}{self.declaration.label}")
        self.label.setMinimumWidth(marked)

    @property
    def complaint(self) -> str:
        """What is wrong with what is typed; empty where nothing is."""
        return self._complaint.text()

    def show_value(self, value: Any) -> None:
        """Show a value; says nothing about it. What a person is typing stays."""
        self._value = value
        if not (isinstance(self.editor, QLineEdit) and self.editor.hasFocus() and self.editor.isModified()):
            self._fill(value)
            self._complain("")
        self._mark()

    def reset(self) -> None:
        """Back to the default."""
        self._fill(self.declaration.default)
        self._take(self.declaration.default)

    def _make_editor(self, parent: QWidget) -> QComboBox | QCheckBox | QLineEdit:
        kind = self.declaration.kind
        if kind == "choice":
            combo = QComboBox(parent)
            combo.addItems(list(self.declaration.choices))
            combo.activated.connect(lambda index: self._take(combo.itemText(index)))
            return combo
        if kind == "switch":
            box = QCheckBox("yes", parent)
            box.clicked.connect(self._take)
            return box
        line = QLineEdit(parent)
        line.setMaxLength(400)
        line.textEdited.connect(lambda text: self._complain(self._judge(text)[1]))
        line.editingFinished.connect(self.take_typed)
        return line

    def offer(self, texts: Sequence[str]) -> None:
        """Complete what is typed to one of these."""
        if isinstance(self.editor, QLineEdit):
            completer = QCompleter(list(texts), self.editor)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            self.editor.setCompleter(completer)

    def _fill(self, value: Any) -> None:
        if isinstance(self.editor, QComboBox):
            self.editor.setCurrentText(value)
        elif isinstance(self.editor, QCheckBox):
            self.editor.setChecked(value)
        else:
            self.editor.setText(text_of(value))
            self.editor.setModified(False)

    def take_typed(self) -> None:
        """Take what a person has typed, if it is allowed."""
        if isinstance(self.editor, QLineEdit) and self.editor.isModified():
            value, complaint = self._judge(self.editor.text())
            self._complain(complaint)
            if not complaint:
                self.editor.setModified(False)
                self._take(value)

    def _judge(self, text: str) -> tuple[Any, str]:
        """The value of a typed text, or what is wrong with it."""
        value: Any = text.strip()
        if self.declaration.kind == "number":
            value = _number(text)
        elif self.declaration.kind == "list":
            value = tuple(filter(None, (part.strip() for part in text.split(","))))
        try:
            return checked(self.declaration, value), ""
        except BadInputError as error:
            return None, str(error)

    def _take(self, value: Any) -> None:
        self._complain("")
        if value != self._value:
            self._value = value
            self._mark()
            self.edited.emit(self.declaration.name, value)

    def _complain(self, sentence: str) -> None:
        self._complaint.setText(sentence)
        self._complaint.setVisible(bool(sentence))
        self.editor.setProperty("wrong", bool(sentence))
        self.editor.style().unpolish(self.editor)
        self.editor.style().polish(self.editor)

    def _mark(self) -> None:
        """A value that is not the default has a dot and its reset."""
        other = self._value != self.declaration.default
        self.label.setText(f"{_MARK if other else ''}{self.declaration.label}")
        self._reset.setEnabled(other)


def _number(text: str) -> float | str:
    """What a person means by ``0.7``, ``1,200``, ``−3`` or ``100 M``; the text itself where that is no number."""
    for read in (lambda t: float(t.replace(",", "").replace("\N{MINUS SIGN}", "-")), numbers.parse_amount):
        with suppress(ValueError):
            return read(text)
    return text


def text_of(value: Any) -> str:
    """A value as a person types it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.10g}"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _about(declaration: Declaration) -> str:
    if declaration.kind != "number":
        return declaration.unit
    low, high = ("any" if end is None else written(end) for end in (declaration.low, declaration.high))
    return f"{declaration.unit}   {low} … {high}".strip()
