"""finplot: its heatmap under its candles; it has no contrast that could be moved."""

from __future__ import annotations

import finplot
import pandas as pd
from pyqtgraph.Qt import QtWidgets

from tests.bench.peers.run import Market


class Picture:
    """A little less of time than there is: it pans no farther than its data."""

    def __init__(self, market: Market, _: str, size: tuple[int, int]) -> None:
        columns, rows = market.cells.shape
        times = pd.date_range("2026-01-01", periods=columns, freq="1h")
        finplot.winx, finplot.winy, finplot.winw, finplot.winh = 0, 0, *size
        self._plot = finplot.create_plot("peers", init_zoom_periods=0.8 * columns, maximize=False)
        finplot.heatmap(pd.DataFrame(market.cells, index=times, columns=[float(row) for row in range(rows)]))
        each = max(1, len(market.open) // columns)
        candles = {
            "open": market.open[::each],
            "close": market.close[::each],
            "high": market.high[::each],
            "low": market.low[::each],
        }
        finplot.candlestick_ochl(pd.DataFrame({k: v[:columns] for k, v in candles.items()}, index=times))
        self._canvas = self._plot.vb.getViewWidget()
        finplot.show(qt_exec=False)
        self._painted()

    def pan(self, step: float) -> None:
        self._plot.vb.pan_x(steps=3 * int(step))
        self._painted()

    def _painted(self) -> None:
        self._canvas.viewport().repaint()
        QtWidgets.QApplication.processEvents()
