"""The legend for signed maps, other currencies, and everything its menu can ask for beside limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLineEdit

from heatdesk.gui import theme
from heatdesk.gui.contrast import automatic_limits
from heatdesk.gui.legend import Legend
from heatdesk.gui.legend_bar import Bar
from heatdesk.gui.legend_handle import LegendHandle
from heatdesk.gui.legend_scale import AmountScale
from heatdesk.gui.view import Currency, View
from tests.gui.drawing.snapshots import heatmap, snapshot


@pytest.fixture
def legend(qtbot) -> Legend:
    """A legend of a map with both signs, whose view is set by what it asks for."""
    rng = np.random.default_rng(3)
    cells = rng.exponential(1e5, (2, 60, 200)).astype(np.float32)
    cells[0, 30:], cells[1, :30] = 0.0, 0.0
    made = replace(snapshot(), heatmap=heatmap(*cells))
    widget = Legend()
    qtbot.addWidget(widget)
    widget.resize(widget.width(), 520)

    def take(view: View) -> None:
        low, high = automatic_limits(made.heatmap, view.side)
        widget.set_view(
            view, (low if view.low is None else view.low, high if view.high is None else view.high)
        )

    widget.view_changed.connect(take)
    widget.asked = []
    widget.view_changed.connect(widget.asked.append)
    widget.show_snapshot(made)
    take(View(side="net"))
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def _handle(legend: Legend, name: str) -> LegendHandle:
    return legend.findChild(LegendHandle, f"{name} limit")


def test_a_signed_bar_runs_outwards_from_its_middle() -> None:
    bar = Bar(40, 400, AmountScale(1e6), signed=True)
    assert (bar.y(0.0), bar.y(1e6), bar.y(1e6, -1)) == (240, 40, 440)
    for amount in (1e3, 2e5, 1e6):
        assert bar.y(amount) + bar.y(amount, -1) == pytest.approx(480, abs=1)
        assert float(bar.scale.amount(bar.position(bar.y(amount)))) == pytest.approx(
            amount, rel=0.05, abs=1e3
        )
    assert bar.position(300) == 0.0
    plain = Bar(40, 400, AmountScale(1e6))
    assert (plain.y(0.0), plain.y(1e6), plain.position(40), plain.position(440)) == (440, 40, 1.0, 0.0)


@pytest.mark.parametrize("rendering", ["raw", "smoothed", "bands"])
@pytest.mark.parametrize("shade", ["dark", "light"])
def test_the_bar_of_net_shows_both_palettes_and_nothing_between(shade: str, rendering: str) -> None:
    image = Bar(0, 401, AmountScale(1e6), signed=True).image(
        View(side="net", theme=shade, rendering=rendering), (0.0, 1e5)
    )
    shorts, longs, middle = (image.pixelColor(0, y) for y in (126, 274, 200))
    assert shorts.blue() > shorts.red() + 40
    assert longs.red() > longs.blue() + 40
    assert middle.alpha() == 0 or middle.name() == theme.tokens(shade).background
    cut = Bar(0, 401, AmountScale(1e6), signed=True).image(
        View(side="net", theme=shade, rendering=rendering, minimum_usd=1e6), (0.0, 1e5)
    )
    assert cut.pixelColor(0, 200).alpha() == 0
    assert cut.pixelColor(0, 60).alpha() == 0


def test_both_ends_of_net_are_named_in_words(legend: Legend) -> None:
    assert legend.head() == ["USD", "per 0.1 %", "not", "calibrated", "▲ shorts"]
    named = legend.grab().toImage()
    legend.set_view(View(), legend.limits)
    assert "▲ shorts" not in legend.head()
    assert legend.grab().toImage() != named


def test_every_line_fits_the_legend(legend: Legend) -> None:
    legend.set_view(
        View(side="net", locked=True, currency=Currency("SGD", 1.3456, "2026-11-12")), legend.limits
    )
    metrics = QFontMetrics(theme.ui_font(theme.SMALL_PX))
    assert len(legend.head()) == 11
    assert all(metrics.horizontalAdvance(line) <= legend.width() - 4 for line in legend.head())


def test_a_drag_on_a_signed_bar_sets_a_limit_for_both_signs(qtbot, legend: Legend) -> None:
    low, high = legend.limits
    upper = _handle(legend, "upper")
    centre = upper.rect().center()
    qtbot.mousePress(upper, Qt.MouseButton.LeftButton, pos=centre)
    qtbot.mouseMove(upper, centre + QPoint(0, 30))
    qtbot.mouseRelease(upper, Qt.MouseButton.LeftButton, pos=centre)
    assert legend.limits[0] == low
    assert 0 < legend.limits[1] < high
    qtbot.mousePress(upper, Qt.MouseButton.LeftButton, pos=centre)
    qtbot.mouseMove(upper, centre + QPoint(0, 5_000))
    qtbot.mouseRelease(upper, Qt.MouseButton.LeftButton, pos=centre)
    assert legend.limits[0] < legend.limits[1]


def _choose(legend: Legend, *path: str) -> None:
    menu = legend.options_menu(legend)
    for name in path[:-1]:
        menu = next(a for a in menu.actions() if a.text() == name).menu()
    next(a for a in menu.actions() if a.text() == path[-1]).trigger()


def _type(qtbot, legend: Legend, text: str) -> None:
    editor = legend.findChildren(QLineEdit)[-1]
    editor.setText(text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_gamma_is_typed_within_bounds(qtbot, legend: Legend) -> None:
    _choose(legend, "Type gamma…")
    _type(qtbot, legend, "1,85")
    assert legend.asked[-1].gamma == 1.85
    for text in ("0", "-1", "1e9", "nan", "x", ""):
        _choose(legend, "Type gamma…")
        _type(qtbot, legend, text)
    assert len(legend.asked) == 1


def test_the_smallest_cell_is_typed_in_the_currency_shown(qtbot, legend: Legend) -> None:
    legend.set_view(View(currency=Currency("EUR", 0.5, "2026-11-12")), legend.limits)
    _choose(legend, "Type the smallest cell…")
    _type(qtbot, legend, "10k")
    assert legend.asked[-1].minimum_usd == pytest.approx(20_000.0)
    _choose(legend, "Type the smallest cell…")
    _type(qtbot, legend, "rubbish")
    assert len(legend.asked) == 1


def test_a_limit_is_typed_in_the_currency_shown(qtbot, legend: Legend) -> None:
    legend.set_view(View(currency=Currency("EUR", 0.5, "2026-11-12")), legend.limits)
    qtbot.keyClick(_handle(legend, "upper"), Qt.Key.Key_Return)
    _type(qtbot, legend, "1M")
    assert legend.asked[-1].high == pytest.approx(2e6)


def test_renderings_and_the_lock_are_in_the_menu(legend: Legend) -> None:
    shown = legend.limits
    for rendering in ("smoothed", "bands", "raw"):
        _choose(legend, "Rendering", rendering)
        assert legend.asked[-1].rendering == rendering
    _choose(legend, "Lock limits for every symbol")
    assert legend.asked[-1] == View(side="net", low=shown[0], high=shown[1], locked=True)
    assert "locked" in legend.head()
    _choose(legend, "Lock limits for every symbol")
    assert not legend.asked[-1].locked
    assert legend.asked[-1].high == shown[1]
    _choose(legend, "Automatic limits")
    assert legend.asked[-1] == View(side="net")
