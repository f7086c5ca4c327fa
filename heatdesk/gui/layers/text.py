"""Words over the map: plain text on a plate of the background's colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from unicodedata import category

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainter

from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, Look

Run = tuple[str, QColor, bool]
_PLATE_ALPHA: Final = 232  # small secondary words stay readable over the brightest cell
LINE_HEIGHT: Final = 1.5
_MOST_REMEMBERED: Final = 400  # words
GAP: Final = "   "  # between two fields of a line


class Plate:
    """Words over the map on a plate of the ground's colour. It remembers how wide they are: most stay as they were."""

    def __init__(self) -> None:
        self._font = ("", 0)
        self._faces: dict[bool, tuple[QFont, QFontMetricsF]] = {}
        self._printed: dict[tuple[str, bool], tuple[str, float]] = {}

    def draw(
        self,
        painter: QPainter,
        frame: Frame,
        look: Look,
        corner: QPointF,
        lines: Sequence[Sequence[Run]],
        pixels: int = theme.BASE_PX,
    ) -> None:
        """Draw lines of (text, colour, strong) runs with their top left at `corner`, in device pixels.

        Of a line that would leave the plot the runs that fit are drawn, the first always. Nothing is read as markup,
        and characters that do not print are left out.
        """
        self._use(round(pixels * frame.pixel))
        height, pad = pixels * LINE_HEIGHT * frame.pixel, 4.0 * frame.pixel
        room = frame.left + frame.width - pad - corner.x()
        placed = [self._placed(line, room) for line in lines]
        width = max((x + wide for line in placed for _, x, wide in line), default=0)
        plate = QColor(look.tokens.background)
        plate.setAlpha(_PLATE_ALPHA)
        painter.fillRect(QRectF(corner.x() - pad, corner.y(), width + 2 * pad, height * len(lines)), plate)
        for number, line in enumerate(placed):
            for (words, colour, strong), x, _ in line:
                font, metric = self._faces[strong]
                top = corner.y() + height * number
                painter.setFont(font)
                painter.setPen(colour)
                baseline = top + (height + metric.ascent() - metric.descent()) / 2.0
                painter.drawText(QPointF(corner.x() + x, baseline), words)

    def _use(self, pixels: int) -> None:
        """Measure with the application's font in this size from now on."""
        font = QGuiApplication.font().key(), pixels
        if font != self._font or len(self._printed) > _MOST_REMEMBERED:
            fonts = {strong: theme.ui_font(pixels, strong) for strong in (False, True)}
            self._font = font
            self._faces = {strong: (of, QFontMetricsF(of)) for strong, of in fonts.items()}
            self._printed.clear()

    def _placed(self, line: Sequence[Run], room: float) -> list[tuple[Run, float, float]]:
        """The runs that fit into a width, how far from the left each stands, and how wide it is."""
        placed: list[tuple[Run, float, float]] = []
        x = 0.0
        for text, colour, strong in line:
            if (text, strong) not in self._printed:
                words = "".join(c for c in text if c.isprintable() or category(c) == "Zs")
                self._printed[text, strong] = words, self._faces[strong][1].horizontalAdvance(words)
            words, width = self._printed[text, strong]
            if placed and x + width > room:
                break
            placed.append(((words, colour, strong), x, width))
            x += width
        return placed


def draw_on_plate(
    painter: QPainter,
    frame: Frame,
    look: Look,
    corner: QPointF,
    lines: Sequence[Sequence[Run]],
    pixels: int = theme.BASE_PX,
) -> None:
    """`Plate.draw` for words that are seldom drawn."""
    Plate().draw(painter, frame, look, corner, lines, pixels)
