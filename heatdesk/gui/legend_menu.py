"""The legend's menu: everything about colour that is not a limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from heatdesk.gui.theme import palette_names
from heatdesk.gui.view import RENDERINGS, View

GAMMAS: Final = (0.5, 0.7, 1.0, 1.4, 2.0)

Choose = Callable[[View], None]


def legend_menu(
    parent: QWidget,
    view: View,
    limits: tuple[float, float],
    choose: Choose,
    type_gamma: Callable[[], None],
    type_minimum: Callable[[], None],
) -> QMenu:
    """A menu that hands the view it leads to to `choose`; `limits` are those that a lock would keep."""
    menu = QMenu(parent)
    palettes = [(name, replace(view, palette=name)) for name in palette_names()]
    _choices(menu, "Palette", palettes, view, choose)
    renderings = [(name, replace(view, rendering=name)) for name in RENDERINGS]
    _choices(menu, "Rendering", renderings, view, choose)
    gammas = [(f"{gamma:g}", replace(view, gamma=gamma)) for gamma in GAMMAS]
    _choices(menu, "Gamma", gammas, view, choose)
    menu.addSeparator()
    menu.addAction("Type gamma…").triggered.connect(type_gamma)
    menu.addAction("Type the smallest cell…").triggered.connect(type_minimum)
    menu.addSeparator()
    lock = menu.addAction("Lock limits for every symbol")
    lock.setCheckable(True)
    lock.setChecked(view.locked)
    lock.triggered.connect(
        lambda locked: choose(view.with_lock(limits) if locked else replace(view, locked=False))
    )
    reset = menu.addAction("Automatic limits")
    reset.triggered.connect(lambda: choose(view.without_lock()))
    return menu


def _choices(
    menu: QMenu, title: str, choices: Sequence[tuple[str, View]], view: View, choose: Choose
) -> None:
    """A submenu of which one row is the present view's."""
    submenu = menu.addMenu(title)
    group = QActionGroup(submenu)
    for name, asked in choices:
        action = submenu.addAction(name)
        action.setCheckable(True)
        action.setChecked(asked == view)
        group.addAction(action)
        action.triggered.connect(lambda _=False, v=asked: choose(v))
