"""vispy: an Image visual under candles of segments, thin and wide."""

from __future__ import annotations

import numpy as np
from vispy import app, scene
from vispy.gloo import gl

from tests.bench.peers.run import Market


class Picture:
    """On a Qt canvas."""

    def __init__(self, market: Market, _: str, size: tuple[int, int]) -> None:
        app.use_app("pyside6")
        self._canvas = scene.SceneCanvas(size=size, show=True, vsync=False)
        view = self._canvas.central_widget.add_view()
        columns, rows = market.cells.shape
        self._image = scene.visuals.Image(
            market.cells.T, cmap="viridis", clim=(0.0, 3.0), interpolation="nearest", parent=view.scene
        )
        rising = market.close >= market.open
        colours = np.where(rising[:, None], (0.0, 1.0, 0.0, 1.0), (1.0, 0.0, 0.0, 1.0)).astype(np.float32)
        x = market.candle_x
        for low, high, width in ((market.low, market.high, 1), (market.open, market.close, 3)):
            ends = np.empty((2 * len(x), 2), np.float32)
            ends[:, 0], ends[::2, 1], ends[1::2, 1] = np.repeat(x, 2), low, high
            candles = scene.visuals.Line(
                ends, color=np.repeat(colours, 2, axis=0), connect="segments", width=width, parent=view.scene
            )
            candles.set_gl_state("translucent", depth_test=False)
            candles.order = 1
        view.camera = scene.PanZoomCamera(rect=(0, 0, columns, rows))
        self._view, self._width = view, columns * 11 / size[0]
        self._painted()

    def pan(self, step: float) -> None:
        self._view.camera.pan((step * self._width, 0.0))
        self._painted()

    def slide(self, high: float) -> None:
        self._image.clim = (0.0, high)
        self._painted()

    def _painted(self) -> None:
        self._canvas.native.repaint()
        app.process_events()
        gl.glFinish()
