import dataclasses

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from heatdesk.gui import numbers
from heatdesk.gui.panels.frame import FramePanel, title
from heatdesk.reading.frame import NO_FRAME

from .zones import shown


@pytest.fixture
def panel(qtbot, snapshot):
    widget = shown(qtbot, FramePanel(), 208, 140)
    widget.show_snapshot(snapshot)
    return widget


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel)]


def test_the_frame_stands_on_top_in_words_and_shapes(panel, snapshot):
    said = texts(panel)
    for words, glyph, zone in (
        ("shorts, above", "▲", snapshot.frame.above),
        ("longs, below", "▼", snapshot.frame.below),
    ):
        assert zone is not None
        assert abs(zone.distance) >= 0.5 * snapshot.hourly_atr
        assert glyph in said
        assert numbers.price(zone.peak) in said
        assert f"{words} · {numbers.usd(zone.usd)}" in said
    assert "0.5 hourly ATR" in panel.above.toolTip()


def test_the_title_strip_carries_the_frame(snapshot):
    strip = title(snapshot)
    for zone in snapshot.frame:
        assert numbers.price(zone.peak) in strip
        assert numbers.percent(zone.distance, signed=True) in strip
    assert "SIMULATED" not in strip
    question = dataclasses.replace(snapshot.question, simulated=True)
    assert title(dataclasses.replace(snapshot, question=question)).startswith("SIMULATED")


def test_without_a_zone_it_says_so(panel, snapshot):
    panel.show_snapshot(dataclasses.replace(snapshot, frame=NO_FRAME))
    assert {"no zone of shorts", "no zone of longs"} <= set(texts(panel))
    assert title(dataclasses.replace(snapshot, frame=NO_FRAME)).split("   ") == [
        snapshot.question.symbol,
        "heatdesk",
    ]


def test_a_click_and_the_keyboard_centre_and_the_cursor_points(qtbot, panel, snapshot):
    with qtbot.waitSignal(panel.centre_asked) as asked:
        qtbot.mouseClick(panel.below, Qt.MouseButton.LeftButton, pos=QPoint(40, 10))
    assert asked.args == [snapshot.frame.below]
    panel.above.setFocus()
    with qtbot.waitSignal(panel.centre_asked) as asked:
        qtbot.keyClick(panel.above, Qt.Key.Key_Return)
    assert asked.args == [snapshot.frame.above]
    pointed = []
    panel.pointed.connect(pointed.append)
    qtbot.mouseMove(panel.above, QPoint(40, 10))
    qtbot.waitUntil(lambda: pointed == [snapshot.frame.above])
    qtbot.mouseMove(panel.below, QPoint(40, 10))
    qtbot.waitUntil(lambda: pointed[-1] == snapshot.frame.below)
