"""Closing is at once, whatever is at work; and nothing that was typed is lost without a word."""

import os
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from heatdesk import settings
from heatdesk.gui.bridge import Bridge
from heatdesk.gui.dialogs.settings import SettingsDialog
from heatdesk.gui.last_session import opening_question
from heatdesk.gui.preferences import Preferences
from heatdesk.gui.window import Window
from heatdesk.machine import paths
from heatdesk.settings import Settings

CTRL = Qt.KeyboardModifier.ControlModifier


def dialog_of(window, name):
    """One of the windows beside the main one, with the keyboard."""
    if name == "settings":
        window.open_settings("display")
    elif name == "parameters":
        window.open_settings("model", "churn")
    elif name == "about":
        from heatdesk.gui.dialogs import page

        page.about(window).show()
    else:
        window.importer.ask([paths.data() / "BTCUSDT-5m.csv"])
    return next(d for d in window.findChildren(QDialog) if d.isVisible())


@pytest.mark.parametrize("name", ["settings", "parameters", "import", "about"])
def test_ctrl_q_works_in_every_window_beside_the_main_one(qtbot, window, name):
    dialog = dialog_of(window, name)
    qtbot.waitUntil(dialog.isActiveWindow)
    with qtbot.waitSignal(window.closing):
        qtbot.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Q, CTRL)
    assert not window.isVisible()
    assert not dialog.isVisible()


def typed_into(qtbot, window, text):
    window.open_settings("model", "churn")
    field = window.findChild(SettingsDialog).forms["model"].fields["churn"]
    qtbot.waitUntil(field.editor.isActiveWindow)
    field.editor.selectAll()
    qtbot.keyClicks(field.editor, text)
    return field


def test_what_is_typed_and_allowed_is_kept_when_the_window_closes(qtbot, engine):
    written = []
    window = opened(qtbot, engine, written.append)
    field = typed_into(qtbot, window, "0.7")
    assert window.preferences.settings.model.churn == 0.5, "not entered yet"
    qtbot.keyClick(field.editor, Qt.Key.Key_Q, CTRL)
    assert not window.isVisible()
    assert window.preferences.behind.finish(5)
    assert written[-1].model.churn == 0.7
    window._bridge.stop()


def test_what_is_typed_and_wrong_is_told_before_it_is_lost(qtbot, window):
    field = typed_into(qtbot, window, "7")
    qtbot.keyClick(field.editor, Qt.Key.Key_Q, CTRL)
    assert window.isVisible()
    assert "Churn" in window.notices.text
    assert "between 0.05 and 1" in window.notices.text
    assert "close once more" in window.notices.text
    qtbot.keyClick(field.editor, Qt.Key.Key_Q, CTRL)
    assert not window.isVisible()


def opened(qtbot, engine, write):
    bridge = Bridge(lambda: engine, lambda catalogue: opening_question(Settings(), catalogue))
    bridge.start()
    window = Window(bridge, preferences=Preferences(Settings(), write))
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window._snapshot is not None, timeout=20_000)
    return window


def test_a_slow_disk_holds_up_neither_a_change_nor_the_closing(qtbot, engine):
    disk, written = threading.Event(), []

    def write(chosen):
        assert disk.wait(10)
        written.append(chosen)

    window = opened(qtbot, engine, write)
    for gamma in (0.5, 0.7, 1.4):
        window.preferences.choose(window.preferences.settings.changed("display", gamma=gamma))
        window.preferences.flush()
    assert window.close()
    assert not window.isVisible()
    assert written == []
    disk.set()
    assert window.preferences.behind.finish(5)
    assert written[-1].display.gamma == 1.4
    window._bridge.stop()


def test_an_import_at_work_does_not_hold_up_the_closing(qtbot, window):
    goes_on, begun = threading.Event(), threading.Event()

    def one_long_file(errand):
        begun.set()
        assert goes_on.wait(10)

    window.errands.run(one_long_file, print, print)
    assert begun.wait(5)
    assert window.close()
    assert not window.isVisible()
    assert not window.errands.finish(0)
    goes_on.set()
    assert window.errands.finish(5)


_CLOSES_WHILE_BUSY = """
import sys, threading, time
from heatdesk import app
from heatdesk.gui.bridge import Bridge

class Busy:
    def __init__(self, markets, tell): tell("Preparing the model")
    def catalogue(self): time.sleep(60)
    def ask(self, question, early=None): raise AssertionError

app._Desk = Busy
make = app._application
def watched(*args, **named):
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    made = make(*args, **named)
    def close():
        window = next(w for w in QApplication.topLevelWidgets() if w.isVisible())
        print(window.page._title.text(), flush=True)
        began = time.monotonic()
        window.close()
        print(time.monotonic() - began < 0.5, not window.isVisible(), flush=True)
    QTimer.singleShot(300, close)
    return made
app._application = watched
print(app.run(), flush=True)
"""


def test_the_process_ends_though_a_compiler_cannot_be_interrupted(home):
    done = subprocess.run(
        [sys.executable, "-c", _CLOSES_WHILE_BUSY],
        env={**os.environ, "HEATDESK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=40,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["Preparing the model…", "True True"], done.stderr
    assert (paths.config() / "window.json").exists(), "what was left to write is written"
    assert not (paths.config() / "starting").exists()
    assert settings.load().notices == ()


_STARTS = """
import os, sys
from heatdesk import app
from heatdesk.gui import placement

if sys.argv[1] == "crashes":
    placement.restore = lambda window: os._exit(134)  # as Qt does over a damaged state

make = app._application
def watched(*args, **named):
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    made = make(*args, **named)
    def close():
        window = next(w for w in QApplication.topLevelWidgets() if w.isVisible())
        print(window.notices.text, flush=True)
        window.close()
    QTimer.singleShot(500, close)
    return made
app._application = watched
sys.exit(app.run())
"""


def test_after_two_starts_without_a_window_the_third_has_one_and_says_why(home):
    def start(how):
        return subprocess.run(
            [sys.executable, "-c", _STARTS, how],
            env={**os.environ, "HEATDESK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    kept = paths.config() / "window.json"
    assert start("well").returncode == 0
    state = kept.read_bytes()
    assert [start("crashes").returncode for _ in range(2)] == [134, 134]
    assert kept.read_bytes() == state, "tried again as it was"
    third = start("well")
    assert third.returncode == 0, third.stderr
    assert "ended twice before its window was there" in third.stdout
    assert "window.json.damaged-1" in third.stdout
    assert kept.with_name("window.json.damaged-1").read_bytes() == state
    assert start("well").stdout.strip() == "", "and then all is as always"
