"""pyqtgraph as it comes: an ImageItem under candles that are one recorded picture, as its own example draws them."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPicture
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QApplication

from tests.bench.peers.run import Market


class Candles(pg.GraphicsObject):  # type: ignore[misc]
    """Candles `width` wide, recorded once; `columns` are where they stand, open, high, low and close."""

    def __init__(self, width: float, *columns: Any) -> None:
        super().__init__()
        self._picture = QPicture()
        painter = QPainter(self._picture)
        for x, opened, high, low, close in zip(*(column.tolist() for column in columns), strict=True):
            painter.setPen(pg.mkPen("g" if close >= opened else "r"))
            painter.setBrush(pg.mkBrush("g" if close >= opened else "r"))
            painter.drawLine(QPointF(x, low), QPointF(x, high))
            painter.drawRect(QRectF(x - width / 2, opened, width, close - opened))
        painter.end()

    def paint(self, painter: QPainter, *_: Any) -> None:
        painter.drawPicture(0, 0, self._picture)

    def boundingRect(self) -> QRectF:
        return QRectF(self._picture.boundingRect())


class Picture:
    """`option` ``gl``: on an OpenGL canvas."""

    def __init__(self, market: Market, option: str, size: tuple[int, int]) -> None:
        self._application = QApplication.instance() or QApplication([])
        self._plot = pg.PlotWidget()
        self._plot.useOpenGL(option == "gl")
        self._image = pg.ImageItem(market.cells, levels=(0.0, 3.0))
        self._image.setColorMap(pg.colormap.get("viridis"))
        self._plot.addItem(self._image)
        width = 0.7 * len(market.cells) / len(market.open)
        self._plot.addItem(
            Candles(width, market.candle_x, market.open, market.high, market.low, market.close)
        )
        self._columns = len(market.cells)
        self._plot.setXRange(0.0, self._columns, padding=0)
        self._plot.setYRange(0.0, market.cells.shape[1], padding=0)
        self._plot.resize(*size)
        self._plot.show()
        self._painted()

    def pan(self, step: float) -> None:
        (low, high), _ = self._plot.viewRange()
        by = step * 11 * (high - low) / self._plot.width()
        self._plot.setXRange(low + by, high + by, padding=0)
        self._painted()

    def slide(self, high: float) -> None:
        self._image.setLevels((0.0, high))
        self._painted()

    def _painted(self) -> None:
        viewport = self._plot.viewport()
        viewport.repaint()
        QApplication.processEvents()
        if isinstance(viewport, QOpenGLWidget):
            viewport.makeCurrent()
            viewport.context().functions().glFinish()
            viewport.doneCurrent()
