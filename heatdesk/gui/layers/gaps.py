"""Hatching where data is missing: a gap is never drawn as if nothing had been there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QTransform

from heatdesk.engine import Snapshot
from heatdesk.gui.layers.base import Frame, PlotLayer
from heatdesk.live import Hole, HoleState
from heatdesk.market import Interval

_MOST_NAMED: Final = 3
_NARROWEST: Final = 3.0  # logical pixels; of less, diagonal lines would be dots that nobody sees
_WORDS: Final[dict[str, str]] = {
    HoleState.OPEN: "being filled",
    HoleState.FILLED: "filled by now",
    HoleState.NONE_THERE: "the exchange has none",
}


class GapLayer(PlotLayer):
    """Diagonal lines over every stretch of time without candles; one too short for lines is a bar that can be seen.

    Those that are being filled are of the warning colour. Where the market is too small to be relied on they are
    fainter and lean the other way.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._filling: tuple[Interval, ...] = ()
        self._other: tuple[Interval, ...] = ()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Hatch what this one lacks."""
        self._filling, self._other = hatched(snapshot)
        super().show_snapshot(snapshot)

    def drawn_of(self, snapshot: Snapshot) -> object:
        return snapshot.holes, snapshot.gaps, snapshot.thin

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self.snapshot is None:
            return
        tokens = self.look.tokens
        self._hatch(painter, frame, self._other, tokens.secondary, 110, Qt.BrushStyle.BDiagPattern)
        self._hatch(painter, frame, self._filling, tokens.warn, 235, Qt.BrushStyle.BDiagPattern)
        self._hatch(painter, frame, self.snapshot.thin, tokens.secondary, 70, Qt.BrushStyle.FDiagPattern)

    def _hatch(
        self,
        painter: QPainter,
        frame: Frame,
        stretches: tuple[Interval, ...],
        ink: str,
        alpha: int,
        pattern: Qt.BrushStyle,
    ) -> None:
        colour = QColor(ink)
        colour.setAlpha(alpha)
        brush = QBrush(colour, pattern)
        brush.setTransform(QTransform.fromScale(frame.hairline, frame.hairline))  # as dense on every screen
        narrow = round(_NARROWEST * frame.pixel)
        for left, right in _bars(frame, stretches, narrow):
            filling = brush if right - left > narrow else QBrush(colour)
            painter.fillRect(QRectF(left, frame.top, right - left, frame.height), filling)


def _bars(frame: Frame, stretches: Iterable[Interval], narrow: int) -> list[tuple[float, float]]:
    """Where ascending stretches are drawn, device pixels, none of them narrower than `narrow`.

    Those with less than that between them are one: in a market where little is traded they would cover the map.
    """
    bars: list[tuple[float, float]] = []
    for gap in stretches:
        if gap.end_ms <= frame.x_min or gap.start_ms >= frame.x_max:
            continue
        left = max(float(frame.x(gap.start_ms)), frame.left)
        right = min(float(frame.x(gap.end_ms)), frame.left + frame.width)
        if right - left < narrow:
            left = round((left + right - narrow) / 2.0)
            right = left + narrow
        if bars and left < bars[-1][1] + narrow:
            before = bars.pop()
            left, right = before[0], max(before[1], right)
        bars.append((left, right))
    return bars


def hatched(snapshot: Snapshot) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """What is being filled, and what else is missing; holes name each gap of the map again, with its state."""
    if not snapshot.holes:
        return (), snapshot.gaps
    filling = (h.interval for h in snapshot.holes if h.state == HoleState.OPEN)
    other = (h.interval for h in snapshot.holes if h.state != HoleState.OPEN)
    return joined(filling), joined(other)


def joined(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Stretches in order, those that touch made one: hatching twice over would look like another kind."""
    merged: list[Interval] = []
    for gap in sorted(set(intervals)):
        if merged and gap.start_ms <= merged[-1].end_ms:
            merged[-1] = Interval(merged[-1].start_ms, max(merged[-1].end_ms, gap.end_ms))
        else:
            merged.append(gap)
    return tuple(merged)


def holes_at(snapshot: Snapshot, time_ms: float) -> tuple[Hole, ...]:
    """The holes that a moment lies in."""
    return tuple(h for h in snapshot.holes if h.interval.start_ms <= time_ms < h.interval.end_ms)


def hole_words(holes: Iterable[Hole]) -> str:
    """What is missing, of whom, and what becomes of it: ``binance candles missing, being filled``; empty for none."""
    told = dict.fromkeys(f"{h.exchange} {_what(h)} missing{_state(h)}" for h in holes)
    more = f" and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
    return "; ".join(list(told)[:_MOST_NAMED]) + more


def _what(hole: Hole) -> str:
    return hole.what.replace("_", " ") or "data"


def _state(hole: Hole) -> str:
    known = f", {_WORDS[hole.state]}" if hole.state in _WORDS else ""
    return known + (f" ({hole.cause})" if hole.cause else "")
