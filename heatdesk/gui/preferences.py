"""What the window shows in the words of the settings, and back."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from heatdesk.gui.theme import DEFAULT_PALETTE, palette_names
from heatdesk.gui.view import Currency, View
from heatdesk.gui.write_behind import WriteBehind
from heatdesk.settings import Settings, save
from heatdesk.settings.live_layers import FOLDED, HIDDEN, PANES, SHOWN, Panes

_SAVED_AFTER_MS: Final = 1000


def view_of(settings: Settings, system_theme: str) -> View:
    """The view that settings ask for; a palette that is not there gives way to the default one."""
    display, scale, money = settings.display, settings.scale, settings.currency
    return View(
        side=display.side,
        palette=display.palette if display.palette in palette_names() else DEFAULT_PALETTE,
        low=scale.low if scale.locked else None,
        high=scale.high if scale.locked else None,
        gamma=display.gamma,
        price_scale=display.price_scale,
        theme=system_theme if display.theme == "system" else display.theme,
        rendering=display.rendering,
        minimum_usd=scale.minimum,
        locked=scale.locked,
        time_zone=display.time_zone,
        currency=Currency(money.code, money.rate, money.rate_date),
        up_is_red=display.up_colour == "red",
        reach=display.reach,
        positions=display.positions,
        agreement=display.agreement,
        bubbles=settings.live.bubbles,
        smallest_bubble=settings.live.smallest_bubble,
        book=settings.live.book,
        wall=settings.live.wall,
        panes=_panes_in(settings.panes, (SHOWN, FOLDED)),
        folded=_panes_in(settings.panes, (FOLDED,)),
        per_exchange=settings.panes.per_exchange,
    )


def with_view(settings: Settings, view: View, system_theme: str) -> Settings:
    """The settings with what a view shows; limits are kept only where they are locked."""
    display = settings.display
    follows = display.theme == "system" and view.theme == system_theme
    locked = view.locked and view.low is not None and view.high is not None and view.low < view.high
    return replace(
        settings,
        display=replace(
            display,
            theme="system" if follows else view.theme,
            palette=view.palette,
            gamma=view.gamma,
            side=view.side,
            price_scale=view.price_scale,
            up_colour="red" if view.up_is_red else "green",
            time_zone=view.time_zone,
            rendering=view.rendering,
            reach=view.reach,
            positions=view.positions,
            agreement=view.agreement,
        ),
        scale=replace(
            settings.scale,
            locked=locked,
            low=float(view.low or 0.0) if locked else settings.scale.low,
            high=float(view.high or 0.0) if locked else settings.scale.high,
            minimum=view.minimum_usd,
        ),
        currency=replace(
            settings.currency,
            code=view.currency.code,
            rate=view.currency.rate,
            rate_date=view.currency.dated,
        ),
        live=replace(
            settings.live,
            bubbles=view.bubbles,
            smallest_bubble=view.smallest_bubble,
            book=view.book,
            wall=view.wall,
        ),
        panes=Panes(**{name: _pane_state(view, name) for name in PANES}, per_exchange=view.per_exchange),
    )


def _panes_in(panes: Panes, states: Container[str]) -> tuple[str, ...]:
    """Which panes are in one of some states."""
    return tuple(name for name in PANES if getattr(panes, name) in states)


def _pane_state(view: View, name: str) -> str:
    if name not in view.panes:
        return HIDDEN
    return FOLDED if name in view.folded else SHOWN


class Preferences(QObject):
    """Holds the settings and has them written a second after their last change, on another thread.

    `changed` when a dialog changed them, `kept` whenever they are others than before, `failed` with a sentence.
    """

    changed = Signal(object)
    kept = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        settings: Settings,
        write: Callable[[Settings], None] | None = save,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = self._saved = settings
        self._write = write
        self.behind = WriteBehind(self)
        self.behind.failed.connect(self._failed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SAVED_AFTER_MS)
        self._timer.timeout.connect(self.flush)

    @property
    def settings(self) -> Settings:
        """What the user has chosen."""
        return self._settings

    def keep(self, settings: Settings) -> None:
        """Remember what the window shows by now."""
        if settings != self._settings:
            self._settings = settings
            self._timer.start()
            self.kept.emit(settings)

    def choose(self, settings: Settings) -> None:
        """Change what the window shows."""
        if settings != self._settings:
            self.keep(settings)
            self.changed.emit(settings)

    def flush(self) -> None:
        """Have written now what is not written yet."""
        self._timer.stop()
        if self._write is not None and self._settings != self._saved:
            self._saved = self._settings
            self.behind.put("settings", partial(self._write, self._settings))

    def _failed(self, sentence: str) -> None:
        self._write = None  # said once
        self.failed.emit(sentence)
