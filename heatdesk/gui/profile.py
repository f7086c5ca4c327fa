"""The liquidation profile: the newest column as bars, and the curves of what falls on the way to a price."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.device_pixels import area_on_device, rounded, to_device_pixels
from heatdesk.gui.legend_scale import per_unit
from heatdesk.gui.paint_guard import guarded
from heatdesk.gui.price_scale import PriceScale
from heatdesk.gui.profile_picture import ProfilePicture
from heatdesk.gui.profile_sums import ProfileSums, pool_to_pixels, profile_sums
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.gui.wording import wording_of
from heatdesk.market import Floats


class Profile(QWidget):
    """Stands beside the chart and shares its price axis; `set_span` says which prices stand at which pixels.

    What a side looks like is painted once, in device pixels, and kept until the map, the prices in sight, the look or
    the screen change.
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
        self._painted: dict[tuple[object, ...], QPixmap] = {}  # by side and place

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

    def _edges(self, rows: int) -> Floats:
        """Prices at the edges of so many pixel rows, ascending; (rows + 1,)."""
        return self._scale.to_price(np.linspace(*self._y_range, rows + 1))

    def _y(self, price: float, among: QRect | None = None) -> float:
        """Where a price stands among pixel rows, this widget's own unless others are given; NaN without a price."""
        rows = self._rows if among is None else among
        low, high = self._y_range
        share = (self._scale.y(price) - low) / (high - low) if high > low else 0.0
        return rows.bottom() + 1 - share * rows.height() if np.isfinite(price) else np.nan

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        text = self._reading(event.position().y())
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def _reading(self, pixel: float) -> str:
        """What the profile says at a pixel row, empty outside the plot."""
        if self._sums is None or not self._rows.contains(0, int(pixel)):
            return ""
        edges, words = self._edges(self._rows.height()), wording_of(self._view)
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

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = area_on_device(painter, QRectF(self.rect()))
        rows = area_on_device(painter, QRectF(self._rows)).translated(-area.topLeft())
        pixel = painter.deviceTransform().m11()
        place = area.width(), area.height(), rows.top(), rows.height(), pixel
        kept = self._painted.get((self._view.side, place))
        if kept is None:
            kept = self._painted[self._view.side, place] = self._picture(area.size(), rows, pixel)
        to_device_pixels(painter)
        painter.drawPixmap(area.topLeft(), kept)

    def _picture(self, size: QSize, rows: QRect, pixel: float) -> QPixmap:
        """All of the profile for the side looked at, in device pixels, `pixel` of which are a logical one."""
        picture = QPixmap(size)
        theme = tokens(self._view.theme)
        picture.fill(QColor(theme.background))
        painter = QPainter(picture)
        painter.fillRect(QRect(0, 0, max(1, rounded(pixel)), size.height()), QColor(theme.hairline))
        if self._sums is not None and rows.height() >= 2:
            rows = QRect(0, rows.top(), size.width(), rows.height())
            y, edges = self._y(self._last_price, rows), self._edges(rows.height())
            ProfilePicture(self._sums, edges, rows, y, self._view, pixel).paint(painter)
        painter.end()
        return picture


def _look(view: View) -> tuple[object, ...]:
    """What of a view changes every side's picture."""
    return view.theme, view.up_is_red, view.currency
