"""The top bar: one row of 36 px that says what is looked at. It turns clicks and keys into questions and views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from heatdesk.engine import Question
from heatdesk.gui import choices
from heatdesk.gui.choices import Catalogue
from heatdesk.gui.menus import menu_button, radio
from heatdesk.gui.segmented import Segmented
from heatdesk.gui.theme import palette_names, theme_names
from heatdesk.gui.view import View
from heatdesk.market import LOOKBACKS, TIMEFRAMES
from heatdesk.model.params import declarations

HEIGHT: Final = 36
_TIMEFRAMES: Final = [(name, f"{name} candles", str(i + 1)) for i, name in enumerate(TIMEFRAMES)]
_LOOKBACKS: Final = [(name, f"Look back {name}", f"F{i + 1}") for i, name in enumerate(LOOKBACKS)]
_USUAL_LOOKBACKS: Final = ("24h", "48h", "7d", "30d", "90d", "1y")
_ALL_LOOKBACKS_FROM: Final = 1500  # px of the bar
_NO_LOOKBACKS_BELOW: Final = 1220  # they are all in the menu there
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
_ESTIMATORS: Final = next(d for d in declarations() if d.name == "estimator")


class TopBar(QWidget):
    """Emits `question_asked` and `view_asked`; `show_question` and `show_view` move its buttons without a signal."""

    question_asked = Signal(object)
    view_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT)
        self._catalogue: Catalogue = ()
        self._question: Question | None = None
        self._view = View()
        self._symbol = self._menu_button("Symbol", "Ctrl+K", self._symbol_menu)
        self._timeframe = Segmented("Timeframe", _TIMEFRAMES, self)
        self._lookback = Segmented("Look-back", _LOOKBACKS, self)
        self._rarer = self._menu_button("More look-backs", "Ctrl+L", self._lookback_menu)
        self._side = Segmented("Side", _SIDES, self)
        self._side.set_labels({"long": "▼ longs", "short": "▲ shorts"})
        self._estimator = self._menu_button("Estimator", "E", self._estimator_menu)
        self._scale = Segmented("Price scale", _SCALES, self)
        self._scale.set_labels({"linear": "lin", "percent": "%"})
        self._exchange = self._menu_button("Exchanges", "X", self._exchange_menu)
        self._look = self._menu_button("Palette and theme", "V", self._look_menu)
        self._look.setText("View ▾")
        self._lay_out()
        self._timeframe.chosen.connect(self._choose_timeframe)
        self._lookback.chosen.connect(self._choose_lookback)
        self._side.chosen.connect(lambda side: self._ask_view(side=side))
        self._scale.chosen.connect(lambda scale: self._ask_view(price_scale=scale))
        theme_key = QShortcut(QKeySequence("T"), self)
        theme_key.activated.connect(self._other_theme)
        self.show_view(self._view)
        self.show_question(None)

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 1)
        row.setSpacing(4)
        groups: Sequence[Sequence[QWidget]] = (
            (self._symbol,),
            (self._timeframe,),
            (self._lookback, self._rarer),
            (self._side,),
            (self._estimator,),
            (self._scale,),
        )
        for index, group in enumerate(groups):
            if index:
                row.addWidget(self._rule())
            for widget in group:
                row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._exchange)
        row.addWidget(self._look)

    def _rule(self) -> QFrame:
        rule = QFrame(self)
        rule.setObjectName("rule")
        rule.setFixedSize(1, 16)
        return rule

    def _menu_button(self, name: str, key: str, build: Callable[[QMenu], None]) -> QToolButton:
        return menu_button(self, name, key, build)

    def add_at_end(self, widget: QWidget) -> None:
        """Stand something at the right end."""
        self._row.addWidget(widget)

    # --- what is shown

    def show_catalogue(self, catalogue: Catalogue) -> None:
        """Offer what is stored."""
        self._catalogue = catalogue
        self.show_question(self._question)

    def show_question(self, question: Question | None) -> None:
        """Press the buttons of a question."""
        self._question = question
        for widget in (self._symbol, self._timeframe, self._lookback, self._rarer, self._estimator):
            widget.setEnabled(question is not None)
        self._exchange.setVisible(question is not None)
        self._show_lookback()
        if question is None:
            self._symbol.setText("No symbol")
            self._estimator.setText("flow ▾")
            return
        self._symbol.setText(f"{question.symbol} ▾")
        self._symbol.setToolTip(f"Symbol {question.symbol} (Ctrl+K)")
        self._estimator.setText(f"{question.params.estimator} ▾")
        self._exchange.setText(f"{_exchange_words(question.exchanges)} ▾")
        self._timeframe.set_available(
            choices.timeframes(self._catalogue, question.symbol, question.exchanges)
            if self._catalogue
            else TIMEFRAMES
        )
        self._timeframe.show_choice(question.timeframe)

    def show_view(self, view: View) -> None:
        """Press the buttons of a view."""
        self._view = view
        self._side.show_choice(view.side)
        self._scale.show_choice(view.price_scale)

    def _show_lookback(self) -> None:
        name = None if self._question is None else _lookback_name(self._question)
        everything = self.width() >= _ALL_LOOKBACKS_FROM
        usual = _USUAL_LOOKBACKS if self.width() >= _NO_LOOKBACKS_BELOW else ()
        visible = tuple(LOOKBACKS) if everything else usual
        self._lookback.set_visible(visible)
        self._lookback.show_choice(name)
        self._rarer.setVisible(not everything)
        self._rarer.setText(f"{name} ▾" if name is not None and name not in visible else "▾")

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show_lookback()

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
        view = replace(self._view, **changes)  # type: ignore[arg-type]
        self.show_view(view)
        self.view_asked.emit(view)

    def _other_theme(self) -> None:
        self._ask_view(theme="light" if self._view.theme == "dark" else "dark")

    # --- menus, built when they open

    def _symbol_menu(self, menu: QMenu) -> None:
        if (question := self._question) is None:
            return
        names = choices.symbols(self._catalogue)
        for action, name in radio(menu, names, question.symbol):
            action.triggered.connect(
                lambda _=False, n=name: self._ask(choices.with_symbol(question, n, self._catalogue))
            )

    def _lookback_menu(self, menu: QMenu) -> None:
        if self._question is None:
            return
        for action, name in radio(menu, tuple(LOOKBACKS), _lookback_name(self._question)):
            action.triggered.connect(lambda _=False, n=name: self._choose_lookback(n))

    def _estimator_menu(self, menu: QMenu) -> None:
        if (question := self._question) is None:
            return
        for action, name in radio(menu, _ESTIMATORS.choices, question.params.estimator):
            asked = replace(question, params=replace(question.params, estimator=name))
            action.triggered.connect(lambda _=False, q=asked: self._ask(q))

    def _exchange_menu(self, menu: QMenu) -> None:
        if (question := self._question) is None:
            return
        for name in choices.exchanges(self._catalogue, question.symbol):
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name in question.exchanges)
            others = tuple(x for x in question.exchanges if x != name)
            asked = others if name in question.exchanges else (*others, name)
            action.setEnabled(bool(asked))
            action.triggered.connect(
                lambda _=False, a=asked: self._ask(choices.with_exchanges(question, a, self._catalogue))
            )

    def _look_menu(self, menu: QMenu) -> None:
        menu.addAction("Theme (T)").setEnabled(False)
        for action, name in radio(menu, theme_names(), self._view.theme):
            action.triggered.connect(lambda _=False, n=name: self._ask_view(theme=n))
        menu.addSeparator()
        menu.addAction("Palette").setEnabled(False)
        for action, name in radio(menu, palette_names(), self._view.palette):
            action.triggered.connect(lambda _=False, n=name: self._ask_view(palette=n))
        menu.addSeparator()
        reset = menu.addAction("Automatic colour limits")
        reset.triggered.connect(lambda: self._ask_view(low=None, high=None))


def _lookback_name(question: Question) -> str | None:
    return next((name for name, ms in LOOKBACKS.items() if ms == question.lookback_ms), None)


def _exchange_words(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} exchanges"
