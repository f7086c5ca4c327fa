"""The symbol search: type a few letters, press Return. Every coin of every exchange, quote currencies in the open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from heatdesk.gui import numbers
from heatdesk.gui.symbol_index import Coin, SymbolIndex
from heatdesk.gui.theme import Tokens, tokens

_SIZE: Final = (640, 440)
_STAR_PX: Final = 26
_QUOTES_PX: Final = 110
_ROW_PX: Final = 24
_INVITATION: Final = "Search coins and exchanges: btc, sol bybit, usdc…"
_HINT: Final = (
    "↵ open   ↑↓ choose   Ctrl+D favourite   ○ thin: less open interest than the map can be relied on"
)
_NOTHING: Final = "No coin of the connected exchanges or the stored history matches."
Index = QModelIndex | QPersistentModelIndex


class CoinModel(QAbstractListModel):
    """Coins as lines; `stars` are the favourites, `thin_usd` the open interest below which a coin is marked."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.coins: list[Coin] = []
        self.stars: set[str] = set()
        self.thin_usd = 0.0

    def show_coins(self, coins: Sequence[Coin]) -> None:
        """Replace the lines."""
        self.beginResetModel()
        self.coins = list(coins)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.coins)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        coin = self.coins[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line(coin, coin.symbol in self.stars, self.thin_usd)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(f"{exchange}: {symbol}" for exchange, symbol in coin.listed)
        return None


def line(coin: Coin, starred: bool, thin_usd: float) -> str:
    """All of a coin in one line, for whoever cannot see it."""
    return "   ".join(filter(None, ("★" if starred else "", coin.base, told(coin), worth(coin, thin_usd))))


def told(coin: Coin) -> str:
    """``USDT: binance, bybit   USDC: dydx``."""
    return "   ".join(f"{quote}: {', '.join(names)}" for quote, names in coin.quotes())


def worth(coin: Coin, thin_usd: float) -> str:
    """``$ 12.3 B``, with a mark where that is little; empty where it is not known."""
    usd = coin.open_interest_usd
    return "" if usd != usd else f"{'○ ' if usd < thin_usd else ''}{numbers.usd(usd)}"


class _CoinLines(QStyledItemDelegate):
    """Paints a coin in columns: star, name, who trades it in which currency, open interest."""

    def __init__(self, model: CoinModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self.theme = tokens("dark")

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        coin, theme = self._model.coins[index.row()], self.theme
        row = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(row, QColor(theme.hairline))
        starred = coin.symbol in self._model.stars
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        usd = worth(coin, self._model.thin_usd)
        usd_px = painter.fontMetrics().horizontalAdvance(usd) + 20 if usd else 8
        quotes_px = row.width() - _QUOTES_PX - usd_px
        for left, width, text, colour in (
            (8, _STAR_PX, "★" if starred else "☆", theme.accent if starred else theme.secondary),
            (_STAR_PX + 4, _QUOTES_PX - _STAR_PX - 8, coin.base, theme.text),
            (_QUOTES_PX, quotes_px, told(coin), theme.secondary),
            (row.width() - usd_px + 12, usd_px, usd, theme.text),
        ):
            painter.setPen(QColor(colour))
            fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            painter.drawText(row.left() + left, row.top(), width, row.height(), middle, fitting)


class SymbolSearch(QFrame):
    """A popup under the symbol button. `chosen` carries a Coin, `starred` a symbol and whether it is a favourite."""

    chosen = Signal(object)
    starred = Signal(str, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("search")
        self.setAccessibleName("Symbol search")
        self.setFixedSize(*_SIZE)
        self.typed, self.list = QLineEdit(self), QListView(self)
        self.typed.setPlaceholderText(_INVITATION)
        self.typed.setAccessibleName("Search")
        self.typed.setMinimumHeight(28)
        self.model = CoinModel(self)
        self.list.setModel(self.model)
        self._lines = _CoinLines(self.model, self)
        self.list.setItemDelegate(self._lines)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Coins")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.said = QLabel(_HINT, self)
        self.said.setObjectName("secondary")
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        for widget in (self.typed, self.list, self.said):
            column.addWidget(widget)
        self._index = SymbolIndex(())
        self.typed.textChanged.connect(self._search)
        self.typed.returnPressed.connect(self._choose)
        self.typed.installEventFilter(self)
        self.list.viewport().installEventFilter(self)

    def offer(self, index: SymbolIndex, stars: Sequence[str], thin_usd: float, current: str = "") -> None:
        """What can be found, and what is looked at now."""
        self._index = index
        self.model.stars, self.model.thin_usd = set(stars), thin_usd
        self._search(self.typed.text())
        rows = [row for row, coin in enumerate(self.model.coins) if coin.symbol == current]
        if rows:
            self._go_to(rows[0])

    def set_theme(self, theme: Tokens) -> None:
        """Follow the theme."""
        self._lines.theme = theme

    def open_at(self, at: QPoint) -> None:
        """Show the search with nothing typed yet."""
        self.typed.clear()
        self.move(at)
        self.show()
        self.typed.setFocus()

    def _search(self, typed: str) -> None:
        self.model.show_coins(self._index.search(typed))
        self.said.setText(_HINT if self.model.coins else _NOTHING)
        self._go_to(0)

    def _go_to(self, row: int) -> None:
        if self.model.coins:
            index = self.model.index(max(0, min(row, len(self.model.coins) - 1)))
            self.list.setCurrentIndex(index)
            self.list.scrollTo(index)

    def _choose(self) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            self.hide()
            self.chosen.emit(self.model.coins[index.row()])

    def _star(self, row: int) -> None:
        if 0 <= row < len(self.model.coins):
            symbol = self.model.coins[row].symbol
            self.model.stars ^= {symbol}
            place = self.model.index(row)
            self.model.dataChanged.emit(place, place)
            self.starred.emit(symbol, symbol in self.model.stars)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.typed and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        released = event.type() == QEvent.Type.MouseButtonRelease
        if watched is self.list.viewport() and isinstance(event, QMouseEvent) and released:
            at = event.position().toPoint()
            index = self.list.indexAt(at)
            if index.isValid() and at.x() < _STAR_PX:
                self._star(index.row())
            elif index.isValid():
                self.list.setCurrentIndex(index)
                self._choose()
            return True
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        """Arrow keys walk through the list while the line keeps the typing."""
        row = self.list.currentIndex().row()
        page = max(1, self.list.height() // max(1, self.list.sizeHintForRow(0)) - 1)
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_PageUp: -page,
        }
        if event.key() in steps:
            self._go_to(row + steps[Qt.Key(event.key())])
            return True
        if event.key() == Qt.Key.Key_D and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self._star(row)
            return True
        return False
