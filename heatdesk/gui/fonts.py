"""Whether this machine's fonts have what the window says."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QFontMetrics

from heatdesk.errors import MachineError
from heatdesk.gui.theme import ui_font

SYMBOLS: Final = "▲▼▾☰◐±≤≥–"
_LETTER: Final = "a"
_REMEDY: Final = "install one that has them, for example DejaVu Sans (package fonts-dejavu-core)"


def missing(letters: str) -> str:
    """Those of some letters that no font here has."""
    metrics = QFontMetrics(ui_font())
    return "".join(letter for letter in letters if not metrics.inFontUcs4(ord(letter)))


def refuse_no_font() -> None:
    """Raise MachineError where there is no font at all: every word would be an empty box. Needs an application."""
    if missing(_LETTER):
        raise MachineError(
            "There is no font on this machine, so nothing in a window could be read; "
            "install one, for example DejaVu Sans (package fonts-dejavu-core)."
        )


def symbols_complaint() -> str:
    """What to say where fonts lack a symbol that the window uses; empty where they do not."""
    lacking = missing(SYMBOLS)
    return f"The fonts of this machine lack {' '.join(lacking)}; {_REMEDY}." if lacking else ""
