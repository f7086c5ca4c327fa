"""A light for each exchange in the status bar: how it is, how old its newest word is, how much of the day was heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from heatdesk.gui import feed_words
from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.theme import SMALL_PX, tokens, ui_font
from heatdesk.live import ExchangeState, Live

_PAD_PX: Final = 12
_MARK_PX: Final = 12
_STEP_PX: Final = 24  # widths are rounded up to these: a changing age moves no neighbour


# The most that fits is said: all of it, without how complete the well ones are, and last only who they are.
_WORDS: Final[tuple[Callable[[ExchangeState], str], ...]] = (
    feed_words.glance,
    feed_words.short_glance,
    lambda state: state.title,
)


class FeedLights(QWidget):
    """Paints the lights, the least of what is worth knowing where room is scarce; `opened` when one is pressed."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Feeds")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFont(ui_font(SMALL_PX))
        self._theme = tokens("dark")
        self._live = Live()
        self._spans: list[tuple[int, int, ExchangeState]] = []
        self._said = ""
        self._wide_px = 0

    def set_theme(self, name: str) -> None:
        """Follow the theme."""
        self._theme = tokens(name)
        self.update()

    def show_live(self, live: Live) -> None:
        """Light up what stands now; repaints only where a word has changed."""
        self._live = live
        said = "\n".join(feed_words.mark(s) + feed_words.glance(s) for s in live.exchanges)
        if said != self._said:
            self._said = said
            self.setAccessibleDescription(said)
            if self.sizeHint().width() != self._wide_px:
                self._wide_px = self.sizeHint().width()
                self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths(feed_words.glance)), 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 16)

    def _widths(self, words: Callable[[ExchangeState], str]) -> list[int]:
        measure = QFontMetrics(self.font())
        texts = [measure.horizontalAdvance(words(state)) for state in self._live.exchanges]
        return [-(-(text + _MARK_PX + _PAD_PX) // _STEP_PX) * _STEP_PX for text in texts]

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for words in _WORDS:
            widths = self._widths(words)
            if sum(widths) <= self.width():
                break
        self._spans = []
        x = 0
        for state, width in zip(self._live.exchanges, widths, strict=True):
            grade = feed_words.grade(state)
            self._spans.append((x, x + width, state))
            painter.setPen(QColor(getattr(self._theme, grade)))
            middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(x, 0, _MARK_PX, self.height(), middle, feed_words.mark(state))
            painter.setPen(QColor(self._theme.secondary if grade == "good" else self._theme.text))
            painter.drawText(x + _MARK_PX, 0, width - _MARK_PX, self.height(), middle, words(state))
            x += width
        if self.hasFocus():
            painter.setPen(QColor(self._theme.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            state = self._at(event.pos())
            words = "" if state is None else feed_words.explained(state, self._live.made_ms)
            QToolTip.showText(event.globalPos(), f"{words}\n(Alt+F: all feeds)" if words else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        state = self._at(event.position().toPoint())
        self.opened.emit("" if state is None else state.exchange)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit("")
            return
        super().keyPressEvent(event)

    def _at(self, at: QPoint) -> ExchangeState | None:
        return next((state for left, right, state in self._spans if left <= at.x() < right), None)
