"""The View menu: how the map is looked at. Nothing here asks the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtWidgets import QMenu

from heatdesk.gui.layer_toggles import OVER_MAP, PER_EXCHANGE, UNDER_MAP, Toggle
from heatdesk.gui.menus import CheckMenu, heading, radio
from heatdesk.gui.theme import palette_names
from heatdesk.gui.view import RENDERINGS, View

THEMES = ("dark", "light", "system")
LAYERS = "Layers and panes"
PRICE_SCALES = ("linear", "log", "percent")


class LookMenu:
    """Builds the menu. `choose` takes the next view, `set_theme` a theme's name, `open_settings` a group and a name."""

    def __init__(
        self,
        choose: Callable[[View], None],
        set_theme: Callable[[str], None],
        set_locked: Callable[[bool], None],
        open_settings: Callable[[str, str], None],
    ) -> None:
        self._choose, self._set_theme, self._set_locked = choose, set_theme, set_locked
        self._open_settings = open_settings

    def build(self, menu: QMenu, view: View, theme: str) -> None:
        """Fill the menu; `theme` is the one chosen, system included."""
        heading(menu, "Theme\tT")
        for action, name in radio(menu, THEMES, theme):
            action.triggered.connect(lambda _=False, n=name: self._set_theme(n))
        menu.addSeparator()
        self._part(menu, view, "Palette\tC", "palette", palette_names())
        self._part(menu, view, "Rendering\tG", "rendering", RENDERINGS)
        self._part(menu, view, "Price scale\tAlt+1 2 3", "price_scale", PRICE_SCALES)
        self._switch(menu, "Rising candles are red\tU", view.up_is_red, self._red)
        self._switch(menu, "Real positions\tAlt+O", view.positions, self._positions)
        self._switch(menu, "Reach: chance of a touch\tAlt+R", view.reach, self._reach)
        self._switch(menu, "Agreement of the models\tAlt+A", view.agreement, self._agreement)
        self._add_layers(menu, view)
        self._switch(menu, "Lock the colour scale\tK", view.locked, self._set_locked)
        automatic = menu.addAction("Automatic colour limits")
        automatic.triggered.connect(lambda: self._choose(view.without_lock()))
        menu.addSeparator()
        self._ways_to_settings(
            menu,
            ("Gamma…", "display", "gamma"),
            ("Smallest level…", "scale", "minimum"),
            ("Currency…\tCtrl+U", "currency", "code"),
            ("Time zone…\tZ", "display", "time_zone"),
        )
        self._view = view

    def _add_layers(self, menu: QMenu, view: View) -> None:
        """A menu of its own, which stays open while several are chosen; a menu that is cleared keeps it."""
        layers = next((m for m in menu.findChildren(CheckMenu) if m.title() == LAYERS), None)
        layers = layers or CheckMenu(LAYERS, menu)
        layers.clear()
        menu.addMenu(layers)
        heading(layers, "Over the map")
        self._toggles(layers, view, OVER_MAP)
        self._ways_to_settings(
            layers,
            ("Smallest liquidation…", "live", "smallest_bubble"),
            ("What is a wall…", "live", "wall"),
            ("Chance of a touch within…", "reach", "hours"),
        )
        layers.addSeparator()
        heading(layers, "Under the map")
        self._toggles(layers, view, (*UNDER_MAP, PER_EXCHANGE))

    def _ways_to_settings(self, menu: QMenu, *ways: tuple[str, str, str]) -> None:
        for text, group, name in ways:
            menu.addAction(text).triggered.connect(lambda _=False, g=group, n=name: self._open_settings(g, n))

    def _part(self, menu: QMenu, view: View, title: str, name: str, values: tuple[str, ...]) -> None:
        heading(menu, title)
        for action, value in radio(menu, values, getattr(view, name)):
            changed: Any = {name: value}
            action.triggered.connect(lambda _=False, c=changed: self._choose(replace(view, **c)))
        menu.addSeparator()

    def _switch(self, menu: QMenu, text: str, on: bool, do: Callable[[bool], None]) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(on)
        action.triggered.connect(lambda now: do(now))  # a bare signal would be called without its value

    def _toggles(self, menu: QMenu, view: View, toggles: Sequence[Toggle]) -> None:
        for toggle in toggles:
            self._switch(
                menu, f"{toggle.text}\t{toggle.key}", toggle.is_on(view), partial(self._turn, toggle)
            )

    def _turn(self, toggle: Toggle, _: bool) -> None:
        self._choose(toggle.turned(self._view))

    def _positions(self, on: bool) -> None:
        self._choose(replace(self._view, positions=on))

    def _reach(self, on: bool) -> None:
        self._choose(replace(self._view, reach=on))

    def _agreement(self, on: bool) -> None:
        self._choose(replace(self._view, agreement=on))

    def _red(self, on: bool) -> None:
        self._choose(replace(self._view, up_is_red=on))
