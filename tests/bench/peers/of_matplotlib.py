"""matplotlib: imshow under two collections of lines, on its Qt canvas."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from PySide6.QtWidgets import QApplication

from tests.bench.peers.run import Market


class Picture:
    """Drawn by Agg."""

    def __init__(self, market: Market, _: str, size: tuple[int, int]) -> None:
        self._application = QApplication.instance() or QApplication([])
        figure = Figure(figsize=(size[0] / 100, size[1] / 100), dpi=100)
        self._canvas = FigureCanvasQTAgg(figure)
        self._axes = figure.add_axes((0.04, 0.05, 0.95, 0.94))
        columns, rows = market.cells.shape
        self._image = self._axes.imshow(
            market.cells.T,
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            cmap="viridis",
            vmin=0.0,
            vmax=3.0,
            extent=(0, columns, 0, rows),
        )
        colours = np.where(market.close >= market.open, "g", "r")
        x = market.candle_x
        for low, high, width in ((market.low, market.high, 0.7), (market.open, market.close, 2.0)):
            ends = np.stack((np.column_stack((x, low)), np.column_stack((x, high))), axis=1)
            self._axes.add_collection(LineCollection(list(ends), colors=list(colours), linewidths=width))
        self._axes.set_xlim(0, columns)
        self._axes.set_ylim(0, rows)
        self._step = columns * 11 / size[0]
        self._canvas.resize(*size)
        self._canvas.show()
        self._painted()

    def pan(self, step: float) -> None:
        low, high = self._axes.get_xlim()
        self._axes.set_xlim(low + step * self._step, high + step * self._step)
        self._painted()

    def slide(self, high: float) -> None:
        self._image.set_clim(0.0, high)
        self._painted()

    def _painted(self) -> None:
        self._canvas.draw()
        self._canvas.repaint()
        QApplication.processEvents()
