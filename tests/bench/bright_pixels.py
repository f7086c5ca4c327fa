"""How much of what should be bright on the screen is bright: a max-pool in NumPy is the reference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from heatdesk.gui.chart import ChartView
from heatdesk.gui.colour_table import Contrast
from heatdesk.model.heatmap import Heatmap

_BRIGHT = 0.8


def _edges(chart: ChartView, width: int, height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times at the pixel columns' edges, and prices at the pixel rows' edges, top first."""
    (x_min, x_max), (y_min, y_max) = chart.view_box.viewRange()
    return np.linspace(x_min, x_max, width + 1), chart.price_scale.to_price(
        np.linspace(y_max, y_min, height + 1)
    )


def _plot_size(chart: ChartView) -> tuple[int, int]:
    area = chart.plot_area()
    return round(area.right()) - round(area.left()), round(area.bottom()) - round(area.top())


def reference(chart: ChartView, heatmap: Heatmap) -> NDArray[np.float32]:
    """The largest cell that each pixel of the plot touches, (height, width) in USD per bin; 0 outside the map."""
    width, height = _plot_size(chart)
    times, prices = _edges(chart, width, height)
    cells = heatmap.notional("both")
    at = (times - float(heatmap.times_ms[0])) / heatmap.step_ms
    columns = np.zeros((cells.shape[0], width), np.float32)
    for i in range(width):
        start, stop = np.clip([np.floor(at[i] + 1e-6), np.ceil(at[i + 1] - 1e-6)], 0, cells.shape[1]).astype(
            int
        )
        if stop > start:
            columns[:, i] = cells[:, start:stop].max(axis=1)
    pooled = np.zeros((height, width), np.float32)
    for j in range(height):
        upper, lower = prices[j], prices[j + 1]
        touched = (heatmap.prices[:-1] < upper) & (heatmap.prices[1:] > lower)
        if touched.any():
            pooled[j] = columns[touched].max(axis=0)
    return pooled


def nearest(chart: ChartView, heatmap: Heatmap) -> NDArray[np.float32]:
    """The cell under each pixel's middle, as an image item samples it; (height, width) in USD per bin."""
    width, height = _plot_size(chart)
    times, prices = _edges(chart, width, height)
    cells = heatmap.notional("both")
    column = np.floor(((times[:-1] + times[1:]) / 2 - float(heatmap.times_ms[0])) / heatmap.step_ms).astype(
        int
    )
    row = np.searchsorted(heatmap.prices, (prices[:-1] + prices[1:]) / 2, side="right") - 1
    inside = ((row >= 0) & (row < cells.shape[0]))[:, None] & ((column >= 0) & (column < cells.shape[1]))
    picked = cells[np.clip(row, 0, cells.shape[0] - 1)[:, None], np.clip(column, 0, cells.shape[1] - 1)]
    return np.where(inside, picked, np.float32(0))


def _limit(pooled: NDArray[np.float32]) -> float:
    """The contrast limit at which the brightest per mille of the pixels saturates."""
    return float(np.percentile(pooled[pooled > 0], 99.9))


def kept_by_nearest(chart: ChartView, heatmap: Heatmap) -> float:
    """The share of the reference's bright pixels that nearest sampling keeps bright."""
    pooled = reference(chart, heatmap)
    bright = pooled >= _BRIGHT * _limit(pooled)
    return float((nearest(chart, heatmap) >= _BRIGHT * _limit(pooled))[bright].mean())


def kept_by_the_chart(chart: ChartView, heatmap: Heatmap) -> float:
    """The share of the reference's bright pixels that are bright on the screen, read back from a picture of it.

    Only the map is left on the screen, in a grey ramp, so that a pixel's value is its brightness.
    """
    pooled = reference(chart, heatmap)
    for layer in chart.layers:
        layer.setVisible(layer is chart.heatmap_item)
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, axis=1)
    grey[1:, 3] = 255
    chart.heatmap_item.set_colours(grey, Contrast(0.0, _limit(pooled)))
    image = chart.canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    values = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    area = chart.plot_area()
    top, left = round(area.top()), round(area.left())
    shown = values[top : top + pooled.shape[0], left : left + pooled.shape[1]]
    bright = pooled >= _BRIGHT * _limit(pooled)
    return float((shown >= round(_BRIGHT * 255) - 1)[bright].mean())
