"""Menus: entries with a key each, one choice of several, and check marks that can be set one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QMenu, QToolButton, QWidget


class Entry(NamedTuple):
    """A line of a menu: what it says, its key, what it does, and where the key works (None = in all of the window)."""

    text: str
    key: str
    do: Callable[[], object]
    where: QWidget | None = None


def add_entries(menu: QMenu, owner: QWidget, sections: Iterable[Sequence[Entry]]) -> None:
    """Fill a menu, a line between the sections; the keys work while the menu is closed."""
    for index, section in enumerate(sections):
        if index:
            menu.addSeparator()
        for entry in section:
            action = QAction(entry.text, owner)
            if entry.key:
                action.setShortcut(QKeySequence(entry.key))
            if entry.where is not None:
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _=False, do=entry.do: do())
            (entry.where or owner).addAction(action)
            menu.addAction(action)


def radio(menu: QMenu, names: Sequence[str], current: str | None) -> list[tuple[QAction, str]]:
    """Lines of which one is chosen, with the name each stands for."""
    group = QActionGroup(menu)
    actions = []
    for name in names:
        action = menu.addAction(name)
        action.setCheckable(True)
        action.setChecked(name == current)
        group.addAction(action)
        actions.append((action, name))
    return actions


def heading(menu: QMenu, text: str) -> None:
    """A word above the lines that follow."""
    menu.addAction(text).setEnabled(False)


class CheckMenu(QMenu):
    """A menu that stays open while check marks are set, by mouse or by the space bar."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable():
            if action.isEnabled():
                action.trigger()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.isCheckable():
            if action.isEnabled():
                action.trigger()
            return
        super().keyPressEvent(event)


class MenuButton(QToolButton):
    """A button of the top bar with a menu under it. Qt's own menu buttons wait in a loop; this one does not."""

    def __init__(self, name: str, key: str, menu: QMenu, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("menu")
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({key})")
        self._menu = menu
        menu.setParent(self, menu.windowFlags())
        menu.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)  # a click on the button closes its open menu
        self.instead: Callable[[], bool] = lambda: (
            False
        )  # shows something better than the menu, where there is
        self.clicked.connect(self.open_menu)
        QShortcut(QKeySequence(key), parent).activated.connect(self.open_menu)

    def menu(self) -> QMenu:
        """The menu."""
        return self._menu

    def open_menu(self) -> None:
        """Show the menu, its first line ready for the arrow keys."""
        if self.isEnabled() and self.isVisible() and not self.instead():
            self._menu.popup(self.mapToGlobal(self.rect().bottomLeft()))


def menu_button(
    parent: QWidget, name: str, key: str, build: Callable[[QMenu], None], menu: QMenu | None = None
) -> MenuButton:
    """A button whose menu is built anew each time it opens."""
    own = menu or QMenu()

    def rebuild() -> None:
        own.clear()
        build(own)

    own.aboutToShow.connect(rebuild)
    return MenuButton(name, key, own, parent)
