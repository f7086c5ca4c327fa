"""History comes in by the menu and by dropping files; the chart goes on meanwhile and then shows it."""

import csv
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog

from heatdesk.engine import Engine
from heatdesk.gui.bridge import Bridge
from heatdesk.gui.dialogs.import_files import ImportDialog
from heatdesk.gui.last_session import opening_question
from heatdesk.gui.window import Window
from heatdesk.importing import symbol_by_name
from heatdesk.settings import Settings
from heatdesk.store.user import user_history

from .market import candles


def write_candles(path: Path, days: int = 3, price: float = 100.0) -> Path:
    rows = candles(days, price, seed=9)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["time_ms", "open", "high", "low", "close", "volume"])
        names = ("open", "high", "low", "close", "volume")
        table.writerows(zip(rows.time_ms, *(rows[name] for name in names), strict=True))
    return path


@pytest.fixture
def empty(qtbot):
    """A window over the user's own history, which is empty."""
    bridge = Bridge(
        lambda: Engine(user_history(read_only=True)),
        lambda catalogue: opening_question(Settings(), catalogue),
    )
    bridge.start()
    window = Window(bridge)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: "Ctrl+O" in window.page._text.text(), timeout=10_000)
    yield window
    window.errands.stop()
    assert window.errands.finish(10)
    bridge.stop()


def drop(window, data):
    where, left = QPointF(300, 300), Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(where, Qt.DropAction.CopyAction, data, left, none))


def files(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def accept(window, exchange="binance", symbol=None):
    dialog = window.findChild(ImportDialog)
    dialog.exchange.setCurrentText(exchange)
    if symbol is not None:
        dialog.symbol.setCurrentText(symbol)
    dialog._go.click()
    return dialog


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTCUSDT-5m-2026-01.zip", "BTC/USDT:USDT"),
        ("1000PEPEUSDC_1h.csv.gz", "1000PEPE/USDC:USDC"),
        ("ETHUSD.parquet", "ETH/USD:USD"),
        ("history.csv", ""),
        ("USDT.csv", ""),
        ("btcusdt.csv", ""),
    ],
)
def test_the_symbol_is_guessed_from_the_name(name, symbol):
    assert symbol_by_name(Path("folder") / name) == symbol


def test_a_dropped_file_becomes_the_chart(qtbot, empty, tmp_path):
    drop(empty, files(write_candles(tmp_path / "SOLUSDT-5m-2025-10.csv")))
    dialog = empty.findChild(ImportDialog)
    assert dialog.symbol.currentText() == "SOL/USDT:USDT"
    with qtbot.waitSignal(empty._bridge.answered, timeout=20_000):
        accept(empty)
    assert empty._snapshot.question.symbol == "SOL/USDT:USDT"
    assert empty.desk.isVisible()
    assert "864 new rows" in empty.notices.text


def test_the_menu_asks_for_files(qtbot, empty, tmp_path):
    path = write_candles(tmp_path / "SOLUSDT-5m.csv")
    qtbot.keyClick(empty, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    chooser = empty.findChild(QFileDialog)
    chooser.setDirectory(str(tmp_path))
    chooser.selectFile(str(path))
    chooser.accept()
    with qtbot.waitSignal(empty._bridge.answered, timeout=20_000):
        accept(empty)
    assert empty._snapshot.question.exchanges == ("binance",)


def test_a_folder_is_imported_and_bad_files_in_it_are_told(qtbot, empty, tmp_path):
    write_candles(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("nothing,of,use\n1,2,3\n")
    drop(empty, files(tmp_path))
    with qtbot.waitSignal(empty._bridge.answered, timeout=20_000):
        accept(empty, symbol="SOL/USDT:USDT")
    assert "b.csv" in empty.notices.text
    assert "imported" in empty.notices.text
    assert len(empty._snapshot.candles)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("picture.png", b"\x89PNG", "picture.png"),
        ("empty.csv", b"", "empty"),
        ("broken.zip", b"PK\x03\x04", "damaged"),
    ],
)
def test_a_wrong_file_is_told_in_words(qtbot, empty, tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    drop(empty, files(path))
    accept(empty, symbol="SOL/USDT:USDT")
    qtbot.waitUntil(lambda: says in empty.notices.text, timeout=10_000)
    assert "Traceback" not in empty.notices.text
    assert empty._snapshot is None


def test_what_is_no_file_is_told(empty):
    text = QMimeData()
    text.setText("some words")
    drop(empty, text)
    assert "files and folders" in empty.notices.text
    far = QMimeData()
    far.setUrls([QUrl("https://example.com/a.csv")])
    drop(empty, far)
    assert "on this computer" in empty.notices.text
    assert empty.findChild(ImportDialog) is None


def test_names_that_cannot_be_used_are_told_where_they_are_typed(qtbot, empty, tmp_path):
    drop(empty, files(write_candles(tmp_path / "a.csv")))
    dialog = accept(empty, exchange="Not An Exchange", symbol="SOL/USDT:USDT")
    assert "exchange name" in dialog.complaint
    accept(empty, symbol="<b>")
    assert "no name" in dialog.complaint
    assert dialog.isVisible()
    dialog.reject()


def test_an_import_runs_elsewhere_and_can_be_stopped(qtbot, empty, tmp_path):
    for i in range(40):
        write_candles(tmp_path / f"f{i:02}.csv", days=1)
    drop(empty, files(tmp_path))
    seen = []
    empty.errands.progressed.connect(lambda told: seen.append(threading.current_thread()))
    accept(empty, symbol="SOL/USDT:USDT")
    qtbot.waitUntil(lambda: "Importing" in empty.notices.text, timeout=10_000)
    assert set(seen) == {threading.main_thread()}
    empty.notices._button.click()
    assert not empty.notices.isVisible()
    qtbot.waitUntil(lambda: empty.errands._current is None)
