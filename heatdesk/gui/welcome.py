"""The first page: what this is, what it is not, and how bright bands are read. Calm, once, and again from the menu."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

_WIDTH_PX: Final = 620
IS: Final = (
    "heatdesk estimates at which prices leveraged positions would be force-closed, from public prices, volumes and "
    "open interest, and paints that as a map under the candles."
)
IS_NOT: Final = (
    "A record. Exchanges publish no liquidation prices: every level is modelled; the legend says "
    "whether its dollars were ever held against recorded liquidations.",
    "A clock. It says where, never when, and not whether price will get there.",
    "All of the market. Spot sellers, icebergs and hidden orders are in no public data.",
    "Advice.",
)
BANDS: Final = (
    "A bright band is a price at which many modelled positions would be closed: longs below the price, shorts above.",
    "It runs on to the right for as long as nothing has closed it, and ends where price swept it.",
    "The legend says what a colour is in dollars per 0.1 % of price, and its handles choose which sizes you see.",
    "Compare bands with each other rather than trusting one number: ranks are steadier than dollars.",
)


class Welcome(QWidget):
    """Emits `done` when a person has read it."""

    done = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        inner = self._inner = QWidget()
        inner.setObjectName("page")
        inner.setFixedWidth(_WIDTH_PX)
        column = self._column = QVBoxLayout(inner)
        column.setSpacing(8)
        column.addWidget(_text("Where leveraged positions would be closed", "title"))
        column.addWidget(_text(IS))
        for title, lines in (("WHAT IT IS NOT", IS_NOT), ("HOW TO READ BRIGHT BANDS", BANDS)):
            column.addSpacing(8)
            column.addWidget(_text(title, "heading"))
            for line in lines:
                column.addWidget(_text(line))
        column.addSpacing(16)
        self.button = QPushButton("Show me the chart")
        self.button.setObjectName("primary")
        self.button.setAutoDefault(True)  # Enter presses it, as one expects of the only button
        self.button.setToolTip("Show me the chart (Enter or Esc)")
        self.button.clicked.connect(self.done)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        area = QScrollArea(self)
        area.setObjectName("page")
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setAlignment(Qt.AlignmentFlag.AlignCenter)
        area.setWidget(inner)
        area.setWidgetResizable(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(area)
        escape = QShortcut(QKeySequence("Esc"), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.done)
        self.setFocusProxy(self.button)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_words()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._fit_words()

    def _fit_words(self) -> None:
        """Give every paragraph the height of its lines: only once the style is known, it is known how many."""
        margins = self._inner.contentsMargins() + self._column.contentsMargins()
        width = _WIDTH_PX - margins.left() - margins.right()
        for label in self._inner.findChildren(QLabel):
            label.ensurePolished()
            label.setFixedHeight(label.heightForWidth(width))
        self._inner.adjustSize()


def _text(words: str, name: str = "") -> QLabel:
    label = QLabel(words)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
