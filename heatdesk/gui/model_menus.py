"""The top bar's menus that ask the model: each builds itself from the question shown and hands over the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from PySide6.QtWidgets import QMenu

from heatdesk.engine import Question
from heatdesk.gui import choices, numbers
from heatdesk.gui.choices import Catalogue
from heatdesk.gui.menus import radio
from heatdesk.model.params import declarations

BINS_BPS: Final = (5.0, 10.0, 20.0, 50.0)
_ESTIMATORS: Final = next(d for d in declarations() if d.name == "estimator")

Ask = Callable[[Question], None]
_T = TypeVar("_T")


def symbol_menu(
    menu: QMenu, question: Question, catalogue: Catalogue, recent: Sequence[str], ask: Ask
) -> None:
    """Symbols looked at lately, a line, then the other stored ones."""
    stored = choices.symbols(catalogue)
    lately = [symbol for symbol in recent if symbol in stored]
    others = [symbol for symbol in stored if symbol not in lately]
    for part in (lately, others):
        if part is others and lately and others:
            menu.addSeparator()
        for action, name in radio(menu, part, question.symbol):
            action.triggered.connect(lambda _=False, n=name: ask(choices.with_symbol(question, n, catalogue)))


def estimator_menu(menu: QMenu, question: Question, ask: Ask, parameters: Callable[[], None]) -> None:
    """The estimators, and the way to the other parameters."""
    for action, name in radio(menu, _ESTIMATORS.choices, question.params.estimator):
        asked = replace(question, params=replace(question.params, estimator=name))
        action.triggered.connect(lambda _=False, q=asked: ask(q))
    menu.addSeparator()
    menu.addAction("Parameters…\tP").triggered.connect(parameters)


def bin_menu(
    menu: QMenu, question: Question, price: float | None, ask: Ask, typed: Callable[[], None]
) -> None:
    """The usual bin widths with what they are in money, and the way to type one."""
    widths = sorted({*BINS_BPS, question.params.bin_bps})
    labels = {bin_text(width, question.symbol, price): width for width in widths}
    current = bin_text(question.params.bin_bps, question.symbol, price)
    for action, label in radio(menu, tuple(labels), current):
        asked = replace(question, params=replace(question.params, bin_bps=labels[label]))
        action.triggered.connect(lambda _=False, q=asked: ask(q))
    menu.addSeparator()
    menu.addAction("Another width…").triggered.connect(typed)


def bin_text(bps: float, symbol: str, price: float | None) -> str:
    """``10 bp ≈ 74.9 USDT``: a bin's height, and what it is at a price in the quote currency."""
    text = f"{bps:g}{numbers.THIN}bp"
    if price is None:
        return text
    quote = symbol.partition("/")[2].partition(":")[0]
    return f"{text} ≈ {numbers.compact(price * bps * 1e-4)} {quote}".rstrip()


def exchange_menu(
    menu: QMenu,
    catalogue: Catalogue,
    shown: Callable[[], Question | None],
    ask: Ask,
    facts: Callable[[str], str] = lambda _: "",
) -> None:
    """A check mark for each exchange, with what is known of its feed; the last one stays."""
    if (first := shown()) is None:
        return
    # those chosen whose history is still on its way are there too
    names = tuple(sorted({*choices.exchanges(catalogue, first.symbol), *first.exchanges}))

    def toggle(name: str) -> None:
        if (question := shown()) is not None:
            chosen = tuple(x for x in names if (x in question.exchanges) != (x == name))
            ask(choices.with_exchanges(question, chosen, catalogue))

    lines = [f"{name}\t{said}" if (said := facts(name)) else name for name in names]
    _checks(menu, lines, names, lambda: _exchanges(shown()), toggle)


def tier_menu(
    menu: QMenu, leverages: Sequence[float], shown: Callable[[], Question | None], ask: Ask
) -> None:
    """A check mark for each leverage tier, and all of them at once; the last one stays."""
    names = [f"{leverage:g}×" for leverage in leverages]

    def chosen() -> tuple[float, ...]:
        question = shown()
        return tuple(leverages) if question is None or question.tiers is None else question.tiers

    def toggle(leverage: float) -> None:
        if (question := shown()) is not None:
            wanted = tuple(x for x in leverages if (x in chosen()) != (x == leverage))
            ask(replace(question, tiers=None if len(wanted) == len(leverages) else wanted))

    def every() -> None:
        if (question := shown()) is not None:
            ask(replace(question, tiers=None))

    menu.addAction("All tiers").triggered.connect(every)
    menu.addSeparator()
    _checks(menu, names, tuple(leverages), chosen, toggle)


def _checks(
    menu: QMenu,
    names: Sequence[str],
    values: Sequence[_T],
    chosen: Callable[[], Sequence[_T]],
    toggle: Callable[[_T], None],
) -> None:
    actions = [menu.addAction(name) for name in names]

    def refresh() -> None:
        now = chosen()
        for action, value in zip(actions, values, strict=True):
            action.setChecked(value in now)
            action.setEnabled(value not in now or len(now) > 1)

    def change(value: _T) -> None:
        toggle(value)
        refresh()

    for action, value in zip(actions, values, strict=True):
        action.setCheckable(True)
        action.triggered.connect(lambda _=False, v=value: change(v))
    refresh()


def _exchanges(question: Question | None) -> tuple[str, ...]:
    return () if question is None else question.exchanges
