"""The colour bar of the legend: where amounts stand on it, and how it is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from heatdesk.gui.colour_table import band_palettes
from heatdesk.gui.legend_scale import AmountScale, colour_index
from heatdesk.gui.theme import age_tables, palette_pair
from heatdesk.gui.view import View
from heatdesk.market import Floats

LEFT: Final = 4
WIDTH: Final = 8
HISTOGRAM_WIDTH: Final = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """`height` pixels from `top`; where it is `signed`, nothing stands in the middle and both signs run outwards."""

    top: int
    height: int
    scale: AmountScale
    signed: bool = False

    @property
    def rect(self) -> QRect:
        """Where the colours are."""
        return QRect(LEFT, self.top, WIDTH, self.height)

    def y(self, amount: float, sign: int = 1) -> int:
        """The pixel row of an amount in USD per 0.1 %."""
        share = float(self.scale.position(amount))
        return self.top + round((0.5 - 0.5 * sign * share if self.signed else 1.0 - share) * self.height)

    def position(self, y: int) -> float:
        """The share of the scale, 0 to 1, at a pixel row; on a signed bar of its upper half."""
        share = 1.0 - (y - self.top) / self.height
        return min(1.0, max(0.0, 2.0 * share - 1.0 if self.signed else share))

    def image(self, view: View, limits: tuple[float, float], aged: bool = False) -> QImage:
        """The colours that a view gives to the amounts of each row, (1, height) pixels; of a map by age (5, height),
        youngest left."""
        share = 1.0 - (np.arange(self.height) + 0.5) / self.height
        position = 2.0 * share - 1.0 if self.signed else share
        amounts = self.scale.amount(np.abs(position))
        entries = np.where(amounts < view.minimum_usd, 0, colour_index(amounts, *limits, view.gamma))
        if aged:
            ages = np.ascontiguousarray(age_tables(view.theme)[:, entries].swapaxes(0, 1))
            width = ages.shape[1]
            return QImage(ages.data, width, self.height, 4 * width, QImage.Format.Format_RGBA8888).copy()
        pair = palette_pair(view.palette, view.theme, view.side)
        if view.rendering == "bands":
            pair, _ = band_palettes(pair)
        strip = np.ascontiguousarray(pair[(position < 0).astype(np.intp), entries])
        return QImage(strip.data, 1, self.height, 4, QImage.Format.Format_RGBA8888).copy()

    def paint_histogram(self, painter: QPainter, heights: Floats, colour: QColor, sign: int = 1) -> None:
        """Heights (bins,) in [0, 1] of equal stretches of the scale, growing to the right of the bar."""
        ends = np.linspace(0.0, 1.0, len(heights) + 1)
        rows = [self.y(float(self.scale.amount(end)), sign) for end in ends]
        for height, a, b in zip(heights, rows[:-1], rows[1:], strict=True):
            width = round(float(height) * HISTOGRAM_WIDTH)
            painter.fillRect(QRect(LEFT + WIDTH + 2, min(a, b), width, abs(a - b)), colour)
