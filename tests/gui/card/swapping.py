"""One program on a real screen whose map goes from the processor to the card and back; prints what came of it.

`python -m tests.gui.card.swapping` prints one JSON object. With ``--no-gl`` it is a screen on which nothing draws by
OpenGL.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget
from Xlib.display import Display

from heatdesk.gui.card import trial as trial_module
from heatdesk.gui.card.before_qt import prepare
from heatdesk.gui.card.build import this_build
from heatdesk.gui.card.chooser import Chooser
from heatdesk.gui.card.identity import card_here
from heatdesk.gui.chart import ChartView
from heatdesk.gui.dialogs.settings import SettingsDialog
from heatdesk.gui.gl.failure import BREAK, WAYS
from heatdesk.gui.preferences import Preferences
from heatdesk.machine import graphics
from heatdesk.machine.graphics import Memory, Trial
from heatdesk.settings import Settings

_LONGEST_S = 30.0


class Heard(logging.Handler):
    """Every line of the log that is no less than a warning."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Paints(QObject):
    """Counts the paintings of whatever the canvas paints on."""

    def __init__(self, chart: ChartView) -> None:
        super().__init__()
        self.count = 0
        self.look_at(chart.canvas.viewport())
        chart.canvas.repainted_by.connect(self.look_at)

    def look_at(self, viewport: QWidget) -> None:
        viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


class Desk:
    """A window with a chart, its settings open beside it."""

    def __init__(self) -> None:
        self.heard = Heard()
        logging.getLogger().addHandler(self.heard)
        self.window, self.chart = QMainWindow(), ChartView()
        self.window.setCentralWidget(self.chart)
        self.window.resize(480, 320)
        self.chart.show_snapshot(trial_module._thin_bands())
        self.preferences = Preferences(Settings(), write=None, parent=self.window)
        self.chooser = Chooser(self.chart, self.preferences, self.window)
        self.told: list[str] = []
        self.chooser.failed.connect(self.told.append)
        self.paints = Paints(self.chart)
        self.window.show()
        self.settle()

    def settle(self) -> None:
        """Let everything that is asked for be painted and handed to the screen."""
        for _ in range(4):
            QApplication.processEvents()
            QGuiApplication.sync()
        self.chart.canvas.viewport().update()
        for _ in range(2):
            QApplication.processEvents()
            QGuiApplication.sync()

    def until(self, wanted: Callable[[], Any]) -> bool:
        deadline = time.monotonic() + _LONGEST_S
        while not (there := wanted()) and time.monotonic() < deadline:
            QApplication.processEvents()
            time.sleep(0.005)
        return bool(there)

    def seen(self) -> np.ndarray:
        """What the window shows on the screen: uint8 (height, width, 4)."""
        return _pixels(QGuiApplication.primaryScreen().grabWindow(int(self.window.winId())).toImage())


def _pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8)
    return raw.reshape(image.height(), image.width(), 4)[..., :3].astype(np.int16)


def _off(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of two pictures in 255ths; 255 where they have not even the same size."""
    return float(np.abs(one - other).mean()) if one.shape == other.shape else 255.0


def swap(desk: Desk) -> dict[str, Any]:
    """From the processor to the card and back, a dialog being open."""
    chart, canvas = desk.chart, desk.chart.canvas
    cursor = canvas.viewport().cursor().shape()
    chart.set_range(price_low=76_000.0, price_high=78_000.0)
    times, prices = chart.visible_times(), chart.visible_prices()
    desk.settle()
    before, place = desk.seen(), desk.window.geometry()
    dialog = SettingsDialog(desk.preferences, desk.window)
    dialog.open_at("drawing")
    desk.settle()
    told: dict[str, Any] = {}
    canvas.useOpenGL(True)
    desk.settle()
    told["dialog by card"] = dialog.isVisible() and _stands_before(dialog, desk.window)
    told["valid"] = canvas.viewport().isValid()
    grabbed, whole = _pixels(canvas.grab().toImage()), _pixels(desk.window.grab().toImage())
    dialog.hide()
    desk.settle()
    by_card = desk.seen()
    dialog.show()
    canvas.useOpenGL(False)
    desk.settle()
    told["dialog by processor"] = dialog.isVisible() and _stands_before(dialog, desk.window)
    dialog.close()
    desk.settle()
    after = desk.seen()
    told |= {
        "off by card": _off(before, by_card),
        "off grabbed": _off(by_card, grabbed),
        "off window grabbed": _off(by_card, whole),
        "off after": _off(before, after),
        "same ranges": (times, prices) == (chart.visible_times(), chart.visible_prices()),
        "same cursor": canvas.viewport().cursor().shape() is cursor is Qt.CursorShape.CrossCursor,
        "same place": place == desk.window.geometry(),
        "colours": len(np.unique(before.reshape(-1, 3), axis=0)),
    }
    return told


def _stands_before(dialog: QWidget, window: QWidget) -> bool:
    return dialog.windowHandle().transientParent() is window.windowHandle()


def hidden(desk: Desk) -> dict[str, int]:
    """Paintings by the card that were asked for while the window cannot be seen, and when it can again."""
    desk.chart.canvas.useOpenGL(True)
    desk.settle()
    told = {}
    for how, hide, show in (
        ("put away", lambda: _put_away(desk.window, True), lambda: _put_away(desk.window, False)),
        ("hidden", desk.window.hide, desk.window.show),
    ):
        hide()
        exposed = desk.window.windowHandle().isExposed
        assert desk.until(lambda exposed=exposed: not exposed())
        desk.paints.count = 0
        desk.settle()
        told[how] = desk.paints.count
        show()
        assert desk.until(exposed)
        desk.settle()
        told[f"after {how}"] = desk.paints.count
    return told


def _put_away(window: QWidget, away: bool) -> None:
    """As a desktop does with a window that is minimised."""
    display = Display()
    handle = display.create_resource_object("window", int(window.winId()))
    handle.unmap() if away else handle.map()
    display.sync()
    display.close()


def broken(desk: Desk, way: str, before: np.ndarray) -> dict[str, Any]:
    """The card draws, then something of it breaks; what the user sees, reads and finds in the log."""
    choose = desk.preferences.settings.changed
    desk.preferences.choose(choose("drawing", by="processor"))
    desk.heard.lines.clear()
    desk.told.clear()
    if way != "lost":
        os.environ[BREAK] = way
        desk.chart.heatmap_item.gl = None  # what draws asks once, when it is made
    began = time.monotonic()
    desk.preferences.choose(choose("drawing", by="graphics card"))
    told: dict[str, Any] = {"began": desk.chart.canvas.by_card}
    if way == "lost":
        desk.settle()
        desk.chart.canvas.viewport().isValid = lambda: False  # as Qt says of a context that is gone
        began = time.monotonic()
    desk.chart.canvas.viewport().update()
    told["came back"] = desk.until(lambda: not desk.chart.canvas.by_card)
    desk.chart.canvas.viewport().repaint()
    told["seconds"] = time.monotonic() - began
    desk.settle()
    os.environ.pop(BREAK, None)
    told |= {
        "off": _off(before, desk.seen()),
        "log": desk.heard.lines[:],
        "told": desk.told[:],
        "words": desk.chooser.words,
    }
    return told


def main() -> None:
    """Do all of it."""
    prepare("graphics card")
    _application = QApplication(["swapping"])
    desk = Desk()
    told: dict[str, Any] = {"before": _off(desk.seen(), np.zeros_like(desk.seen()))}
    if "--no-gl" in sys.argv:
        desk.chart.canvas.useOpenGL(True)  # whoever asks first what answers never does
        told["came back"] = desk.until(lambda: desk.told) and not desk.chart.canvas.by_card
        desk.settle()
        told["after"] = _off(desk.seen(), np.zeros_like(desk.seen()))
        told["card"], told["told"] = card_here(), desk.told
    else:
        told["swap"], told["hidden"] = swap(desk), hidden(desk)
        card = card_here()
        assert card is not None
        trial_module.FRAMES = 3
        trial = trial_module.timed(card, (300, 200), 1.0)
        told["timed"] = [trial.card_ms, trial.processor_ms, trial.reason]
        desk.chart.canvas.useOpenGL(False)
        desk.settle()
        before = desk.seen()
        graphics.save(Memory((Trial(this_build(), 0, card),)))
        desk.chooser.begin()
        told["broken"] = {way: broken(desk, way, before) for way in (*WAYS, "lost")}
        desk.chooser.stop()
    assert desk.preferences.behind.finish(_LONGEST_S)
    desk.window.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
