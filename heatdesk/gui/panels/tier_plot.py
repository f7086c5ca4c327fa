"""Leverage weights as a dot with its interval, beside the prior's mark and how much of it recorded data say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from heatdesk.gui import numbers
from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.theme import SMALL_PX, tokens, ui_font
from heatdesk.model.weights import UNINFORMED

_ROW_PX: Final = 20
_HEAD_PX: Final = 22
_TIER_PX: Final = 48
_VALUE_PX: Final = 64
_DATA_PX: Final = 124
_BAR_PX: Final = 64
_GAP_PX: Final = 8
_DECADES: Final = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
AT_PRIOR: Final = "at the prior"


@dataclass(frozen=True, slots=True)
class TierRow:
    """One tier: its `leverage`; `prior`, `learned`, `lo` and `hi` (P10, P90) as shares of new positions; `information`
    from recorded data, 0 to 1."""

    leverage: float
    prior: float
    learned: float
    lo: float
    hi: float
    information: float

    @property
    def uninformed(self) -> bool:
        """Whether recorded data say next to nothing about it."""
        return self.information < UNINFORMED

    def words(self) -> str:
        """The row in one line, for whoever cannot see it."""
        band = f"{share(self.lo)} to {share(self.hi)}"
        told = AT_PRIOR if self.uninformed else f"{numbers.percent(self.information)} from data"
        return f"{self.leverage:g}x: prior {share(self.prior)}, now {share(self.learned)}, {band}, {told}"


def share(value: float) -> str:
    """``0.92 %``: a weight at three significant digits."""
    percent = 100.0 * value
    if percent <= 0:
        return f"0{numbers.THIN}%"
    decimals = max(0, 2 - math.floor(math.log10(percent))) if percent < 100 else 0
    return f"{numbers.fixed(percent, min(decimals, 4))}{numbers.THIN}%"


def _tick(value: float) -> str:
    return f"{100.0 * value:g}{numbers.THIN}%"


class TierPlot(QWidget):
    """A row for every tier that is offered, lowest leverage first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = tokens("dark")
        self._rows: tuple[TierRow, ...] = ()

    def show_rows(self, rows: tuple[TierRow, ...]) -> None:
        """Replace what is drawn."""
        self._rows = rows
        self.setFixedHeight(self.sizeHint().height())
        self.setAccessibleName("Leverage tiers")
        self.setAccessibleDescription("\n".join(row.words() for row in rows))
        self.setToolTip("")
        self.update()

    def rows(self) -> tuple[TierRow, ...]:
        """What is drawn."""
        return self._rows

    def set_theme(self, name: str) -> None:
        """Follow the theme."""
        self._theme = tokens(name)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(520, _HEAD_PX + _ROW_PX * max(len(self._rows), 1) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(420, self.sizeHint().height())

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(SMALL_PX))
        area = QRectF(
            _TIER_PX, _HEAD_PX, self.width() - _TIER_PX - _VALUE_PX - _DATA_PX - 2 * _GAP_PX, self.height()
        )
        scale = _Scale.of(self._rows, area)
        self._paint_head(painter, area, scale)
        for number, row in enumerate(self._rows):
            self._paint_row(painter, area, scale, row, _HEAD_PX + number * _ROW_PX)

    def _paint_head(self, painter: QPainter, area: QRectF, scale: _Scale) -> None:
        painter.setPen(QColor(self._theme.secondary))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, _TIER_PX - _GAP_PX, _HEAD_PX), right, "Tier")
        painter.drawText(QRectF(area.right() + _GAP_PX, 0, _VALUE_PX, _HEAD_PX), right, "Now")
        painter.drawText(
            QRectF(area.right() + _VALUE_PX + 3 * _GAP_PX, 0, _DATA_PX, _HEAD_PX), left, "From data"
        )
        for value in scale.ticks():
            x = scale.x(value)
            painter.setPen(QColor(self._theme.secondary))
            painter.drawText(QRectF(x - 30, 0, 60, _HEAD_PX), Qt.AlignmentFlag.AlignCenter, _tick(value))
            painter.setPen(QPen(QColor(self._theme.hairline), 1.0))
            painter.drawLine(QPointF(x, _HEAD_PX), QPointF(x, self.height()))

    def _paint_row(self, painter: QPainter, area: QRectF, scale: _Scale, row: TierRow, top: float) -> None:
        theme, middle = self._theme, top + _ROW_PX / 2
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        ink = QColor(theme.secondary if row.uninformed else theme.text)
        painter.setPen(ink)
        painter.drawText(QRectF(0, top, _TIER_PX - _GAP_PX, _ROW_PX), right, f"{row.leverage:g}x")
        painter.drawText(QRectF(area.right() + _GAP_PX, top, _VALUE_PX, _ROW_PX), right, share(row.learned))
        colour = QColor(theme.secondary if row.uninformed else theme.accent)
        painter.setPen(QPen(colour, 2.0))
        painter.drawLine(QPointF(scale.x(row.lo), middle), QPointF(scale.x(row.hi), middle))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(scale.x(row.learned), middle), 3.5, 3.5)
        self._paint_prior(painter, scale.x(row.prior), middle)
        start = area.right() + _VALUE_PX + 3 * _GAP_PX
        if row.uninformed:
            painter.setPen(ink)
            painter.drawText(QRectF(start, top, _DATA_PX, _ROW_PX), left, AT_PRIOR)
            return
        painter.fillRect(QRectF(start, middle - 3, _BAR_PX, 6), QColor(theme.hairline))
        painter.fillRect(QRectF(start, middle - 3, _BAR_PX * row.information, 6), QColor(theme.accent))
        painter.setPen(ink)
        painter.drawText(
            QRectF(start + _BAR_PX + _GAP_PX, top, _DATA_PX, _ROW_PX),
            left,
            f"{round(100 * row.information)}{numbers.THIN}%",
        )

    def _paint_prior(self, painter: QPainter, x: float, y: float) -> None:
        """A hollow diamond, told apart from the dot by its shape."""
        painter.setBrush(QColor(self._theme.panel))
        painter.setPen(QPen(QColor(self._theme.text), 1.2))
        diamond = [QPointF(x, y - 4), QPointF(x + 4, y), QPointF(x, y + 4), QPointF(x - 4, y)]
        painter.drawPolygon(QPolygonF(diamond))


@dataclass(frozen=True, slots=True)
class _Scale:
    """Weights on a logarithmic axis."""

    low: float
    high: float
    left: float
    width: float

    @staticmethod
    def of(rows: tuple[TierRow, ...], area: QRectF) -> _Scale:
        low = min((min(row.prior, row.lo if row.lo > 0 else row.learned) for row in rows), default=1e-3)
        high = max((max(row.prior, row.hi) for row in rows), default=1e-1)
        low, high = max(low, 1e-6) * 0.8, max(high, 1e-5) * 1.25
        return _Scale(math.log(low), math.log(high), area.left(), area.width())

    def x(self, value: float) -> float:
        """Where a weight lies, within the axis."""
        at = (math.log(max(value, 1e-9)) - self.low) / (self.high - self.low)
        return self.left + min(max(at, 0.0), 1.0) * self.width

    def ticks(self) -> tuple[float, ...]:
        """Round weights on the axis."""
        return tuple(v for v in _DECADES if self.low < math.log(v) < self.high)
