"""The frame: the nearest dense zones above and below the price, in the panel and in the title strip."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui import numbers
from heatdesk.gui.panels.cluster_table import GLYPHS, WHERE
from heatdesk.gui.panels.headings import heading, secondary
from heatdesk.gui.side_colours import side_colour
from heatdesk.gui.view import View
from heatdesk.gui.wording import wording_of
from heatdesk.reading.clusters import Cluster

_ROW_PX: Final = 24


class FramePanel(QWidget):
    """Emits `centre_asked` with the Cluster that was clicked, `pointed` with the one under the cursor or None."""

    centre_asked = Signal(object)
    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.above, self.below = FrameEnd("short", self), FrameEnd("long", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(0)
        column.addWidget(heading("FRAME"))
        for end in (self.above, self.below):
            column.addWidget(end)
            end.centre_asked.connect(self.centre_asked)
            end.pointed.connect(self.pointed)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the frame that was found."""
        rules = snapshot.question.rules.frame
        why = (
            f"at least {rules.nearest_atr:g} hourly ATR ({numbers.percent(rules.nearest_atr * snapshot.hourly_atr)})"
            f" away and {rules.least_share_percent:g} % of its side"
        )
        self.above.show_cluster(snapshot.frame.above, why)
        self.below.show_cluster(snapshot.frame.below, why)

    def set_view(self, view: View) -> None:
        """Follow theme and currency."""
        for end in (self.above, self.below):
            end.set_view(view)


class FrameEnd(QWidget):
    """One end of the frame: glyph and price in 16 px with the distance, below them what stands there."""

    centre_asked = Signal(object)
    pointed = Signal(object)

    def __init__(self, side: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._cluster: Cluster | None = None
        self._view, self._why = View(), ""  # without a reason nothing is known yet
        self.setObjectName("end")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._glyph = QLabel(GLYPHS[side])
        self._price, self._distance, self._amount = QLabel(), secondary(), secondary()
        self._price.setObjectName("large")
        for label in (self._glyph, self._price):
            label.setTextFormat(Qt.TextFormat.PlainText)
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 0, 8, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._glyph, 0, 0)
        grid.addWidget(self._price, 0, 1)
        grid.addWidget(self._distance, 0, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._amount, 1, 1, 1, 2, Qt.AlignmentFlag.AlignTop)
        grid.setRowMinimumHeight(0, _ROW_PX)
        grid.setRowMinimumHeight(1, _ROW_PX - 4)
        self.set_view(self._view)

    def show_cluster(self, cluster: Cluster | None, why: str) -> None:
        """Show a zone, or that there is none; `why` says what a zone of the frame must be."""
        self._cluster, self._why = cluster, why
        self._say()

    def set_view(self, view: View) -> None:
        """Follow theme, currency and the colour of a rise."""
        self._view = view
        self._glyph.setStyleSheet(f"color: {side_colour(view, self._side)}")
        self._say()

    def _say(self) -> None:
        cluster, words = self._cluster, wording_of(self._view)
        if cluster is None:
            self._price.setText(numbers.UNKNOWN)
            self._distance.setText("")
            self._amount.setText(f"no zone of {self._side}s" if self._why else "")
            self.setToolTip(f"No zone of {self._side}s is {self._why}" if self._why else "")
            return
        self._price.setText(numbers.price(cluster.peak))
        self._distance.setText(numbers.percent(cluster.distance, signed=True))
        self._amount.setText(f"{WHERE[self._side]} · {words.amount(cluster.usd)}")
        self.setToolTip(
            f"{numbers.zone(cluster.low, cluster.high)}, {words.amount_exact(cluster.usd)}\n"
            f"The nearest zone of {self._side}s {self._why}\nClick: centre the chart on it"
        )
        self.setAccessibleName(f"Frame, {WHERE[self._side]}: {self._price.text()} {self._distance.text()}")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._cluster is not None and self.rect().contains(event.position().toPoint()):
            self.centre_asked.emit(self._cluster)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._cluster:
            self.centre_asked.emit(self._cluster)
            return
        super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.pointed.emit(self._cluster)

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)


def title(snapshot: Snapshot) -> str:
    """The title strip: symbol, the frame, and that a simulated market is one."""
    parts = ["SIMULATED"] if snapshot.question.simulated else []
    parts.append(snapshot.question.symbol)
    for side, cluster in (("short", snapshot.frame.above), ("long", snapshot.frame.below)):
        if cluster is not None:
            distance = numbers.percent(cluster.distance, signed=True)
            parts.append(f"{GLYPHS[side]} {numbers.price(cluster.peak)} {distance}")
    return "   ".join([*parts, "heatdesk"])
