"""The truth of a simulated market: what really stands at each price, mirrored to the profile of the estimate."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, PlotLayer, redraw
from heatdesk.gui.layers.text import draw_on_plate
from heatdesk.gui.profile_sums import pool_to_pixels
from heatdesk.market import Floats

WORDS: Final = "true levels"
_WIDTH: Final = 72.0  # logical pixels of the longest bar
_ALPHA: Final = 0.8
_NONE: Final = np.zeros(0)


class TruthLayer(PlotLayer):
    """Bars from the right edge of the plot inwards, as long as their share of the largest in sight."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._prices: Floats = _NONE
        self._usd: dict[str, Floats] = {}

    def set_levels(self, prices: Floats, usd_long: Floats, usd_short: Floats) -> None:
        """USD (n,) that truly stands between the prices (n + 1,), ascending; nothing is drawn for empty arrays."""
        self._prices, self._usd = prices, {"long": usd_long, "short": usd_short}
        redraw(self)

    def drawn_of(self, snapshot: Snapshot) -> object:
        return None

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if len(self._prices) < 2:
            return
        edges = self.look.scale.to_price(np.linspace(frame.y_min, frame.y_max, frame.height + 1))
        pooled = {
            side: pool_to_pixels(usd, self._prices, edges)[::-1]
            for side, usd in self._usd.items()
            if self.look.shows(side)
        }
        peak = max((float(usd.max(initial=0.0)) for usd in pooled.values()), default=0.0)
        if peak > 0.0:
            self._draw_bars(painter, frame, {side: usd / peak for side, usd in pooled.items()})
        self._draw_words(painter, frame)

    def _draw_bars(self, painter: QPainter, frame: Frame, shares: dict[str, Floats]) -> None:
        """One image row per pixel row: many bars cost as much as one."""
        room = round(_WIDTH * frame.pixel)
        image = np.zeros((frame.height, room, 4), np.uint8)
        for side, share in shares.items():
            colour = QColor(self.look.side_colour(side))
            inside = np.arange(room, 0, -1)[None, :] <= np.rint(share * room)[:, None]
            image[inside] = (colour.red(), colour.green(), colour.blue(), round(255 * _ALPHA))
        bars = QImage(image.data, room, frame.height, 4 * room, QImage.Format.Format_RGBA8888)
        painter.drawImage(QPointF(frame.left + frame.width - room, frame.top), bars)

    def _draw_words(self, painter: QPainter, frame: Frame) -> None:
        font = theme.ui_font(round(theme.SMALL_PX * frame.pixel))
        width = QFontMetricsF(font, painter.device()).horizontalAdvance(WORDS)
        corner = QPointF(
            frame.left + frame.width - width - 8 * frame.pixel, frame.top + frame.height - 24 * frame.pixel
        )
        ink = QColor(self.look.tokens.text)
        draw_on_plate(painter, frame, self.look, corner, [[(WORDS, ink, False)]], theme.SMALL_PX)
