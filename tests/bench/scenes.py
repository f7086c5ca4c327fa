"""Windows that are measured, and what can be done to them: an empty plot, and our chart over a map of thin bands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from time import perf_counter
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QApplication, QGraphicsView

from heatdesk.engine import Question, Snapshot
from heatdesk.gui.chart import ChartView
from heatdesk.gui.layers.base import redraw
from heatdesk.gui.theme import palette_names
from heatdesk.gui.view import SIDES, View
from heatdesk.market import MINUTE_MS, Kind, Records
from heatdesk.model.heatmap import Heatmap, Steady

SIZE = (1600, 900)
END_MS = 1_770_508_800_000


def bands(n_times: int, n_prices: int, n_candles: int, seed: int = 1) -> Snapshot:
    """A map of thin bands over faint noise, and a random walk of one-minute candles over the same time."""
    rng = np.random.default_rng(seed)
    strength = rng.exponential(1.0, n_prices).astype(np.float32) ** 3
    long = strength * rng.random((n_times, 1), np.float32)
    edges = 60_000.0 * 1.0002 ** np.arange(n_prices + 1)
    step = MINUTE_MS * max(1, n_candles // n_times)
    times = END_MS - step * np.arange(n_times, 0, -1)
    close = edges[n_prices // 2] * np.exp(np.cumsum(rng.normal(0.0, 1e-4, n_candles)))
    opened = np.append(close[:1], close[:-1])
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * 1.0001,
        "low": np.minimum(opened, close) * 0.9999,
        "close": close,
    }
    candles = Records(Kind.CANDLES, END_MS - MINUTE_MS * np.arange(n_candles, 0, -1), columns)
    heatmap = Heatmap(
        long.T,
        np.zeros_like(long).T,
        edges,
        times,
        step,
        2.0,
        np.array([10.0]),
        np.zeros((2, 1, n_prices), np.float32),
    )
    return Snapshot(Question("BENCH", ("bench",), "1m", lookback_ms=step * n_times), candles, heatmap, ())


class Scene:
    """One window and what can be done to it."""

    def __init__(self, widget: Any, view: Any, canvas: QGraphicsView, size: tuple[int, int] = SIZE) -> None:
        self._widget, self._view, self._canvas = widget, view, canvas
        widget.resize(*size)
        widget.show()
        self._steps = cycle((1, 1, 1, -1, -1, -1))
        self._zooms = cycle((0.87, 0.87, 1 / 0.87, 1 / 0.87))

    @classmethod
    def empty(cls, size: tuple[int, int] = SIZE, by_gl: bool = False) -> Scene:
        """A plot with nothing in it."""
        plot = pg.PlotWidget()
        plot.useOpenGL(by_gl)
        plot.setXRange(0.0, 1e8, padding=0)
        return cls(plot, plot.getViewBox(), plot, size)

    def pan(self) -> None:
        """Eleven pixels along time, as a drag does."""
        (low, high), _ = self._view.viewRange()
        moved = next(self._steps) * 11 * (high - low) / self._view.width()
        self._view.setXRange(low + moved, high + moved, padding=0)

    def zoom(self) -> None:
        """One notch of the wheel."""
        (low, high), _ = self._view.viewRange()
        factor, middle = next(self._zooms), (low + high) / 2
        self._view.setXRange(middle + (low - middle) * factor, middle + (high - middle) * factor, padding=0)

    def frame(self, action: Callable[[], None]) -> float:
        """Seconds from the action to the painted window; where a graphics card paints, until it has finished."""
        viewport = self._canvas.viewport()
        began = perf_counter()
        action()
        viewport.repaint()
        QApplication.processEvents()
        if isinstance(viewport, QOpenGLWidget):
            viewport.makeCurrent()
            viewport.context().functions().glFinish()
            viewport.doneCurrent()
        return perf_counter() - began

    def close(self) -> None:
        """Take the window down."""
        self._widget.close()
        self._widget.deleteLater()


class ChartScene(Scene):
    """Our chart."""

    def __init__(self, snapshot: Snapshot, size: tuple[int, int] = SIZE) -> None:
        self.chart = ChartView()
        # its last column is still forming, as that of every live map
        heatmap = replace(snapshot.heatmap, steady=Steady(object(), snapshot.heatmap.shape[1] - 1))
        self.chart.show_snapshot(replace(snapshot, heatmap=heatmap))
        edges = heatmap.prices
        self.chart.set_range(price_low=float(edges[0]), price_high=float(edges[-1]))  # every row is in sight
        super().__init__(self.chart, self.chart.view_box, self.chart.canvas, size)
        self._highs = cycle((2.0, 3.0, 4.0, 5.0))
        self._palettes, self._sides = cycle(palette_names()), cycle(SIDES)
        self._edges = self.chart.price_scale.to_view(edges)
        self._grown = cycle([replace(heatmap) for _ in range(2)])
        self._others = cycle([replace(heatmap, steady=None) for _ in range(2)])

    def slide(self, side: str = "both", rendering: str = "raw") -> None:
        """Another upper contrast limit."""
        self.chart.set_view(View(low=0.0, high=next(self._highs), side=side, rendering=rendering))

    def recolour(self) -> None:
        """Another palette."""
        self.chart.set_view(View(low=0.0, high=3.0, palette=next(self._palettes)))

    def turn(self) -> None:
        """Another side."""
        self.chart.set_view(View(low=0.0, high=3.0, side=next(self._sides)))

    def tick(self) -> None:
        """Another last column."""
        self.chart.heatmap_item.set_map(next(self._grown), self._edges)

    def replace(self) -> None:
        """Another map; its cells are packed here, as nobody has done it ahead."""
        self.chart.heatmap_item.set_map(next(self._others), self._edges)

    def repaint(self) -> None:
        """Nothing new."""
        redraw(self.chart.heatmap_item)
