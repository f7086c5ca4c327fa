"""The real program on a screen of its own, and a hand on its mouse and keyboard (XTEST)."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import XError
from Xlib.ext import xtest

from .selections import Selections
from .x_server import environment

Picture = np.ndarray  # uint8 (height, width, 3), RGB

WAIT_S, FIRST_WAIT_S = 30.0, 200.0
WHEEL_UP, WHEEL_DOWN = 4, 5
_CHECKOUT = Path(__file__).parents[2]
_BETWEEN_CLICKS_S = 0.32  # longer than the witness lets a double click take
_BETWEEN_PRESSES_S = 0.02  # of a double click: two within a millisecond are none
_NEAR = 12  # px: two clicks farther apart are no double click
_STEP_S = 0.004


class Desktop:
    """The program's window in the corner of an X server's screen, and the witness inside it."""

    def __init__(self, display: str, home: Path, size: tuple[int, int], *arguments: str) -> None:
        """`arguments`: those of the witness, `run` and what follows it among them."""
        self.width, self.height = size
        self._log = home / "program.log"
        with self._log.open("w") as log:
            self.program = subprocess.Popen(
                [sys.executable, "-m", "tests.screen.witness", *arguments],
                cwd=_CHECKOUT,
                env=environment(display, home),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._display = Display(display)
        self._root = self._display.screen().root
        self._clicked = 0.0, 0, 0
        self.selections = Selections(self._display)
        try:
            self._window = self.until(self._find_window, "the window")
        except BaseException:
            self.close()
            raise
        self.resize(*size)

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

    def resize(self, width: int, height: int) -> None:
        """Give the window this size; it stays in the corner."""
        self.width, self.height = width, height
        self._window.configure(x=0, y=0, width=width, height=height)
        self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    # --- hands

    def move(self, x: int, y: int) -> None:
        self._fake(X.MotionNotify, x=x, y=y)

    def click(self, x: int, y: int, button: int = 1, times: int = 1, held: Sequence[str] = ()) -> None:
        last, *place = self._clicked
        if abs(place[0] - x) + abs(place[1] - y) < _NEAR:
            time.sleep(max(0.0, last + _BETWEEN_CLICKS_S - time.monotonic()))
        self.move(x, y)
        codes = [self._code(name)[0] for name in held]
        for code in codes:
            self._fake(X.KeyPress, code)
        for number in range(times):
            if number:
                time.sleep(_BETWEEN_PRESSES_S)
            self._fake(X.ButtonPress, button)
            self._fake(X.ButtonRelease, button)
        for code in codes:
            self._fake(X.KeyRelease, code)
        self._clicked = time.monotonic(), x, y

    def drag(self, start: tuple[int, int], end: tuple[int, int], steps: int = 6) -> None:
        self.move(*start)
        self._fake(X.ButtonPress, 1)
        for step in range(1, steps + 1):
            time.sleep(_STEP_S)
            self.move(*(round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True)))
        self._fake(X.ButtonRelease, 1)
        self._clicked = time.monotonic(), *end

    def key(self, name: str, *held: str) -> None:
        """Press a key by its X name, the `held` ones being down meanwhile."""
        self._focus_front()
        code, shifted = self._code(name)
        codes = [
            *(self._code(one)[0] for one in held),
            *([self._code("Shift_L")[0]] if shifted else []),
            code,
        ]
        for one in codes:
            self._fake(X.KeyPress, one)
        for one in reversed(codes):
            self._fake(X.KeyRelease, one)

    def type(self, text: str) -> None:
        """Type a text, letter by letter."""
        for letter in text:
            self.key(letter)

    def drop(self, at: tuple[int, int], paths: Sequence[Path]) -> None:
        """Drag files onto the window and let them go."""
        self.selections.drop(self._window, at, paths)

    # --- eyes

    def picture(self) -> Picture:
        """What is on the screen now, where the window is."""
        raw = self._root.get_image(0, 0, self.width, self.height, X.ZPixmap, 0xFFFFFFFF)
        pixels = np.frombuffer(raw.data, np.uint8).reshape(self.height, self.width, 4)
        return pixels[..., 2::-1].copy()

    def dialog(self, title: str) -> None:
        """Wait until a window whose title begins like this is in front."""
        self.until(lambda: self.title().startswith(title), f"a window {title!r}")

    def first_map(self) -> None:
        """Wait for the first map; on a machine that has not compiled the model yet that is a while."""
        self.until(lambda: self.ask("shows_map"), "the first map", FIRST_WAIT_S)

    def until(
        self, wanted: Callable[[], Any], what: str = "what was waited for", wait_s: float = WAIT_S
    ) -> Any:
        """Wait for something true, while the program lives."""
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            if found := wanted():
                return found
            if self.program.poll() is not None:
                raise AssertionError(f"the program ended: {self._log.read_text()}")
            time.sleep(0.03)
        raise AssertionError(f"{what} did not come within {wait_s:g} s")

    def ask(self, name: str, **values: Any) -> Any:
        """What the witness says; an AssertionError where the program is gone."""
        assert self.program.stdin and self.program.stdout
        self.program.stdin.write(json.dumps({"ask": name, "values": values}) + "\n")
        self.program.stdin.flush()
        line = self._heard()
        assert line, f"the program ended: {self._log.read_text()}"
        answer = json.loads(line)
        assert not (isinstance(answer, dict) and "error" in answer), answer["error"]
        return answer

    def calm(self) -> None:
        """Wait until what was done has been seen, and nothing is on its way any more."""
        self._display.sync()
        self.ask("calm")

    def _heard(self) -> str:
        """The next line that the witness says; kills a program that says nothing."""
        assert self.program.stdout
        if not select.select([self.program.stdout], [], [], WAIT_S)[0]:
            self.program.send_signal(signal.SIGABRT)  # leaves in the log where each thread stood
            self.program.wait(10)
        return str(self.program.stdout.readline())

    def _fake(self, event: int, detail: int = 0, **place: int) -> None:
        xtest.fake_input(self._display, event, detail, **place)
        self._display.sync()

    def _code(self, name: str) -> tuple[int, bool]:
        """The key that makes a letter or has an X name, and whether Shift is needed."""
        symbol = ord(name) if len(name) == 1 else XK.string_to_keysym(name)
        code = self._display.keysym_to_keycode(symbol)
        return code, len(name) == 1 and self._display.keycode_to_keysym(code, 0) != symbol

    def _windows(self) -> list[Any]:
        """The program's visible windows, the front one last; menus and tooltips are none."""
        found = []
        for window in self._root.query_tree().children:
            try:
                told = window.get_attributes()
                size = window.get_geometry()
            except XError:  # gone since it was listed
                continue
            if told.map_state == X.IsViewable and not told.override_redirect and size.width > 1:
                found.append(window)
        return found

    def front(self) -> tuple[slice, slice]:
        """Rows and columns of the front window."""
        place = self._windows()[-1].get_geometry()
        return slice(place.y, place.y + place.height), slice(place.x, place.x + place.width)

    def title(self) -> str:
        """What the front window is called."""
        names = self._display.intern_atom("_NET_WM_NAME"), self._display.intern_atom("UTF8_STRING")
        told = self._windows()[-1].get_full_property(*names)
        return told.value.decode() if told and isinstance(told.value, bytes) else str(told and told.value)

    def _focus_front(self) -> None:
        """What a window manager does: the front window has the keyboard."""
        if windows := self._windows():
            front = windows[-1]
            focus = self._display.get_input_focus().focus
            if getattr(focus, "id", focus) != front.id:
                front.set_input_focus(X.RevertToParent, X.CurrentTime)
                self._display.sync()
                time.sleep(0.05)

    def _find_window(self) -> Any:
        """The program's own top window: the one that carries its name."""
        return next((w for w in self._windows() if "heatdesk" in (w.get_wm_name() or "")), None)
