"""The feeds: every exchange and stream, what is missing and why. Stays open beside the chart."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from heatdesk.gui import feed_words, numbers
from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.gui.panels.feed_table import FeedTable
from heatdesk.gui.view import View
from heatdesk.gui.wording import Wording, wording_of
from heatdesk.live import Hole, Live

TITLE: Final = "Feeds"
NOTHING: Final = (
    "No exchange is connected. Settings, Feeds says whether heatdesk may connect; without a network it shows what is "
    "stored, or the simulated market."
)
_NO_HOLES: Final = "Nothing is missing of what the charts show."
_SIZE: Final = (1120, 560)
_MOST_HOLES: Final = 200
_HEADS: Final = ("Exchange", "What", "Symbol", "From", "Lasted", "State", "Cause")
_WIDTHS: Final = (90, 110, 130, 150, 80, 130)


class FeedsDialog(QDialog):
    """Shows `Live` pictures as they come; whoever owns it says when."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{TITLE} · heatdesk")
        self._wording = Wording()
        self._shown: tuple[Hole, ...] | None = None
        self.headline, self.notices = _label("title"), _label("complaint")
        self.table, self.holes = FeedTable(self), _holes_table(self)
        self.no_holes = _label("secondary")
        self.no_holes.setText(_NO_HOLES)
        caption = _label("secondary")
        caption.setText("Missing, of what the charts show")
        close = QPushButton("Close", self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.addWidget(self.no_holes)
        foot.addStretch(1)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        for widget in (self.headline, self.notices):
            column.addWidget(widget)
        column.addWidget(self.table, 3)
        column.addWidget(caption)
        column.addWidget(self.holes, 1)
        column.addLayout(foot)
        self.resize(*_SIZE)
        quits_too(self)
        self.show_live(Live(), float("nan"))

    def set_view(self, view: View) -> None:
        """Follow theme and clocks."""
        self._wording = wording_of(view)
        self.table.set_theme(view.theme)
        self._shown = None

    def show_live(self, live: Live, to_screen_ms: float) -> None:
        """Write what stands now; `to_screen_ms` is how long a trade takes from received to painted."""
        self.headline.setText(feed_words.headline(live) if live.exchanges else TITLE)
        refusals = (feed_words.refusal(state, live.made_ms) for state in live.exchanges)
        said = "\n".join(filter(None, (*live.notices, *refusals))) if live.exchanges else NOTHING
        self.notices.setText(said)
        self.notices.setVisible(bool(said))
        self.table.show_live(live, to_screen_ms)
        if live.holes != self._shown:
            self._shown = live.holes
            self._show_holes(live.holes)

    def _show_holes(self, holes: tuple[Hole, ...]) -> None:
        self.holes.clear()
        newest = sorted(holes, key=lambda hole: (hole.state == "filled", -hole.interval.start_ms))
        for hole in newest[:_MOST_HOLES]:
            start, end = hole.interval
            cells = (
                hole.exchange,
                hole.what.replace("_", " "),
                hole.symbol or "all",
                self._wording.moment(start),
                numbers.duration(end - start),
                hole.state,
                hole.cause,
            )
            self.holes.addTopLevelItem(QTreeWidgetItem(list(cells)))
        self.no_holes.setVisible(not holes)


def _holes_table(parent: QWidget) -> QTreeWidget:
    table = QTreeWidget(parent)
    table.setAccessibleName("Missing")
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setHeaderLabels(list(_HEADS))
    table.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    for index, width in enumerate(_WIDTHS):
        table.setColumnWidth(index, width)
    return table


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
