"""Words over the map: plain text on a plate of the background's colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from unicodedata import category

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, Look

Run = tuple[str, QColor, bool]
_PLATE_ALPHA: Final = 232  # small secondary words stay readable over the brightest cell
LINE_HEIGHT: Final = 1.5


def draw_on_plate(
    painter: QPainter,
    frame: Frame,
    look: Look,
    corner: QPointF,
    lines: Sequence[Sequence[Run]],
    pixels: int = theme.BASE_PX,
) -> None:
    """Draw lines of (text, colour, strong) runs with their top left at `corner`, in device pixels.

    Of a line that would leave the plot the runs that fit are drawn, the first always. Nothing is read as markup, and
    characters that do not print are left out.
    """
    fonts = {strong: theme.ui_font(round(pixels * frame.pixel), strong) for strong in (False, True)}
    metrics = {strong: QFontMetricsF(font, painter.device()) for strong, font in fonts.items()}
    height, pad = pixels * LINE_HEIGHT * frame.pixel, 4.0 * frame.pixel
    room = frame.left + frame.width - pad - corner.x()
    placed = [_placed(line, metrics, room) for line in lines]
    width = max(
        (x + metrics[run[2]].horizontalAdvance(run[0]) for line in placed for run, x in line), default=0
    )
    plate = QColor(look.tokens.background)
    plate.setAlpha(_PLATE_ALPHA)
    painter.fillRect(QRectF(corner.x() - pad, corner.y(), width + 2 * pad, height * len(lines)), plate)
    for number, line in enumerate(placed):
        for (words, colour, strong), x in line:
            metric, top = metrics[strong], corner.y() + height * number
            painter.setFont(fonts[strong])
            painter.setPen(colour)
            baseline = top + (height + metric.ascent() - metric.descent()) / 2.0
            painter.drawText(QPointF(corner.x() + x, baseline), words)


def _placed(line: Sequence[Run], metrics: dict[bool, QFontMetricsF], room: float) -> list[tuple[Run, float]]:
    """The runs that fit into a width, and how far from the left each stands."""
    placed: list[tuple[Run, float]] = []
    x = 0.0
    for text, colour, strong in line:
        words = "".join(c for c in text if c.isprintable() or category(c) == "Zs")
        width = metrics[strong].horizontalAdvance(words)
        if placed and x + width > room:
            break
        placed.append(((words, colour, strong), x))
        x += width
    return placed
