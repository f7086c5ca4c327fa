"""Pictures, arrays, tables and values leave the window through its menu and keys."""

import csv
import json
import os

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from heatdesk.gui.hover import hover_at
from heatdesk.gui.take_away import file_stem, values_text
from heatdesk.gui.view import View


def trigger(window, text):
    next(action for action in window.findChildren(QAction) if action.text() == text).trigger()


def save(qtbot, window, action, path):
    """Choose a file in the dialog that an action opens; returns what the window then says."""
    action()
    dialog = window.findChild(QFileDialog)
    assert dialog.isVisible(), "the dialog opens without waiting in it"
    dialog.selectFile(str(path))
    dialog.accept()
    qtbot.waitUntil(lambda: window.notices.isVisible() and "Saved" in window.notices.text, timeout=10_000)
    return window.notices.text


@pytest.mark.parametrize(
    ("modifiers", "scale"),
    [
        (Qt.KeyboardModifier.ControlModifier, 1),
        (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, 2),
    ],
)
def test_a_key_saves_what_is_shown(qtbot, window, tmp_path, modifiers, scale):
    path = tmp_path / "map.png"
    window.desk.chart.view_box.zoom_time(0.2, window.desk.chart.visible_times().low)
    size = window.desk.width(), window.desk.height()
    save(qtbot, window, lambda: qtbot.keyClick(window, Qt.Key.Key_S, modifiers), path)
    picture = QImage(str(path))
    assert (picture.width(), picture.height()) == (size[0] * scale, size[1] * scale)
    window.desk.reset_range()
    whole = tmp_path / "whole.png"
    save(qtbot, window, lambda: window.take_away.save_picture(scale), whole)
    assert QImage(str(whole)) != picture, "the picture shows the stretch that the window shows"


def test_a_picture_has_the_looks_of_the_window(qtbot, window, tmp_path):
    path = tmp_path / "map.png"
    window.set_view(View(theme="light"))
    save(qtbot, window, window.take_away.save_picture, path)
    assert QImage(str(path)).pixelColor(2, 2).lightness() > 200


def test_the_map_as_arrays(qtbot, window, tmp_path):
    path = tmp_path / "map.npz"
    assert "prices" in save(qtbot, window, lambda: trigger(window, "Save map as arrays…"), path)
    with np.load(path) as saved:
        assert (saved["notional_long"] == window._snapshot.heatmap.notional_long).all()
        assert json.loads(str(saved["meta"]))["symbol"] == window._snapshot.question.symbol


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_clusters_as_a_table(qtbot, window, tmp_path, suffix):
    path = tmp_path / f"clusters{suffix}"
    save(qtbot, window, lambda: trigger(window, "Export clusters…"), path)
    if suffix == ".csv":
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert sum(float(row["usd"]) for row in rows) == pytest.approx(
            sum(c.usd for c in window._snapshot.clusters)
        )
    else:
        assert path.read_bytes()[:4] == b"PAR1"


def test_a_name_without_an_ending_gets_one(qtbot, window, tmp_path):
    save(qtbot, window, window.take_away.export_clusters, tmp_path / "clusters")
    assert (tmp_path / "clusters.csv").exists()


def test_values_under_the_crosshair_are_copied(qtbot, window):
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(window.desk, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "move it over the map" in window.notices.text
    canvas = window.desk.chart.canvas.viewport()
    qtbot.mouseMove(canvas, QPoint(200, 200))
    qtbot.mouseMove(canvas, QPoint(300, 300))
    qtbot.waitUntil(lambda: window.take_away._hover is not None)
    qtbot.keyClick(window.desk, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = dict(line.split("\t") for line in QGuiApplication.clipboard().text().splitlines())
    hover = window.take_away._hover
    assert float(rows["price"]) == pytest.approx(hover.price)
    assert float(rows["longs USD per 0.1 %"]) == pytest.approx(hover.long_usd, abs=0.01)


def test_values_outside_the_map_are_those_that_are_known(snapshot):
    time_ms = int(snapshot.heatmap.times_ms[5])
    text = values_text(snapshot, hover_at(snapshot, time_ms, 1e9))
    assert "longs" not in text
    assert "close" in text


def test_a_file_name_holds_nothing_that_a_path_could_use(snapshot):
    assert file_stem(snapshot) == "BTC-USDT-USDT-5m-2025-10-20"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing refuses this user")
def test_a_folder_that_refuses_is_told(qtbot, window, tmp_path):
    tmp_path.chmod(0o500)
    window.take_away._map(tmp_path / "map.npz")
    qtbot.waitUntil(lambda: "cannot be written" in window.notices.text, timeout=10_000)


def test_a_folder_that_is_gone_is_told_and_leaves_nothing(qtbot, window, tmp_path):
    window.take_away._clusters(tmp_path / "gone" / "c.csv")
    qtbot.waitUntil(lambda: "cannot be written" in window.notices.text, timeout=10_000)
    assert list(tmp_path.glob("*.csv")) == []


def test_the_desk_stays_usable_while_a_file_is_written(qtbot, window, tmp_path):
    window.take_away._map(tmp_path / "a.npz")
    window.take_away._map(tmp_path / "b.npz")
    qtbot.waitUntil(lambda: (tmp_path / "b.npz").exists(), timeout=10_000)
    qtbot.waitUntil(lambda: "b.npz" in window.notices.text)
