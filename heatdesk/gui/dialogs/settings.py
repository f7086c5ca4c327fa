"""The settings, a page for each group, built from their declarations. Every change takes effect at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from zoneinfo import available_timezones

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from heatdesk.declared import Declaration
from heatdesk.gui.dialogs.form import Form
from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.gui.preferences import Preferences
from heatdesk.gui.theme import palette_names
from heatdesk.settings import Settings, groups

_SIZE: Final = (800, 560)
_NOTE: Final = "Changes take effect at once. • marks what is not the default."


class SettingsDialog(QDialog):
    """Shows and changes the preferences; stays open beside the chart, so that the effect is seen."""

    def __init__(self, preferences: Preferences, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings · heatdesk")
        self.resize(*_SIZE)
        self._preferences = preferences
        self._pages = QListWidget(self)
        self._pages.setAccessibleName("Pages of settings")
        self._pages.setFixedWidth(152)
        self._stack = QStackedWidget(self)
        self.forms: dict[str, Form] = {}
        for group in groups():
            self._add_page(group.name, group.label, group.declarations)
        self._pages.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._pages.setCurrentRow(0)
        self._lay_out()
        quits_too(self)
        preferences.kept.connect(self._show)

    def _add_page(self, name: str, label: str, declarations: tuple[Declaration, ...]) -> None:
        known = tuple(_with_palettes(declaration) for declaration in declarations)
        form = Form(label, known, getattr(self._preferences.settings, name))
        form.chosen.connect(lambda value: self._choose(name, value))
        if "time_zone" in form.fields:
            form.fields["time_zone"].offer(sorted(available_timezones()))
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(form)
        self.forms[name] = form
        self._stack.addWidget(area)
        self._pages.addItem(label)

    def _lay_out(self) -> None:
        note = QLabel(_NOTE, self)
        note.setObjectName("secondary")
        note.setTextFormat(Qt.TextFormat.PlainText)
        close = QPushButton("Close", self)
        close.setAutoDefault(False)  # Enter ends what is typed, not the dialog
        close.clicked.connect(self.close)
        below = QHBoxLayout()
        below.addWidget(note, 1)
        below.addWidget(close)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._pages)
        middle.addWidget(self._stack, 1)
        column = QVBoxLayout(self)
        column.addLayout(middle, 1)
        column.addLayout(below)

    def open_at(self, group: str, name: str | None = None) -> None:
        """Show a page, the cursor in one of its values."""
        self._pages.setCurrentRow(list(self.forms).index(group))
        self.show()
        self.raise_()
        self.activateWindow()
        if name is not None:
            self.forms[group].fields[name].editor.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def take_typed(self) -> str:
        """Take what is typed and not entered yet; returns what is wrong with it, empty where nothing is."""
        for form in self.forms.values():
            form.take_typed()
        return next(filter(None, (form.wrong() for form in self.forms.values())), "")

    def _choose(self, group: str, value: Any) -> None:
        changed: dict[str, Any] = {group: value}
        self._preferences.choose(replace(self._preferences.settings, **changed))

    def _show(self, settings: Settings) -> None:
        for name, form in self.forms.items():
            form.show_value(getattr(settings, name))


def _with_palettes(declaration: Declaration) -> Declaration:
    """Only here the palettes are known that can be chosen."""
    return declaration._replace(choices=palette_names()) if declaration.name == "palette" else declaration
