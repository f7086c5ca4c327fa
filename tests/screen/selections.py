"""What programs hand each other through the X server: the clipboard, and files dropped on a window (XDND)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from Xlib import X
from Xlib.display import Display
from Xlib.protocol import event

_WAIT_S = 10.0
_XDND_VERSION = 5


class Selections:
    """A window of our own that nobody sees, for asking and for being asked."""

    def __init__(self, display: Display) -> None:
        self._display = display
        screen = display.screen()
        self._window = screen.root.create_window(0, 0, 1, 1, 0, screen.root_depth)

    def clipboard(self) -> str:
        """What was copied last, as text."""
        target, into = self._atom("UTF8_STRING"), self._atom("HEATDESK_TEST")
        self._window.convert_selection(self._atom("CLIPBOARD"), target, into, X.CurrentTime)
        told = self._next(X.SelectionNotify, lambda e: e.requestor == self._window)
        assert told.property, "there is no text in the clipboard"
        value = self._window.get_full_property(into, X.AnyPropertyType).value
        return value.decode() if isinstance(value, bytes) else str(value)

    def drop(self, window: Any, at: tuple[int, int], paths: Sequence[Path]) -> None:
        """Drag files onto a window and let them go there."""
        self._window.set_selection_owner(self._atom("XdndSelection"), X.CurrentTime)
        data = "".join(f"{path.as_uri()}\r\n" for path in paths).encode()
        uris, copy = self._atom("text/uri-list"), self._atom("XdndActionCopy")
        self._tell(window, "XdndEnter", _XDND_VERSION << 24, uris, 0, 0)
        self._tell(window, "XdndPosition", 0, at[0] << 16 | at[1], X.CurrentTime, copy)
        status = self._message("XdndStatus", data)
        assert status.data[1][1] & 1, "the window does not take the drop"
        self._tell(window, "XdndDrop", 0, X.CurrentTime, 0, 0)
        self._message("XdndFinished", data)

    def _tell(self, window: Any, name: str, *values: int) -> None:
        data = (32, [self._window.id, *values])
        window.send_event(event.ClientMessage(window=window, client_type=self._atom(name), data=data))
        self._display.flush()

    def _message(self, name: str, data: bytes) -> Any:
        """Wait for what the other window says; hand over the data when it asks for them."""
        wanted = self._atom(name)

        def answers(e: Any) -> bool:
            if e.type == X.SelectionRequest:
                self._hand_over(e, data)
            return bool(e.type == X.ClientMessage and e.client_type == wanted)

        return self._next(None, answers)

    def _hand_over(self, asked: Any, data: bytes) -> None:
        asked.requestor.change_property(asked.property, asked.target, 8, data)
        asked.requestor.send_event(
            event.SelectionNotify(
                time=asked.time,
                requestor=asked.requestor,
                selection=asked.selection,
                target=asked.target,
                property=asked.property,
            )
        )
        self._display.flush()

    def _next(self, kind: int | None, wanted: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + _WAIT_S
        while time.monotonic() < deadline:
            while self._display.pending_events():
                told = self._display.next_event()
                if (kind is None or told.type == kind) and wanted(told):
                    return told
            time.sleep(0.01)
        raise AssertionError("the other program did not answer")

    def _atom(self, name: str) -> int:
        return int(self._display.intern_atom(name))
