"""Where the members of the ensemble agree: what fewer than half of them see as dense fades into the ground."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.layers.base import Frame, PlotLayer, redraw
from heatdesk.gui.layers.text import draw_on_plate
from heatdesk.model.ensemble import Agreement

WORDS: Final = "faded: fewer than half of the models see a zone"
WAITING: Final = "agreement of the models: being worked out"
ENOUGH: Final = 0.5  # of the members
_MOST_ALPHA: Final = 225
_ABOVE: Final = 24.5  # the bottom, in logical pixels; other layers' words stand above each other
_LINE: Final = 20.0


class AgreementLayer(PlotLayer):
    """A veil over the map, thicker the fewer members see a dense zone. Nothing is made before it is looked at."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._agreement: Agreement | None = None
        self._veil: tuple[object, QImage] | None = None

    def show_agreement(self, agreement: Agreement | None) -> None:
        """Show where members agree; None until that is known."""
        self._agreement, self._veil = agreement, None
        if self.look.view.agreement:
            redraw(self)

    def drawn_of(self, snapshot: Snapshot) -> object:
        return snapshot.truth is not None  # whose words stand below

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if not self.look.view.agreement or self.snapshot is None:
            return
        if (agreement := self._agreement) is not None:
            made_of = (frame, self.look.view.theme, self.look.scale)
            if self._veil is None or self._veil[0] != made_of:
                self._veil = made_of, self._veiled(frame, agreement)
            painter.drawImage(QPointF(frame.left, frame.top), self._veil[1])
        self._draw_words(painter, frame)

    def _veiled(self, frame: Frame, agreement: Agreement) -> QImage:
        """The veil at the pixels of a frame."""
        share = seen_at(frame, self.look.scale, agreement)
        thickness = np.where(np.isnan(share), 0.0, np.clip(1.0 - share / ENOUGH, 0.0, 1.0))
        ground = QColor(self.look.tokens.background)
        image = QImage(frame.width, frame.height, QImage.Format.Format_RGBA8888)
        pixels = np.frombuffer(image.bits(), np.uint8).reshape(frame.height, image.bytesPerLine())
        rgba = pixels[:, : 4 * frame.width].reshape(frame.height, frame.width, 4)
        rgba[..., :3] = (ground.red(), ground.green(), ground.blue())
        rgba[..., 3] = np.rint(_MOST_ALPHA * thickness)
        return image

    def _draw_words(self, painter: QPainter, frame: Frame) -> None:
        words = WAITING if self._agreement is None else WORDS
        font = theme.ui_font(round(theme.SMALL_PX * frame.pixel))
        width = QFontMetricsF(font, painter.device()).horizontalAdvance(words)
        true = self.snapshot is not None and self.snapshot.truth is not None
        lines = int(true) + int(self.look.view.reach)
        corner = QPointF(
            frame.left + frame.width - width - 8 * frame.pixel,
            frame.top + frame.height - (_ABOVE + lines * _LINE) * frame.pixel,
        )
        ink = QColor(self.look.tokens.secondary)
        draw_on_plate(painter, frame, self.look, corner, [[(words, ink, False)]], theme.SMALL_PX)


def seen_at(frame: Frame, scale: Any, agreement: Agreement) -> NDArray[np.float32]:
    """The share of members that see a dense zone at each pixel, NaN outside the map; shape (height, width).

    Where several rows lie under a pixel it is the largest of them: zoomed out, a zone does not vanish.
    """
    edges = scale.to_price(np.linspace(frame.y_max, frame.y_min, frame.height + 1))
    row = np.searchsorted(agreement.prices, edges, side="right") - 1
    rows = agreement.share.shape[1]
    low, high = row[1:], row[:-1]  # a pixel's lower and upper edge
    inside = (high >= 0) & (low < rows)
    most = _largest_between(agreement.share, np.clip(low, 0, rows - 1), np.clip(high, 0, rows - 1))
    times = frame.x_min + (np.arange(frame.width) + 0.5) / frame.width * (frame.x_max - frame.x_min)
    column = np.floor((times - agreement.times_ms[0]) / agreement.step_ms).astype(np.int64)
    shown = (column >= 0) & (column < len(agreement.times_ms))
    seen = most[np.clip(column, 0, len(agreement.times_ms) - 1)].T.copy()
    seen[~inside] = np.nan
    seen[:, ~shown] = np.nan
    return seen


def _largest_between(
    share: NDArray[np.float32], low: NDArray[np.intp], high: NDArray[np.intp]
) -> NDArray[np.float32]:
    """The largest of each column's rows from `low` to `high`, both included; shape (n_times, n_pixels)."""
    largest = share[:, low].copy()
    for step in range(1, int((high - low).max(initial=0)) + 1):
        np.maximum(largest, share[:, np.minimum(low + step, high)], out=largest)
    return largest
