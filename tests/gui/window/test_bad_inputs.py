"""What cannot be right, put into the real window: the words it answers with."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QSystemTrayIcon

from heatdesk.engine import Engine
from heatdesk.gui import fonts
from heatdesk.gui.panels.clusters import NONE_AT_ALL, NONE_LISTED
from heatdesk.gui.status import EMPTY
from heatdesk.gui.view import View
from heatdesk.market import Kind, Records, SeriesKey
from heatdesk.store.memory import MemoryStore

from .market import BTC, candles

ENTER = Qt.Key.Key_Return


def said(widget):
    """All words of labels in sight."""
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def typed(qtbot, line, text):
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, ENTER)


def cut_off(window):
    """Words in sight that have less room than they need."""
    found = []
    QTest.qWait(30)  # until everything is laid out
    for widget in window.findChildren(QLabel) + window.findChildren(QAbstractButton):
        text = widget.text()
        if not text or not widget.isVisible() or getattr(widget, "wordWrap", lambda: False)():
            continue
        if type(widget).__name__ == "ElidedLabel":  # ends in … and has the whole in its tooltip
            continue
        room = widget.visibleRegion().boundingRect().width()
        if room < widget.fontMetrics().horizontalAdvance(text):
            found.append((text, room))
    return found


# --- typed values out of range


@pytest.mark.parametrize("text", ["9000", "-1", "nan", "much"])
def test_exposure_within_an_absurd_distance(qtbot, window, text):
    field = window.side.exposure.within
    before = window._snapshot.question.rules.exposure
    with qtbot.assertNotEmitted(window._bridge.answered, wait=50):
        typed(qtbot, field, text)
    assert repr(text) in window.status.line
    assert "percentage from" in window.status.line
    assert field.property("wrong")
    assert window._snapshot.question.rules.exposure == before
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.property("wrong")


@pytest.mark.parametrize(("name", "text", "says"), [("within", "-5", "percentage"), ("least", "lots", "10M")])
def test_a_filter_that_is_no_number(qtbot, window, name, text, says):
    listed = window.side.clusters.list.rows.rowCount()
    typed(qtbot, getattr(window.side.clusters.bar, name), text)
    assert repr(text) in window.status.line
    assert says in window.status.line
    assert window.side.clusters.list.rows.rowCount() == listed


def test_a_filter_that_leaves_nothing_says_so(qtbot, window):
    typed(qtbot, window.side.clusters.bar.least, "900B")
    assert NONE_LISTED in said(window.side)
    typed(qtbot, window.side.clusters.bar.least, "0")
    assert NONE_LISTED not in said(window.side)


@pytest.mark.parametrize(
    ("page", "name", "text", "says"),
    [
        ("model", "bin_bps", "0", "between 1 and 100 bp"),
        ("model", "leverage_median", "1e99", "between 1 and 50"),
        ("display", "time_zone", "Mars/Olympus", "Europe/Berlin"),
        ("currency", "code", "euro", "capital letters"),
        ("session", "recent_symbols", "<b>", "BTC/USDT:USDT"),
    ],
)
def test_a_setting_out_of_range_is_told_beside_it(qtbot, window, page, name, text, says):
    window.open_settings(page, name)
    before = window.preferences.settings
    form = window._settings_dialog.forms[page]
    typed(qtbot, form.fields[name].editor, text)
    assert says in said(form)
    assert window.preferences.settings == before
    assert not cut_off(form)
    window._settings_dialog.close()


# --- markets that hardly are any


def opened_on(qtbot, make, records):
    store = MemoryStore()
    store.append(SeriesKey("binance", BTC, Kind.CANDLES, "5m"), records, ())
    window = make(Engine(store))
    qtbot.waitUntil(lambda: window._snapshot is not None, timeout=20_000)
    return window


@pytest.mark.parametrize("rows", [1, 10])
def test_a_symbol_with_ten_candles(qtbot, make, rows):
    window = opened_on(qtbot, make, candles(1, 60_000.0, 1).take(slice(0, rows)))
    assert window.desk.isVisible()
    assert len(window._snapshot.candles) == rows
    assert "older positions are missing" in window.status.line
    assert "gaps 0" in said(window.status)
    assert BTC in window.windowTitle()
    assert not cut_off(window)


def test_a_map_of_zeros_says_what_to_do(qtbot, make):
    some = candles(2, 60_000.0, 1)
    columns = {name: some[name] for name in some.columns} | {"volume": np.zeros(len(some))}
    window = opened_on(qtbot, make, Records(Kind.CANDLES, some.time_ms, columns))
    assert not window._snapshot.heatmap.notional_long.any()
    assert EMPTY in window.status.line
    assert NONE_AT_ALL in said(window.side)
    assert "no zone of shorts" in said(window.side)
    assert "no zone of longs" in said(window.side)
    assert "no levels near" in window.side.exposure.bar.words()
    assert not cut_off(window)


@pytest.mark.parametrize("scale", ["linear", "log", "percent"])
def test_a_price_range_of_a_factor_of_ten_thousand(qtbot, make, scale):
    some = candles(2, 1.0, 1)
    wild = np.geomspace(1e-2, 1e2, len(some))
    prices = {name: some[name] * wild for name in ("open", "high", "low", "close")}
    columns = {name: some[name] for name in some.columns} | prices
    window = opened_on(qtbot, make, Records(Kind.CANDLES, some.time_ms, columns))
    window.set_view(dataclasses.replace(window._view, price_scale=scale))
    chart = window.desk.chart
    prices_shown = chart.visible_prices()
    assert prices_shown.high / max(prices_shown.low, 1e-9) > 1000
    labels = [tick.label for tick in chart.price_axis.ticks()]
    assert len(labels) > 3
    assert len(set(labels)) == len(labels), "no two marks read the same"
    assert all(labels)
    assert not cut_off(window)


# --- windows and machines


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(1, 1), (1040, 540), (1280, 800), (2560, 1440), (5000, 3000)])
def test_no_word_is_cut_off_in_any_window(qtbot, window, size, theme):
    window.set_view(View(theme=theme))
    window.resize(*size)
    qtbot.wait(30)
    assert window.width() >= 1040
    assert window.height() >= 540
    assert not cut_off(window)
    for panel in (window.side.frame, window.side.exposure):
        low = panel.mapTo(window, QPoint(0, panel.height())).y()
        assert low <= window.height() - window.status.height(), "all of it is in the window"


def test_no_tray_is_needed(window):
    assert not QSystemTrayIcon.isSystemTrayAvailable(), "the screenless platform has none"
    assert window.notices.text == ""
    assert window.desk.isVisible()


def test_a_font_that_is_not_there_gives_way(qtbot, qapp, make, engine):
    before = qapp.font()
    qapp.setFont(QFont("No Such Font At All"))
    try:
        window = make(engine)
        qtbot.waitUntil(lambda: window._snapshot is not None, timeout=20_000)
        assert fonts.symbols_complaint() == ""
        assert not cut_off(window)
    finally:
        qapp.setFont(before)


def test_symbols_that_no_font_has_are_told(qapp, monkeypatch):
    monkeypatch.setattr(fonts, "SYMBOLS", "▲\U0001e900◐")
    assert "lack \U0001e900;" in fonts.symbols_complaint()
    assert "DejaVu" in fonts.symbols_complaint()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system brings its fonts")
def test_a_machine_without_any_font_is_told(home, tmp_path):
    none = tmp_path / "fonts.conf"
    none.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>"
    )
    hidden = {"FONTCONFIG_FILE": str(none), "QT_QPA_PLATFORM": "offscreen", "HEATDESK_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "heatdesk", "run"],
        env={**os.environ, **hidden},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 5, done.stderr
    assert "no font on this machine" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_of_the_simulated_market_is_cut_off(qtbot, window, snapshot):
    window.side.simulated.show_snapshot(
        dataclasses.replace(snapshot, question=dataclasses.replace(snapshot.question, simulated=True))
    )
    panel = window.side.simulated
    panel.truth.click()
    assert panel.isVisible()
    assert not cut_off(panel)
    for label in panel.findChildren(QLabel):
        if label.wordWrap() and label.isVisible():
            assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_the_first_page_has_even_gaps(qtbot, window):
    window.middle.show_welcome()
    qtbot.wait(30)
    labels = window.middle.welcome.findChildren(QLabel)
    assert all(label.height() == label.heightForWidth(label.width()) for label in labels)
    qtbot.keyClick(window.middle.welcome.button, ENTER)
    assert window.desk.isVisible()
