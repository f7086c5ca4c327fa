"""The chart with legend and profile as a picture of any size, drawn by the very widgets of the window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QPoint, QSize
from PySide6.QtGui import QImage, QImageWriter, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui.desk import ChartDesk
from heatdesk.gui.style import qt_palette, style_sheet
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.gui.visible_range import Span
from heatdesk.machine.files import whole_file

_PROFILE_SHARE: Final = 0.08  # of a picture's width
_PROFILE_LEAST, _PROFILE_MOST = 90, 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a chart looks at: ms of time, and prices."""

    times: Span
    prices: Span


def render(
    snapshot: Snapshot, view: View, size: tuple[int, int], scale: float = 1.0, stretch: Stretch | None = None
) -> QImage:
    """The chart at `size` logical pixels of `scale` pixels each; all of the map where no stretch is given.

    Needs an application, on its own thread.
    """
    desk = ChartDesk()
    try:
        theme = tokens(view.theme)
        desk.setPalette(qt_palette(theme))
        desk.setStyleSheet(style_sheet(theme))
        desk.show_caption()
        desk.set_profile_width(min(_PROFILE_MOST, max(_PROFILE_LEAST, round(size[0] * _PROFILE_SHARE))))
        desk.resize(QSize(*size))
        desk.set_view(view)
        desk.show_snapshot(snapshot)
        desk.ensurePolished()
        desk.grab()  # lays everything out once: axes take their width from the labels they show
        desk.reset_range()
        if stretch is not None:
            desk.chart.set_range(*stretch.times, *stretch.prices)
        image = QImage(
            round(size[0] * scale), round(size[1] * scale), QImage.Format.Format_ARGB32_Premultiplied
        )
        image.setDevicePixelRatio(scale)
        image.fill(theme.background)
        painter = QPainter(image)
        desk.render(painter, QPoint())
        painter.end()
        return image
    finally:
        desk.deleteLater()


def write_picture(image: QImage, path: Path) -> None:
    """Write a PNG, whole or not at all; raises MachineError where the file cannot be written."""

    def write(temporary: Path) -> None:
        writer = QImageWriter(str(temporary), QByteArray(b"png"))
        if not writer.write(image):
            raise OSError(writer.errorString())

    whole_file(path, write)
