"""Our own chart over the market of the peers."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Question, Snapshot
from heatdesk.market import MINUTE_MS, Kind, Records
from heatdesk.model.heatmap import Heatmap
from tests.bench.gl_chart import GlChartScene
from tests.bench.peers.run import Market
from tests.bench.scenes import END_MS, ChartScene


class Picture:
    """`option` ``gl``: drawn by OpenGL."""

    def __init__(self, market: Market, option: str, size: tuple[int, int]) -> None:
        self._application = QApplication.instance() or QApplication([])
        kind = GlChartScene if option == "gl" else ChartScene
        self._scene = kind(_snapshot(market), size)
        self._scene.frame(self._scene.repaint)

    def pan(self, _: float) -> None:
        self._scene.frame(self._scene.pan)

    def slide(self, _: float) -> None:
        self._scene.frame(self._scene.slide)


def _snapshot(market: Market) -> Snapshot:
    """A row is a USD above 60,000; a candle is a minute."""
    columns, rows = market.cells.shape
    step = MINUTE_MS * max(1, len(market.open) // columns)
    prices = {name: 60_000.0 + getattr(market, name) for name in ("open", "high", "low", "close")}
    candles = Records(Kind.CANDLES, END_MS - MINUTE_MS * np.arange(len(market.open), 0, -1), prices)
    heatmap = Heatmap(
        market.cells.T,
        np.zeros_like(market.cells).T,
        60_000.0 + np.arange(rows + 1.0),
        END_MS - step * np.arange(columns, 0, -1),
        step,
        2.0,
        np.array([10.0]),
        np.zeros((2, 1, rows), np.float32),
    )
    return Snapshot(Question("BENCH", ("bench",), "1m", lookback_ms=step * columns), candles, heatmap, ())
