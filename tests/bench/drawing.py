"""What a frame of the chart costs, as ratios inside one run, with stock pyqtgraph beside it.

A frame is one action and one forced repaint of a 1600×900 window. All cases are interleaved, because the speed of a
machine drifts by more than what is measured.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import cycle
from statistics import median
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPicture
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.market import MINUTE_MS, Records

from .bright_pixels import kept_by_nearest, kept_by_the_chart
from .scenes import END_MS, ChartScene, Scene, bands

Row = dict[str, Any]
_ROUNDS, _FRAMES = 7, 9


class StockCandles(pg.GraphicsObject):  # type: ignore[misc]
    """Candles as pyqtgraph's own example draws them: one recorded picture."""

    def __init__(self, candles: Records) -> None:
        super().__init__()
        self._picture = QPicture()
        painter = QPainter(self._picture)
        width = MINUTE_MS / 3.0
        for at, opened, high, low, close in zip(
            candles.time_ms.tolist(),
            *(candles[name].tolist() for name in ("open", "high", "low", "close")),
            strict=True,
        ):
            painter.setPen(pg.mkPen("g" if close >= opened else "r"))
            painter.setBrush(pg.mkBrush("g" if close >= opened else "r"))
            painter.drawLine(QPointF(at, low), QPointF(at, high))
            painter.drawRect(QRectF(at - width, opened, width * 2, close - opened))
        painter.end()

    def paint(self, painter: QPainter, *_: Any) -> None:
        painter.drawPicture(0, 0, self._picture)

    def boundingRect(self) -> QRectF:
        return QRectF(self._picture.boundingRect())


class StockScene(Scene):
    """The same data with pyqtgraph's ImageItem and picture candles."""

    def __init__(self, snapshot: Snapshot) -> None:
        plot = pg.PlotWidget()
        heatmap = snapshot.heatmap
        self._image = pg.ImageItem(heatmap.notional("both").T)
        start, end = float(heatmap.times_ms[0]), float(END_MS)
        self._image.setRect(
            QRectF(start, heatmap.prices[0], end - start, heatmap.prices[-1] - heatmap.prices[0])
        )
        self._image.setColorMap(pg.colormap.get("viridis"))
        plot.addItem(self._image)
        plot.addItem(StockCandles(snapshot.candles))
        super().__init__(plot, plot.getViewBox(), plot)
        plot.setXRange(start, end, padding=0.02)
        self._highs = cycle((2.0, 3.0, 4.0, 5.0))

    def slide(self) -> None:
        """Another upper contrast limit."""
        self._image.setLevels((0.0, next(self._highs)))


def _measured(cases: dict[str, tuple[Scene, Callable[[], None]]]) -> dict[str, float]:
    """Seconds per frame of every case: the quietest of the interleaved rounds, each told by its median."""
    rounds: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(_ROUNDS + 1):
        for name, (scene, action) in cases.items():
            frames = [scene.frame(action) for _ in range(_FRAMES)]
            if number:  # the first round warms caches and compiles
                rounds[name].append(median(frames))
    return {name: min(values) for name, values in rounds.items()}


def _row(name: str, value: float, unit: str, target: float | None, ok: bool = True) -> Row:
    return {"name": name, "value": round(value, 3), "unit": unit, "target": target, "ok": ok}


def _ratio(name: str, value: float, target: float | None) -> Row:
    return _row(name, value, "×", target, target is None or value <= target)


def rows() -> list[Row]:
    """The drawing part of the benchmark table."""
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication([])
    empty = Scene.empty()
    small = ChartScene(bands(1_000, 500, 1_000))
    middle_data = bands(4_000, 2_000, 10_000)
    middle, stock = ChartScene(middle_data), StockScene(middle_data)
    large = ChartScene(bands(20_000, 2_000, 20_000))
    year = ChartScene(bands(1_000, 500, 525_000))
    cases: dict[str, tuple[Scene, Callable[[], None]]] = {
        "empty pan": (empty, empty.pan),
        "slider small": (small, small.slide),
        "slider": (middle, middle.slide),
        "slider large": (large, large.slide),
        "slider net": (middle, partial(middle.slide, "net")),
        "slider bands": (middle, partial(middle.slide, "both", "bands")),
        "palette": (middle, middle.recolour),
        "side": (middle, middle.turn),
        "pan": (middle, middle.pan),
        "pan large": (large, large.pan),
        "zoom": (middle, middle.zoom),
        "zoom large": (large, large.zoom),
        "tick": (middle, middle.tick),
        "repaint": (middle, middle.repaint),
        "candles small": (small, small.pan),
        "candles year": (year, year.pan),
        "stock pan": (stock, stock.pan),
        "stock slider": (stock, stock.slide),
    }
    seconds = _measured(cases)
    kept = kept_by_the_chart(middle.chart, middle_data.heatmap)
    nearest = kept_by_nearest(middle.chart, middle_data.heatmap)
    for scene in (empty, small, middle, stock, large, year):
        scene.close()
    application.processEvents()
    base = seconds["empty pan"]
    return [
        _row("empty pan frame", base * 1e3, "ms", None),
        _ratio("slider ÷ empty pan", seconds["slider"] / base, 2.0),
        _ratio("slider of net ÷ empty pan", seconds["slider net"] / base, 2.0),
        _ratio("slider of bands ÷ empty pan", seconds["slider bands"] / base, 2.0),
        _ratio("palette ÷ empty pan", seconds["palette"] / base, 2.0),
        _ratio("side ÷ empty pan", seconds["side"] / base, 2.0),
        _ratio("slider 20,000×2,000 ÷ 1,000×500", seconds["slider large"] / seconds["slider small"], 1.3),
        _ratio("pan ÷ empty pan", max(seconds["pan"], seconds["pan large"]) / base, 2.8),
        _ratio("wheel zoom ÷ empty pan", max(seconds["zoom"], seconds["zoom large"]) / base, 6.0),
        _ratio(
            "pan 525,000 candles ÷ 1,000 candles", seconds["candles year"] / seconds["candles small"], 1.3
        ),
        _ratio("new last column ÷ plain repaint", seconds["tick"] / seconds["repaint"], 1.4),
        _row("bright pixels kept", kept, "share", 0.99, kept >= 0.99),
        _row("bright pixels kept, nearest", nearest, "share", None),
        _ratio("stock pyqtgraph: slider ÷ empty pan", seconds["stock slider"] / base, None),
        _ratio("stock pyqtgraph: pan ÷ empty pan", seconds["stock pan"] / base, None),
        _ratio("slider ÷ stock pyqtgraph's", seconds["slider"] / seconds["stock slider"], None),
        _ratio("pan ÷ stock pyqtgraph's", seconds["pan"] / seconds["stock pan"], None),
    ]
