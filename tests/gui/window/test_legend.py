from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit

from heatdesk.gui.contrast import automatic_limits
from heatdesk.gui.legend import GAMMAS, Legend
from heatdesk.gui.legend_handle import LegendHandle
from heatdesk.gui.legend_scale import AmountScale, amount_scale, colour_index, histogram
from heatdesk.gui.theme import palette_names
from heatdesk.gui.view import View


@given(st.floats(1.0, 1e12), st.floats(0.0, 1.0))
def test_positions_and_amounts_are_each_others_inverse(top, share):
    scale = AmountScale(top)
    assert float(scale.amount(scale.position(share * top))) == pytest.approx(share * top, rel=1e-9, abs=1e-9)
    assert 0 <= float(scale.position(share * top)) <= 1


def test_the_bar_is_in_usd_per_tenth_percent(snapshot):
    heatmap = snapshot.heatmap
    per_bin = float(heatmap.notional("both").max())
    assert amount_scale(heatmap, "both").top == pytest.approx(per_bin * 10 / heatmap.bin_bps)


def test_the_histogram_counts_what_is_there(snapshot):
    scale = amount_scale(snapshot.heatmap, "both")
    heights = histogram(snapshot.heatmap, "both", scale, 32)
    assert heights.shape == (32,)
    assert heights.max() == 1
    assert (heights >= 0).all()
    empty = replace(
        snapshot.heatmap,
        notional_long=np.zeros_like(snapshot.heatmap.notional_long),
        notional_short=np.zeros_like(snapshot.heatmap.notional_short),
    )
    assert amount_scale(empty, "both").top == 1
    assert (histogram(empty, "both", AmountScale(1.0), 32) == 0).all()


def test_colours_end_at_the_limits():
    entries = colour_index(np.array([0.0, 10.0, 15.0, 20.0, 99.0]), 10.0, 20.0, 1.0)
    assert entries.tolist() == [0, 0, 128, 255, 255]
    assert colour_index(np.array([15.0]), 10.0, 20.0, 2.0)[0] == 64


@pytest.fixture
def legend(qtbot, snapshot):
    """A legend whose view is set by what it asks for, as the window does."""
    widget = Legend()
    qtbot.addWidget(widget)
    widget.resize(widget.width(), 500)
    widget.asked = []

    def take(view):
        widget.asked.append(view)
        automatic = automatic_limits(snapshot.heatmap, view.side)
        limits = (
            automatic[0] if view.low is None else view.low,
            automatic[1] if view.high is None else view.high,
        )
        widget.set_view(view, limits)

    widget.view_changed.connect(take)
    widget.show_snapshot(snapshot)
    widget.set_view(View(), automatic_limits(snapshot.heatmap, "both"))
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def handle(legend, name):
    return legend.findChild(LegendHandle, f"{name} limit")


def test_dragging_a_handle_moves_its_limit_only(qtbot, legend):
    low, high = legend.limits
    upper = handle(legend, "upper")
    centre = upper.rect().center()
    qtbot.mousePress(upper, Qt.MouseButton.LeftButton, pos=centre)
    qtbot.mouseMove(upper, centre + QPoint(0, 40))
    qtbot.mouseRelease(upper, Qt.MouseButton.LeftButton, pos=centre)
    assert legend.asked
    assert legend.limits[0] == low
    assert 0 < legend.limits[1] < high


def test_handles_never_cross(qtbot, legend):
    for _ in range(30):
        qtbot.keyClick(handle(legend, "lower"), Qt.Key.Key_PageUp)
        low, high = legend.limits
        assert low < high


def test_arrow_keys_step_the_focused_handle(qtbot, legend):
    _, before = legend.limits
    qtbot.keyClick(handle(legend, "upper"), Qt.Key.Key_Down)
    assert legend.limits[1] < before
    qtbot.keyClick(handle(legend, "upper"), Qt.Key.Key_Up)
    assert legend.limits[1] == pytest.approx(before, rel=1e-6)


def test_a_value_can_be_typed(qtbot, legend):
    qtbot.mouseDClick(handle(legend, "upper"), Qt.MouseButton.LeftButton)
    editor = legend.findChild(QLineEdit)
    editor.setText("1.5 M")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert legend.limits[1] == 1.5e6
    assert len(legend.asked) == 1, "losing the focus must not report it again"


@pytest.mark.parametrize("text", ["rubbish", "", "-3", "nan"])
def test_what_cannot_be_read_changes_nothing(qtbot, legend, text):
    before = legend.limits
    qtbot.keyClick(handle(legend, "lower"), Qt.Key.Key_Return)
    editor = legend.findChild(QLineEdit)
    editor.setText(text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert legend.limits == before
    assert legend.asked == []


def actions(menu):
    return {a.text(): a for a in menu.actions() if a.text()}


def test_the_menu_offers_palette_gamma_and_automatic_limits(qtbot, legend):
    menu = legend.options_menu(legend)
    top = actions(menu)
    palettes = actions(top["Palette"].menu())
    assert set(palettes) == set(palette_names())
    palettes["safe"].trigger()
    assert legend.asked[-1].palette == "safe"
    gammas = actions(actions(legend.options_menu(legend))["Gamma"].menu())
    assert len(gammas) == len(GAMMAS)
    gammas["0.5"].trigger()
    assert legend.asked[-1] == View(palette="safe", gamma=0.5)
    qtbot.keyClick(handle(legend, "upper"), Qt.Key.Key_Down)
    assert legend.asked[-1].high is not None
    actions(legend.options_menu(legend))["Automatic limits"].trigger()
    assert (legend.asked[-1].low, legend.asked[-1].high) == (None, None)


def test_it_says_unit_and_uncalibrated(legend):
    assert "USD per 0.1 %" in legend.accessibleName()
    assert "not calibrated" in legend.accessibleName()
    assert not legend.grab().isNull()


def test_a_second_limit_is_typed_only_when_the_first_is_done(qtbot, window):
    legend = window.desk.legend
    for name in ("lower limit", "upper limit"):
        handle = next(h for h in legend.findChildren(LegendHandle) if h.objectName() == name)
        qtbot.mouseDClick(handle, Qt.MouseButton.LeftButton)
        if name == "lower limit":
            window.desk.findChild(QLineEdit).setText("10k")
    assert legend.limits[0] == 10_000.0, "what was typed first counts"
    last = window.desk.findChildren(QLineEdit)[-1]
    qtbot.keyClick(last, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.desk.findChildren(QLineEdit))
