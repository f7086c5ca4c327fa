"""What the symbol button opens where feeds are connected: a search over everything that can be traded."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from heatdesk.engine import Question
from heatdesk.gui.choices import Catalogue
from heatdesk.gui.symbol_index import Coin, SymbolIndex, coins, open_interest_usd
from heatdesk.gui.symbol_search import SymbolSearch
from heatdesk.gui.theme import tokens
from heatdesk.live import Instrument, Live
from heatdesk.settings import Settings


class SymbolFinder(QObject):
    """Keeps what can be found. `asked` carries the Question about a chosen coin, `starred` the favourites now."""

    asked = Signal(object)
    starred = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._search: SymbolSearch | None = None
        self._instruments: tuple[Instrument, ...] = ()
        self._catalogue: Catalogue = ()
        self._coins: tuple[Coin, ...] | None = None
        self._live = Live()
        self._settings = Settings()
        self._question: Question | None = None
        self._theme = "dark"

    def show_instruments(self, instruments: tuple[Instrument, ...]) -> None:
        """What can be traded; the same object again costs nothing."""
        if instruments is not self._instruments:
            self._instruments, self._coins = instruments, None

    def show_catalogue(self, catalogue: Catalogue) -> None:
        """What is stored."""
        self._catalogue, self._coins = catalogue, None

    def show_live(self, live: Live) -> None:
        """What stands now."""
        self._live = live

    def show_settings(self, settings: Settings) -> None:
        """Favourites, recent symbols, and how little open interest is too little."""
        self._settings = settings

    def set_theme(self, name: str) -> None:
        """Follow the theme."""
        self._theme = name

    def open(self, question: Question | None, at: QPoint) -> bool:
        """Show the search at a point of the screen; False where no exchange has told what it trades."""
        if not self._instruments or question is None or question.simulated:
            return False
        self._question = question
        if self._search is None:
            self._search = SymbolSearch(self._parent)
            self._search.chosen.connect(self._choose)
            self._search.starred.connect(self._star)
        if self._coins is None:
            order = [state.exchange for state in self._live.exchanges]
            self._coins = coins(self._instruments, self._catalogue, order)
        told = open_interest_usd(self._live)
        found = [replace(coin, open_interest_usd=told.get(coin.base, float("nan"))) for coin in self._coins]
        session, least = self._settings.session, self._settings.reliability.least_open_interest_usd
        index = SymbolIndex(found, session.favourites, session.recent_symbols)
        self._search.set_theme(tokens(self._theme))
        self._search.offer(index, session.favourites, least, question.symbol)
        self._search.open_at(at)
        return True

    def _choose(self, coin: Coin) -> None:
        """The coin on the exchanges looked at, as far as they trade it, else on all that do."""
        if self._question is None:
            return
        shown = tuple(name for name in self._question.exchanges if name in coin.exchanges)
        self.asked.emit(
            replace(
                self._question,
                symbol=coin.symbol,
                exchanges=shown or coin.exchanges,
                price_min=None,
                price_max=None,
            )
        )

    def _star(self, symbol: str, on: bool) -> None:
        others = tuple(s for s in self._settings.session.favourites if s != symbol)
        self.starred.emit((symbol, *others) if on else others)
