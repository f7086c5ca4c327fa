"""The simulated market at the window: it is marked, it moves, its truth can be shown, and one can go back."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, QTimer

from heatdesk.engine import Snapshot
from heatdesk.gui.bridge import Bridge
from heatdesk.gui.chart import ChartView
from heatdesk.gui.panels.simulated import SimulatedPanel
from heatdesk.gui.status import StatusBar
from heatdesk.markets import Markets

_LOOK_MS: Final = 250
_ASK_S: Final = 1.0  # a new picture at most that often, however fast the market moves
_NOTHING: Final = np.zeros(0)


class SimulatedDesk(QObject):
    """Looks at the simulation now and then while it is in front; nothing of it ever makes the window wait."""

    def __init__(
        self,
        markets: Markets,
        bridge: Bridge,
        chart: ChartView,
        panel: SimulatedPanel,
        status: StatusBar,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._markets, self._bridge = markets, bridge
        self._chart, self._panel, self._status = chart, panel, status
        self._snapshot: Snapshot | None = None
        self._truth_wanted = False
        self._seen_ms = 0
        self._asked_s = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        bridge.answered.connect(self.show_snapshot)
        panel.speed_chosen.connect(self.set_speed)
        panel.truth_asked.connect(self.show_truth)
        panel.left.connect(self.leave)
        panel.show_speed(markets.simulation.speed)
        self._timer.start()  # before the first answer nobody knows yet which market opens

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Mark a simulated market as one; a stored history ends the looking."""
        self._snapshot = snapshot
        self._seen_ms = self._markets.simulation.time_ms
        self._chart.set_simulated(snapshot.question.simulated)
        self._panel.offer_history(self._markets.anything_stored)
        self._draw_truth()
        if snapshot.question.simulated:
            self._timer.start()
        else:
            self._timer.stop()

    def set_speed(self, minutes_per_second: float) -> None:
        """Let the market move faster, slower or not at all."""
        self._markets.simulation.speed = minutes_per_second

    def show_truth(self, shown: bool) -> None:
        """Draw what really stands beside the estimate, or no more."""
        self._truth_wanted = shown
        self._draw_truth()

    def enter(self) -> None:
        """Open the simulated market; the picture before it stays until it is made."""
        self._go(simulated=True)

    def leave(self) -> None:
        """Back to the stored history."""
        self._go(simulated=False)

    def _go(self, simulated: bool) -> None:
        self._markets.wants_simulated = simulated
        self._timer.start()
        self._bridge.read_again(None)

    def _draw_truth(self) -> None:
        truth = None if self._snapshot is None else self._snapshot.truth
        if self._snapshot is None or truth is None or not self._truth_wanted:
            self._chart.show_truth(_NOTHING, _NOTHING, _NOTHING)
            return
        self._chart.show_truth(self._snapshot.heatmap.prices, *truth.column)

    def _look(self) -> None:
        simulation = self._markets.simulation
        if 0.0 < simulation.progress < 1.0:
            self._status.show_progress(
                f"SIMULATED market: {simulation.progress:.0%} of its first days is made"
            )
        shown = self._snapshot is not None and self._snapshot.question.simulated
        if not shown or time.monotonic() - self._asked_s < _ASK_S:
            return
        if simulation.time_ms != self._seen_ms:
            self._asked_s = time.monotonic()
            self._bridge.refresh()
