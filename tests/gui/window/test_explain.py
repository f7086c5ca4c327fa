"""A click on the map, or a key: the parts of the cell, that add up to it, in words and as a table."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from heatdesk.engine import Question
from heatdesk.gui.explain_words import ExplainWords
from heatdesk.gui.hover import hover_at
from heatdesk.gui.view import Currency, View
from heatdesk.gui.wording import wording_of
from heatdesk.market import DAY_MS
from heatdesk.model.age_windows import AgeWindows
from heatdesk.model.params import ModelParams
from heatdesk.reading.explain import GROUPINGS, Cell

from .market import BTC


@pytest.fixture
def window(qtbot, make, engine):
    """A window over both exchanges of BTC."""
    made = make(engine, BTC, ("binance", "bybit"))
    qtbot.waitUntil(lambda: made._snapshot is not None, timeout=20_000)
    qtbot.waitUntil(made.isActiveWindow)
    qtbot.wait(50)
    yield made
    if made.explainer.dialog is not None:
        made.explainer.dialog.close()


def strongest(window, side="long"):
    """Row and column of the strongest cell that is in sight."""
    heatmap = window._snapshot.heatmap
    cells = heatmap.notional(side).copy()
    low, high = window.desk.chart.visible_prices()
    start, end = window.desk.chart.visible_times()
    middles = np.sqrt(heatmap.prices[:-1] * heatmap.prices[1:])
    cells[(middles < low) | (middles > high)] = 0
    cells[:, (heatmap.times_ms < start) | (heatmap.times_ms > end - heatmap.step_ms)] = 0
    return np.unravel_index(cells.argmax(), cells.shape)


def point_of(window, row, column):
    """Where a cell is in the chart's viewport."""
    heatmap, box = window._snapshot.heatmap, window.desk.chart.view_box
    price = float(np.sqrt(heatmap.prices[row] * heatmap.prices[row + 1]))
    x = float(heatmap.times_ms[column]) + heatmap.step_ms / 2
    at = QPointF(x, float(window.desk.chart.price_scale.y(price)))
    return window.desk.chart.canvas.mapFromScene(box.mapViewToScene(at))


def click(qtbot, window, row, column):
    viewport = window.desk.chart.canvas.viewport()
    point = point_of(window, row, column)
    with qtbot.waitSignal(window._bridge.explained, timeout=20_000) as told:
        qtbot.mouseMove(viewport, point)
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=point)
    return told.args[0]


def rows_of(dialog):
    tree = dialog.tree
    return [tree.topLevelItem(i) for i in range(tree.topLevelItemCount())]


def test_a_click_opens_the_parts_of_the_cell(qtbot, window):
    row, column = strongest(window)
    explained = click(qtbot, window, row, column)
    heatmap = window._snapshot.heatmap
    near = [
        (r, c)
        for r in range(row - 1, row + 2)
        for c in range(column - 1, column + 2)
        if Cell.of(heatmap, r, c) == explained.cell
    ]
    assert near, "the cell under the pointer, give or take the pixel"
    assert explained.usd("long") == pytest.approx(float(heatmap.notional_long[near[0]]), rel=2e-6)
    dialog = window.explainer.dialog
    assert dialog.isVisible() and not dialog.isModal()
    assert wording_of(View()).amount(explained.usd("long")) in dialog._total.text()
    assert "binance + bybit" in dialog._place.text()
    assert "born" in dialog._balance.text() and "swept" in dialog._balance.text()
    for line in ("opened", "born", "level", "closed", "swept", "left"):
        assert f"{line} " in dialog.formula.text()


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_grouping_adds_up_on_screen(qtbot, window, by):
    explained = click(qtbot, window, *strongest(window))
    dialog = window.explainer.dialog
    dialog.by.button(by).click()
    rows = rows_of(dialog)
    shares = [float(row.text(6).split()[0].rstrip("%").replace("\u202f", "")) for row in rows if row.text(6)]
    assert sum(shares) == pytest.approx(100.0, abs=0.06 * len(shares) + 0.1)
    largest = rows[0]
    largest.setExpanded(True)
    assert largest.childCount() > 0
    group = dialog._groups[0]
    total = explained.parts.left[group.which].sum()
    assert group.sums.left == pytest.approx(total) and total > 0
    dialog.tree.setCurrentItem(largest.child(largest.childCount() - 1))
    before = dialog.formula.text()
    dialog.tree.setCurrentItem(largest.child(0))
    assert dialog.formula.text().startswith("opened")
    assert largest.childCount() == 1 or dialog.formula.text() != before


def test_a_key_explains_what_the_crosshair_is_on(qtbot, window):
    row, column = strongest(window, "short")
    viewport = window.desk.chart.canvas.viewport()
    qtbot.mouseMove(viewport, point_of(window, row, column))
    qtbot.waitUntil(lambda: window.explainer._hover is not None)
    with qtbot.waitSignal(window._bridge.explained, timeout=20_000) as told:
        qtbot.keyClick(window, Qt.Key.Key_I)
    assert told.args[0].usd("short") > 0
    assert "what made it" in "".join(
        text for line in window.desk.chart._crosshair.lines() for text, *_ in line
    )


def test_without_a_crosshair_the_key_says_what_to_do(qtbot, window):
    window.explainer.set_hover(None)
    qtbot.keyClick(window, Qt.Key.Key_I)
    assert "press I" in window.notices.text
    assert window.explainer.dialog is None


def test_a_side_and_a_currency_change_the_words_at_once(qtbot, window):
    click(qtbot, window, *strongest(window))
    dialog = window.explainer.dialog
    before = dialog._total.text()
    window.set_view(replace(window._view, currency=Currency("SGD", 1.3, "2026-11-20")))
    assert "SGD" in dialog._total.text() != before
    window.set_view(replace(window._view, side="net"))
    assert "net:" in dialog._total.text()


def test_all_parts_are_written_and_add_up(qtbot, window, tmp_path):
    explained = click(qtbot, window, *strongest(window))
    path = tmp_path / "parts.csv"
    with qtbot.waitSignal(window.explainer.said, timeout=20_000):
        window.explainer.write(path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(explained.parts)
    for side in ("long", "short"):
        left = sum(float(row["left_usd"]) for row in rows if row["side"] == side)
        assert left == pytest.approx(explained.usd(side), rel=1e-9)
    row = rows[0]
    born = float(row["opened"]) * float(row["weight"]) * float(row["entered"]) * explained.price
    assert float(row["born_usd"]) == pytest.approx(born * float(row["factor"]), rel=1e-9)
    assert {row["exchange"] for row in rows} == {"binance", "bybit"}


@pytest.mark.parametrize("estimator", ["flow", "oi-steps", "volume"])
def test_the_formula_of_every_estimator_has_its_numbers(engine, estimator):
    params = ModelParams(estimator=estimator)
    question = Question(BTC, ("binance",), "1h", lookback_ms=2 * DAY_MS, params=params)
    snapshot = engine.ask(question)
    if not snapshot.heatmap.notional_long.max() > 0:
        assert estimator == "oi-steps", "without open interest nobody steps"
        return
    row, column = np.unravel_index(snapshot.heatmap.notional_long.argmax(), snapshot.heatmap.shape)
    explained = engine.explain(question, Cell.of(snapshot.heatmap, int(row), int(column)))
    words = ExplainWords(explained, "long", wording_of(View()), params, AgeWindows())
    largest = int(words.parts.left.argmax())
    text = words.formula(largest)
    assert "½" in text and f"{words.parts.leverage[largest]:g}x" in text
    assert words.wording.amount(float(words.parts.left[largest])) in text
    hover = hover_at(snapshot, float(snapshot.heatmap.times_ms[column]), explained.price)
    assert (hover.row, hover.column) == (row, column)
