"""Screens of several resolutions in one process, and what is really painted on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui.desk import ChartDesk
from heatdesk.gui.view import View
from tests.gui.drawing import snapshots

RATIOS = (1.0, 1.25, 1.5, 1.75, 2.0, 3.0)
CORNER = QPoint(13, 9)  # odd, so that at a broken ratio the window's parts begin between two pixels

Pixels = np.ndarray  # uint32 (height, width), ARGB


class Screens:
    """Moves widgets to a screen of a ratio, and sees what they have painted there."""

    def __init__(self) -> None:
        self.of = {float(s.name()): s for s in QGuiApplication.screens() if s.name()[:1].isdigit()}

    def move(self, widget: QWidget, ratio: float) -> None:
        """As if dragged there."""
        widget.move(self.of[ratio].geometry().topLeft() + CORNER)
        settle()
        assert widget.devicePixelRatioF() == ratio

    def painted(self, widget: QWidget) -> Pixels:
        """The device pixels that the window holds now: what was painted, not what would be."""
        settle()
        device = widget.window().backingStore().paintDevice()
        image = device.convertToFormat(QImage.Format.Format_RGB32)
        rows = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
        return rows[:, : image.width()].copy()


def settle() -> None:
    """Let everything that was asked for be painted; only one window has the focus, which is drawn."""
    for _ in range(4):
        QApplication.processEvents()
        if (focused := QApplication.focusWidget()) is not None:
            focused.clearFocus()


@pytest.fixture(scope="session")
def small_map() -> Snapshot:
    """Six hundred columns of noise with strong bands, under a random walk."""
    return snapshots.snapshot(n_times=600, n_prices=100)


@pytest.fixture
def screens(qapp: Any) -> Screens:
    """One screen of each ratio; a real display has not got them."""
    found = Screens()
    if set(found.of) != set(RATIOS):
        pytest.skip("these screens are only there where nothing is shown")
    return found


@pytest.fixture
def make(qtbot: Any, screens: Screens, small_map: Snapshot) -> Iterator[Callable[..., ChartDesk]]:
    """Opens desks on the screen of a ratio."""

    def desk(
        ratio: float, view: View | None = None, size: tuple[int, int] = (901, 533), snapshot: Any = None
    ) -> ChartDesk:
        made = ChartDesk()
        qtbot.addWidget(made)
        made.chart.canvas.calm_s = 0.0  # parts are painted alone right after a whole repaint
        made.set_view(view or View(theme="dark"))
        made.resize(*size)
        made.set_profile_width(111)
        made.move(screens.of[ratio].geometry().topLeft() + CORNER)
        made.show()
        made.show_snapshot(snapshot or small_map)
        settle()
        assert made.devicePixelRatioF() == ratio
        return made

    yield desk
