"""The liquidation profile: the newest column as bars, and the curves of what falls on the way to a price."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.legend_scale import per_unit
from heatdesk.gui.price_scale import PriceScale
from heatdesk.gui.profile_picture import ProfilePicture
from heatdesk.gui.profile_sums import ProfileSums, pool_to_pixels, profile_sums
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.gui.wording import wording_of
from heatdesk.market import Floats


class Profile(QWidget):
    """Stands beside the chart and shares its price axis; `set_span` says which prices stand at which pixels.

    What a side looks like is painted once and kept until the map, the prices in sight or the look change.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Liquidation profile: shorts above, longs below")
        self._sums: ProfileSums | None = None
        self._per_unit = 1.0
        self._last_price = np.nan
        self._view = View()
        self._scale = PriceScale()
        self._y_range = (0.0, 1.0)
        self._rows = QRect()
        self._painted: dict[str, QPixmap] = {}  # by side

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take the newest column of a map."""
        self._sums = profile_sums(snapshot.heatmap)
        self._per_unit = per_unit(snapshot.heatmap)
        self._last_price = float(snapshot.candles["close"][-1]) if len(snapshot.candles) else np.nan
        self._repaint()

    def set_view(self, view: View) -> None:
        """Follow side, theme, currency and the colour of a rise."""
        before, self._view = self._view, view
        if _look(view) != _look(before):
            self._repaint()
        elif view.side != before.side:
            self.update()

    def set_span(self, scale: PriceScale, y_min: float, y_max: float, top: int, height: int) -> None:
        """Put view y from `y_max` down to `y_min` on pixel rows ``[top, top + height)`` of this widget."""
        span = scale, (y_min, y_max), QRect(0, top, self.width(), max(0, height))
        if span != (self._scale, self._y_range, self._rows):
            self._scale, self._y_range, self._rows = span
            self._repaint()

    def _repaint(self) -> None:
        self._painted.clear()
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
        edges, words = self._pixel_edges(), wording_of(self._view)
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
        lines.append(f"{side}s here {words.amount(float(here))} per 0.1 %")
        lines.append(f"{side}s on the way {words.amount(float(total[0]))}")
        return "\n".join(lines)

    def paintEvent(self, event: QPaintEvent) -> None:
        kept = self._painted.get(self._view.side)
        if kept is None or (kept.size() / kept.devicePixelRatio()) != self.size():
            kept = self._painted[self._view.side] = self._picture()
        QPainter(self).drawPixmap(0, 0, kept)

    def _picture(self) -> QPixmap:
        """All of the profile for the side looked at, at the resolution of the screen."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        theme = tokens(self._view.theme)
        picture.fill(QColor(theme.background))
        painter = QPainter(picture)
        painter.fillRect(QRect(0, 0, 1, self.height()), QColor(theme.hairline))
        if self._sums is not None and self._rows.height() >= 2:
            y = self._y(self._last_price) if np.isfinite(self._last_price) else np.nan
            ProfilePicture(self._sums, self._pixel_edges(), self._rows, y, self._view).paint(painter)
        painter.end()
        return picture


def _look(view: View) -> tuple[object, ...]:
    """What of a view changes every side's picture."""
    return view.theme, view.up_is_red, view.currency
