"""The window: top bar, desk, clusters and status around one snapshot. It passes `show` down and `ask` up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QIcon, QResizeEvent
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow

from heatdesk.engine import Question, Snapshot
from heatdesk.gui.bridge import Bridge, Catalogue, Doubted
from heatdesk.gui.card.chooser import Chooser
from heatdesk.gui.choices import first_question
from heatdesk.gui.controls import TopBar
from heatdesk.gui.errands import Errands
from heatdesk.gui.explainer import Explainer
from heatdesk.gui.feeds import Feeds
from heatdesk.gui.importer import Importer, dropped_paths
from heatdesk.gui.last_session import with_layers, with_live_parts, with_question, with_rules
from heatdesk.gui.middle import Middle
from heatdesk.gui.notice_strip import NoticeStrip
from heatdesk.gui.packing import Packing
from heatdesk.gui.panel_room import FIRST_SIZE, SMALLEST_SIZE, panel_widths
from heatdesk.gui.panels.frame import title
from heatdesk.gui.panels.side import SidePanel
from heatdesk.gui.preferences import Preferences, view_of, with_view
from heatdesk.gui.scoreboard import Scoreboard
from heatdesk.gui.second_look import SecondLook
from heatdesk.gui.status import StatusBar
from heatdesk.gui.style import qt_palette, style_sheet, system_theme
from heatdesk.gui.take_away import TakeAway
from heatdesk.gui.theme import tokens
from heatdesk.gui.turns import Turns
from heatdesk.gui.view import View, wants_more
from heatdesk.gui.window_menu import add_menu
from heatdesk.gui.window_parts import connect_parts, lay_out
from heatdesk.live import Instrument, Live
from heatdesk.machine.paths import resource
from heatdesk.reading.rules import ExposureRules
from heatdesk.settings import Settings

if TYPE_CHECKING:
    from heatdesk.gui.dialogs.settings import SettingsDialog
    from heatdesk.importing import Import


class Window(QMainWindow):
    """One chart window. Owns the view and the question; the bridge answers.

    `question_asked` carries a Question that is asked anew; `simulation_asked` when a person wants the simulated market,
    `history_asked` when the stored one; `closing` before the window goes.
    """

    question_asked = Signal(object)
    simulation_asked = Signal()
    history_asked = Signal()
    closing = Signal()

    def __init__(
        self, bridge: Bridge, view: View | None = None, preferences: Preferences | None = None
    ) -> None:
        """`view` is shown instead of the one that the preferences ask for."""
        super().__init__()
        self._bridge = bridge
        self.preferences = preferences or Preferences(Settings(), write=None, parent=self)
        view = view or view_of(self.preferences.settings, system_theme())
        self._view = view
        self._snapshot: Snapshot | None = None
        self._asked: Question | None = None
        self._settings_dialog: SettingsDialog | None = None
        self._told_unsaved = ""
        self._is_live = False
        self._turns = Turns(self)
        self.setWindowTitle("heatdesk")
        self.setWindowIcon(QIcon(str(resource("icons/heatdesk.svg"))))
        self.setMinimumSize(*SMALLEST_SIZE)
        self.resize(*FIRST_SIZE)
        self.bar, self.middle = TopBar(self), Middle(self)
        self.desk, self.page = self.middle.desk, self.middle.page
        self.side, self.status = SidePanel(self), StatusBar(self)
        self.notices = NoticeStrip(self)
        self.errands = Errands(self)
        self.drawing = Chooser(self.desk.chart, self.preferences, self)
        self.take_away = TakeAway(self.desk, self.errands, self)
        self.explainer = Explainer(bridge, self.errands, self.desk.chart, self)
        self.importer = Importer(self.errands, self)
        self.second_look = SecondLook(self)
        self.scoreboard = Scoreboard(self.errands, self)
        self.feeds = Feeds(self.status.lights, self)
        self.setAcceptDrops(True)
        lay_out(self)
        connect_parts(self)
        self._connect()
        add_menu(self)
        self.set_view(view)

    def _connect(self) -> None:
        chart = self.desk.chart
        chart.heatmap_item.take_cells_from(self._bridge.ahead, Packing(chart))
        self.bar.question_asked.connect(self.ask)
        self.bar.view_asked.connect(self._merge_view)
        self.bar.theme_asked.connect(self._choose_theme)
        self.bar.lock_asked.connect(self._lock)
        self.bar.settings_asked.connect(self.open_settings)
        self.preferences.changed.connect(self._apply)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_desktop)
        self.desk.view_changed.connect(self.set_view)
        self.side.within_asked.connect(self._ask_within)
        self.middle.welcome_left.connect(self._keep_welcome_read)
        self._bridge.opened.connect(self.show_catalogue)
        self._bridge.asked.connect(self.show_question)
        self._bridge.waiting.connect(self.show_waiting)
        self._bridge.candles.connect(self.show_candles)
        self._bridge.answered.connect(self.show_snapshot)
        self._bridge.doubted.connect(self.show_doubts)
        self._bridge.failed.connect(self.show_error)
        self.importer.imported.connect(self._show_imported)

    @property
    def snapshot(self) -> Snapshot | None:
        """What is on screen; None before the first map."""
        return self._snapshot

    @property
    def view(self) -> View:
        """How the snapshot is looked at."""
        return self._view

    @property
    def question(self) -> Question | None:
        """What was asked last; None before the first question."""
        return self._asked

    # --- down: what is shown

    def show_catalogue(self, catalogue: Catalogue) -> None:
        """Offer what is stored; say what to do where nothing is."""
        self.bar.show_catalogue(catalogue)
        self.importer.show_catalogue(catalogue)
        self.scoreboard.show_catalogue(catalogue)
        if not catalogue and self._snapshot is None:
            self.page.show_empty()

    def show_question(self, question: Question | None) -> None:
        """Say what is being asked before there is an answer."""
        if question is not None and self._snapshot is None:
            self._asked = question
            self.bar.show_question(question)

    def show_waiting(self, sentence: str) -> None:
        """Say what takes so long."""
        self.page.show_waiting(sentence)
        self.desk.say_while_loading(sentence)

    def show_candles(self, snapshot: Snapshot) -> None:
        """Show the candles of the first answer while its map is being made."""
        if self._snapshot is None:
            self.bar.show_price(_last_price(snapshot))
            self.desk.show_candles(snapshot)
            self.middle.show_map()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a new answer."""
        snapshot = self.second_look.known_of(snapshot)
        before, self._snapshot = self._snapshot, snapshot
        self._asked = snapshot.question
        if before is not None and before.question.symbol != snapshot.question.symbol:
            self.set_view(self._view.for_other_symbol())
        self.desk.show_map(snapshot)
        self.desk.chart.show_agreement(self.second_look.agreement())
        self.middle.show_map()
        parts = self._show_beside_map, self._show_at_side, self._show_around
        if self._is_live and before is not None and before.question == snapshot.question:
            self._turns.put(parts)
        else:
            self._turns.clear()
            for part in parts:
                part()

    def _show_beside_map(self) -> None:
        if self._snapshot is not None:
            self.desk.show_beside(self._snapshot)

    def _show_at_side(self) -> None:
        if self._snapshot is not None:
            self.side.show_snapshot(self._snapshot)

    def _show_around(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        self.setWindowTitle(title(snapshot))
        self.bar.show_price(_last_price(snapshot))
        if self._asked == snapshot.question != self.bar.question:
            self.bar.show_question(snapshot.question)
        self.preferences.keep(with_question(self.preferences.settings, snapshot.question))
        self.status.show_snapshot(snapshot)
        self.take_away.show_snapshot(snapshot)
        self.bar.map_types.show_snapshot(snapshot)
        self.explainer.show_snapshot(snapshot)
        self.scoreboard.show_snapshot(snapshot)

    def show_live(self, live: Live, instruments: tuple[Instrument, ...], to_screen_ms: float) -> None:
        """Show what stands now beside the map: feeds, and what can be traded. Costs next to nothing."""
        self._is_live = True
        self.desk.chart.show_live(live)
        self.feeds.show_live(live, to_screen_ms)
        self.bar.finder.show_live(live)
        self.bar.finder.show_instruments(instruments)

    def show_doubts(self, doubted: Doubted) -> None:
        """Show how sure the answer on screen is, once that is known."""
        known = self.second_look.take(doubted)
        if known is not None:
            self._snapshot = known
            self.side.clusters.show_snapshot(known)
            self.take_away.show_snapshot(known)
            self.desk.chart.show_agreement(self.second_look.agreement())

    def _keep_welcome_read(self) -> None:
        self.preferences.keep(self.preferences.settings.changed("session", first_page_seen=True))

    def show_error(self, sentence: str) -> None:
        """Say what went wrong; the older picture, where there is one, stays."""
        self.status.show_error(sentence)
        self.desk.set_loading(False)
        if self._snapshot is None:
            self.page.show_error(sentence)
            self.middle.show_page()
        else:
            self._asked = self._snapshot.question
            self.bar.show_question(self._asked)

    def set_view(self, view: View) -> None:
        """Look at the snapshot in another way; recomputes nothing."""
        if view.theme != self._view.theme or not self.styleSheet():
            theme = tokens(view.theme)
            QApplication.setPalette(qt_palette(theme))
            self.setStyleSheet(style_sheet(theme))
        before, self._view = self._view, view
        self.bar.show_view(view)
        self.desk.set_view(view)
        self.side.set_view(view)
        self.take_away.set_view(view)
        self.explainer.set_view(view)
        self.second_look.set_view(view)
        self.scoreboard.set_view(view)
        self.feeds.set_view(view)
        self.preferences.keep(with_view(self.preferences.settings, view, system_theme()))
        if self._asked is not None and wants_more(before, view):
            asked = with_live_parts(self._asked, bool(view.panes), view.bubbles)
            if asked != self._asked:
                self.ask(asked)

    # --- up: what is asked

    def ask(self, question: Question) -> None:
        """Ask for another snapshot; the old picture stays, dimmed, until the answer comes."""
        self._asked = question
        self.question_asked.emit(question)
        self.desk.wait_for(question)
        self._bridge.ask(question)

    def _ask_within(self, percent: float) -> None:
        """Look for exposure farther or nearer."""
        if (question := self._asked) is not None:
            rules = replace(question.rules, exposure=ExposureRules(percent))
            self.ask(replace(question, rules=rules))

    def ask_again(self) -> None:
        """Read the store anew: another program may have imported or recorded meanwhile."""
        self.desk.set_loading(True)
        shown = None if self._snapshot is None else self._snapshot.question
        self._bridge.read_again(None if shown is None or shown.simulated else shown)

    def _merge_view(self, view: View) -> None:
        """A side has its own automatic limits: limits set by hand for another side do not carry over."""
        self.set_view(view.for_other_symbol() if view.side != self._view.side else view)

    def _show_imported(self, catalogue: Catalogue, wanted: Import) -> None:
        """Show what has just come in."""
        question = first_question(catalogue, wanted.symbol, (wanted.exchange,))
        if question is not None:
            self.history_asked.emit()
            settings = self.preferences.settings
            self._asked = with_layers(with_rules(question, settings), settings)
            self.desk.set_loading(True)
            self._bridge.read_again(self._asked)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.acceptProposedAction()  # whatever it is: a wrong drop is told, not refused in silence

    def dropEvent(self, event: QDropEvent) -> None:
        paths, complained = dropped_paths(event.mimeData())
        if complained:
            self.notices.warn(complained)
        event.acceptProposedAction()
        self.importer.ask(paths)

    # --- settings

    def open_settings(self, group: str = "display", name: str = "") -> None:
        """Show the settings beside the chart, at one group and one of its values."""
        if self._settings_dialog is None:
            from heatdesk.gui.dialogs.drawing_note import DrawingNote
            from heatdesk.gui.dialogs.settings import SettingsDialog

            self._settings_dialog = SettingsDialog(self.preferences, self)
            self._settings_dialog.forms["drawing"].add_note(DrawingNote(self.drawing))
        self._settings_dialog.open_at(group, name or None)

    def _apply(self, settings: Settings) -> None:
        """Show what a dialog has changed; the model is asked only where the question has become another."""
        view = view_of(settings, system_theme())
        if not (view.locked or self._view.locked):  # limits set by hand hold until the symbol changes
            view = replace(view, low=self._view.low, high=self._view.high)
        self.set_view(view)
        if self._asked is not None and (asked := with_rules(self._asked, settings)) != self._asked:
            self.bar.show_question(asked)
            self.ask(asked)

    def _choose_theme(self, name: str) -> None:
        self.preferences.choose(self.preferences.settings.changed("display", theme=name))

    def _follow_desktop(self) -> None:
        if self.preferences.settings.display.theme == "system":
            self.set_view(replace(self._view, theme=system_theme()))

    def _lock(self, locked: bool) -> None:
        self.set_view(
            self._view.with_lock(self.desk.legend.limits) if locked else replace(self._view, locked=False)
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        unsaved = "" if self._settings_dialog is None else self._settings_dialog.take_typed()
        if unsaved and unsaved != self._told_unsaved:
            self._told_unsaved = unsaved
            self.notices.warn(f"{unsaved} Mend it, or close once more to leave without it.")
            event.ignore()
            return
        self.closing.emit()
        for dialog in self.findChildren(QDialog):
            dialog.close()
        self.errands.stop()
        self.preferences.flush()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        panel, profile = panel_widths(self.width())
        self.side.setFixedWidth(panel)
        self.desk.set_profile_width(profile)
        super().resizeEvent(event)


def _last_price(snapshot: Snapshot) -> float | None:
    return float(snapshot.candles["close"][-1]) if len(snapshot.candles) else None
