"""What goes wrong with OpenGL, and the switch that makes it go wrong in tests."""

from __future__ import annotations

import os
import sys
from typing import Final

from heatdesk.errors import MachineError

BREAK: Final = "HEATDESK_BREAK_GL"
WAYS: Final = ("shader", "paint", "context")
_LONGEST: Final = 300


class GlError(Exception):
    """OpenGL did not do what it was asked; the message says what, in printable ASCII."""

    def __init__(self, message: str) -> None:
        super().__init__("".join(c if " " <= c <= "~" else " " for c in message)[:_LONGEST].strip())


def to_break() -> str:
    """Which of `WAYS` shall break, empty where none shall; for tests.

    ``shader``: none compiles. ``paint``: painting raises. ``context``: the context is taken away while painting.
    Raises MachineError in a packaged program.
    """
    way = os.environ.get(BREAK, "")
    if way and getattr(sys, "frozen", False):
        raise MachineError(
            f"{BREAK} is for development: nothing is broken on purpose in a packaged heatdesk."
        )
    return way if way in WAYS else ""
