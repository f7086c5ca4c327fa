"""fastplotlib: an image under candles of two broken lines, drawn by WebGPU."""

from __future__ import annotations

import fastplotlib as fpl
import numpy as np
from rendercanvas.pyside6 import RenderCanvas, loop

from tests.bench.peers.run import Floats, Market


class Picture:
    """On a Qt canvas."""

    def __init__(self, market: Market, _: str, size: tuple[int, int]) -> None:
        self._canvas = RenderCanvas(size=size, update_mode="manual", vsync=False)
        figure = fpl.Figure(canvas=self._canvas, size=size)
        self._plot = figure[0, 0]
        self._image = self._plot.add_image(market.cells.T, cmap="viridis", vmin=0.0, vmax=3.0)
        for low, high, width in ((market.low, market.high, 1), (market.open, market.close, 3)):
            self._plot.add_line(_segments(market.candle_x, low, high), thickness=width, colors="g")
        self._plot.camera.maintain_aspect = False
        figure.show(maintain_aspect=False)
        self._width = len(market.cells) * 11 / size[0]
        self._painted()

    def pan(self, step: float) -> None:
        self._plot.camera.local.x += step * self._width
        self._painted()

    def slide(self, high: float) -> None:
        self._image.vmax = high
        self._painted()

    def _painted(self) -> None:
        self._canvas.force_draw()
        loop._app.processEvents()


def _segments(x: Floats, low: Floats, high: Floats) -> Floats:
    """Lines from low to high, broken in between."""
    points = np.full((3 * len(x), 2), np.nan, np.float32)
    points[::3] = np.column_stack((x, low))
    points[1::3] = np.column_stack((x, high))
    return points
