"""The liquidation profile: the newest column as bars, and the curves of what falls on the way to a price."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.legend_scale import per_unit
from heatdesk.gui.price_scale import PriceScale
from heatdesk.gui.profile_sums import ProfileSums, pool_to_pixels, profile_sums
from heatdesk.gui.theme import SMALL_PX, Tokens, tokens, ui_font
from heatdesk.gui.view import View
from heatdesk.market import Floats

_MARGIN: Final = 8
_BAR_ALPHA: Final = 0.5


class Profile(QWidget):
    """Stands beside the chart and shares its price axis; `set_span` says which prices stand at which pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Liquidation profile: shorts above, longs below")
        self._sums: ProfileSums | None = None
        self._per_unit = 1.0
        self._last_price = np.nan
        self._side, self._theme = "both", tokens("dark")
        self._scale = PriceScale()
        self._y_range = (0.0, 1.0)
        self._rows = QRect()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take the newest column of a map."""
        self._sums = profile_sums(snapshot.heatmap)
        self._per_unit = per_unit(snapshot.heatmap)
        self._last_price = float(snapshot.candles["close"][-1]) if len(snapshot.candles) else np.nan
        self.update()

    def set_view(self, view: View) -> None:
        """Follow side and theme."""
        seen = view.side, tokens(view.theme)
        if seen != (self._side, self._theme):
            self._side, self._theme = seen
            self.update()

    def set_span(self, scale: PriceScale, y_min: float, y_max: float, top: int, height: int) -> None:
        """Put view y from `y_max` down to `y_min` on pixel rows ``[top, top + height)`` of this widget."""
        span = scale, (y_min, y_max), QRect(0, top, self.width(), max(0, height))
        if span != (self._scale, self._y_range, self._rows):
            self._scale, self._y_range, self._rows = span
            self.update()

    def _pixel_edges(self) -> Floats:
        """Prices at the pixel rows' edges, ascending; (rows + 1,)."""
        y = np.linspace(self._y_range[0], self._y_range[1], self._rows.height() + 1)
        return self._scale.to_price(y)

    def _y(self, price: float) -> float:
        low, high = self._y_range
        share = (self._scale.y(price) - low) / (high - low) if high > low else 0.0
        return self._rows.bottom() + 1 - share * self._rows.height()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        text = self._reading(event.position().y())
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def _reading(self, pixel: float) -> str:
        """What the profile says at a pixel row, empty outside the plot."""
        if self._sums is None or not self._rows.contains(0, int(pixel)):
            return ""
        edges = self._pixel_edges()
        row = self._rows.height() - 1 - (int(pixel) - self._rows.top())
        middle = np.array([(edges[row] + edges[row + 1]) / 2])
        price = float(middle[0])
        lines = [f"Price {numbers.price(price)}"]
        side, amounts, total = (
            ("long", self._sums.long, self._sums.long_at(middle))
            if price <= self._last_price
            else ("short", self._sums.short, self._sums.short_at(middle))
        )
        here = pool_to_pixels(amounts, self._sums.edges, edges[row : row + 2])[0] * self._per_unit
        lines.append(f"{side}s here {numbers.usd(float(here))} per 0.1 %")
        lines.append(f"{side}s on the way {numbers.usd(float(total[0]))}")
        return "\n".join(lines)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.background))
        painter.fillRect(QRect(0, 0, 1, self.height()), QColor(self._theme.hairline))
        if self._sums is None or self._rows.height() < 2:
            return
        edges = self._pixel_edges()
        sides = {"long": self._side in ("long", "both"), "short": self._side in ("short", "both")}
        painter.save()
        painter.setClipRect(self._rows)
        self._paint_bars(painter, self._sums, edges, sides)
        self._paint_curves(painter, self._sums, edges, sides)
        self._paint_last_price(painter)
        painter.restore()
        self._paint_amounts(painter, self._sums, edges, sides)

    def _paint_bars(
        self, painter: QPainter, sums: ProfileSums, edges: Floats, sides: dict[str, bool]
    ) -> None:
        """One image row per pixel row: many bars cost as much as one."""
        widths = {
            side: pool_to_pixels(getattr(sums, side), sums.edges, edges)[::-1] if shown else None
            for side, shown in sides.items()
        }
        peak = max((float(w.max(initial=0.0)) for w in widths.values() if w is not None), default=0.0)
        if peak <= 0:
            return
        room = self.width() - _MARGIN
        image = np.zeros((self._rows.height(), room, 4), np.uint8)
        for side, colour in self._colours().items():
            width = widths[side]
            if width is None:
                continue
            inside = np.arange(room)[None, :] < np.rint(width * (room / peak))[:, None]
            image[inside] = (colour.red(), colour.green(), colour.blue(), round(255 * _BAR_ALPHA))
        painter.drawImage(
            1, self._rows.top(), QImage(image.data, room, len(image), room * 4, QImage.Format.Format_RGBA8888)
        )

    def _paint_curves(
        self, painter: QPainter, sums: ProfileSums, edges: Floats, sides: dict[str, bool]
    ) -> None:
        curves = {"long": sums.long_at(edges), "short": sums.short_at(edges)}
        peak = max((float(curves[s].max(initial=0.0)) for s, shown in sides.items() if shown), default=0.0)
        if peak <= 0:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self.width() - _MARGIN - 2
        bottom = self._rows.bottom() + 1
        for side, colour in self._colours().items():
            if not sides[side]:
                continue
            x = 1 + curves[side] * (room / peak)
            drawn = np.flatnonzero(curves[side] > 0)
            painter.setPen(QPen(colour, 1.5))
            painter.drawPolyline(QPolygonF([QPointF(float(x[i]), float(bottom - i)) for i in drawn]))

    def _paint_last_price(self, painter: QPainter) -> None:
        if np.isfinite(self._last_price):
            pen = QPen(QColor(self._theme.secondary), 1, Qt.PenStyle.DashLine)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(pen)
            y = round(self._y(self._last_price))
            painter.drawLine(1, y, self.width(), y)

    def _paint_amounts(
        self, painter: QPainter, sums: ProfileSums, edges: Floats, sides: dict[str, bool]
    ) -> None:
        """At the upper edge the shorts up to it, at the lower the longs down to it."""
        if sides["short"]:
            amount = float(sums.short_at(edges[-1:])[0])
            self._paint_label(painter, "▲ shorts, above", amount, "short", self._rows.top() + 4)
        if sides["long"]:
            amount = float(sums.long_at(edges[:1])[0])
            self._paint_label(painter, "▼ longs, below", amount, "long", self._rows.bottom() - 35)

    def _paint_label(self, painter: QPainter, words: str, amount: float, side: str, top: int) -> None:
        ground = QColor(self._theme.background)
        ground.setAlphaF(0.8)
        painter.fillRect(QRect(2, top, self.width() - 2, 32), ground)
        painter.setFont(ui_font(SMALL_PX))
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        glyph, text = words.split(" ", 1)
        painter.setPen(self._colours()[side])
        painter.drawText(QRect(4, top, 12, 16), align, glyph)
        painter.setPen(QColor(self._theme.secondary))
        painter.drawText(QRect(15, top, self.width() - 15, 16), align, text)
        painter.setPen(QColor(self._theme.text))
        painter.drawText(QRect(15, top + 16, self.width() - 15, 16), align, numbers.usd(amount))

    def _colours(self) -> dict[str, QColor]:
        return side_colours(self._theme)


def side_colours(theme: Tokens) -> dict[str, QColor]:
    """Longs fall in a falling market, shorts in a rising one: the colours of the two moves that hurt them."""
    return {"long": QColor(theme.bad), "short": QColor(theme.good)}
