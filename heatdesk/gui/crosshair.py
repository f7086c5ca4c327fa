"""The crosshair, and the line of values at the top of the plot."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers, theme
from heatdesk.gui.hover import Hover, Ohlc, newest_parts
from heatdesk.gui.layers.base import Frame, PlotLayer, frame_now, redraw_part
from heatdesk.gui.layers.gaps import hole_words, holes_at
from heatdesk.gui.layers.joins import join_near, join_words
from heatdesk.gui.layers.text import GAP, LINE_HEIGHT, Plate, Run
from heatdesk.gui.live_bar import LiveBar
from heatdesk.live import HoleState
from heatdesk.market import timeframe_ms

Lines = list[list[Run]]
_LONGEST_NAME: Final = 64
_MOST_TIERS: Final = 4
_MOST_AGES: Final = 3


class CrosshairLayer(PlotLayer):
    """Two hairlines through the cursor; above them what they stand on: candle, cell, and parts of it."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._hover: Hover | None = None
        self._bar: LiveBar | None = None
        self._moment: float | None = None
        self._plate = Plate()
        self._said_of: tuple[object, ...] = (None,) * 4
        self._said: Lines = []

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Say what this one knows; only the values are painted anew, and only where they are others.

        On other rows of price nothing is pointed at until the chart says what is.
        """
        if self.snapshot is None or not same_rows(snapshot, self.snapshot):
            self.set_hover(None)
        before, self.snapshot = self._said, snapshot
        if self.said() != before:
            self._redraw_readout(before)

    def show_bar(self, bar: LiveBar | None) -> None:
        """Say this candle's values where it is the one told about."""
        before, self._bar = self._said, bar
        if self.said() != before:
            self._redraw_readout(before)

    def set_moment(self, time_ms: float | None) -> None:
        """Mark only a moment: the cursor is under the map. None ends it."""
        before, self._moment = self._stands, time_ms
        self._redraw_lines(before)

    def set_hover(self, hover: Hover | None) -> None:
        """Stand here, or go away: the lines and the values are painted anew where they were and where they are."""
        stood, said, self._hover = self._stands, self._said, hover
        self._redraw_lines(stood)
        if self.said() != said:
            self._redraw_readout(said)

    @property
    def _stands(self) -> tuple[float, float | None] | None:
        """Time and, unless only a moment is marked, price of the lines; None where there are none."""
        if self._hover is not None:
            return self._hover.time_ms, self._hover.price
        return None if self._moment is None else (self._moment, None)

    def _redraw_lines(self, before: tuple[float, float | None] | None) -> None:
        frame = frame_now(self._view)
        if frame is None or self._stands == before:
            return
        lines = []
        for stands in (before, self._stands):
            if stands is None:
                continue
            lines.append(QRectF(self._x(frame, stands[0]) - 2.0, frame.top, 5.0, frame.height))
            if stands[1] is not None:
                y = float(frame.y(self.look.scale.y(stands[1])))
                lines.append(QRectF(frame.left, y - 2.0, frame.width, 5.0))
        redraw_part(self, *lines)

    def _redraw_readout(self, before: Lines) -> None:
        """Paint anew as many rows as the values took, and take; fonts of another resolution may need one more."""
        frame = frame_now(self._view)
        if frame is not None:
            corner = _corner(frame)
            height = max(self._plate.height(frame, corner, lines) for lines in (before, self.said()))
            bottom = corner.y() + height + LINE_HEIGHT * theme.BASE_PX
            redraw_part(self, QRectF(frame.left, frame.top, frame.width, bottom - frame.top))

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self._stands is not None:
            self._draw_lines(painter, frame, *self._stands)
        if self.snapshot is not None:
            self._plate.draw(painter, frame, self.look, _corner(frame), self.said())

    def said(self) -> Lines:
        """`lines`, made anew only where something they tell of is another."""
        of = self.snapshot, self._hover, self._bar, self.look
        if any(now is not then for now, then in zip(of, self._said_of, strict=True)):
            self._said_of, self._said = of, self.lines()
        return self._said

    def lines(self) -> Lines:
        """The words at the top: instrument and candle, and below them what stands under the cursor."""
        if self.snapshot is None:
            return []
        question = self.snapshot.question
        text, secondary = self._inks()
        exchanges = ", ".join(question.exchanges)
        first: list[Run] = [
            (question.symbol[:_LONGEST_NAME], text, True),
            (f"{GAP}{exchanges[:_LONGEST_NAME]} · {question.timeframe}", secondary, False),
        ]
        candle = self._newest() if self._hover is None else self._under(self._hover)
        if candle is not None:
            first += self._candle(candle)
        if self._hover is None:
            return [first]
        further = (self._made_of(self._hover), self._missing(self._hover))
        return [first, self._cell(self._hover), *(line for line in further if line)]

    def _candle(self, candle: Ohlc) -> list[Run]:
        text, secondary = self._inks()
        decimals = numbers.price_decimals(candle.close)
        runs: list[Run] = []
        for name, value in zip("OHLC", candle, strict=True):
            runs += [(GAP + name + " ", secondary, False), (numbers.price(value, decimals), text, False)]
        if candle.open > 0:
            rising = candle.close >= candle.open
            change = numbers.percent(candle.close / candle.open - 1.0, signed=True)
            runs.append((GAP + ("▲ " if rising else "▼ "), QColor(self.look.move_colour(rising)), False))
            runs.append((change, text, False))
        return runs

    def _cell(self, hover: Hover) -> list[Run]:
        text, secondary = self._inks()
        wording = self.look.wording
        decimals = numbers.price_decimals(hover.price)
        place = f"{wording.moment(hover.time_ms)}{GAP}{numbers.price(hover.price, decimals)}{GAP}"
        if hover.long_usd is None or hover.short_usd is None:
            ahead = self._touched(hover)
            if ahead:
                return [(f"{place}touched by then ", secondary, False), (ahead, text, False)]
            return [(f"{place}outside the map", secondary, False)]
        runs: list[Run] = [(place, secondary, False)]
        for side, words, usd in (
            ("long", "▼ longs ", hover.long_usd),
            ("short", "▲ shorts ", hover.short_usd),
        ):
            if self.look.shows(side):
                runs += [(words, secondary, False), (wording.amount(usd) + GAP, text, False)]
        if self.look.view.side == "net":
            net = hover.short_usd - hover.long_usd
            runs += [("net ", secondary, False), (wording.amount(net) + GAP, text, False)]
        return [*runs, (f"per 0.1 %{GAP}I: what made it", secondary, False)]

    def _touched(self, hover: Hover) -> str:
        """The chance that a price ahead is touched by the end of the slot, where contours of it are drawn."""
        reach = None if self.snapshot is None else self.snapshot.reach
        if self.snapshot is None or reach is None or not self.look.view.reach or hover.price <= 0.0:
            return ""
        ahead = hover.time_ms + timeframe_ms(self.snapshot.question.timeframe) - reach.time_ms
        return numbers.chance(reach.chance_of(hover.price, ahead)) if ahead > 0 else ""

    def _made_of(self, hover: Hover) -> list[Run]:
        """Exchanges, largest tiers and ages of the newest column at this price; nothing where nothing stands there."""
        if self.snapshot is None or hover.row is None:
            return []
        parts = newest_parts(self.snapshot.heatmap, hover.row, self.look.view.side)
        if not parts.tiers:
            return []
        text, secondary = self._inks()
        tiers = [(f"{leverage:g}x", share) for leverage, share in parts.tiers[:_MOST_TIERS]]
        runs: list[Run] = [("newest column at this price:", secondary, False)]
        exchanges = parts.exchanges if len(parts.exchanges) > 1 else ()
        for name, share in (*exchanges, *tiers, *parts.ages[:_MOST_AGES]):
            runs += [
                (f"{GAP}{name[:_LONGEST_NAME]} ", secondary, False),
                (numbers.percent(share), text, False),
            ]
        return runs

    def _missing(self, hover: Hover) -> list[Run]:
        """What is hatched here, and which exchange begins here; nothing where nothing is."""
        if self.snapshot is None:
            return []
        warn, (text, secondary) = QColor(self.look.tokens.warn), self._inks()
        step = timeframe_ms(self.snapshot.question.timeframe)
        middle = hover.time_ms + step / 2.0
        runs: list[Run] = []
        missing = holes_at(self.snapshot, middle)
        if missing:
            opens = any(hole.state == HoleState.OPEN for hole in missing)
            runs += [("▨ ", warn if opens else secondary, True), (f"{hole_words(missing)}{GAP}", text, False)]
        join = join_near(self.snapshot, middle, step)
        if join is not None:
            runs += [(f"{join_words(join)} here: before it, the map is the others' alone", secondary, False)]
        return runs

    def _inks(self) -> tuple[QColor, QColor]:
        return QColor(self.look.tokens.text), QColor(self.look.tokens.secondary)

    def _under(self, hover: Hover) -> Ohlc | None:
        bar = self._bar
        return bar.ohlc if bar is not None and bar.time_ms == hover.time_ms else hover.candle

    def _newest(self) -> Ohlc | None:
        if self._bar is not None:
            return self._bar.ohlc
        candles = self.snapshot.candles if self.snapshot is not None else ()
        if not len(candles) or self.snapshot is None:
            return None
        return Ohlc(*(float(self.snapshot.candles[name][-1]) for name in ("open", "high", "low", "close")))

    def _draw_lines(self, painter: QPainter, frame: Frame, time_ms: float, price: float | None) -> None:
        half = 0.5 * round(frame.pixel)
        x = self._x(frame, time_ms) // 1.0 + half
        pen = QPen(QColor(self.look.tokens.secondary), max(1, round(frame.pixel)))
        pen.setDashPattern([4.0, 4.0])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QLineF(x, frame.top, x, frame.top + frame.height))
        if price is not None:
            y = float(frame.y(self.look.scale.y(price))) // 1.0 + half
            painter.drawLine(QLineF(frame.left, y, frame.left + frame.width, y))

    def _x(self, frame: Frame, time_ms: float) -> float:
        """The middle of the slot that begins at a time."""
        middle = 0.0 if self.snapshot is None else timeframe_ms(self.snapshot.question.timeframe) / 2.0
        return float(frame.x(time_ms + middle))


def same_rows(snapshot: Snapshot, other: Snapshot) -> bool:
    """Whether a row of the one map is the same prices in the other."""
    return np.array_equal(snapshot.heatmap.prices, other.heatmap.prices)


def _corner(frame: Frame) -> QPointF:
    """Where the values begin."""
    return QPointF(frame.left + 8 * frame.pixel, frame.top + 8 * frame.pixel)
