"""Files chosen or dropped become history, on a thread of their own; what goes wrong is told in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from heatdesk.errors import BadInputError
from heatdesk.gui import choices
from heatdesk.gui.choices import Catalogue
from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.gui.errands import Errand, Errands
from heatdesk.importing import Import, complaint, count, files_to_import, import_file
from heatdesk.model.brackets import EXCHANGES
from heatdesk.store.user import user_history

_FILES: Final = "History (*.csv *.csv.gz *.zip *.parquet);;All files (*)"


class Importer(QObject):
    """`imported` carries what is stored by now and what was imported; `said` and `failed` a sentence."""

    imported = Signal(object, object)
    said = Signal(str)
    failed = Signal(str)

    def __init__(self, errands: Errands, parent: QWidget) -> None:
        super().__init__(parent)
        self._window, self._errands = parent, errands
        self._catalogue: Catalogue = ()
        self._folder = ""

    def show_catalogue(self, catalogue: Catalogue) -> None:
        """What names to offer."""
        self._catalogue = catalogue

    def choose_files(self) -> None:
        """Ask which files."""
        dialog = QFileDialog(self._window, "Import history", self._folder, _FILES)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        quits_too(dialog)
        dialog.filesSelected.connect(lambda names: self.ask([Path(name) for name in names]))
        dialog.open()

    def ask(self, paths: Sequence[Path]) -> None:
        """Ask what files or folders are of, then import them."""
        from heatdesk.gui.dialogs.import_files import ImportDialog

        if not paths:
            return
        self._folder = str(paths[0].parent)
        stored = sorted({info.key.exchange for info in self._catalogue})
        exchanges = [*stored, *(name for name in EXCHANGES if name not in stored)]
        dialog = ImportDialog(paths, exchanges, choices.symbols(self._catalogue), self._window)
        dialog.chosen.connect(self.start)
        dialog.open()

    def start(self, paths: Sequence[Path], wanted: Import) -> None:
        """Import off the GUI thread; every file on its own, a bad one leaves the others stored."""
        self._errands.run(
            lambda errand: _import(errand, paths, wanted),
            lambda outcome: self._done(outcome, wanted),
            self.failed.emit,
        )

    def _done(self, outcome: tuple[Catalogue, int, str], wanted: Import) -> None:
        catalogue, rows, complained = outcome
        if complained:
            self.failed.emit(complained)
        else:
            self.said.emit(f"{wanted.symbol} on {wanted.exchange}: {count(rows, 'new row')}.")
        if any(info.key.symbol == wanted.symbol for info in catalogue):
            self.imported.emit(catalogue, wanted)


def dropped_paths(data: QMimeData) -> tuple[list[Path], str]:
    """The files and folders of a drop, and what is wrong with it where there are none or others besides."""
    urls = data.urls()
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    if not urls:
        return [], "Only files and folders can be dropped here; save what you dragged as a file first."
    if len(paths) < len(urls):
        return paths, "Only files on this computer can be imported; download the others first."
    return paths, ""


def _import(errand: Errand, paths: Sequence[Path], wanted: Import) -> tuple[Catalogue, int, str]:
    """What is stored afterwards, new rows, and a sentence about files that could not be used."""
    files, others = files_to_import(paths, wanted)
    if not files:
        raise BadInputError(f"Nothing of {wanted.symbol} is there: {others[0]}.")
    failed: list[BadInputError] = []
    rows = 0
    with user_history(read_only=False) as store:
        for index, file in enumerate(files):
            errand.tell(f"Importing {file.name[:80]} ({index + 1:,} of {len(files):,})", index / len(files))
            try:
                rows += sum(done.appended.new for done in import_file(store, wanted, file))
            except BadInputError as error:
                failed.append(error)
        catalogue = store.list()
    stored = len(failed) < len(files)
    return tuple(catalogue), rows, complaint(failed, stored) if failed else ""
