"""The key that ends the program, in windows beside the main one: there the main window's own key does not reach."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog

KEY = "Ctrl+Q"


def quits_too(dialog: QDialog) -> None:
    """Let Ctrl+Q in a dialog close the window that it belongs to, with all that hangs on that."""
    shortcut = QShortcut(QKeySequence(KEY), dialog)
    if (parent := dialog.parentWidget()) is not None:
        shortcut.activated.connect(lambda: parent.window().close())
