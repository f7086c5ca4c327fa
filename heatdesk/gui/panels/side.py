"""The right side of the window: one column of panels, or two where there is room; a row for each panel."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui.panels.clusters import ClustersPanel
from heatdesk.gui.panels.exposure import ExposurePanel
from heatdesk.gui.panels.frame import FramePanel
from heatdesk.gui.panels.simulated import SimulatedPanel
from heatdesk.gui.view import View

_TWO_COLUMNS_FROM: Final = 440  # px of the panel


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
        self._rule = _rule()
        self._left, self._right = _column(self.simulated, self.frame), _column(self.exposure)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(1, 8, 0, 0)
        self._grid.setSpacing(0)
        self._columns = 0
        self._lay_out(1)
        self.frame.centre_asked.connect(self.centre_asked)
        self.clusters.centre_asked.connect(self.centre_asked)
        self.frame.pointed.connect(self.pointed)
        self.clusters.pointed.connect(self.pointed)
        self.clusters.complained.connect(self.complained)
        self.exposure.complained.connect(self.complained)
        self.exposure.within_asked.connect(self.within_asked)
        self.simulated.hide()

    def _lay_out(self, columns: int) -> None:
        """In one column the ranking stands between the others; in two they stand side by side above it."""
        if columns == self._columns:
            return
        self._columns, grid = columns, self._grid
        for widget in (self._left, self._right, self._rule, self.clusters):
            grid.removeWidget(widget)
        if columns == 1:
            for row, widget in enumerate((self._left, self.clusters, self._rule, self._right)):
                grid.addWidget(widget, row, 0)
        else:
            grid.addWidget(self._left, 0, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self._right, 0, 1, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self._rule, 1, 0, 1, 2)
            grid.addWidget(self.clusters, 2, 0, 1, 2)
        self._right.setContentsMargins(0, 8 if columns == 1 else 0, 0, 0)  # below the rule
        self.clusters.setContentsMargins(0, 8 if columns == 2 else 0, 0, 0)
        for row in range(4):
            grid.setRowStretch(row, int(row == (1 if columns == 1 else 2)))
        for column in range(2):
            grid.setColumnStretch(column, int(column < columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out(2 if self.width() >= _TWO_COLUMNS_FROM else 1)
        super().resizeEvent(event)

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


def _column(*panels: QWidget) -> QWidget:
    """Panels one below the other."""
    column = QWidget()
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
    policy.setHeightForWidth(True)
    column.setSizePolicy(policy)
    rows = QVBoxLayout(column)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(0)
    for panel in panels:
        rows.addWidget(panel)
    return column


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    rule.setFixedHeight(1)
    return rule
