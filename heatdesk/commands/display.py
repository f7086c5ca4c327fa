"""Whether a window can open here; decided before Qt is imported, for Qt ends the process where none can."""

from __future__ import annotations

import os
import sys


def use_display() -> bool:
    """True where a window can open; otherwise Qt is told to draw without a screen."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return True
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return False
