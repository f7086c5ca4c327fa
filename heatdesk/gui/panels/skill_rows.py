"""A row for every predictor: what it explains beyond the excursion as a dot with its interval, and by how much the
model is ahead of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.theme import SMALL_PX, tokens, ui_font
from heatdesk.score.intervals import UNKNOWN, Estimate
from heatdesk.score.report import estimate

_ROW_PX: Final = 18
_HEAD_PX: Final = 34
_GROUP_PX: Final = 22
_LABEL_PX: Final = 156
_VALUE_PX: Final = 132
_GAP_PX: Final = 8
_LOW, _HIGH = -0.5, 1.0  # of the axis; what lies beyond is drawn at its end with an arrow
_TICKS: Final = (-0.5, 0.0, 0.5, 1.0)
NOUGHT: Final = Estimate(0.0, 0.0, 0.0)  # what the others are measured from


@dataclass(frozen=True, slots=True)
class SkillRow:
    """One predictor; a row with a `label` only begins a group. `tip` says it in a sentence.

    `strong` rows are the model's own.
    """

    label: str
    tip: str = ""
    skill: Estimate = UNKNOWN
    beaten: Estimate | None = None
    strong: bool = False

    @property
    def begins_group(self) -> bool:
        """Whether it is but a heading."""
        return not self.tip

    def words(self) -> str:
        """The row in one line, for whoever cannot see it."""
        ahead = "" if self.beaten is None else f"; the model against it {estimate(self.beaten)}"
        return self.label if self.begins_group else f"{self.label}: {estimate(self.skill)}{ahead}"


class SkillRows(QWidget):
    """Paints the rows; a row's tooltip says what it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Skill of every predictor")
        self._theme = tokens("dark")
        self._rows: tuple[SkillRow, ...] = ()

    def show_rows(self, rows: tuple[SkillRow, ...]) -> None:
        """Replace what is drawn."""
        self._rows = rows
        self.setAccessibleDescription("\n".join(row.words() for row in rows))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def rows(self) -> tuple[SkillRow, ...]:
        """What is drawn."""
        return self._rows

    def set_theme(self, name: str) -> None:
        """Follow the theme."""
        self._theme = tokens(name)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(560, int(self._tops()[-1]) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(500, self.sizeHint().height())

    def _tops(self) -> list[float]:
        """Where each row begins, and where the last one ends."""
        tops = [float(_HEAD_PX)]
        for row in self._rows:
            tops.append(tops[-1] + (_GROUP_PX if row.begins_group else _ROW_PX))
        return tops

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            at = event.pos().y()
            tops = self._tops()
            for row, top, bottom in zip(self._rows, tops, tops[1:], strict=False):
                if top <= at < bottom and row.tip:
                    QToolTip.showText(event.globalPos(), row.tip, self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(SMALL_PX))
        right = self.width() - 2 * _VALUE_PX - _GAP_PX
        axis = QRectF(_LABEL_PX, _HEAD_PX, right - _LABEL_PX - _GAP_PX, self._tops()[-1] - _HEAD_PX)
        self._paint_head(painter, axis)
        for row, top in zip(self._rows, self._tops(), strict=False):
            if row.begins_group:
                painter.setPen(QColor(self._theme.secondary))
                painter.drawText(
                    QRectF(0, top + 4, self.width(), _ROW_PX), Qt.AlignmentFlag.AlignVCenter, row.label
                )
            else:
                self._paint_row(painter, axis, row, top)

    def _paint_head(self, painter: QPainter, axis: QRectF) -> None:
        above = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.setPen(QColor(self._theme.secondary))
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(QRectF(axis.left(), 0, axis.width(), 16), middle, "skill")
        painter.drawText(QRectF(axis.right() + _GAP_PX, 0, _VALUE_PX, 16), above, "with 95 % interval")
        painter.drawText(
            QRectF(axis.right() + 2 * _GAP_PX + _VALUE_PX, 0, _VALUE_PX, 16), above, "model against it"
        )
        for value in _TICKS:
            x = _x(axis, value)
            painter.setPen(QColor(self._theme.secondary))
            text = f"{value:g}".replace("-", "−")
            painter.drawText(QRectF(x - 20, 17, 40, 15), Qt.AlignmentFlag.AlignCenter, text)
            strong = value == 0
            painter.setPen(QPen(QColor(self._theme.secondary if strong else self._theme.hairline), 1.0))
            painter.drawLine(QPointF(x, axis.top()), QPointF(x, axis.bottom()))

    def _paint_row(self, painter: QPainter, axis: QRectF, row: SkillRow, top: float) -> None:
        theme, middle = self._theme, top + _ROW_PX / 2
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(ui_font(SMALL_PX, strong=row.strong))
        painter.setPen(QColor(theme.text))
        painter.drawText(
            QRectF(0, top, _LABEL_PX - _GAP_PX, _ROW_PX), Qt.AlignmentFlag.AlignVCenter, row.label
        )
        painter.setFont(ui_font(SMALL_PX))
        value = QRectF(axis.right() + _GAP_PX, top, _VALUE_PX, _ROW_PX)
        painter.drawText(value, right, "0" if row.skill == NOUGHT else estimate(row.skill))
        if row.beaten is not None:
            sure = row.beaten.lo > 0 or row.beaten.hi < 0
            painter.setPen(QColor(theme.text if sure else theme.secondary))
            painter.drawText(value.translated(_VALUE_PX + _GAP_PX, 0), right, estimate(row.beaten))
        if math.isnan(row.skill.value):
            return
        colour = QColor(theme.accent if row.strong else theme.text)
        painter.setPen(QPen(colour, 2.0))
        painter.drawLine(QPointF(_x(axis, row.skill.lo), middle), QPointF(_x(axis, row.skill.hi), middle))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        if row.skill.value < _LOW:
            x = axis.left()
            painter.drawPolygon(
                [QPointF(x - 5, middle), QPointF(x + 3, middle - 4), QPointF(x + 3, middle + 4)]
            )
        else:
            painter.drawEllipse(QPointF(_x(axis, row.skill.value), middle), 3.5, 3.5)


def _x(axis: QRectF, value: float) -> float:
    share = (min(max(value, _LOW), _HIGH) - _LOW) / (_HIGH - _LOW)
    return axis.left() + share * axis.width()
