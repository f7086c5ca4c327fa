"""The versions that draw here."""

from __future__ import annotations

from PySide6.QtCore import qVersion

from heatdesk import __version__
from heatdesk.machine.graphics import Build


def this_build() -> Build:
    """This Qt and this heatdesk: what was found with others need not hold."""
    return Build(str(qVersion()), __version__)
