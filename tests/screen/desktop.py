"""An X server of our own, the real program in it, and a hand on its mouse and keyboard (XTEST)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

Picture = np.ndarray  # uint8 (height, width, 3), RGB

WAIT_S = 40.0
_SETTLE_S = 0.15
WHEEL_UP, WHEEL_DOWN = 4, 5


@contextmanager
def x_server(width: int, height: int) -> Iterator[str]:
    """Xvfb on a free display; gives its name."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


class Desktop:
    """The program's window over the whole screen of an X server."""

    def __init__(self, display: str, home: Path, size: tuple[int, int], *arguments: str) -> None:
        self.width, self.height = size
        environment = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
        environment |= {"DISPLAY": display, "HEATDESK_HOME": str(home)}
        command = [sys.executable, "-m", "heatdesk", "run", *arguments]
        self.program = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._display = Display(display)
        self._root = self._display.screen().root
        try:
            window = self.until(self._window)
        except BaseException:
            self.close()
            raise
        window.configure(x=0, y=0, width=self.width, height=self.height)
        window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def close(self) -> int:
        """Ask the program to quit as a person does; returns its exit code."""
        try:
            if self.program.poll() is None:
                self.key("q", "Control_L")
            self.program.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.program.kill()
            self.program.communicate()
        finally:
            self._display.close()
        return int(self.program.returncode)

    # --- hands

    def move(self, x: int, y: int) -> None:
        self._fake(X.MotionNotify, x=x, y=y)
        self._settle()

    def press(self, button: int = 1) -> None:
        self._fake(X.ButtonPress, button)
        self._settle()

    def release(self, button: int = 1) -> None:
        self._fake(X.ButtonRelease, button)
        self._settle()

    def click(self, x: int, y: int, button: int = 1, times: int = 1) -> None:
        self.move(x, y)
        for _ in range(times):
            self.press(button)
            self.release(button)

    def drag(self, start: tuple[int, int], end: tuple[int, int], steps: int = 6) -> None:
        self.move(*start)
        self.press()
        for step in range(1, steps + 1):
            self.move(*(round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True)))
        self.release()

    def key(self, name: str, *held: str) -> None:
        codes = [self._display.keysym_to_keycode(XK.string_to_keysym(one)) for one in (*held, name)]
        for code in codes:
            self._fake(X.KeyPress, code)
        for code in reversed(codes):
            self._fake(X.KeyRelease, code)
        self._settle()

    # --- eyes

    def picture(self) -> Picture:
        """What is on the screen now."""
        raw = self._root.get_image(0, 0, self.width, self.height, X.ZPixmap, 0xFFFFFFFF)
        pixels = np.frombuffer(raw.data, np.uint8).reshape(self.height, self.width, 4)
        return pixels[..., 2::-1].copy()

    def until(self, wanted: Callable[[], Any], what: str = "what was waited for") -> Any:
        """Wait for something true, while the program lives."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            if found := wanted():
                return found
            if self.program.poll() is not None:
                raise AssertionError(f"the program ended: {self.program.communicate()[1]}")
            time.sleep(0.1)
        raise AssertionError(f"{what} did not come within {WAIT_S:g} s")

    def still(self) -> Picture:
        """The screen once two looks at it are the same."""
        last = [self.picture()]

        def same() -> bool:
            time.sleep(0.2)
            last.append(self.picture())
            return bool((last[-1] == last[-2]).all())

        self.until(same, "a still picture")
        return last[-1]

    def _fake(self, event: int, detail: int = 0, **place: int) -> None:
        xtest.fake_input(self._display, event, detail, **place)
        self._display.sync()

    def _settle(self) -> None:
        time.sleep(_SETTLE_S)

    def _window(self) -> Any:
        """The program's own top window: the one that carries its name."""
        waiting = list(self._root.query_tree().children)
        while waiting:
            window = waiting.pop()
            visible = window.get_attributes().map_state == X.IsViewable
            if visible and "heatdesk" in (window.get_wm_name() or ""):
                return window
            waiting.extend(window.query_tree().children)
        return None
