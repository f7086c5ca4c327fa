"""The top bar: one row of 36 px that says what is looked at. It turns clicks and keys into questions and views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QWidget

from heatdesk.engine import Question
from heatdesk.gui import choices
from heatdesk.gui.bar_room import ROOMS
from heatdesk.gui.choices import Catalogue
from heatdesk.gui.layer_toggles import TOGGLES
from heatdesk.gui.look_menu import LAYERS, LookMenu
from heatdesk.gui.map_types import MapTypes
from heatdesk.gui.menus import CheckMenu, menu_button, radio
from heatdesk.gui.model_menus import bin_menu, bin_text, estimator_menu, exchange_menu, symbol_menu, tier_menu
from heatdesk.gui.segmented import Segmented
from heatdesk.gui.symbol_finder import SymbolFinder
from heatdesk.gui.theme import palette_names
from heatdesk.gui.view import RENDERINGS, View
from heatdesk.market import LOOKBACKS, TIMEFRAMES
from heatdesk.model.params import ModelParams
from heatdesk.model.tiers import LEVERAGES
from heatdesk.settings import Settings

HEIGHT: Final = 36
_LONGEST_NAME: Final = 32
_TIMEFRAMES: Final = [(name, f"{name} candles", str(i + 1)) for i, name in enumerate(TIMEFRAMES)]
_LOOKBACKS: Final = [(name, f"Look back {name}", f"F{i + 1}") for i, name in enumerate(LOOKBACKS)]
_SIDES: Final = [
    ("both", "Longs and shorts", "B"),
    ("long", "Only longs: what falls below the price", "L"),
    ("short", "Only shorts: what is bought back above the price", "S"),
]
_SCALES: Final = [
    ("linear", "Linear price axis", "Alt+1"),
    ("log", "Logarithmic price axis", "Alt+2"),
    ("percent", "Percent from the last price", "Alt+3"),
]
_SIDE_WORDS: Final = {"long": "▼ longs", "short": "▲ shorts"}
_SIDE_LETTERS: Final = {"long": "▼ L", "short": "▲ S"}


class TopBar(QWidget):
    """Emits what a person asks for; `show_question`, `show_view` and `show_settings` move its buttons without a signal.

    `question_asked` and `view_asked` carry a Question and a View, `theme_asked` a theme's name, `lock_asked` whether
    the colour scale shall stay, `settings_asked` a group of settings and one of its names.
    """

    question_asked = Signal(object)
    view_asked = Signal(object)
    theme_asked = Signal(str)
    lock_asked = Signal(bool)
    settings_asked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._catalogue: Catalogue = ()
        self.exchange_facts: Callable[[str], str] = lambda _: ""  # what the menu says beside an exchange
        self._question: Question | None = None
        self._price: float | None = None
        self._view = View()
        self._settings = Settings()
        self._room = ROOMS[0]
        self._make_buttons()
        self._lay_out()
        self._timeframe.chosen.connect(self._choose_timeframe)
        self._lookback.chosen.connect(self._choose_lookback)
        self.map_types.settings_asked.connect(self.settings_asked)
        self._side.chosen.connect(lambda side: self._ask_view(side=side))
        self._scale.chosen.connect(lambda scale: self._ask_view(price_scale=scale))
        self._add_keys()
        self.show_view(self._view)
        self.show_question(None)

    def _make_buttons(self) -> None:
        look = LookMenu(
            self._show_and_ask, self.theme_asked.emit, self.lock_asked.emit, self.settings_asked.emit
        )
        self._symbol = menu_button(self, "Symbol", "Ctrl+K", self._symbol_menu)
        self.finder = SymbolFinder(self)
        self._symbol.instead = lambda: self.finder.open(
            self._question, self._symbol.mapToGlobal(self._symbol.rect().bottomLeft())
        )
        self.finder.asked.connect(self._ask)
        self._timeframe = Segmented("Timeframe", _TIMEFRAMES, self)
        self._lookback = Segmented("Look-back", _LOOKBACKS, self)
        self._rarer = menu_button(self, "More look-backs", "Ctrl+L", self._lookback_menu)
        self.map_types = MapTypes(self._ask, self._show_and_ask, self)
        self._side = Segmented("Side", _SIDES, self)
        self._estimator = menu_button(self, "Estimator", "E", self._estimator_menu)
        self._bin = menu_button(self, "Price bin", "W", self._bin_menu)
        self._scale = Segmented("Price scale", _SCALES, self)
        self._scale.set_labels({"linear": "lin", "percent": "%"})
        self._tiers = menu_button(self, "Leverage tiers", "Y", self._tier_menu, CheckMenu())
        self._exchange = menu_button(self, "Exchanges", "X", self._exchange_menu, CheckMenu())
        self._look = menu_button(
            self,
            "How the map looks",
            "V",
            lambda menu: look.build(menu, self._view, self._settings.display.theme),
        )
        self._look.setText("View ▾")
        CheckMenu(LAYERS, self._look.menu())  # once: it is filled anew with the menu it is in

    def _add_keys(self) -> None:
        for key, act in (
            ("T", self._other_theme),
            ("C", lambda: self._ask_view(palette=_after(self._view.palette, palette_names()))),
            ("G", lambda: self._ask_view(rendering=_after(self._view.rendering, RENDERINGS))),
            ("U", lambda: self._ask_view(up_is_red=not self._view.up_is_red)),
            ("Alt+O", lambda: self._ask_view(positions=not self._view.positions)),
            ("Alt+R", lambda: self._ask_view(reach=not self._view.reach)),
            ("Alt+A", lambda: self._ask_view(agreement=not self._view.agreement)),
            ("K", lambda: self.lock_asked.emit(not self._view.locked)),
            ("P", lambda: self.settings_asked.emit("model", "churn")),
            ("Z", lambda: self.settings_asked.emit("display", "time_zone")),
            ("Ctrl+U", lambda: self.settings_asked.emit("currency", "code")),
            *((t.key, lambda t=t: self._show_and_ask(t.turned(self._view))) for t in TOGGLES),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(act)

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 1)
        row.setSpacing(4)
        groups: Sequence[Sequence[QWidget]] = (
            (self._symbol,),
            (self._timeframe,),
            (self._lookback, self._rarer),
            (self.map_types.buttons, self.map_types.menu),
            (self._side,),
            (self._estimator, self._bin, self._tiers),
            (self._scale,),
        )
        rules = []
        for index, group in enumerate(groups):
            if index:
                rules.append(self._rule())
                row.addWidget(rules[-1])
            for widget in group:
                row.addWidget(widget)
        self._scale_rule = rules[-1]
        row.addStretch(1)
        row.addWidget(self._exchange)
        row.addWidget(self._look)

    def _rule(self) -> QFrame:
        rule = QFrame(self)
        rule.setObjectName("rule")
        rule.setFixedSize(1, 16)
        return rule

    def add_at_end(self, widget: QWidget) -> None:
        """Stand something at the right end."""
        self._row.addWidget(widget)
        self._fit()

    # --- what is shown

    def show_catalogue(self, catalogue: Catalogue) -> None:
        """Offer what is stored."""
        self._catalogue = catalogue
        self.finder.show_catalogue(catalogue)
        self.show_question(self._question)
        self._show_map_type()

    @property
    def question(self) -> Question | None:
        """Whose buttons are pressed."""
        return self._question

    def show_question(self, question: Question | None) -> None:
        """Press the buttons of a question."""
        self._question = question
        self._show_map_type()
        asking = (
            self._symbol,
            self._timeframe,
            self._lookback,
            self._rarer,
            self._estimator,
            self._bin,
            self._tiers,
        )
        for widget in asking:
            widget.setEnabled(question is not None)
        self._exchange.setVisible(question is not None)
        if question is None:
            self._symbol.setText("No symbol")
            self._estimator.setText("flow ▾")
            self._fit()
            return
        self._symbol.setText(f"{question.symbol[:_LONGEST_NAME]} ▾")
        self._symbol.setToolTip(f"Symbol {question.symbol} (Ctrl+K)")
        self._estimator.setText(f"{question.params.estimator} ▾")
        self._timeframe.set_available(
            choices.timeframes(self._catalogue, question.symbol, question.exchanges)
            if self._catalogue
            else TIMEFRAMES
        )
        self._timeframe.show_choice(question.timeframe)
        self._fit()

    def show_price(self, price: float | None) -> None:
        """The present price, for what a bin is in money."""
        before, self._price = self._bin_words(), price
        if self._bin_words() != before:
            self._fit()

    def show_settings(self, settings: Settings) -> None:
        """Recent symbols, the theme chosen, system included, and the windows of age."""
        self._settings = settings
        self.finder.show_settings(settings)
        self.map_types.windows = settings.ages

    def _fit(self) -> None:
        """Show as much as there is room for."""
        for self._room in ROOMS:
            self._show_lookback()
            self._show_words()
            self._side.set_labels(_SIDE_WORDS if self._room.side_words else _SIDE_LETTERS)
            for widget in (self._scale, self._scale_rule):
                widget.setVisible(self._room.price_scale)
            self.map_types.fold(not self._room.map_types)
            for row in (self._lookback, self._side):
                row.fit()
            self._row.invalidate()
            if self._row.minimumSize().width() <= self.width():
                break
        self._row.activate()  # at once: a picture painted before that would show "…" on every button

    def _show_words(self) -> None:
        """What the buttons of bins, tiers and exchanges say."""
        question, says_all = self._question, self._room.says_all
        tiers = None if question is None else question.tiers
        count = f"{len(LEVERAGES) if tiers is None else len(tiers)} of {len(LEVERAGES)}"
        said = "all tiers ▾" if tiers is None else f"{count} tiers ▾"
        self._tiers.setText(said if says_all else "tiers ▾" if tiers is None else f"{len(tiers)} tiers ▾")
        self._tiers.setToolTip(f"Leverage tiers, {'all' if tiers is None else count} (Y)")
        in_money = self._bin_words()
        self._bin.setText(f"{in_money if says_all else bin_text(self._bin_bps(), '', None)} ▾")
        self._bin.setToolTip(f"Price bin {in_money} (W)")
        if question is not None:
            names = " + ".join(question.exchanges)
            self._exchange.setText(f"{_exchange_words(question.exchanges)} ▾")
            self._exchange.setToolTip(f"Exchanges {names} (X)")

    def _bin_bps(self) -> float:
        return (ModelParams() if self._question is None else self._question.params).bin_bps

    def _bin_words(self) -> str:
        """How wide a bin is, in money too where the price is known."""
        symbol = "" if self._question is None else self._question.symbol
        return bin_text(self._bin_bps(), symbol, self._price)

    def show_view(self, view: View) -> None:
        """Press the buttons of a view."""
        self._view = view
        self.finder.set_theme(view.theme)
        self._side.show_choice(view.side)
        self._show_map_type()
        self._scale.show_choice(view.price_scale)

    def _show_map_type(self) -> None:
        self.map_types.show_state(self._question, self._view, self._catalogue)

    def _show_lookback(self) -> None:
        name = None if self._question is None else _lookback_name(self._question)
        visible = self._room.lookbacks
        self._lookback.set_visible(visible)
        self._lookback.show_choice(name)
        self._rarer.setVisible(len(visible) < len(LOOKBACKS))
        self._rarer.setText(f"{name} ▾" if name is not None and name not in visible else "▾")

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    # --- what a person chooses

    def _choose_timeframe(self, timeframe: str) -> None:
        if self._question is not None:
            self._ask(choices.with_timeframe(self._question, timeframe))

    def _choose_lookback(self, name: str) -> None:
        if self._question is None:
            return
        question = self._question
        possible = choices.timeframes(self._catalogue, question.symbol, question.exchanges)
        self._ask(choices.with_lookback(question, LOOKBACKS[name], possible))

    def _ask(self, question: Question) -> None:
        self.show_question(question)
        self.question_asked.emit(question)

    def _ask_view(self, **changes: object) -> None:
        self._show_and_ask(replace(self._view, **changes))  # type: ignore[arg-type]

    def _show_and_ask(self, view: View) -> None:
        self.show_view(view)
        self.view_asked.emit(view)

    def _other_theme(self) -> None:
        self.theme_asked.emit("light" if self._view.theme == "dark" else "dark")

    # --- menus, built when they open

    def _symbol_menu(self, menu: QMenu) -> None:
        if self._question is not None:
            recent = self._settings.session.recent_symbols
            symbol_menu(menu, self._question, self._catalogue, recent, self._ask)

    def _lookback_menu(self, menu: QMenu) -> None:
        if self._question is not None:
            for action, name in radio(menu, tuple(LOOKBACKS), _lookback_name(self._question)):
                action.triggered.connect(lambda _=False, n=name: self._choose_lookback(n))

    def _estimator_menu(self, menu: QMenu) -> None:
        if self._question is not None:
            estimator_menu(
                menu, self._question, self._ask, lambda: self.settings_asked.emit("model", "churn")
            )

    def _bin_menu(self, menu: QMenu) -> None:
        if self._question is not None:
            bin_menu(
                menu,
                self._question,
                self._price,
                self._ask,
                lambda: self.settings_asked.emit("model", "bin_bps"),
            )

    def _exchange_menu(self, menu: QMenu) -> None:
        exchange_menu(menu, self._catalogue, lambda: self._question, self._ask, self.exchange_facts)

    def _tier_menu(self, menu: QMenu) -> None:
        tier_menu(menu, LEVERAGES, lambda: self._question, self._ask)


def _after(name: str, names: Sequence[str]) -> str:
    """The next of a row of names, the first after the last."""
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]


def _lookback_name(question: Question) -> str | None:
    return next((name for name, ms in LOOKBACKS.items() if ms == question.lookback_ms), None)


def _exchange_words(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} exchanges"
