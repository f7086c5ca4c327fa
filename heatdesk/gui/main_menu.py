"""The ☰ of the top bar: what is done with files, and what to know."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from heatdesk.gui.menus import Entry, add_entries

_KEY = "M"


class MainMenu(QToolButton):
    """One button, one menu; its entries' keys work while it is closed."""

    def __init__(self, window: QWidget, sections: Sequence[Sequence[Entry]]) -> None:
        super().__init__(window)
        self.setObjectName("menu")
        self.setText("☰")
        self.setAccessibleName("Menu")
        self.setToolTip(f"Menu: files, settings, help ({_KEY})")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        add_entries(menu, window, sections)
        self.setMenu(menu)
        QShortcut(QKeySequence(_KEY), self).activated.connect(self.showMenu)
