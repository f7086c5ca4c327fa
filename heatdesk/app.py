"""Composition of the window: opens the application, the engine and what shows it."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final

from heatdesk import settings
from heatdesk.engine import Early, Engine, Question, Snapshot
from heatdesk.errors import MachineError
from heatdesk.gui.bridge import Bridge, Catalogue
from heatdesk.gui.choices import first_question
from heatdesk.gui.last_session import first_live_question, opening_question, with_rules
from heatdesk.gui.view import View
from heatdesk.live import LiveFeed
from heatdesk.machine import compiled, graphics_mark, start_marker, window_state
from heatdesk.machine.one_window import FirstWindow
from heatdesk.markets import Markets
from heatdesk.recording.choice import plan_for_window, why_offline
from heatdesk.recording.user_feed import UserFeed
from heatdesk.settings import Settings
from heatdesk.settings.drawing import PROCESSOR
from heatdesk.simulation import Simulation
from heatdesk.store.user import user_history

# Widgets and plots are imported where they are used: meanwhile the model worker is at the first map.
if TYPE_CHECKING:
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    from heatdesk.gui.window import Window

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")  # beside an installed PyQt, pyqtgraph would take that

_CHECKED_CALLS: Final = 200
_PREPARING: Final = {
    compiled.MAP: "Preparing the model, once after an update: up to half a minute",
    compiled.SIMULATION: "Preparing the simulated market, once after an update: up to half a minute",
}
_LONGEST_END_S: Final = 2.0
# What a thread that is hard at work keeps the one that paints waiting for: Python's own 5 ms are a third of a frame.
_SWITCH_S: Final = 0.0005
_BREATH_S: Final = 0.004  # between two steps of an answer: a frame of a window is painted in it
_SIMULATING: Final = "Making a simulated market"
_LOG: Final = logging.getLogger(__name__)


def stored_history() -> Engine:
    """An engine over the history in the user's data folder, for reading; beside windows it lets them paint."""
    return Engine(user_history(read_only=True), breathe=partial(time.sleep, _BREATH_S))


def put_the_screen_first() -> None:
    """Have threads that are hard at work give way sooner to the one that paints, and no garbage looked for at first.

    For the whole process; `collect_again` once a window shows something.
    """
    gc.disable()
    sys.setswitchinterval(_SWITCH_S)


class _Desk:
    """The engine as the window uses it: an answer comes with everything compiled that paints it.

    `tell` takes a sentence about what takes so long: compiling, once after an install or an update.
    """

    def __init__(self, markets: Markets, tell: Callable[[str], None]) -> None:
        self._markets, self._tell = markets, tell
        self.explain, self.doubt = markets.explain, markets.doubt
        self._ready: set[str] = set()
        self._unprepared: set[str] = set()
        markets.simulation.making = lambda: self._expect(compiled.SIMULATION, told_else=_SIMULATING)

    def catalogue(self) -> Catalogue:
        catalogue = self._markets.catalogue()
        self._done(compiled.SIMULATION)
        return catalogue

    def ask(self, question: Question, early: Early | None = None) -> Snapshot:
        self._expect(compiled.MAP)
        snapshot = self._markets.ask(question, early)
        from heatdesk.gui import maxpool

        maxpool.prepare()
        self._done(compiled.MAP)
        return snapshot

    def _expect(self, part: str, told_else: str = "") -> None:
        if part not in self._ready and not compiled.ready(part):
            self._unprepared.add(part)
        if sentence := _PREPARING[part] if part in self._unprepared else told_else:
            self._tell(sentence)

    def _done(self, part: str) -> None:
        self._ready.add(part)
        if part in self._unprepared:
            self._unprepared.remove(part)
            compiled.remember(part)


def run(
    symbol: str | None = None,
    exchanges: tuple[str, ...] = (),
    theme: str | None = None,
    offline: bool = False,
    place: FirstWindow | None = None,
) -> int:
    """Open the window as it was left, and stay until it closes; returns the exit code.

    What is given here stands above what was looked at last; `offline` dials nobody. Other starts of heatdesk are heard
    at `place`. Raises MachineError where Qt and Python do not fit together, and where there is no font.
    """
    put_the_screen_first()
    rescued = start_marker.put_aside_suspects(start_marker.begin())
    loaded = settings.load()
    chosen = loaded.settings if theme is None else loaded.settings.changed("display", theme=theme)
    markets = Markets(stored_history, Simulation())
    feed = None if offline or why_offline(chosen) else UserFeed(lambda: _recorder(chosen, exchanges))
    if feed is not None:
        markets.expects_history, markets.live = True, feed.live

    def first(catalogue: Catalogue) -> Question | None:
        if markets.simulated:
            question = first_question(catalogue)
            return None if question is None else replace(with_rules(question, chosen), simulated=True)
        if feed is not None and catalogue and not chosen.session.recent_symbols:
            usual = plan_for_window(chosen, exchanges).exchanges
            return first_live_question(chosen, catalogue, usual, symbol, exchanges)
        heard = () if feed is None else chosen.session.exchanges
        return opening_question(chosen, catalogue, symbol, exchanges, heard)

    bridge = Bridge(lambda: _Desk(markets, bridge.tell), first)
    # numba on the worker and pyqtgraph here both import it, at once: Python 3.12 then ends one with a KeyError
    import_module("colorama")
    bridge.start()  # the first map is made while the window is being built
    try:
        application = _application(drawn_by=chosen.drawing.by)
        refuse_broken_bindings()
        from heatdesk.gui.end_on_signal import EndOnSignal
        from heatdesk.gui.first_paint import FirstPaint
        from heatdesk.gui.going_live import GoingLive
        from heatdesk.gui.in_front import InFront
        from heatdesk.gui.simulated_desk import SimulatedDesk

        window = _window(bridge, chosen, loaded, rescued)
        simulated = SimulatedDesk(
            markets, bridge, window.desk.chart, window.side.simulated, window.status, window
        )
        window.simulation_asked.connect(simulated.enter)
        window.history_asked.connect(markets.open_history)
        first_paint = FirstPaint(window)
        first_paint.seen.connect(lambda: window.preferences.behind.put("start", start_marker.finish))
        live = None if feed is None else GoingLive(feed, markets, bridge, window)
        if live is not None:
            first_paint.seen.connect(live.begin)
        if place is not None:
            place.listen(InFront(window).ask)
        window.show()
        for told in (bridge.answered, bridge.failed):
            told.connect(collect_again)
        bridge.opened.connect(lambda catalogue: None if catalogue else collect_again())
        ending = EndOnSignal(window)
        status = application.exec()
        ending.stop()
        if live is not None:
            live.end()
        window.preferences.behind.put("start", start_marker.finish)
        _end(status, markets, feed, bridge, window)
        return status
    finally:
        markets.simulation.stop()
        if feed is not None:
            feed.stop(_LONGEST_END_S)
        bridge.stop()
        gc.enable()


def _recorder(chosen: Settings, exchanges: tuple[str, ...]) -> LiveFeed:
    """The window's own recorder; made on the feed's thread, for the network's libraries take a moment."""
    from heatdesk.recording.recorder import Recorder

    return Recorder(plan_for_window(chosen, exchanges))


def _end(status: int, markets: Markets, feed: UserFeed | None, bridge: Bridge, window: Window) -> None:
    """The window has gone: let what is at work come to its end, but not for longer than a person would wait.

    A compiler or a disk that takes longer cannot be asked to stop: then the process ends over it. Everything it writes
    is written whole or not at all.
    """
    deadline = time.monotonic() + _LONGEST_END_S
    threading.Thread(target=markets.simulation.stop, name="simulation's end", daemon=True).start()
    hung_up = threading.Thread(
        target=lambda: feed is None or feed.stop(_LONGEST_END_S), name="feeds' end", daemon=True
    )
    hung_up.start()

    def feeds_finish(within_s: float) -> bool:
        hung_up.join(within_s)
        return not hung_up.is_alive()

    waits = (window.preferences.behind.finish, window.errands.finish, bridge.stop, feeds_finish)
    if all(wait(max(0.0, deadline - time.monotonic())) for wait in waits):
        return
    _LOG.info("Something was still at work when the window closed; the process ends over it.")
    logging.shutdown()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    os._exit(status)


def _window(bridge: Bridge, chosen: Settings, loaded: settings.Loaded, rescued: tuple[str, ...]) -> Window:
    """The window where and as it was left, with a word about what could not be read."""
    from heatdesk.gui import placement
    from heatdesk.gui.fonts import symbols_complaint
    from heatdesk.gui.preferences import Preferences
    from heatdesk.gui.window import Window

    preferences = Preferences(chosen, settings.save if loaded.can_save else None)
    window = Window(bridge, preferences=preferences)
    preferences.setParent(window)
    for notice in (*rescued, *loaded.notices, *placement.restore(window), symbols_complaint()):
        if notice:
            window.notices.warn(notice)
    window.drawing.begin()  # while it is hidden: for a card the system's window is another one
    keep = window_state.save
    window.closing.connect(
        lambda: preferences.behind.put("window", partial(keep, placement.state_of(window)))
    )
    if not chosen.session.first_page_seen:
        window.middle.show_welcome()
    return window


def collect_again(_: object = None) -> None:
    """Let garbage be collected from the first map on.

    A start makes many objects and hardly any garbage: looking for it takes a seventh of the time. What a start made
    stays for good, so later collections need not look at it: they pause the window less.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def render(snapshot: Snapshot, view: View, size: tuple[int, int], scale: float = 1.0) -> QImage:
    """The chart with legend and profile as the window draws it, `size` logical pixels at `scale` pixels each."""
    _application()
    from heatdesk.gui import picture

    return picture.render(snapshot, view, size, scale)


def _application(drawn_by: str = PROCESSOR) -> QApplication:
    """The application, made where there is none yet; `drawn_by` says who may draw its maps."""
    from PySide6.QtCore import QLocale
    from PySide6.QtWidgets import QApplication

    from heatdesk.gui.fonts import refuse_no_font
    from heatdesk.gui.theme import ui_font

    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    if QLocale.system().language() == QLocale.Language.C:
        QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    loads_driver = False
    if drawn_by != PROCESSOR:
        from heatdesk.gui.card.before_qt import prepare

        loads_driver = prepare(drawn_by)
    application = QApplication(sys.argv[:1])
    if loads_driver:
        graphics_mark.end()
    application.setApplicationName("heatdesk")
    application.setDesktopFileName("heatdesk")
    application.setStyle("Fusion")
    application.setFont(ui_font())
    refuse_no_font()
    return application


def refuse_broken_bindings() -> None:
    """PySide6 6.12 on Python 3.11 drops a reference of None on every void call until the process aborts.

    Raises MachineError where a few hundred such calls make them fall. Needs an application.
    """
    if sys.version_info < (3, 12):  # from then on None is immortal
        from PySide6.QtWidgets import QLabel

        label = QLabel()
        before = sys.getrefcount(None)
        for _ in range(_CHECKED_CALLS):
            label.setText("")
        if sys.getrefcount(None) < before - _CHECKED_CALLS // 2:
            raise MachineError(
                "This PySide6 does not work with Python 3.11 and would crash; "
                "install PySide6-Essentials 6.11.3, or use Python 3.12."
            )
