"""The window: top bar, desk, clusters and status around one snapshot. It passes `show` down and `ask` up."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtGui import QIcon, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from heatdesk.engine import Question, Snapshot
from heatdesk.gui.bridge import Bridge, Catalogue
from heatdesk.gui.controls import TopBar
from heatdesk.gui.desk import ChartDesk
from heatdesk.gui.page import Page
from heatdesk.gui.panels.clusters import ClustersPanel
from heatdesk.gui.status import StatusBar
from heatdesk.gui.style import qt_palette, style_sheet
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import View
from heatdesk.paths import resource

FIRST_SIZE: Final = (1280, 800)
_SMALLEST_SIZE: Final = (1040, 540)
# Width of profile and panel: what the smallest window gives them, and their share of every pixel more.
_PROFILE: Final = (90, 0.085, 200)
_PANEL: Final = (208, 0.17, 420)


class Window(QMainWindow):
    """One chart window. Owns the view and the question; the bridge answers."""

    def __init__(self, bridge: Bridge, view: View) -> None:
        super().__init__()
        self._bridge = bridge
        self._view = view
        self._snapshot: Snapshot | None = None
        self.setWindowTitle("heatdesk")
        self.setWindowIcon(QIcon(str(resource("icons/heatdesk.svg"))))
        self.setMinimumSize(*_SMALLEST_SIZE)
        self.resize(*FIRST_SIZE)
        self.bar, self.desk, self.page = TopBar(self), ChartDesk(self), Page(self)
        self.clusters, self.status = ClustersPanel(self), StatusBar(self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.page)
        self._stack.addWidget(self.desk)
        self._lay_out()
        self._connect()
        self._add_keys()
        self.set_view(view)

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._stack, 1)
        middle.addWidget(self.clusters)
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addLayout(middle, 1)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status)
        self.clusters.hide()

    def _connect(self) -> None:
        self.bar.question_asked.connect(self.ask)
        self.bar.view_asked.connect(self._merge_view)
        self.desk.view_changed.connect(self.set_view)
        self.clusters.centre_asked.connect(lambda cluster: self.desk.centre_on(cluster.low, cluster.high))
        self._bridge.opened.connect(self.show_catalogue)
        self._bridge.answered.connect(self.show_snapshot)
        self._bridge.failed.connect(self.show_error)

    def _add_keys(self) -> None:
        for keys, action in (
            (("End",), self.desk.go_live),
            (("Home", "R"), self.desk.reset_range),
            (("Ctrl+R",), self._ask_again),
            (("Ctrl+Q",), self.close),
        ):
            for key in keys:
                QShortcut(QKeySequence(key), self).activated.connect(action)

    # --- down: what is shown

    def show_catalogue(self, catalogue: Catalogue) -> None:
        """Offer what is stored; say what to do where nothing is."""
        self.bar.show_catalogue(catalogue)
        if not catalogue and self._snapshot is None:
            self.page.show_empty()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a new answer."""
        self._snapshot = snapshot
        self.setWindowTitle(f"{snapshot.question.symbol} · heatdesk")
        self.bar.show_question(snapshot.question)
        self.desk.show_snapshot(snapshot)
        self.clusters.show_snapshot(snapshot)
        self.status.show_snapshot(snapshot)
        if self._stack.currentWidget() is not self.desk:
            self._stack.setCurrentWidget(self.desk)
            self.desk.setFocus()
        self.clusters.show()

    def show_error(self, sentence: str) -> None:
        """Say what went wrong; the older picture, where there is one, stays."""
        self.status.show_error(sentence)
        self.desk.set_loading(False)
        if self._snapshot is None:
            self.page.show_error(sentence)
        else:
            self.bar.show_question(self._snapshot.question)

    def set_view(self, view: View) -> None:
        """Look at the snapshot in another way; recomputes nothing."""
        if view.theme != self._view.theme or not self.styleSheet():
            theme = tokens(view.theme)
            QApplication.setPalette(qt_palette(theme))
            self.setStyleSheet(style_sheet(theme))
        self._view = view
        self.bar.show_view(view)
        self.desk.set_view(view)
        self.clusters.set_view(view)

    # --- up: what is asked

    def ask(self, question: Question) -> None:
        """Ask for another snapshot; the old picture stays, dimmed, until the answer comes."""
        self.desk.set_loading(True)
        self._bridge.ask(question)

    def _ask_again(self) -> None:
        """Read the store anew: another program may have imported or recorded meanwhile."""
        self.desk.set_loading(True)
        self._bridge.read_again(self._snapshot.question if self._snapshot is not None else None)

    def _merge_view(self, view: View) -> None:
        """A side has its own automatic limits: limits set by hand for another side do not carry over."""
        self.set_view(replace(view, low=None, high=None) if view.side != self._view.side else view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        panel, profile = panel_widths(self.width())
        self.clusters.setFixedWidth(panel)
        self.desk.set_profile_width(profile)
        super().resizeEvent(event)


def panel_widths(window_width: int) -> tuple[int, int]:
    """Pixels of the right panel and of the profile in a window of this width."""
    beyond = max(0, window_width - FIRST_SIZE[0])
    panel, profile = (min(most, least + round(share * beyond)) for least, share, most in (_PANEL, _PROFILE))
    return panel, profile
