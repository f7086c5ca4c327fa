"""How the profile is painted: bars, cumulative curves, the last price and two labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QLineF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from heatdesk.gui.device_pixels import rounded
from heatdesk.gui.profile_sums import ProfileSums, pool_to_pixels
from heatdesk.gui.side_colours import shows, side_colours
from heatdesk.gui.theme import SMALL_PX, Tokens, tokens, ui_font
from heatdesk.gui.view import View
from heatdesk.gui.wording import wording_of
from heatdesk.market import Floats

# Logical pixels.
_MARGIN: Final = 8
_CURVE: Final = 1.5
_LINE: Final = 16  # of words
_BAR_ALPHA: Final = 0.5


@dataclass(frozen=True, slots=True)
class ProfilePicture:
    """The newest column on the pixel rows `rows`, whose edges are the ascending prices `edges` (rows + 1,).

    All in device pixels, `pixel` of which are a logical one. `last_y` is where the last price is, not finite where
    there is none.
    """

    sums: ProfileSums
    edges: Floats
    rows: QRect
    last_y: float
    view: View
    pixel: float = 1.0

    def paint(self, painter: QPainter) -> None:
        """Paint all of it over a ground that is there already."""
        painter.save()
        painter.setClipRect(self.rows)
        self._paint_bars(painter)
        self._paint_curves(painter)
        self._paint_last_price(painter)
        painter.restore()
        self._paint_amounts(painter)

    @property
    def _sides(self) -> dict[str, QColor]:
        """The sides that are looked at, and their colours."""
        return {side: colour for side, colour in side_colours(self.view).items() if shows(self.view, side)}

    @property
    def _theme(self) -> Tokens:
        return tokens(self.view.theme)

    @property
    def _font(self) -> QFont:
        return ui_font(self._px(SMALL_PX))

    def _px(self, logical: int) -> int:
        """Device pixels, at least one."""
        return max(1, rounded(logical * self.pixel))

    def _paint_bars(self, painter: QPainter) -> None:
        """One image row per pixel row: many bars cost as much as one."""
        widths = {
            side: pool_to_pixels(getattr(self.sums, side), self.sums.edges, self.edges)[::-1]
            for side in self._sides
        }
        peak = max((float(width.max(initial=0.0)) for width in widths.values()), default=0.0)
        if peak <= 0:
            return
        room = self.rows.width() - self._px(_MARGIN)
        image = np.zeros((self.rows.height(), room), np.uint32)
        for side, colour in self._sides.items():
            colour.setAlphaF(_BAR_ALPHA)
            inside = np.arange(room)[None, :] < np.rint(widths[side] * (room / peak))[:, None]
            image[inside] = colour.rgba()
        ground = QImage(image.data, room, len(image), room * 4, QImage.Format.Format_ARGB32)
        painter.drawImage(self._px(1), self.rows.top(), ground)

    def _paint_curves(self, painter: QPainter) -> None:
        curves = {side: getattr(self.sums, f"{side}_at")(self.edges) for side in self._sides}
        peak = max((float(curve.max(initial=0.0)) for curve in curves.values()), default=0.0)
        if peak <= 0:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self.rows.width() - self._px(_MARGIN + 2)
        bottom = self.rows.bottom() + 1
        for side, colour in self._sides.items():
            x = self._px(1) + curves[side] * (room / peak)
            drawn = _corners(curves[side])
            if not len(drawn):
                continue
            painter.setPen(QPen(colour, _CURVE * self.pixel))
            painter.drawPolyline(arrayToQPolygonF(x[drawn], bottom - drawn.astype(np.float64)))

    def _paint_last_price(self, painter: QPainter) -> None:
        if np.isfinite(self.last_y):
            line = self._px(1)
            pen = QPen(QColor(self._theme.secondary), line, Qt.PenStyle.DashLine, Qt.PenCapStyle.FlatCap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(pen)
            y = rounded(self.last_y) + 0.5 * line
            painter.drawLine(QLineF(line, y, self.rows.width(), y))

    def _paint_amounts(self, painter: QPainter) -> None:
        """At the upper edge the shorts up to it, at the lower the longs down to it; both briefly where one must be."""
        words = {"short": "▲ shorts, above", "long": "▼ longs, below"}
        widest = max(map(QFontMetrics(self._font).horizontalAdvance, words.values()))
        if widest > self.rows.width() - self._px(8):
            words = {side: text.partition(",")[0] for side, text in words.items()}
        if shows(self.view, "short"):
            amount = float(self.sums.short_at(self.edges[-1:])[0])
            self._paint_label(painter, words["short"], amount, "short", self.rows.top() + self._px(4))
        if shows(self.view, "long"):
            amount = float(self.sums.long_at(self.edges[:1])[0])
            top = self.rows.bottom() - self._px(2 * _LINE + 3)
            self._paint_label(painter, words["long"], amount, "long", top)

    def _paint_label(self, painter: QPainter, words: str, amount: float, side: str, top: int) -> None:
        ground = QColor(self._theme.background)
        ground.setAlphaF(0.8)
        room, px = self.rows.width(), self._px
        painter.fillRect(QRect(px(2), top, room - px(2), px(2 * _LINE)), ground)
        painter.setFont(self._font)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        glyph, text = words.split(" ", 1)
        painter.setPen(self._sides[side])
        painter.drawText(QRect(px(4), top, px(12), px(_LINE)), align, glyph)
        painter.setPen(QColor(self._theme.secondary))
        painter.drawText(QRect(px(15), top, room - px(15), px(_LINE)), align, text)
        painter.setPen(QColor(self._theme.text))
        wording = wording_of(self.view)
        said = wording.amount(amount)
        if painter.fontMetrics().horizontalAdvance(said) > room - px(5):
            said = wording.compact(amount)  # the legend beside it names the currency
        painter.drawText(QRect(px(4), top + px(_LINE), room - px(4), px(_LINE)), align, said)


def _corners(curve: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """The points of a curve (n,) above zero, without those that only prolong a vertical line."""
    drawn = np.flatnonzero(curve > 0)
    if len(drawn) < 3:
        return drawn
    turns = np.diff(curve[drawn]) != 0
    keep = np.ones(len(drawn), bool)
    keep[1:-1] = turns[:-1] | turns[1:]
    return drawn[keep]
