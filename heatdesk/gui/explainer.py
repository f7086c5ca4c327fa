"""From a click or a key on the map to the parts of a cell, worked out by the model worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from heatdesk.engine import Question, Snapshot
from heatdesk.gui.bridge import Bridge
from heatdesk.gui.errands import Errands
from heatdesk.gui.explain_words import ExplainWords
from heatdesk.gui.hover import Hover
from heatdesk.gui.map_type import moment_text
from heatdesk.gui.view import View
from heatdesk.gui.wording import wording_of
from heatdesk.model.age_windows import AgeWindows
from heatdesk.reading.explain import Cell, Explanation

if TYPE_CHECKING:
    from heatdesk.gui.dialogs.explain import ExplainDialog

_MARGIN = 12


class Explainer(QObject):
    """`said` and `failed` carry a sentence, `pointed` the low and high price of the row explained, None at the end."""

    said = Signal(str)
    failed = Signal(str)
    pointed = Signal(object)

    def __init__(self, bridge: Bridge, errands: Errands, chart: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge, self._errands, self._chart, self._window = bridge, errands, chart, parent
        self._snapshot: Snapshot | None = None
        self._view = View()
        self._hover: Hover | None = None
        self._asked: tuple[Question, Cell] | None = None
        self._explanation: Explanation | None = None
        self.windows = AgeWindows()
        self.dialog: ExplainDialog | None = None
        bridge.explained.connect(self._show)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """The map that cells are of."""
        self._snapshot = snapshot

    def set_view(self, view: View) -> None:
        """Explain it in these words."""
        before, self._view = self._view, view
        said = (view.side, view.currency, view.time_zone)
        if said != (before.side, before.currency, before.time_zone):
            self._say()

    def set_hover(self, hover: Hover | None) -> None:
        """Where the crosshair is."""
        self._hover = hover

    def explain_hover(self) -> None:
        """The cell under the crosshair."""
        if self._hover is None or self._hover.row is None:
            self.said.emit("Nothing is under the crosshair; move it over the map, then press I.")
        else:
            self.explain(self._hover)

    def explain(self, hover: Hover) -> None:
        """One cell of the map."""
        if self._snapshot is None or hover.row is None or hover.column is None:
            return
        cell = Cell.of(self._snapshot.heatmap, hover.row, hover.column)
        self._asked = self._snapshot.question, cell
        self._bridge.explain(*self._asked)

    def _show(self, explanation: Explanation) -> None:
        if self._asked is None or explanation.cell != self._asked[1]:
            return
        self._explanation = explanation
        if self.dialog is None:
            from heatdesk.gui.dialogs.explain import ExplainDialog

            self.dialog = ExplainDialog(self._window)
            self.dialog.export_asked.connect(self._export)
            self.dialog.finished.connect(lambda _: self.pointed.emit(None))
        self._say()
        self.pointed.emit((explanation.low, explanation.high))
        if not self.dialog.isVisible():
            self._place(self.dialog)
            self.dialog.show()
        self.dialog.raise_()

    def _say(self) -> None:
        if self._explanation is None or self._asked is None or self.dialog is None:
            return
        question = self._asked[0]
        windows = self.windows if question.ages is None else question.ages.windows
        self.dialog.show_words(
            ExplainWords(self._explanation, self._view.side, wording_of(self._view), question.params, windows)
        )

    def _place(self, dialog: ExplainDialog) -> None:
        """In the lower half of the chart, on the side where the crosshair is not."""
        area = self._chart.rect()
        width, height = min(dialog.width(), area.width()), min(dialog.height(), area.height())
        dialog.resize(width - 2 * _MARGIN, min(height, area.height() - 2 * _MARGIN))
        cursor = self._chart.mapFromGlobal(self._chart.cursor().pos())
        left = _MARGIN if cursor.x() > area.width() / 2 else area.width() - dialog.width() - _MARGIN
        corner = QPoint(left, area.height() - dialog.height() - _MARGIN)
        dialog.move(self._chart.mapToGlobal(corner))

    def _export(self) -> None:
        if (explanation := self._explanation) is None:
            return
        moment = moment_text(explanation.cell.end_ms, "UTC")
        stem = f"{explanation.symbol}-{explanation.price:.5g}-{moment}"
        name = "".join(c if c.isascii() and (c.isalnum() or c == ".") else "-" for c in stem)
        dialog = QFileDialog(self._window, "Export all parts", f"{name}.csv", "CSV tables (*.csv)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.fileSelected.connect(lambda chosen: self.write(Path(chosen)))
        dialog.open()

    def write(self, path: Path) -> None:
        """Save all parts of the cell shown."""
        from heatdesk.export_parts import write_parts

        if (explanation := self._explanation) is not None:
            said = f"Saved {path.name}: {len(explanation.parts):,} parts."
            self._errands.run(
                lambda _: write_parts(explanation, path),
                lambda _: self.said.emit(said),
                self.failed.emit,
            )
