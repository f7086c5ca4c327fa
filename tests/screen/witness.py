"""The real program with a witness inside, who says where things stand and what the numbers are, and touches nothing.

`python -m tests.screen.witness [--still] run …` starts heatdesk as its command line does. Questions come in on stdin
and answers go out on stdout, one JSON value a line; mouse and keyboard come through the X server as for everybody.
``--still``: the simulated market stands still after its first days, and nobody asks how sure the map is, which takes
as long as it takes: a picture is the same every time. Only
`reset` acts: it brings the window back to what it showed first, between two tests.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from .inside import Witness

_POLL_MS = 15
_CALM_POLLS = 2
_OPEN_S = 60.0


def _hold_still() -> None:
    """Let the simulated market have its past, and then no more; and no bands that come when there is time for them."""
    from heatdesk.gui.bridge import Bridge
    from heatdesk.simulation import PAST_DAYS, SEED, Simulation

    Simulation.__init__.__defaults__ = (SEED, PAST_DAYS, 0)
    Bridge._is_unsure = lambda *_: False


def _find_window() -> tuple[Any, Any]:
    """The application and its window, once both are there."""
    deadline = time.monotonic() + _OPEN_S
    while time.monotonic() < deadline:
        if widgets := sys.modules.get("PySide6.QtWidgets"):
            application = getattr(widgets, "QApplication", None) and widgets.QApplication.instance()
            shown = sys.modules.get("heatdesk.gui.window")
            for widget in application.topLevelWidgets() if application and shown else ():
                if isinstance(widget, shown.Window) and widget.isVisible():
                    return application, widget
        time.sleep(0.02)
    raise TimeoutError("no window came")


def _serve() -> None:
    """Wait for the window, then answer every line of stdin from the thread of the window."""
    from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer

    application, window = _find_window()

    class Desk(QObject):
        """Takes questions where widgets may be looked at."""

        witness: Witness | None = None

        def event(self, event: Any) -> bool:
            if not isinstance(event, _Asked):
                return bool(super().event(event))
            self.witness = self.witness or Witness(application, window)
            _answer(self.witness, event.question, QTimer)
            return True

    class _Asked(QEvent):
        def __init__(self, question: dict[str, Any]) -> None:
            super().__init__(QEvent.Type.User)
            self.question = question

    desk = Desk()
    desk.moveToThread(application.thread())
    for line in sys.stdin:
        QCoreApplication.postEvent(desk, _Asked(json.loads(line)))


def _answer(witness: Witness, question: dict[str, Any], timer: Any) -> None:
    name, values = question["ask"], question.get("values", {})
    if name == "calm":
        _when_calm(witness, lambda: _say(True), timer, 0)
        return
    try:
        _say(getattr(witness, name)(**values))
    except Exception as error:
        _say({"error": f"{type(error).__name__}: {error}"})


def _when_calm(witness: Witness, then: Callable[[], None], timer: Any, calm: int) -> None:
    """After some looks in a row at which nothing was on its way, all that the X server had sent being handled."""
    from PySide6.QtGui import QGuiApplication

    QGuiApplication.sync()
    calm = calm + 1 if witness.calm() else 0
    if calm > _CALM_POLLS:
        then()
    else:
        timer.singleShot(_POLL_MS, lambda: _when_calm(witness, then, timer, calm))


def _say(value: object) -> None:
    print(json.dumps(value), file=_OUT, flush=True)


_OUT = sys.stdout

if __name__ == "__main__":
    arguments = sys.argv[1:]
    if still := "--still" in arguments:
        arguments.remove("--still")
        _hold_still()
    threading.Thread(target=_serve, name="witness", daemon=True).start()
    from heatdesk.__main__ import main

    sys.argv = ["heatdesk", *arguments]
    sys.exit(main())
