"""Words over the map: plain text on a plate of the background's colour."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from unicodedata import category

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainter

from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, Look

Run = tuple[str, QColor, bool]
Row = list[tuple[Run, float]]  # and how far from the left each stands
_PLATE_ALPHA: Final = 232  # small secondary words stay readable over the brightest cell
LINE_HEIGHT: Final = 1.5
_PAD: Final = 4.0  # logical pixels of the plate beside its words
_MOST_REMEMBERED: Final = 400  # words
GAP: Final = "   "  # between two fields of a line
_SPACES: Final = dict.fromkeys(map(ord, "\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}"))


class _Measures(Protocol):
    def horizontalAdvance(self, text: str, /) -> float: ...


class _Face:
    """A font that remembers how wide words are."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self.rise = self._metrics.ascent() - self._metrics.descent()
        self._widths: dict[str, float] = {}

    def horizontalAdvance(self, text: str, /) -> float:
        """Pixels that a text takes."""
        width = self._widths.get(text)
        if width is None:
            if len(self._widths) >= _MOST_REMEMBERED:
                self._widths.clear()
            width = self._widths[text] = self._metrics.horizontalAdvance(text)
        return width


class Plate:
    """Words over the map; most of them stay as they were, so their widths are remembered, and the last rows."""

    def __init__(self) -> None:
        self._set_in = ("", 0)
        self._faces: dict[bool, _Face] = {}
        self._placed: deque[tuple[Sequence[Sequence[Run]], tuple[float, int], list[Row]]] = deque(maxlen=2)

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

        A line that would leave the plot goes on below, between two fields: these are set apart by a `GAP`. Nothing is
        read as markup, and characters that do not print are left out.
        """
        faces = self._in_size(round(pixels * frame.pixel))
        height, pad = pixels * LINE_HEIGHT * frame.pixel, _PAD * frame.pixel
        placed = self._rows(frame, corner, lines, pixels)
        width = max(
            (x + faces[run[2]].horizontalAdvance(run[0]) for line in placed for run, x in line), default=0
        )
        plate = QColor(look.tokens.background)
        plate.setAlpha(_PLATE_ALPHA)
        painter.fillRect(QRectF(corner.x() - pad, corner.y(), width + 2 * pad, height * len(placed)), plate)
        set_in: _Face | None = None
        ink: QColor | None = None
        for number, line in enumerate(placed):
            for (words, colour, strong), x in line:
                face, top = faces[strong], corner.y() + height * number
                if face is not set_in:
                    painter.setFont(face.font)
                if colour is not ink:
                    painter.setPen(colour)
                set_in, ink = face, colour
                painter.drawText(QPointF(corner.x() + x, top + (height + face.rise) / 2.0), words)

    def height(
        self, frame: Frame, corner: QPointF, lines: Sequence[Sequence[Run]], pixels: int = theme.BASE_PX
    ) -> float:
        """Device pixels that lines take from their corner downwards, those that go on below included."""
        return len(self._rows(frame, corner, lines, pixels)) * pixels * LINE_HEIGHT * frame.pixel

    def _rows(self, frame: Frame, corner: QPointF, lines: Sequence[Sequence[Run]], pixels: int) -> list[Row]:
        """The rows of lines; of the same lines in the same place as they were found before."""
        faces = self._in_size(round(pixels * frame.pixel))
        room = frame.left + frame.width - _PAD * frame.pixel - corner.x()
        place = room, round(pixels * frame.pixel)
        for told, placed, rows in self._placed:
            if told is lines and placed == place:
                return rows
        found = [row for line in lines for row in _placed(line, faces, room)]
        self._placed.append((lines, place, found))
        return found

    def _in_size(self, pixels: int) -> dict[bool, _Face]:
        """The application's font in a size, plain and strong."""
        set_in = QGuiApplication.font().key(), pixels
        if set_in != self._set_in:
            self._set_in = set_in
            self._placed.clear()
            self._faces = {strong: _Face(theme.ui_font(pixels, strong)) for strong in (False, True)}
        return self._faces


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


def _placed(line: Sequence[Run], metrics: Mapping[bool, _Measures], room: float) -> list[Row]:
    """The rows that a line takes in a width: its runs, and how far from the left each stands."""
    rows: list[Row] = [[]]
    x = 0.0
    for field in _fields(line):
        width = sum(metrics[strong].horizontalAdvance(text) for text, _, strong in field)
        if rows[-1] and x + width > room:
            rows.append([])
            x = 0.0
            first, ink, strong = field[0]
            field[0] = first.lstrip(), ink, strong
        for run in field:
            rows[-1].append((run, x))
            x += metrics[run[2]].horizontalAdvance(run[0])
    return rows


def _printing(text: str) -> str:
    """What of it prints; spaces do."""
    return "".join(c for c in text if c.isprintable() or category(c) == "Zs")


def _fields(line: Sequence[Run]) -> list[list[Run]]:
    """The runs of a line by field, without what does not print."""
    fields: list[list[Run]] = []
    apart = True
    for text, ink, strong in line:
        words = text if text.translate(_SPACES).isprintable() else _printing(text)
        if apart or words.startswith(GAP):
            fields.append([])
        fields[-1].append((words, ink, strong))
        apart = words.endswith(GAP)
    return fields
