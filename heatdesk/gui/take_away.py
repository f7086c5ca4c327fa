"""What a person takes away from the window: a picture, the map, its clusters, the values under the crosshair."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from heatdesk.engine import Snapshot
from heatdesk.gui.desk import ChartDesk
from heatdesk.gui.dialogs.quit_key import quits_too
from heatdesk.gui.errands import Errands
from heatdesk.gui.hover import Hover
from heatdesk.gui.view import View
from heatdesk.moments import utc_text

_PICTURES: Final = "PNG pictures (*.png)"
_MAPS: Final = "NumPy arrays (*.npz)"
_TABLES: Final = "CSV tables (*.csv);;Parquet tables (*.parquet)"


class TakeAway(QObject):
    """Asks where to, then writes whole files off the GUI thread. `said` and `failed` carry a sentence."""

    said = Signal(str)
    failed = Signal(str)

    def __init__(self, desk: ChartDesk, errands: Errands, parent: QWidget) -> None:
        super().__init__(parent)
        self._window, self._desk, self._errands = parent, desk, errands
        self._snapshot: Snapshot | None = None
        self._view = View()
        self._hover: Hover | None = None
        self._folder = ""
        desk.chart.hovered.connect(self._hovered)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """This is what can be taken away."""
        self._snapshot = snapshot

    def set_view(self, view: View) -> None:
        """A picture looks like this."""
        self._view = view

    def save_picture(self, scale: float = 1.0) -> None:
        """The chart as it is shown, at `scale` pixels for each of the screen's logical ones."""
        self._ask_where("Save picture", ".png", _PICTURES, lambda path: self._picture(path, scale))

    def save_map(self) -> None:
        """The whole map as arrays."""
        self._ask_where("Save map as arrays", ".npz", _MAPS, self._map)

    def export_clusters(self) -> None:
        """All clusters as a table, CSV or Parquet by the file's ending."""
        self._ask_where("Export clusters", ".csv", _TABLES, self._clusters)

    def copy_values(self) -> None:
        """What the crosshair stands on, one name and value a line, numbers in full."""
        if self._snapshot is None or self._hover is None:
            self.said.emit("Nothing is under the crosshair; move it over the map, then copy.")
            return
        QGuiApplication.clipboard().setText(values_text(self._snapshot, self._hover))
        self.said.emit(f"Values at {utc_text(self._hover.time_ms)} copied.")

    def _hovered(self, hover: Hover | None) -> None:
        self._hover = hover

    def _ask_where(self, title: str, suffix: str, filters: str, save: Callable[[Path], None]) -> None:
        if (snapshot := self._snapshot) is None:
            self.failed.emit("There is no map to save yet; import some history first.")
            return
        dialog = QFileDialog(self._window, title, self._folder, filters)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        quits_too(dialog)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(file_stem(snapshot) + suffix)
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix("parquet" if "parquet" in chosen else suffix[1:])
        )
        dialog.fileSelected.connect(lambda name: self._chosen(Path(name), save))
        dialog.open()

    def _chosen(self, path: Path, save: Callable[[Path], None]) -> None:
        self._folder = str(path.parent)
        save(path)

    def _picture(self, path: Path, scale: float) -> None:
        from heatdesk.gui.picture import Stretch, render, write_picture

        if self._snapshot is None:
            return
        chart = self._desk.chart
        stretch = Stretch(chart.visible_times(), chart.visible_prices())
        size = self._desk.width(), self._desk.height()
        image = render(self._snapshot, self._view, size, scale, stretch)
        said = f"{path.name}: {image.width()} × {image.height()} pixels."
        self._write(said, lambda: write_picture(image, path))

    def _map(self, path: Path) -> None:
        from heatdesk.export import write_map

        if (snapshot := self._snapshot) is not None:
            rows, columns = snapshot.heatmap.shape
            said = f"{path.name}: {rows:,} prices × {columns:,} times."
            self._write(said, lambda: write_map(snapshot.heatmap, path))

    def _clusters(self, path: Path) -> None:
        from heatdesk.export import write_clusters

        if (snapshot := self._snapshot) is not None:
            said = f"{path.name}: {len(snapshot.clusters):,} clusters."
            self._write(said, lambda: write_clusters(snapshot.clusters, path))

    def _write(self, said: str, write: Callable[[], None]) -> None:
        self._errands.run(lambda _: write(), lambda _: self.said.emit(f"Saved {said}"), self.failed.emit)


def file_stem(snapshot: Snapshot) -> str:
    """A file name without its ending: ``BTC-USDT-USDT-5m-2026-02-08``; letters, digits and dashes only."""
    heatmap = snapshot.heatmap
    end = int(heatmap.times_ms[-1]) + heatmap.step_ms if len(heatmap.times_ms) else 0
    words = f"{snapshot.question.symbol}-{snapshot.question.timeframe}-{utc_text(end)[:10]}"
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in words)[:100]


def values_text(snapshot: Snapshot, hover: Hover) -> str:
    """The values of one place: a name, a tab and a value on every line, times in UTC, amounts in USD."""
    rows: list[tuple[str, object]] = [
        ("symbol", snapshot.question.symbol),
        ("time", utc_text(hover.time_ms)),
        ("price", f"{hover.price:.10g}"),
    ]
    if hover.candle is not None:
        rows += [(name, f"{value:.10g}") for name, value in hover.candle._asdict().items()]
    if hover.long_usd is not None and hover.short_usd is not None:
        rows += [
            ("longs USD per 0.1 %", f"{hover.long_usd:.2f}"),
            ("shorts USD per 0.1 %", f"{hover.short_usd:.2f}"),
        ]
    return "\n".join(f"{name}\t{value}" for name, value in rows)
