"""Real positions, where an exchange publishes them: the prices at which they would be liquidated, and what is seen."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers, theme
from heatdesk.gui.layers.base import Frame, PlotLayer
from heatdesk.gui.layers.text import LINE_HEIGHT, Run, draw_on_plate
from heatdesk.gui.wording import Wording
from heatdesk.history.positions import Positions
from heatdesk.market import DAY_MS, Floats
from heatdesk.reading.truth import Levels, compare, compare_baselines

NONE_STORED: Final = "No real positions of this coin are stored; import them first."
_SIGNS: Final = {"long": 1.0, "short": -1.0}
# Logical pixels.
_BAR: Final = 96.0  # of the largest level of the newest snapshot
_THICK: Final = 2.0
_ABOVE_NOTICE: Final = 32.0
_FAINTEST: Final = 0.15
_SHADES: Final = 5


class PositionLayer(PlotLayer):
    """A line at every known liquidation price from one snapshot to the next, and bars of the newest at the right edge.

    The words say of whom, when, and how much of the open interest is seen; nothing is drawn unless the view asks.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._told_of: tuple[Snapshot, Wording] | None = None
        self._told: list[str] = []

    def drawn_of(self, snapshot: Snapshot) -> object:
        return id(snapshot) if self.look.view.positions else None

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if not self.look.view.positions or self.snapshot is None or self.snapshot.question.simulated:
            return  # a simulated market has a truth of its own
        positions = self.snapshot.positions
        if positions is not None:
            newest = positions.at(_end_ms(self.snapshot))
            self._draw_lines(painter, frame, positions)
            if newest is not None:
                self._draw_bars(painter, frame, positions, newest)
        self._draw_words(painter, frame)

    def words(self) -> list[str]:
        """What is drawn, in words; made once for a snapshot and a wording."""
        snapshot, wording, before = self.snapshot, self.look.wording, self._told_of
        if snapshot is not None and (before is None or before[0] is not snapshot or before[1] != wording):
            self._told_of, self._told = (snapshot, wording), _words(snapshot, wording)
        return self._told

    def _draw_lines(self, painter: QPainter, frame: Frame, positions: Positions) -> None:
        ends = np.minimum(
            np.append(positions.time_ms[1:], np.iinfo(np.int64).max), positions.time_ms + DAY_MS
        )
        left, right = frame.x(positions.time_ms), frame.x(ends)
        seen = (right > frame.left) & (left < frame.left + frame.width)
        thick = max(1, round(_THICK * frame.pixel))
        largest = float(positions.usd.max(initial=0.0))
        for side, sign in _SIGNS.items():
            if not self.look.shows(side) or largest <= 0.0:
                continue
            own = (positions.side == sign) & (positions.usd > 0.0) & seen[positions.moment]
            y = np.rint(frame.y(self.look.scale.to_view(positions.price[own])))
            moment = positions.moment[own]
            inside = (y >= frame.top) & (y <= frame.top + frame.height)
            shade = np.minimum((np.sqrt(positions.usd[own] / largest) * _SHADES).astype(int), _SHADES - 1)
            for level in range(_SHADES):
                ink = QColor(self.look.side_colour(side))
                ink.setAlphaF(_FAINTEST + (1.0 - _FAINTEST) * level / (_SHADES - 1))
                for i in np.flatnonzero(inside & (shade == level)):
                    x = float(left[moment[i]])
                    painter.fillRect(QRectF(x, y[i], float(right[moment[i]]) - x, thick), ink)

    def _draw_bars(self, painter: QPainter, frame: Frame, positions: Positions, newest: int) -> None:
        """One image row per pixel row, as long as the USD that would be liquidated there."""
        room = round(_BAR * frame.pixel)
        thick = max(1, round(_THICK * frame.pixel))
        image = np.zeros((frame.height, room, 4), np.uint8)
        rows: dict[str, Floats] = {}
        for side, sign in _SIGNS.items():
            own = (positions.moment == newest) & (positions.side == sign) & (positions.usd > 0.0)
            y = np.rint(frame.y(self.look.scale.to_view(positions.price[own])) - frame.top).astype(int)
            inside = (y >= 0) & (y < frame.height)
            usd = np.bincount(y[inside], positions.usd[own][inside], frame.height).astype(float)
            rows[side] = np.max([np.append(np.zeros(k), usd)[: frame.height] for k in range(thick)], axis=0)
        largest = max(float(usd.max()) for usd in rows.values())
        if largest <= 0.0:
            return
        for side, usd in rows.items():
            if self.look.shows(side):
                colour = QColor(self.look.side_colour(side))
                long = np.arange(room, 0, -1)[None, :] <= np.rint(usd / largest * room)[:, None]
                image[long] = (colour.red(), colour.green(), colour.blue(), 255)
        bars = QImage(image.data, room, frame.height, 4 * room, QImage.Format.Format_RGBA8888)
        painter.drawImage(QPointF(frame.left + frame.width - room, frame.top), bars)

    def _draw_words(self, painter: QPainter, frame: Frame) -> None:
        tokens = self.look.tokens
        inks = [QColor(tokens.text), *[QColor(tokens.secondary)] * len(self.words())]
        lines: list[list[Run]] = [
            [(words, ink, False)] for words, ink in zip(self.words(), inks, strict=False)
        ]
        noticed = (
            2 if self.look.view.rendering != "raw" else 1
        )  # the notice names a rendering in a line of its own
        above = _ABOVE_NOTICE + LINE_HEIGHT * theme.SMALL_PX * (len(lines) + noticed - 1)
        corner = QPointF(frame.left + 8 * frame.pixel, frame.top + frame.height - above * frame.pixel)
        draw_on_plate(painter, frame, self.look, corner, lines, theme.SMALL_PX)


def _end_ms(snapshot: Snapshot) -> int:
    times = snapshot.heatmap.times_ms
    return int(times[-1]) + snapshot.heatmap.step_ms if len(times) else 0


def _words(snapshot: Snapshot, wording: Wording) -> list[str]:
    positions = snapshot.positions
    if positions is None:
        return [NONE_STORED]
    newest = positions.at(_end_ms(snapshot))
    if newest is None:
        last = wording.moment(int(positions.time_ms[-1]))
        return [
            f"Real positions on {positions.exchange}: the last are of {last}, a day and more before the end."
        ]
    own = positions.moment == newest
    levels = own & (positions.usd > 0.0)
    amount = wording.amount(float(positions.usd[levels].sum()))
    said = [
        f"Real positions on {positions.exchange}, {wording.moment(int(positions.time_ms[newest]))}: "
        f"{int(levels.sum())} levels, {amount}; {int((own & ~levels).sum())} without a liquidation price",
        _coverage_words(positions.coverage(newest)),
    ]
    return [*said, *_compared(snapshot, positions, levels)]


def _coverage_words(coverage: Floats) -> str:
    if not np.isfinite(coverage).all():
        return "The largest accounts only; their share of the open interest is not known."
    long, short = (numbers.percent(float(share)) for share in coverage)
    return f"Seen: {long} of longs and {short} of shorts, the largest accounts only."


def _compared(snapshot: Snapshot, positions: Positions, levels: Any) -> list[str]:
    """How alike the map's newest column is to them, and how alike one that knows nothing."""
    if not len(snapshot.candles) or not snapshot.heatmap.shape[0]:
        return []
    price = float(snapshot.candles["close"][-1])
    true = Levels(positions.price[levels], positions.usd[levels], positions.side[levels])
    found = (*compare(snapshot.heatmap, true, price), *compare_baselines(snapshot.heatmap, true, price))
    alike = {errors.estimate: errors.cosine for errors in found if errors.side == "both"}
    if not {"map", "uniform"} <= set(alike):
        return []
    better = "" if alike["map"] > alike["uniform"] else "; no better than knowing nothing"
    return [
        f"Within 20 % of the price this map is {alike['map']:.2f} alike, a uniform one {alike['uniform']:.2f}{better}."
    ]
