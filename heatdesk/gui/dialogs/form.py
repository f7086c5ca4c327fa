"""A page of declared values. What a person types takes effect at once, where all of the page is allowed together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from heatdesk.declared import Declaration
from heatdesk.errors import BadInputError
from heatdesk.gui.dialogs.fields import Field

_LABEL_PX: Final = 152


class Form(QWidget):
    """Emits `chosen` with a new value of the declared dataclass."""

    chosen = Signal(object)

    def __init__(
        self, label: str, declarations: tuple[Declaration, ...], value: Any, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._value = value
        self._draft: dict[str, Any] = {}
        self._complaint = QLabel(self)
        self._complaint.setObjectName("complaint")
        self._complaint.setTextFormat(Qt.TextFormat.PlainText)
        self._complaint.setWordWrap(True)
        self._complaint.hide()
        title = QLabel(label, self)
        title.setObjectName("title")
        title.setTextFormat(Qt.TextFormat.PlainText)
        self.fields = {d.name: Field(d, getattr(value, d.name), self) for d in declarations}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(2)
        grid.setColumnMinimumWidth(0, _LABEL_PX)  # the same on every page, a mark before the label included
        grid.setColumnStretch(2, 1)
        for row, field in enumerate(self.fields.values()):
            field.place(grid, row)
            field.edited.connect(self._edited)
        everything = QPushButton("Reset all of this page", self)
        everything.setAutoDefault(False)  # Enter ends what is typed: it must not press this
        everything.clicked.connect(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(title)
        column.addLayout(grid)
        self._notes = QVBoxLayout()
        column.addLayout(self._notes)
        column.addWidget(self._complaint)
        column.addWidget(everything, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

    def showEvent(self, event: QShowEvent) -> None:
        for field in self.fields.values():
            field.reserve()
        super().showEvent(event)

    def add_note(self, note: QWidget) -> None:
        """Stand this below the values."""
        self._notes.addWidget(note)

    @property
    def complaint(self) -> str:
        """Why the values do not fit together; empty where they do."""
        return self._complaint.text()

    def show_value(self, value: Any) -> None:
        """Show what holds by now; a draft that does not fit together yet stays."""
        self._value = value
        for name, field in self.fields.items():
            if name not in self._draft:
                field.show_value(getattr(value, name))

    def take_typed(self) -> None:
        """Take what is typed and not entered yet."""
        for field in self.fields.values():
            field.take_typed()

    def wrong(self) -> str:
        """What is wrong on this page, its values alone or together; empty where nothing is."""
        return next(filter(None, (field.complaint for field in self.fields.values())), self.complaint)

    def reset(self) -> None:
        """Everything on this page back to its default."""
        self._draft.clear()
        value = replace(self._value, **{name: f.declaration.default for name, f in self.fields.items()})
        for field in self.fields.values():
            field.blockSignals(True)  # one change, not one for each value
            field.reset()
            field.blockSignals(False)
        self._complain("")
        self._choose(value)

    def _edited(self, name: str, value: Any) -> None:
        self._draft[name] = value
        try:
            chosen = replace(self._value, **self._draft)
        except BadInputError as error:
            self._complain(str(error))
            return
        self._draft.clear()
        self._complain("")
        self._choose(chosen)

    def _choose(self, value: Any) -> None:
        if value != self._value:
            self._value = value
            self.chosen.emit(value)

    def _complain(self, sentence: str) -> None:
        self._complaint.setText(sentence)
        self._complaint.setVisible(bool(sentence))
