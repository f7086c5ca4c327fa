"""What is known about a map besides the map: how sure it is, and what was learned for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from heatdesk.engine import Question, Snapshot
from heatdesk.gui.bridge import Doubted
from heatdesk.gui.view import View

if TYPE_CHECKING:
    from heatdesk.gui.dialogs.learning import LearningDialog
    from heatdesk.model.ensemble import Agreement
    from heatdesk.replay.doubting import Uncertainty


class SecondLook(QObject):
    """Keeps the newest doubts, and puts them beside every answer to the same question."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._doubted: Doubted | None = None
        self._snapshot: Snapshot | None = None
        self._view = View()
        self._dialog: LearningDialog | None = None

    def known_of(self, snapshot: Snapshot) -> Snapshot:
        """An answer with its bands, where they are known already."""
        self._snapshot = snapshot
        if self._dialog is not None and self._dialog.isVisible():
            self._dialog.show_snapshot(snapshot)
        uncertainty = self._of(snapshot.question)
        if uncertainty is None:
            return snapshot
        return replace(snapshot, clusters=uncertainty.known_of(snapshot.clusters))

    def take(self, doubted: Doubted) -> Snapshot | None:
        """Keep new doubts; returns the answer on screen with its bands, None where they are another's."""
        self._doubted = doubted
        if self._snapshot is None or doubted.question != self._snapshot.question:
            return None
        return self.known_of(self._snapshot)

    def agreement(self) -> Agreement | None:
        """Where the models agree about the answer on screen; None until that is known."""
        uncertainty = None if self._snapshot is None else self._of(self._snapshot.question)
        return None if uncertainty is None else uncertainty.doubt.agreement

    def set_view(self, view: View) -> None:
        """Follow theme and clocks."""
        self._view = view
        if self._dialog is not None:
            self._dialog.set_view(view)

    def open_learning(self) -> None:
        """Show what was learned, beside the chart."""
        if self._dialog is None:
            from heatdesk.gui.dialogs.learning import LearningDialog

            self._dialog = LearningDialog(self._window)
            self._dialog.set_view(self._view)
        if self._snapshot is not None:
            self._dialog.show_snapshot(self._snapshot)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    def _of(self, question: Question) -> Uncertainty | None:
        doubted = self._doubted
        return doubted.uncertainty if doubted is not None and doubted.question == question else None
