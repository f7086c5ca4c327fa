"""The panes under the map: which are there, what they draw, and the crosshair they share."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QGraphicsGridLayout

from heatdesk.engine import Snapshot
from heatdesk.gui.canvas import Canvas
from heatdesk.gui.layers.base import Look
from heatdesk.gui.live_bar import follows_now
from heatdesk.gui.panes.curves import Now, content, with_now
from heatdesk.gui.panes.pane import FOLDED_PX, OPEN_PX, Pane
from heatdesk.gui.plot_view import PlotView
from heatdesk.live import Live
from heatdesk.settings.live_layers import PANES

FIRST_ROW: Final = 1  # of the grid; the map is above
LAST_ROW: Final = FIRST_ROW + len(PANES)  # the time axis is here
_LEAST_MAP_PX: Final = 240.0  # before panes fold by themselves
_NOBODY: Final[Now] = MappingProxyType({})


class PaneStack(QObject):
    """Owns the panes of one chart.

    `fold_asked` carries a pane's name and whether it shall be folded, `moment_hovered` a moment in ms or None.
    """

    fold_asked = Signal(str, bool)
    moment_hovered = Signal(object)

    def __init__(self, view: PlotView, grid: QGraphicsGridLayout, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._view, self._grid, self._canvas = view, grid, canvas
        self._look = Look()
        self._snapshot: Snapshot | None = None
        self._now: Now = _NOBODY
        self._now_ms = float("nan")
        self._height = float("inf")
        self.panes: dict[str, Pane] = {}

    def set_look(self, look: Look) -> None:
        """Have the panes that a view asks for, in its colours; who sets it asks for the repaint."""
        before, self._look = self._look.view, look
        view = look.view
        if tuple(self.panes) != view.panes:
            self._have(view.panes)
        for pane in self.panes.values():
            pane.set_look(look)
        if before.per_exchange != view.per_exchange or before.currency != view.currency:
            self._refill()
        self._fold()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw what stands under this map."""
        self._snapshot = snapshot
        if not follows_now(snapshot):
            self._now, self._now_ms = _NOBODY, float("nan")
        self._refill()

    def show_live(self, live: Live) -> None:
        """Go on to this moment; what has not changed is not drawn anew."""
        self._now, self._now_ms = live.markets, float(live.made_ms)
        if self._snapshot is None:
            return
        for name, pane in self.panes.items():
            if pane.content is not None:
                pane.set_now(with_now(pane.content, name, self._snapshot, self._now), self._now_ms)

    def set_moment(self, time_ms: float | None) -> None:
        """Tell the values at the crosshair."""
        for pane in self.panes.values():
            pane.set_moment(time_ms)

    def fit(self, height: float) -> None:
        """Know how high map and panes are together: the lowest panes fold where the map would be too small."""
        self._height = height
        self._fold()

    def _have(self, names: tuple[str, ...]) -> None:
        for name in [name for name in self.panes if name not in names]:
            pane = self.panes.pop(name)
            self._grid.removeItem(pane)
            self._canvas.lets_go_of(pane.reading)
            pane.scene().removeItem(pane)
            pane.deleteLater()
        for name in names:
            if name not in self.panes:
                self.panes[name] = self._new(name)
        self.panes = {name: self.panes[name] for name in names}
        self._grid.activate()  # at once: no picture shows a hole where a pane was

    def _new(self, name: str) -> Pane:
        pane = Pane(name, self._view)
        self._canvas.floats(pane.reading)
        pane.set_look(self._look)
        pane.moment_hovered.connect(self.moment_hovered)
        pane.fold_asked.connect(lambda folded, n=name: self.fold_asked.emit(n, folded))
        self._grid.addItem(pane, FIRST_ROW + PANES.index(name), 0, 1, 2)
        self._fill(pane)
        return pane

    def _fold(self) -> None:
        """As the view asks, and more of them where room is scarce."""
        asked = self._look.view.folded
        wanted = {name: name in asked for name in self.panes}
        for name in reversed(list(wanted)):
            taken = sum(FOLDED_PX if folded else OPEN_PX for folded in wanted.values())
            if self._height - taken >= _LEAST_MAP_PX:
                break
            wanted[name] = True
        for name, folded in wanted.items():
            if self.panes[name].folded is not folded:
                self.panes[name].set_folded(folded)

    def _refill(self) -> None:
        for pane in self.panes.values():
            self._fill(pane)

    def _fill(self, pane: Pane) -> None:
        snapshot, view = self._snapshot, self._look.view
        if snapshot is not None:
            made = content(pane.name, snapshot, view.per_exchange, self._look.wording)
            times = snapshot.heatmap.times_ms if snapshot.companions is None else snapshot.companions.times_ms
            made = with_now(made, pane.name, snapshot, self._now)
            pane.show_content(made, times, snapshot.heatmap.step_ms)
