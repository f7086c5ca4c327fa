"""The right side of the window: the simulated market, the frame, the ranking, the exposure; a row for each panel."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui.panels.clusters import ClustersPanel
from heatdesk.gui.panels.exposure import ExposurePanel
from heatdesk.gui.panels.frame import FramePanel
from heatdesk.gui.panels.simulated import SimulatedPanel
from heatdesk.gui.view import View


class SidePanel(QWidget):
    """Shows a snapshot down its panels, and passes up what they ask for."""

    centre_asked = Signal(object)
    pointed = Signal(object)
    within_asked = Signal(float)
    complained = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self._view = View()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.simulated, self.frame = SimulatedPanel(self), FramePanel(self)
        self.clusters, self.exposure = ClustersPanel(self), ExposurePanel(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 8, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.simulated)
        column.addWidget(self.frame)
        column.addWidget(self.clusters, 1)
        column.addWidget(_rule())
        column.addWidget(self.exposure)
        self.frame.centre_asked.connect(self.centre_asked)
        self.clusters.centre_asked.connect(self.centre_asked)
        self.frame.pointed.connect(self.pointed)
        self.clusters.pointed.connect(self.pointed)
        self.clusters.complained.connect(self.complained)
        self.exposure.complained.connect(self.complained)
        self.exposure.within_asked.connect(self.within_asked)
        self.simulated.hide()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what is read from a map."""
        self.simulated.show_snapshot(snapshot)
        self.frame.show_snapshot(snapshot)
        self.clusters.show_snapshot(snapshot)
        self.exposure.show_snapshot(snapshot)

    def set_view(self, view: View) -> None:
        """Look at it like this; most of a view is none of their business."""
        before, self._view = self._view, view
        self.clusters.set_view(view)
        if _look(view) == _look(before):
            return
        self.simulated.set_view(view)
        self.frame.set_view(view)
        self.exposure.set_view(view)


def _look(view: View) -> tuple[object, ...]:
    """What of a view the panels are drawn with."""
    return view.theme, view.currency, view.up_is_red


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    rule.setFixedHeight(1)
    return rule
