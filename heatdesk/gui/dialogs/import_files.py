"""Before files are imported: which exchange and symbol they are of, guessed from their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from heatdesk.errors import BadInputError
from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.importing import Import, symbol_by_name

_WIDTH_PX: Final = 460
_NAMES_SHOWN: Final = 4


class ImportDialog(QDialog):
    """Emits `chosen` with the paths and what they shall be taken for."""

    chosen = Signal(object, object)

    def __init__(
        self, paths: Sequence[Path], exchanges: Sequence[str], symbols: Sequence[str], parent: QWidget
    ) -> None:
        """`exchanges` and `symbols` are offered, the likeliest first; others may be typed."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Import · heatdesk")
        self._paths = list(paths)
        guessed = next(filter(None, map(symbol_by_name, self._paths)), "")
        self.exchange = _names("Exchange", "binance", exchanges, self)
        offered = [*filter(None, [guessed]), *(symbol for symbol in symbols if symbol != guessed)]
        self.symbol = _names("Symbol", "BTC/USDT:USDT", offered, self)
        if not guessed:
            self.symbol.setCurrentText("")
        self._complaint = _label("", "complaint")
        self._complaint.hide()
        form = QFormLayout()
        form.addRow("Exchange", self.exchange)
        form.addRow("Symbol", self.symbol)
        self._go = QPushButton("Import", self)
        self._go.setDefault(True)
        self._go.clicked.connect(self._accept)
        cancel = QPushButton("Cancel", self)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._go)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addWidget(_label(_listed(self._paths)))
        column.addLayout(form)
        column.addWidget(self._complaint)
        column.addLayout(buttons)
        self.setFixedWidth(_WIDTH_PX)
        quits_too(self)

    @property
    def complaint(self) -> str:
        """What is wrong with the names; empty where nothing is."""
        return self._complaint.text()

    def _accept(self) -> None:
        try:
            wanted = Import(self.exchange.currentText().strip(), self.symbol.currentText().strip())
        except BadInputError as error:
            self._complaint.setText(str(error))
            self._complaint.show()
            return
        self.accept()
        self.chosen.emit(self._paths, wanted)


def _names(what: str, example: str, names: Sequence[str], parent: QWidget) -> QComboBox:
    box, line = QComboBox(parent), QLineEdit()
    line.setMaxLength(80)
    line.setPlaceholderText(example)
    box.setLineEdit(line)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.setAccessibleName(what)
    box.addItems(list(names))
    return box


def _label(text: str, name: str = "") -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _listed(paths: Sequence[Path]) -> str:
    """The first names, and how many more there are."""
    names = [path.name[:80] for path in paths[:_NAMES_SHOWN]]
    more = len(paths) - len(names)
    return "\n".join([*names, f"and {more:,} more"] if more else names)
