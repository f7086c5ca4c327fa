"""Words over the map: plain text on a plate of the background's colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from unicodedata import category

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, Look

Run = tuple[str, QColor, bool]
_PLATE_ALPHA: Final = 232  # small secondary words stay readable over the brightest cell
_LINE_HEIGHT: Final = 1.5


def draw_on_plate(
    painter: QPainter,
    frame: Frame,
    look: Look,
    corner: QPointF,
    lines: Sequence[Sequence[Run]],
    pixels: int = theme.BASE_PX,
) -> None:
    """Draw lines of (text, colour, strong) runs with their top left at `corner`, in device pixels.

    Nothing is read as markup, and characters that do not print are left out (spaces of every width stay).
    """
    fonts = {strong: theme.ui_font(round(pixels * frame.pixel), strong) for strong in (False, True)}
    metrics = {strong: QFontMetricsF(font, painter.device()) for strong, font in fonts.items()}
    widths = [sum(metrics[strong].horizontalAdvance(text) for text, _, strong in line) for line in lines]
    height, pad = pixels * _LINE_HEIGHT * frame.pixel, 4.0 * frame.pixel
    plate = QColor(look.tokens.background)
    plate.setAlpha(_PLATE_ALPHA)
    area = QRectF(corner.x() - pad, corner.y(), max(widths, default=0.0) + 2 * pad, height * len(lines))
    painter.fillRect(area, plate)
    for number, line in enumerate(lines):
        _draw_line(painter, line, fonts, metrics, corner.x(), corner.y() + height * number, height)


def _draw_line(
    painter: QPainter,
    line: Sequence[Run],
    fonts: dict[bool, QFont],
    metrics: dict[bool, QFontMetricsF],
    x: float,
    top: float,
    height: float,
) -> None:
    for text, colour, strong in line:
        words = "".join(c for c in text if c.isprintable() or category(c) == "Zs")
        metric = metrics[strong]
        painter.setFont(fonts[strong])
        painter.setPen(colour)
        baseline = top + (height + metric.ascent() - metric.descent()) / 2.0
        painter.drawText(QPointF(x, baseline), words)
        x += metric.horizontalAdvance(words)
