"""Bands and agreement that arrive after the map, and the window that shows what was learned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Engine, Question
from heatdesk.gui.bridge import Bridge, Doubted
from heatdesk.gui.dialogs.learning import LearningDialog
from heatdesk.gui.numbers import compact_range
from heatdesk.gui.panels.cluster_table import BAND
from heatdesk.gui.panels.tier_plot import AT_PRIOR, TierPlot, TierRow, share
from heatdesk.gui.view import View
from heatdesk.gui.window import Window
from heatdesk.market import DAY_MS
from heatdesk.model.params import ModelParams
from heatdesk.store.memory import MemoryStore
from tests.model.walks import SYMBOL, walk
from tests.replay.test_learned import keep, keep_totals, liquidated

ASKED = Question(SYMBOL, ("binance",), lookback_ms=4 * DAY_MS)


@pytest.fixture(scope="module")
def learning_engine() -> Engine:
    """Twelve days of a market whose liquidations were recorded, and another where they were not."""
    store, series = MemoryStore(), walk(12 * 288, 4)
    keep(store, series)
    keep_totals(store, liquidated(series, high=2.0))
    keep(store, walk(12 * 288, 5), "okx", "SOL/USDT:USDT")
    return Engine(store)


@pytest.fixture
def window(qtbot, learning_engine: Engine):
    bridge = Bridge(lambda: learning_engine, lambda _: ASKED)
    made = Window(bridge, View())
    qtbot.addWidget(made)
    made.resize(1600, 900)
    made.show()
    yield made
    bridge.stop()
    made.close()


@pytest.fixture
def doubted(qtbot, window: Window) -> Doubted:
    with qtbot.waitSignal(window._bridge.doubted, timeout=30_000) as arrived:
        window._bridge.start()
    (found,) = arrived.args
    return found


def bands(window: Window) -> list[str]:
    rows = window.side.clusters.list.rows
    return [rows.index(row, BAND).data() for row in range(rows.rowCount())]


def test_bands_come_after_the_map(qtbot, window: Window):
    with qtbot.waitSignal(window._bridge.answered, timeout=30_000):
        window._bridge.start()
    assert bands(window)
    assert set(bands(window)) == {""}
    with qtbot.waitSignal(window._bridge.doubted, timeout=30_000):
        pass
    assert all("–" in text for text in bands(window))
    tip = window.side.clusters.list.rows.index(0, BAND).data(Qt.ItemDataRole.ToolTipRole)
    assert "eight times in ten" in tip
    assert "of the models see a dense zone here" in tip


def test_doubts_of_another_question_are_not_shown(window: Window, doubted: Doubted):
    assert all(bands(window))
    other = replace(ASKED, tiers=(10.0, 20.0))
    window.show_snapshot(window._bridge._open_engine().ask(other))
    assert set(bands(window)) == {""}
    window.show_doubts(doubted)  # too late: the question has moved on
    assert set(bands(window)) == {""}
    window.show_snapshot(window._bridge._open_engine().ask(ASKED))
    assert all(bands(window))


def test_alt_a_shows_where_the_models_agree(qtbot, window: Window, doubted: Doubted):
    QApplication.processEvents()
    before = window.desk.chart.canvas.grab().toImage()
    qtbot.keyClick(window, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    QApplication.processEvents()
    assert window.desk.chart.canvas.grab().toImage() != before
    assert window.preferences.settings.display.agreement
    qtbot.keyClick(window, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    QApplication.processEvents()
    assert window.desk.chart.canvas.grab().toImage() == before


def test_a_question_does_not_wait_for_doubts(qtbot, window: Window):
    """While the ensemble runs, a new question stops it."""
    bridge = window._bridge
    with qtbot.waitSignal(bridge.answered, timeout=30_000):
        bridge.start()
    qtbot.wait(450)  # the worker has begun to doubt
    with qtbot.waitSignal(bridge.answered, timeout=30_000) as answered:
        bridge.ask(replace(ASKED, tiers=(50.0,)))
    assert answered.args[0].question.tiers == (50.0,)


@pytest.fixture
def dialog(qtbot, learning_engine: Engine) -> LearningDialog:
    made = LearningDialog(None)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.set_view(View())
    made.show_snapshot(learning_engine.ask(ASKED))
    made.show()
    return made


def test_it_shows_prior_and_learned_with_what_the_data_say(dialog: LearningDialog, learning_engine: Engine):
    lesson = learning_engine.ask(ASKED).lessons[0]
    assert lesson is not None
    rows = dialog.plot.rows()
    assert [row.leverage for row in rows] == lesson.leverage[lesson.learned.prior > 0].tolist()
    assert [row.learned for row in rows] == lesson.learned.weight[-1][lesson.learned.prior > 0].tolist()
    assert "days of recorded liquidations" in dialog.told.text()
    assert any(row.uninformed for row in rows)
    assert any(not row.uninformed for row in rows)
    assert AT_PRIOR in rows[0].words()
    assert "from data" in next(row for row in rows if not row.uninformed).words()


def test_every_tier_has_its_room(dialog: LearningDialog):
    assert dialog.plot.height() == dialog.plot.sizeHint().height()
    assert dialog.slider.geometry().top() >= dialog.plot.geometry().bottom()


def test_the_slider_goes_back_to_what_was_known(dialog: LearningDialog):
    newest = dialog.plot.rows()
    dialog.slider.setValue(0)
    first = dialog.plot.rows()
    assert first != newest
    assert sum(row.information for row in first) < sum(row.information for row in newest)
    dialog.slider.setValue(dialog.slider.maximum())
    assert dialog.plot.rows() == newest


def test_a_moment_that_was_chosen_stays_chosen(dialog: LearningDialog, learning_engine: Engine):
    dialog.slider.setValue(2)
    chosen = dialog.plot.rows()
    dialog.show_snapshot(learning_engine.ask(replace(ASKED, tiers=(10.0,))))
    assert dialog.plot.rows() == chosen


def test_it_says_where_nothing_was_learned(dialog: LearningDialog, learning_engine: Engine):
    dialog.show_snapshot(learning_engine.ask(replace(ASKED, params=ModelParams(weights="prior"))))
    assert "Nothing was learned" in dialog.told.text()
    assert not dialog.plot.isVisible()
    dialog.show_snapshot(learning_engine.ask(Question("SOL/USDT:USDT", ("okx",), lookback_ms=DAY_MS)))
    assert "USD are not calibrated" in dialog.told.text()


def test_ctrl_i_opens_it_and_it_follows_the_map(qtbot, window: Window, doubted: Doubted):
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    dialog = window.findChild(LearningDialog)
    assert dialog is not None
    assert dialog.isVisible()
    window.show_snapshot(
        window._bridge._open_engine().ask(replace(ASKED, params=ModelParams(weights="hindsight")))
    )
    assert "in hindsight" in dialog.note.text()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_plot_paints_what_it_is_given(qtbot, theme: str):
    plot = TierPlot()
    qtbot.addWidget(plot)
    plot.set_theme(theme)
    plot.resize(plot.sizeHint())
    empty = plot.grab().toImage()
    plot.show_rows((TierRow(10, 0.016, 0.009, 0.003, 0.016, 0.47), TierRow(125, 0.0005, 0.0, 0.0, 0.0, 0.0)))
    plot.resize(plot.sizeHint())
    assert plot.grab().toImage() != empty
    assert "10x: prior 1.60" in plot.accessibleDescription()


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.000134, "0.0134"), (0.0092, "0.920"), (0.0158, "1.58"), (0.31, "31.0")]
)
def test_a_weight_has_three_digits(value: float, text: str):
    assert share(value).split("\N{NARROW NO-BREAK SPACE}") == [text, "%"]


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (7.9e6, 46.2e6, "7.9–46 M"),
        (0.0, 2.13e6, "0–2.1 M"),
        (4.1e5, 9.2e5, "410–920 k"),
        (3.0, 8.0, "3.0–8.0"),
    ],
)
def test_a_band_is_told_in_the_unit_of_its_upper_end(low: float, high: float, text: str):
    assert compact_range(low, high).replace("\N{NARROW NO-BREAK SPACE}", " ") == text


def test_the_programs_own_engine_has_doubts_too():
    """What stands between the window and the engine passes them on: without it no band would ever come."""
    from heatdesk.app import _Desk
    from heatdesk.gui.bridge import Doubts
    from heatdesk.markets import Markets
    from heatdesk.simulation import Simulation

    markets = Markets(lambda: Engine(MemoryStore()), Simulation())
    assert isinstance(markets, Doubts)
    assert isinstance(_Desk(markets, lambda _: None), Doubts)
