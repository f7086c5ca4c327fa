"""The simulated market as the window meets it: what it shows adds up, moves, and is judged honestly."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from heatdesk.engine import Question
from heatdesk.errors import BadInputError
from heatdesk.feed.simulated.profiles import SYMBOL
from heatdesk.market import DAY_MS, MINUTE_MS
from heatdesk.simulation import Simulation

EXCHANGES = ("binance", "bybit", "okx")
ROWS = {"price_min": 50_000.0, "price_max": 70_000.0}
QUESTION = Question(SYMBOL, EXCHANGES, "5m", lookback_ms=DAY_MS, **ROWS)


@pytest.fixture(scope="module")
def still():
    """Two days of a market that stands still afterwards."""
    simulation = Simulation(days=2, speed=0)
    simulation.catalogue()
    yield simulation
    simulation.stop()


def test_it_makes_its_past_when_it_is_first_looked_at():
    simulation = Simulation(days=1, speed=0)
    assert simulation.progress == 0
    assert simulation.time_ms == 0
    stored = simulation.catalogue()
    simulation.stop()
    assert simulation.progress == 1
    assert {info.key.exchange for info in stored} == set(EXCHANGES)
    assert simulation.time_ms == max(info.end_ms for info in stored) + MINUTE_MS


def test_without_one_exchange_the_map_is_the_sum_of_the_other_two(still):
    two = still.ask(replace(QUESTION, exchanges=EXCHANGES[:2])).heatmap
    parts = [still.ask(replace(QUESTION, exchanges=(x,))).heatmap for x in EXCHANGES[:2]]
    for side in ("long", "short"):
        np.testing.assert_allclose(
            two.notional(side), sum(p.notional(side).astype(float) for p in parts), rtol=1e-5, atol=1e-2
        )


def test_an_answer_knows_that_it_is_simulated_and_carries_the_truth(still):
    snapshot = still.ask(QUESTION)
    assert snapshot.question == replace(QUESTION, simulated=True)
    truth = snapshot.truth
    assert truth is not None
    assert truth.column.shape == (2, snapshot.heatmap.shape[0])
    assert [e.side for e in truth.estimate] == ["long", "short", "both"]
    assert truth.estimate[-1].cosine > truth.uniform[-1].cosine
    one = still.ask(replace(QUESTION, exchanges=EXCHANGES[:1])).truth
    assert one is not None
    assert 0 < one.column.sum() < truth.column.sum(), "the truth of the exchanges shown"


def test_no_truth_where_it_would_be_of_something_else(still):
    assert still.ask(replace(QUESTION, tiers=(10.0,))).truth is None
    assert still.ask(replace(QUESTION, end_ms=still.time_ms - DAY_MS)).truth is None


def test_errors_are_the_engines(still):
    with pytest.raises(BadInputError, match="NO/SUCH"):
        still.ask(replace(QUESTION, symbol="NO/SUCH:COIN"))


def test_it_moves_at_the_speed_chosen_and_stops():
    simulation = Simulation(days=1, speed=0)
    first = simulation.ask(QUESTION)
    simulation.speed = 60
    assert simulation.speed == 60
    deadline = time.monotonic() + 10
    before = simulation.time_ms
    while simulation.time_ms == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert simulation.time_ms > before
    later = simulation.ask(QUESTION)
    simulation.stop()
    assert later.candles.time_ms[-1] >= first.candles.time_ms[-1]
    at = simulation.time_ms
    time.sleep(0.3)
    assert simulation.time_ms == at
