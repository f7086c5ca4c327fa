"""The window over a simulated market, as `heatdesk run` composes it."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from heatdesk.engine import Engine
from heatdesk.gui.bridge import Bridge
from heatdesk.gui.choices import first_question, with_exchanges
from heatdesk.gui.layers.truth import TruthLayer
from heatdesk.gui.panels.simulated import KIND
from heatdesk.gui.simulated_desk import SimulatedDesk
from heatdesk.gui.view import View
from heatdesk.gui.window import Window
from heatdesk.markets import Markets
from heatdesk.simulation import Simulation
from heatdesk.store.memory import MemoryStore
from tests.gui.window.market import BTC


@pytest.fixture
def make(qtbot):
    running = []

    def window(open_stored, speed=0):
        markets = Markets(open_stored, Simulation(days=2, speed=speed))

        def first(catalogue):
            question = first_question(catalogue)
            return question and replace(question, simulated=markets.simulated)

        bridge = Bridge(lambda: markets, first)
        running.append((markets, bridge))
        made = Window(bridge, View())
        qtbot.addWidget(made)
        desk = SimulatedDesk(markets, bridge, made.desk.chart, made.side.simulated, made.status, made)
        made.simulation_asked.connect(desk.enter)
        made.show()
        bridge.start()
        qtbot.waitUntil(lambda: made._snapshot is not None, timeout=60_000)
        return made, markets

    yield window
    for markets, bridge in running:
        markets.simulation.stop()
        bridge.stop()


def empty():
    return Engine(MemoryStore())


def answered(qtbot, window, action):
    with qtbot.waitSignal(window._bridge.answered, timeout=30_000) as answer:
        action()
    return answer.args[0]


def said(widget):
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def test_with_nothing_stored_it_opens_simulated_and_says_so_everywhere(qtbot, make):
    window, markets = make(empty)
    assert markets.simulated
    assert window._snapshot.question.simulated
    assert len(window._snapshot.question.exchanges) >= 3
    assert window.windowTitle().startswith("SIMULATED")
    assert "SIMULATED" in said(window.status)
    assert " old" not in window.status._data.text(), "its time is its own"
    assert "SIMULATED" in said(window.side.simulated)
    assert window.side.simulated.isVisible()
    assert not window.side.simulated.back.isVisible(), "there is no history to go back to"


def test_with_one_exchange_switched_off_the_map_is_the_sum_of_the_other_two(qtbot, make):
    window, _ = make(empty)
    every = window._snapshot.question.exchanges
    catalogue = window.bar._catalogue
    within = {"price_min": 50_000.0, "price_max": 70_000.0}
    whole = replace(window._snapshot.question, **within)

    def shown(chosen):
        return answered(
            qtbot, window, lambda: window.bar.question_asked.emit(with_exchanges(whole, chosen, catalogue))
        ).heatmap

    two = shown(every[1:])
    assert two.exchanges == every[1:]
    parts = [shown((name,)) for name in every[1:]]
    for side in ("long", "short"):
        np.testing.assert_allclose(
            two.notional(side), sum(p.notional(side).astype(float) for p in parts), rtol=1e-5, atol=1e-2
        )
    assert shown(every).notional("both").sum() > two.notional("both").sum()


def test_the_truth_stands_beside_the_estimate_with_its_errors(qtbot, make):
    window, _ = make(empty)
    panel = window.side.simulated
    layer = next(layer for layer in window.desk.chart.layers if isinstance(layer, TruthLayer))
    assert not len(layer._prices)
    assert not panel._table.isVisible()
    before = window.desk.chart.grab().toImage()
    qtbot.mouseClick(panel.truth, Qt.MouseButton.LeftButton)
    assert len(layer._prices) == window._snapshot.heatmap.shape[0] + 1
    assert window.desk.chart.grab().toImage() != before
    truth = window._snapshot.truth
    both = truth.estimate[-1]
    words = said(panel)
    assert f"{both.cosine:.3f}" in words
    assert f"{both.mover:.2f}" in words
    assert f"×\N{NARROW NO-BREAK SPACE}{both.ratio:.2f}" in words
    assert f"{truth.uniform[-1].cosine:.3f}" in words
    assert KIND in words
    assert "No evidence about real markets" in KIND
    tiers = replace(window._snapshot.question, tiers=(10.0,))
    answered(qtbot, window, lambda: window.ask(tiers))
    assert "all tiers" in said(panel)
    assert not len(layer._prices)
    qtbot.mouseClick(panel.truth, Qt.MouseButton.LeftButton)
    assert not panel._table.isVisible()


def test_it_moves_by_itself_and_pauses(qtbot, make):
    window, markets = make(empty)
    panel = window.side.simulated
    with qtbot.assertNotEmitted(window._bridge.answered, wait=1500):
        pass
    first = window._snapshot
    with qtbot.waitSignal(window._bridge.answered, timeout=10_000):
        qtbot.mouseClick(panel.speed.button("60"), Qt.MouseButton.LeftButton)
    assert markets.simulation.speed == 60
    assert not window.desk._veil.isVisible(), "the old picture is not dimmed while the market moves"
    assert window._snapshot.heatmap.times_ms[-1] >= first.heatmap.times_ms[-1]
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.AltModifier)
    assert markets.simulation.speed == 0
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.AltModifier)
    assert markets.simulation.speed == 60


def test_from_the_stored_history_there_and_back(qtbot, make, engine):
    window, markets = make(lambda: engine)
    stored = window._snapshot.question
    assert (stored.symbol, stored.simulated) == (BTC, False)
    assert not window.side.simulated.isVisible()
    snapshot = answered(qtbot, window, window.simulation_asked.emit)
    assert snapshot.question.simulated
    assert window.side.simulated.back.isVisible()
    prices = window.desk.chart.visible_prices()
    assert prices.low < float(snapshot.candles["close"][-1]) < prices.high
    snapshot = answered(
        qtbot, window, lambda: qtbot.mouseClick(window.side.simulated.back, Qt.MouseButton.LeftButton)
    )
    assert not snapshot.question.simulated
    assert not window.side.simulated.isVisible()
    assert not window.windowTitle().startswith("SIMULATED")
    assert not markets.simulated
