"""A graphics card on trial: the whole chart drawn by it and by the processor, frame after frame in turn.

Meant for a process of its own, which a broken driver may end. Nothing is shown and nothing waits for the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext, QPainter
from PySide6.QtOpenGL import QOpenGLFramebufferObject, QOpenGLPaintDevice
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Question, Snapshot
from heatdesk.feed.plain_text import plain
from heatdesk.gui.card.build import this_build
from heatdesk.gui.card.identity import drawing_format
from heatdesk.gui.chart import ChartView
from heatdesk.machine.graphics import Card, Trial, size_class
from heatdesk.market import MINUTE_MS, Floats, Kind, Records
from heatdesk.model.heatmap import Heatmap

FRAMES: Final = 20
_WARM_UP: Final = 2  # compiling, uploading and laying out are none of a frame's work
_LONGEST_S: Final = 8.0  # then fewer frames must do
_PAN_PX: Final = 11
_COLUMNS, _ROWS = 2000, 1000
_END_MS: Final = 1_770_508_800_000

Frame = Callable[[ChartView], None]


def timed(card: Card, pixels: tuple[int, int], scale: float) -> Trial:
    """The median of some twenty frames of `pixels` by the card and as many by the processor. Needs an application."""
    build, size, kind = this_build(), QSize(*pixels), size_class(*pixels)
    chart = ChartView()
    failures: list[str] = []
    chart.heatmap_item.on_gl_failure = failures.append
    try:
        chart.resize(QSize(round(size.width() / scale), round(size.height() / scale)))
        chart.show_snapshot(_thin_bands())
        chart.grab()  # lays everything out: nothing of it is ever shown
        with ExitStack() as until_the_end:
            by_card = _by_card(size, scale, until_the_end)
            if by_card is None:
                return Trial(build, kind, card, reason="nothing can be drawn into its memory")
            card_ms, processor_ms = _in_turn(chart, by_card, _by_processor(size, scale))
        QApplication.processEvents()  # what failed is told after the frame
        if failures:
            return Trial(build, kind, card, reason=plain(failures[0]))
        return Trial(build, kind, card, card_ms, processor_ms)
    finally:
        chart.deleteLater()


def _in_turn(chart: ChartView, *ways: Frame) -> tuple[float, ...]:
    """The median of each way's frames in ms, all of them panned by as much."""
    taken: list[list[float]] = [[] for _ in ways]
    began = perf_counter()
    for number in range(_WARM_UP + FRAMES):
        if perf_counter() - began > _LONGEST_S and number > 2 * _WARM_UP:
            break
        _pan(chart, _PAN_PX if number % 6 < 3 else -_PAN_PX)
        for way, frames in zip(ways, taken, strict=True):
            start = perf_counter()
            way(chart)
            frames.append(perf_counter() - start)
    return tuple(1000.0 * median(frames[_WARM_UP:]) for frames in taken)


def _pan(chart: ChartView, right: int) -> None:
    low, high = chart.visible_times()
    moved = right * (high - low) / max(1.0, chart.plot_area().width())
    chart.set_range(low + moved, high + moved)


def _by_processor(size: QSize, scale: float) -> Frame:
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)

    def frame(chart: ChartView) -> None:
        _paint(chart, image)

    return frame


def _by_card(size: QSize, scale: float, until_the_end: ExitStack) -> Frame | None:
    """Paints into a texture of the card and waits until it has finished; None where no such texture can be had."""
    surface, context = QOffscreenSurface(), QOpenGLContext()
    for asked in (surface, context):
        asked.setFormat(drawing_format())
    surface.create()
    if not (context.create() and context.makeCurrent(surface)):
        return None
    until_the_end.callback(context.doneCurrent)
    buffer = QOpenGLFramebufferObject(size, QOpenGLFramebufferObject.Attachment.CombinedDepthStencil)
    if not buffer.isValid():
        return None
    device = QOpenGLPaintDevice(size)
    device.setDevicePixelRatio(scale)
    gl: Any = context.functions()

    def frame(chart: ChartView) -> None:
        context.makeCurrent(surface)
        buffer.bind()
        _paint(chart, device)
        gl.glFinish()

    return frame


def _paint(chart: ChartView, device: Any) -> None:
    painter = QPainter(device)
    try:
        chart.canvas.render(painter)
    finally:
        painter.end()


def _thin_bands() -> Snapshot:
    """A map of thin bands and a walk of candles, much as a busy market's."""
    chance = np.random.default_rng(1)
    strength = chance.exponential(1.0, _ROWS).astype(np.float32) ** 3
    long = strength * chance.random((_COLUMNS, 1), np.float32)
    edges: Floats = 60_000.0 * np.power(1.0005, np.arange(_ROWS + 1, dtype=np.float64))
    times = _END_MS - MINUTE_MS * np.arange(_COLUMNS, 0, -1)
    close = edges[_ROWS // 2] * np.exp(np.cumsum(chance.normal(0.0, 1e-4, _COLUMNS)))
    opened = np.append(close[:1], close[:-1])
    prices = {
        "open": opened,
        "high": np.maximum(opened, close) * 1.0001,
        "low": np.minimum(opened, close) * 0.9999,
        "close": close,
    }
    tiers = np.array([10.0])
    heatmap = Heatmap(
        long.T, long[:, ::-1].T, edges, times, MINUTE_MS, 5.0, tiers, np.zeros((2, 1, _ROWS), np.float32)
    )
    question = Question("TRIAL", ("trial",), "1m", lookback_ms=MINUTE_MS * _COLUMNS)
    return Snapshot(question, Records(Kind.CANDLES, times, prices), heatmap, ())
