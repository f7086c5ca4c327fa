"""The map types at the window: the segmented control's choice becomes a question, a view and a line under the bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from heatdesk.engine import Question, Snapshot
from heatdesk.gui import choices, map_type
from heatdesk.gui.choices import Catalogue
from heatdesk.gui.hover import Hover
from heatdesk.gui.map_type import MAP_TYPES, Shown
from heatdesk.gui.map_type_strip import MapTypeStrip
from heatdesk.gui.menus import menu_button, radio
from heatdesk.gui.segmented import Segmented
from heatdesk.gui.view import View
from heatdesk.gui.wording import wording_of
from heatdesk.model.age_windows import AgeWindows

_WORDS: Final = {"all": "All", "past": "Past", "one": "One", "age": "Age", "net": "Net"}
_KEYS: Final = {name: key for name, _, key in MAP_TYPES}


class MapTypes(QObject):
    """Owns the control (`buttons`), and the line that `make_strip` makes. `settings_asked` as the top bar's,
    `complained` carries a sentence.

    `ask` takes the next question, `look` the next view; each is called only where it changes.
    """

    settings_asked = Signal(str, str)
    complained = Signal(str)

    def __init__(
        self, ask: Callable[[Question], None], look: Callable[[View], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._ask, self._look = ask, look
        self._question: Question | None = None
        self._view = View()
        self._catalogue: Catalogue = ()
        self._snapshot: Snapshot | None = None
        self._hover_ms: int | None = None
        self._name = "all"
        self.windows = AgeWindows()
        self.buttons = Segmented("Map", MAP_TYPES, parent)
        self.buttons.set_labels(_WORDS)
        self.menu = menu_button(parent, "Map", "J", self._build_menu)
        self.strip: MapTypeStrip | None = None
        self.buttons.chosen.connect(self.choose)
        self.fold(False)

    def fold(self, folded: bool) -> None:
        """Have all of them behind one button, where room is scarce; their keys go on working."""
        self.buttons.set_visible(() if folded else [name for name, *_ in MAP_TYPES])
        self.buttons.setVisible(not folded)
        self.menu.setVisible(folded)
        self.buttons.fit()

    def _build_menu(self, menu: QMenu) -> None:
        for action, name in radio(menu, [name for name, *_ in MAP_TYPES], self._name):
            action.setText(f"{_WORDS[name]}\t{_KEYS[name]}")
            action.setEnabled(self.buttons.button(name).isEnabled())
            action.triggered.connect(lambda _=False, n=name: self.choose(n))

    def make_strip(self, parent: QWidget) -> MapTypeStrip:
        """The line under the bar, to be placed by whoever owns the room there."""
        strip = self.strip = MapTypeStrip(parent)
        strip.moment_asked.connect(self._go_to)
        strip.now_asked.connect(lambda: self.choose("all"))
        strip.exchange_asked.connect(self._go_to_exchange)
        strip.window_asked.connect(self._toggle_window)
        strip.limits_asked.connect(lambda: self.settings_asked.emit("ages", "first"))
        strip.complained.connect(self.complained)
        return strip

    def set_hover(self, hover: Hover | None) -> None:
        """Where the crosshair is: a past may begin there."""
        self._hover_ms = None if hover is None else hover.time_ms

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """The map that is looked at."""
        self._snapshot = snapshot
        self._refresh()

    def show_state(self, question: Question | None, view: View, catalogue: Catalogue) -> None:
        """What is asked, how it is looked at, and what there is."""
        self._question, self._view, self._catalogue = question, view, catalogue
        self._refresh()

    def choose(self, name: str) -> None:
        """Show one of ``map_type.MAP_TYPES``."""
        if self._question is None:
            return
        shown = Shown(self._question, self._view)
        if name == "past":
            self._choose_past(shown)
        elif name == "one":
            self._go(map_type.of_one(shown, self._catalogue))
        elif name == "age":
            self._go(map_type.of_age(shown, self.windows))
        elif name == "net":
            self._go(map_type.of_net(shown))
        else:
            self._go(map_type.of_all(shown, self._catalogue))

    def _choose_past(self, shown: Shown) -> None:
        """Where the crosshair is; pressed again without one, type a moment."""
        if shown.question.end_ms is None or self._hover_ms is not None:
            moment = map_type.first_past_ms(self._snapshot, self._hover_ms)
            if moment is not None:
                self._go(map_type.of_past(shown, moment))
        self._refresh()
        if self._hover_ms is None and self.strip is not None:
            self.strip.past.edit()

    def _go_to(self, moment_ms: int) -> None:
        if self._question is not None:
            self._go(map_type.of_past(Shown(self._question, self._view), moment_ms))

    def _go_to_exchange(self, name: str) -> None:
        if self._question is not None:
            self._go(map_type.of_one(Shown(self._question, self._view), self._catalogue, name))

    def _toggle_window(self, window: int) -> None:
        question = self._question
        if question is not None and question.ages is not None:
            shown = Shown(question, self._view)
            ages = map_type.with_window(question.ages, window)
            self._go(shown._replace(question=map_type.with_ages(question, ages)))
        self._refresh()

    def _go(self, shown: Shown) -> None:
        if shown.view != self._view:
            self._look(shown.view)
        if shown.question != self._question:
            self._ask(shown.question)
        self._refresh()

    def _refresh(self) -> None:
        question, view = self._question, self._view
        self.buttons.setEnabled(question is not None)
        if question is None:
            if self.strip is not None:
                self.strip.show_type("all")
            return
        stored = choices.exchanges(self._catalogue, question.symbol)
        self.buttons.set_available([n for n, *_ in MAP_TYPES if n != "one" or len(stored) > 1])
        name = map_type.map_type(Shown(question, view), self._catalogue)
        self.buttons.show_choice(name)
        self._name = name
        self.menu.setText(f"{_WORDS[name]} ▾")
        if self.strip is not None:
            self._refresh_strip(self.strip, name, question, view, stored)

    def _refresh_strip(
        self, strip: MapTypeStrip, name: str, question: Question, view: View, stored: Sequence[str]
    ) -> None:
        if question.end_ms is not None:
            clock = wording_of(view).offset(question.end_ms)
            strip.past.show_moment(question.end_ms, view.time_zone, clock)
        if name == "one":
            strip.one.show_exchanges(stored, question.exchanges[0])
        if question.ages is not None:
            heatmap = None if self._snapshot is None else self._snapshot.heatmap
            strip.age.show_choice(question.ages, heatmap, view.side, view.theme)
        strip.show_type(name)
