"""The scoreboard's pictures: calibration by tenths, skill over time, predicted against observed, the largest bars."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from heatdesk.gui.panels.cluster_table import GLYPHS
from heatdesk.gui.panels.small_plot import Scale, SmallPlot, decades, short
from heatdesk.gui.side_colours import side_colour
from heatdesk.gui.theme import tokens
from heatdesk.gui.wording import wording_of
from heatdesk.market import Floats
from heatdesk.score.report import estimate, number

# How a score is made is not needed to show one.
if TYPE_CHECKING:
    from heatdesk.score.scorecard import Bar, Measured, Period

_FAIR: Final = (0.67, 1.5)
_RATIOS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
_MOST_SWEEPS: Final = 10


class Reliability(SmallPlot):
    """Observed ÷ predicted in ten equal groups; on the line at 1 predictions are right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        tip = "Bars in ten equal groups by the size of their prediction: observed ÷ predicted USD, 1 is right"
        super().__init__("Observed ÷ predicted, by tenths", tip, 40, parent)
        self._measured: Measured | None = None

    def show_measured(self, measured: Measured) -> None:
        """Draw these."""
        self._measured = measured
        self.update()

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        if (measured := self._measured) is None:
            return
        theme, words = tokens(self._view.theme), wording_of(self._view)
        ratio = Scale(_RATIOS[0], _RATIOS[-1], area.bottom(), -area.height(), log=True)
        band = QColor(theme.accent)
        band.setAlpha(28)
        painter.fillRect(
            QRectF(QPointF(area.left(), ratio.at(_FAIR[1])), QPointF(area.right(), ratio.at(_FAIR[0]))), band
        )
        self._ticks_left(painter, area, ratio, _RATIOS, lambda v: f"{v:g}")
        painter.setPen(QPen(QColor(theme.secondary), 1.0))
        painter.drawLine(QPointF(area.left(), ratio.at(1)), QPointF(area.right(), ratio.at(1)))
        step = area.width() / len(measured.deciles)
        below = []
        for i, (decile, mean) in enumerate(zip(measured.deciles, measured.decile_predicted, strict=True)):
            x = area.left() + (i + 0.5) * step
            below.append((x, short(mean * words.currency.rate)))
            if math.isnan(decile.value):
                continue
            low, middle, high = (ratio.at(v) for v in (decile.lo, decile.value, decile.hi))
            self._whisker(painter, x, low, middle, high, QColor(theme.accent))
            self._hot.append((x, middle, f"predicted {words.amount(mean)} on average: {estimate(decile)}"))
        self._ticks_below(painter, area, below, lines=False)


class OverTime(SmallPlot):
    """Skill against the excursion, week by week; weeks with too little are told, not drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Skill against excursion, week by week", "Weeks begin on Monday, UTC", 40, parent)
        self._weeks: tuple[Period, ...] = ()

    def show_measured(self, measured: Measured) -> None:
        """Draw these."""
        self._weeks = measured.weeks
        self.update()

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        known = [week for week in self._weeks if not math.isnan(week.skill.value)]
        if not known:
            self._say(painter, area, "Not enough data in any week")
            return
        theme = tokens(self._view.theme)
        low = min(-0.25, *(max(week.skill.lo, -1.0) for week in known))
        skill = Scale(low, 1.0, area.bottom(), -area.height())
        self._ticks_left(
            painter, area, skill, [v for v in (-1, -0.5, 0, 0.5, 1) if v >= low], lambda v: number_of(v)
        )
        painter.setPen(QPen(QColor(theme.secondary), 1.0))
        painter.drawLine(QPointF(area.left(), skill.at(0)), QPointF(area.right(), skill.at(0)))
        step = area.width() / len(self._weeks)
        below = []
        for i, week in enumerate(self._weeks):
            x = area.left() + (i + 0.5) * step
            date = wording_of(self._view).moment(week.start_ms).split(" ")
            below.append((x, " ".join(date[1:3])))
            words = f"week of {' '.join(date[1:4])}: "
            if math.isnan(week.skill.value):
                painter.setPen(QPen(QColor(theme.secondary), 1.2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(x, skill.at(0)), 3.0, 3.0)
                words += f"not enough data ({week.events:,} liquidations, {week.days} days)"
                self._hot.append((x, skill.at(0), words))
                continue
            low_px, middle, high_px = (skill.at(v) for v in (week.skill.lo, week.skill.value, week.skill.hi))
            self._whisker(painter, x, low_px, middle, high_px, QColor(theme.accent))
            self._hot.append((x, middle, f"{words}{estimate(week.skill)}, n = {week.n:,}, {week.days} days"))
        self._ticks_below(painter, area, below, lines=False)


class Scatter(SmallPlot):
    """Every scored bar and side: predicted across, observed upwards; on the diagonal predictions are right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        tip = "Every scored bar and side; those in which nothing was liquidated stand on the lower edge"
        super().__init__("Observed (up) against predicted", tip, 44, parent)
        self._points: tuple[Floats, Floats] = (np.empty((0, 2)), np.empty((0, 2)))

    def show_cells(self, predicted: Floats, observed: Floats) -> None:
        """Draw these USD, longs first, both (n, 2)."""
        self._points = predicted, observed
        self.update()

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        predicted, observed = self._points
        if not predicted.size:
            return
        theme, rate = tokens(self._view.theme), wording_of(self._view).currency.rate
        positive = np.concatenate([predicted.ravel(), observed[observed > 0]]) * rate
        low, high = float(np.quantile(positive, 0.002)) / 1.5, float(positive.max()) * 1.5
        across = Scale(low, high, area.left(), area.width(), log=True)
        upward = Scale(low, high, area.bottom(), -area.height(), log=True)
        ticks = decades(low, high)
        self._ticks_left(painter, area, upward, ticks, short)
        self._ticks_below(painter, area, [(across.at(v), short(v)) for v in ticks])
        painter.setPen(QPen(QColor(theme.secondary), 1.0))
        painter.drawLine(area.bottomLeft(), area.topRight())
        for side, name in enumerate(("long", "short")):
            colour = QColor(side_colour(self._view, name))
            colour.setAlpha(150 if len(predicted) < 1500 else 90)
            pen = QPen(colour, 3.0)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            x = [across.at(v) for v in (predicted[:, side] * rate).tolist()]
            y = [upward.at(v) for v in (observed[:, side] * rate).tolist()]
            painter.drawPoints(QPolygonF([QPointF(a, b) for a, b in zip(x, y, strict=True)]))


class Sweeps(SmallPlot):
    """The bars with most liquidations: what was observed, beside what was predicted with its band."""

    def __init__(self, parent: QWidget | None = None) -> None:
        tip = "The bars and sides with most liquidations: ◆ observed, ● predicted with its P10–P90 band, ○ excursion"
        super().__init__("Largest  ◆ observed  ● predicted  ○ excursion", tip, 112, parent)
        self._bars: tuple[Bar, ...] = ()

    def show_measured(self, measured: Measured) -> None:
        """Draw these."""
        self._bars = measured.top[:_MOST_SWEEPS]
        self.update()

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        if not self._bars:
            return
        rate = wording_of(self._view).currency.rate
        amounts = [
            v for b in self._bars for v in (b.observed, b.predicted, b.p90, max(b.p10, b.predicted / 10))
        ]
        across = Scale(
            min(amounts) * rate / 1.3, max(amounts) * rate * 1.3, area.left(), area.width(), log=True
        )
        ticks = _round_amounts(across.low, across.high)
        self._ticks_below(painter, area, [(across.at(v), short(v)) for v in ticks])
        height = area.height() / len(self._bars)
        for i, bar in enumerate(self._bars):
            self._paint_bar(painter, across, bar, area.top() + (i + 0.5) * height, rate)

    def _paint_bar(self, painter: QPainter, across: Scale, bar: Bar, y: float, rate: float) -> None:
        theme, words = tokens(self._view.theme), wording_of(self._view)
        when = " ".join(words.moment(bar.time_ms).split(" ")[1:3] + words.moment(bar.time_ms).split(" ")[4:])
        painter.setPen(QColor(side_colour(self._view, bar.side)))
        painter.drawText(QPointF(0, y + 4), GLYPHS[bar.side])
        painter.setPen(QColor(theme.secondary))
        painter.drawText(QPointF(16, y + 4), when)
        low, told, high, path, seen = (
            across.at(v * rate) for v in (bar.p10, bar.predicted, bar.p90, bar.excursion, bar.observed)
        )
        band = QColor(theme.accent)
        band.setAlpha(90)
        painter.setPen(QPen(band, 4.0))
        painter.drawLine(QPointF(low, y), QPointF(high, y))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.secondary), 1.3))
        painter.drawEllipse(QPointF(path, y), 3.0, 3.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(QPointF(told, y), 3.5, 3.5)
        painter.setBrush(QColor(theme.text))
        painter.drawPolygon(
            [QPointF(seen, y - 4.5), QPointF(seen + 4.5, y), QPointF(seen, y + 4.5), QPointF(seen - 4.5, y)]
        )
        text = (
            f"{words.moment(bar.time_ms)}, {bar.side}s: observed {words.amount(bar.observed)}, predicted "
            f"{words.amount(bar.predicted)} ({words.amount(bar.p10)} to {words.amount(bar.p90)}), "
            f"excursion {words.amount(bar.excursion)}"
        )
        self._hot += [(x, y, text) for x in (told, seen, path)]


def number_of(value: float) -> str:
    """A tick of a skill axis."""
    return "0" if value == 0 else number(value).rstrip("0").rstrip(".")


def _round_amounts(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten where an axis spans little, powers of ten where it spans much."""
    if high / low > 300:
        return decades(low, high)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [m * 10.0**k for k in range(first, last + 1) for m in (1, 2, 5) if low <= m * 10.0**k <= high]
