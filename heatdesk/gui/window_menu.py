"""What the ☰ offers, and the keys that no button has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence, QShortcut

from heatdesk.gui.main_menu import MainMenu
from heatdesk.gui.menus import Entry

if TYPE_CHECKING:
    from heatdesk.gui.window import Window


def add_menu(window: Window) -> None:
    """Put the menu at the end of the top bar; its entries' keys work while it is closed."""
    window.bar.add_at_end(MainMenu(window, _sections(window)))
    desk = window.desk
    for key, action in (("End", desk.go_live), ("Home", desk.reset_range), ("R", desk.reset_range)):
        QShortcut(QKeySequence(key), window).activated.connect(action)


def _sections(window: Window) -> tuple[tuple[Entry, ...], ...]:
    take = window.take_away
    return (
        (
            Entry("Import…", "Ctrl+O", window.importer.choose_files),
            Entry("Save picture…", "Ctrl+S", take.save_picture),
            Entry("Save picture at double size…", "Ctrl+Shift+S", lambda: take.save_picture(2.0)),
            Entry("Save map as arrays…", "Ctrl+Shift+A", take.save_map),
            Entry("Export clusters…", "Ctrl+E", take.export_clusters),
            Entry("Explain the cell under the crosshair", "I", window.explainer.explain_hover),
            Entry("Copy values under the crosshair", "Ctrl+C", take.copy_values, window.desk),
        ),
        (
            Entry("Scoreboard…", "Ctrl+B", window.scoreboard.open),
            Entry("What was learned…", "Ctrl+I", window.second_look.open_learning),
            Entry("Feeds…", "Alt+F", window.feeds.open),
            Entry("Settings…", "Ctrl+,", window.open_settings),
        ),
        (
            Entry("How to read the map", "?", window.middle.show_welcome),
            Entry("What the map does not show", "", lambda: _show_page(window, "not_shown")),
            Entry("About heatdesk", "", lambda: _show_page(window, "about")),
        ),
        (
            Entry("Read the history again", "Ctrl+R", window.ask_again),
            Entry("Open the simulated market", "Ctrl+Shift+M", window.simulation_asked.emit),
            Entry("Quit", "Ctrl+Q", window.close),
        ),
    )


def _show_page(window: Window, name: str) -> None:
    from heatdesk.gui.dialogs import page

    getattr(page, name)(window).show()
