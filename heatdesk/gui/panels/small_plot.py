"""A small plot with a title, ticks and hot spots: what the scoreboard's four pictures have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from heatdesk.gui import numbers
from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.theme import SMALL_PX, tokens, ui_font
from heatdesk.gui.view import View

_TITLE_PX: Final = 22
_BELOW_PX: Final = 20
_RIGHT_PX: Final = 12
_HOT_PX: Final = 7


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high` over `length` pixels from `start`; logarithmic where asked."""

    low: float
    high: float
    start: float
    length: float
    log: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value, kept on the axis."""
        low, high, value = (math.log(max(v, 1e-12)) if self.log else v for v in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + min(max(share, 0.0), 1.0) * self.length


class SmallPlot(QWidget):
    """Subclasses paint inside `area`; `self._hot` collects places with a sentence for the tooltip."""

    def __init__(self, title: str, tip: str, left_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)
        self.setAccessibleDescription(tip)
        self._title, self._tip, self._left = title, tip, left_px
        self._view = View()
        self._hot: list[tuple[float, float, str]] = []

    def set_view(self, view: View) -> None:
        """Follow theme, currency, clocks and the colour of a rise."""
        self._view = view
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, 210)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 150)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            at = event.pos()
            near = [(abs(x - at.x()) + abs(y - at.y()), text) for x, y, text in self._hot]
            distance, text = min(near, default=(math.inf, ""))
            QToolTip.showText(event.globalPos(), text if distance <= 2 * _HOT_PX else self._tip, self)
            return True
        return super().event(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(SMALL_PX))
        painter.setPen(QColor(tokens(self._view.theme).secondary))
        painter.drawText(QRectF(0, 0, self.width(), _TITLE_PX), Qt.AlignmentFlag.AlignVCenter, self._title)
        self._hot = []
        height = self.height() - _TITLE_PX - _BELOW_PX
        area = QRectF(self._left, _TITLE_PX + 4, self.width() - self._left - _RIGHT_PX, height - 4)
        self._paint(painter, area)

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        raise NotImplementedError

    def _say(self, painter: QPainter, area: QRectF, words: str) -> None:
        """Instead of a picture."""
        painter.setPen(QColor(tokens(self._view.theme).secondary))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)

    def _ticks_left(
        self,
        painter: QPainter,
        area: QRectF,
        scale: Scale,
        values: Iterable[float],
        say: Callable[[float], str],
    ) -> None:
        theme = tokens(self._view.theme)
        for value in values:
            y = scale.at(value)
            painter.setPen(QPen(QColor(theme.hairline), 1.0))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.secondary))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 8, self._left - 6, 16), right, say(value))

    def _ticks_below(
        self, painter: QPainter, area: QRectF, ticks: Iterable[tuple[float, str]], lines: bool = True
    ) -> None:
        """Words below the area, each centred where it belongs as far as it fits; `ticks` are pixels and words."""
        theme = tokens(self._view.theme)
        free_from = 0.0
        for x, words in ticks:
            if lines:
                painter.setPen(QPen(QColor(theme.hairline), 1.0))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            width = painter.fontMetrics().horizontalAdvance(words)
            left = min(x - width / 2, self.width() - width)
            if left < free_from:
                continue
            free_from = left + width + 8
            painter.setPen(QColor(theme.secondary))
            painter.drawText(QPointF(left, area.bottom() + 15), words)

    def _whisker(
        self, painter: QPainter, x: float, low: float, middle: float, high: float, colour: QColor
    ) -> None:
        """A dot with its interval, upright."""
        painter.setPen(QPen(colour, 1.6))
        painter.drawLine(QPointF(x, low), QPointF(x, high))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x, middle), 3.0, 3.0)


def decades(low: float, high: float, most: int = 6) -> list[float]:
    """Powers of ten within an axis, every second one or fewer where there are many."""
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    step = max(1, -(-(last - first + 1) // most))
    return [10.0**k for k in range(first, last + 1, step)]


def short(value: float) -> str:
    """An axis' word for an amount: ``10 M``, without needless decimals."""
    return numbers.compact(value).replace(".00", "").replace(".0", "")
