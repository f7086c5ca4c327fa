"""A trial of the graphics card in a process of its own: a driver that crashes or hangs takes nothing else with it.

Without Qt; any thread may ask, and another one stop.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Final

from heatdesk.feed.plain_text import plain
from heatdesk.gui.card.build import this_build
from heatdesk.machine.files import UnreadableError
from heatdesk.machine.graphics import Trial, size_class, trial_of

LONGEST_S: Final = 120.0  # a first start of a driver may compile for long, on a machine that is busy
_NICE: Final = 5
_NOT_STARTED: Final = "its trial could not be started ({why})"
_NOT_ANSWERED: Final = "its trial did not end within {seconds:g} s"
_ENDED: Final = "its trial ended with exit code {code}"
_NONSENSE: Final = "its trial said nothing that could be understood"


class Asking:
    """Asks once how `width` × `height` device pixels of `scale` to a logical one are drawn.

    `anew`: what was tried before is timed again, and software too.
    """

    def __init__(
        self, width: int, height: int, scale: float, anew: bool = False, longest_s: float = LONGEST_S
    ) -> None:
        self._size = size_class(width, height)
        self._command = [*program(), "drawing", "--json", *([] if anew else ["--unknown-only"])]
        self._command += ["--size", f"{width}x{height}", "--scale", f"{scale:g}"]
        self._longest_s = longest_s
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()

    def answer(self) -> Trial | None:
        """What was found, None where it was stopped; a trial that fails says why. Waits for it."""
        with self._guard:
            if self._stopped.is_set():
                return None
            try:
                self._process = subprocess.Popen(  # noqa: S603 - this very program
                    self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
            except OSError as error:
                return self._without(_NOT_STARTED.format(why=plain(error.strerror or error)))
            _step_back(self._process.pid)
        timed_out = False
        try:
            told, _ = self._process.communicate(timeout=self._longest_s)
        except subprocess.TimeoutExpired:
            timed_out = True
            self._process.kill()
            told, _ = self._process.communicate()
        if self._stopped.is_set():
            return None
        if timed_out:
            return self._without(_NOT_ANSWERED.format(seconds=self._longest_s))
        if self._process.returncode != 0:
            return self._without(_ENDED.format(code=self._process.returncode))
        try:
            return trial_of(json.loads(told))
        except (UnreadableError, ValueError):
            return self._without(_NONSENSE)

    def stop(self) -> None:
        """End it; `answer` then comes back at once."""
        with self._guard:
            self._stopped.set()
            if self._process is not None and self._process.poll() is None:
                self._process.kill()

    def _without(self, reason: str) -> Trial:
        return Trial(this_build(), self._size, reason=reason)


def _step_back(pid: int) -> None:
    """Let the window that asks go first, where the system can be told so."""
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, _NICE)


def program() -> list[str]:
    """This program, however it was packed; never one that lies in the folder where it was started."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-P", "-m", "heatdesk"]
