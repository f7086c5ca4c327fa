"""One bar, two sides: how the exposure around the price is shared out."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from heatdesk.gui import numbers
from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.panels.cluster_table import GLYPHS
from heatdesk.gui.side_colours import side_colours
from heatdesk.gui.theme import SMALL_PX, tokens, ui_font
from heatdesk.gui.view import View

_BAR_PX: Final = 6
_WORDS_PX: Final = 18
_APART_PX: Final = 16


class BalanceBar(QWidget):
    """Longs from the left, shorts from the right, with the share of each in words below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._view = View()
        self._shorts: float | None = None

    def show_balance(self, balance: float | None) -> None:
        """Show −1 (only longs) to +1 (only shorts), None where there is neither."""
        self._shorts = None if balance is None else (1.0 + balance) / 2.0
        longs, shorts = self.words()
        self.setAccessibleName(f"Balance: {longs}, {shorts}")
        self.update()

    def set_view(self, view: View) -> None:
        """Follow theme and the colour of a rise."""
        self._view = view
        self.update()

    def words(self) -> tuple[str, str]:
        """What stands below the two ends of the bar."""
        if self._shorts is None:
            return "no levels near", ""
        shares = {"long": 1.0 - self._shorts, "short": self._shorts}
        return tuple(f"{GLYPHS[side]} {numbers.percent(share)} {side}s" for side, share in shares.items())  # type: ignore[return-value]

    def fitting_words(self) -> tuple[str, str]:
        """The words as far as there is room: without the names of the sides where the two would touch."""
        left, right = self.words()
        width = QFontMetrics(ui_font(SMALL_PX)).horizontalAdvance
        if right and width(left) + width(right) + _APART_PX > self.width():
            left, right = (words.rpartition(" ")[0] for words in (left, right))
        return left, right

    def sizeHint(self) -> QSize:
        return QSize(120, _BAR_PX + _WORDS_PX)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), tokens(self._view.theme)
        painter.fillRect(QRectF(0, 0, self.width(), _BAR_PX), QColor(theme.hairline))
        if self._shorts is not None:
            colours, middle = side_colours(self._view), round((1.0 - self._shorts) * self.width())
            painter.fillRect(QRectF(0, 0, middle, _BAR_PX), colours["long"])
            painter.fillRect(QRectF(middle, 0, self.width() - middle, _BAR_PX), colours["short"])
            painter.fillRect(QRectF(middle - 1, 0, 2, _BAR_PX), QColor(theme.panel))
        painter.setFont(ui_font(SMALL_PX))
        painter.setPen(QColor(theme.text))
        below = QRectF(0, _BAR_PX, self.width(), _WORDS_PX)
        left, right = self.fitting_words()
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, left)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
