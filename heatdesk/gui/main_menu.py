"""The ☰ of the top bar: what is done with files, and what to know."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QMenu, QWidget

from heatdesk.gui.menus import Entry, MenuButton, add_entries


class MainMenu(MenuButton):
    """One button, one menu; its entries' keys work while it is closed."""

    def __init__(self, window: QWidget, sections: Sequence[Sequence[Entry]]) -> None:
        menu = QMenu()
        add_entries(menu, window, sections)
        super().__init__("Menu: files, settings, help", "M", menu, window)
        self.setText("☰")
