"""Scorecards of worlds whose truth is known, the same wherever their pieces are computed."""

from __future__ import annotations

import json
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from heatdesk.errors import NotEnoughDataError
from heatdesk.feed.simulated.feed import SimulatedFeed
from heatdesk.history.evidence import Request
from heatdesk.market import DAY_MS
from heatdesk.model.flow import ESTIMATORS
from heatdesk.score.as_json import to_json
from heatdesk.score.executor import workers
from heatdesk.score.report import report
from heatdesk.score.stand_ins import STAND_INS
from heatdesk.scoring import Scored, score, score_all
from heatdesk.store.memory import MemoryStore
from tests.score.cluster import dask_cluster
from tests.score.markets import EXCHANGE, SYMBOL, model_market
from tests.score.worlds import START_MS

HOURS = Request(
    SYMBOL,
    EXCHANGE,
    "1h",
    START_MS + 8 * DAY_MS,
    START_MS + 24 * DAY_MS,
    estimators=tuple(ESTIMATORS),
    shifts=10,
)


def alone(store, request, **how) -> Scored:
    with ThreadPoolExecutor(1) as executor:
        return score(store, request, executor, **how)


@pytest.fixture(scope="module")
def market() -> MemoryStore:
    return model_market(24)


@pytest.fixture(scope="module")
def scored(market) -> Scored:
    return alone(market, HOURS)


def test_a_world_that_obeys_the_model(scored: Scored) -> None:
    """The truth is there to be found: the model beats path and regression, and every placebo does what it must."""
    card = scored.card
    assert card.measured.against("excursion").lo > 0.3
    assert card.measured.against("regression").lo > 0
    assert card.measured.stratified.lo > 0.3
    placebos = card.placebos
    assert placebos is not None
    assert placebos.side_swap.hi < 0
    assert placebos.own.value - placebos.no_removal.value > 0.3
    assert placebos.own.lo > placebos.no_removal.hi
    assert placebos.zones.lo < 0 < placebos.zones.hi
    assert placebos.shift_rank == 1
    assert placebos.over_shifts.lo > 0
    for magnet in card.magnet:
        assert magnet.difference.lo < 0 < magnet.difference.hi


def test_every_rival_stands_in_the_table(scored: Scored) -> None:
    names = [row.name for row in scored.card.measured.table]
    assert names[:3] == ["model", "excursion", "regression"]
    assert {"oi-steps", "volume", *STAND_INS} <= set(names)
    assert len(names) == len(set(names))
    best = max(scored.card.measured.table, key=lambda row: row.skill.value)
    assert best.name in ("model", "positions", "prior positions", "without self-excitation")


def test_the_figures_are_those_of_the_predictions(scored: Scored) -> None:
    """Recomputed from the predictions as anybody could from the CSV."""
    p, card = scored.predictions, scored.card
    y, mu, base = (a[p.scored] for a in (p.observed, p.predicted, p.excursion))

    def deviance(predicted):
        return 2 * np.sum(np.where(y > 0, y * np.log(np.maximum(y, 1e-300) / predicted), 0) - (y - predicted))

    assert card.measured.against("excursion").value == pytest.approx(1 - deviance(mu) / deviance(base))
    assert card.measured.n == p.scored.sum()
    assert card.measured.days == 16
    inside = (y >= p.p10[p.scored]) & (y <= p.p90[p.scored])
    assert card.measured.coverage.value == pytest.approx(inside.mean())
    assert card.measured.observed_usd == pytest.approx(y.sum())
    assert sum(side.n for side in card.measured.sides.values()) == card.measured.n
    assert card.measured.top[0].observed == y.max()


def test_nothing_later_changes_what_was_said(market, scored: Scored) -> None:
    """Columns before T are identical with data to T and with all data."""
    end = START_MS + 18 * DAY_MS
    early = alone(market, replace(HOURS, end_ms=end, shifts=0)).predictions
    late = scored.predictions.between(HOURS.start_ms, end)
    assert len(early.time_ms) == 10 * 24
    for name in ("time_ms", "scored", "observed", "predicted", "p10", "p90", "excursion", "regression"):
        np.testing.assert_array_equal(getattr(early, name), getattr(late, name), err_msg=name)
    for name, values in early.parts.items():
        np.testing.assert_array_equal(values, late.parts[name], err_msg=name)


def test_json_and_report_say_the_same(scored: Scored) -> None:
    told = json.loads(json.dumps(to_json(scored.card), allow_nan=False))
    assert told["schema"] == 1
    assert told["n"] == scored.card.measured.n
    assert told["days"] == 16
    assert {"excursion", "regression", *STAND_INS} <= set(told["skill"])
    assert set(told["skill"]["excursion"]) == {"value", "lo", "hi"}
    assert len(told["deciles"]) == 10
    assert (told["shift_rank"], told["shifts"]) == (1, 10)
    assert 0 < told["coverage"] < 1
    assert told["spearman_stratified"] < told["spearman"] < 1
    text = "\n".join(report(scored.card))
    assert f"{told['skill']['excursion']['value'] * 100:.0f} %" in text
    assert " nan" not in text
    assert "no magnet shown" in text
    assert "needs single liquidations" in text


def test_five_minutes_of_a_symbol_that_was_never_scored_before() -> None:
    """Six days of single events, nothing earlier to learn from: useful after two days, causal to the bar."""
    store = model_market(8, events=True)
    short = Request(SYMBOL, EXCHANGE, "5m", START_MS + 2 * DAY_MS, START_MS + 8 * DAY_MS, shifts=0)
    scored = alone(store, short)
    card, said = scored.card, scored.predictions
    assert card.counted
    assert card.source == "events"
    assert (card.measured.n, card.measured.days) == (2 * 288 * 6, 6)
    assert card.measured.against("excursion").lo > 0
    assert len(card.location) == 3
    end = START_MS + 7 * DAY_MS + 35 * 60_000
    early = alone(store, replace(short, end_ms=end)).predictions
    late = said.between(short.start_ms, end)
    for name in ("time_ms", "predicted", "p10", "p90", "excursion", "regression"):
        np.testing.assert_array_equal(getattr(early, name), getattr(late, name), err_msg=name)


def test_the_agents_market_and_single_liquidations() -> None:
    """Agents, not the model, make this market: sides and removal matter there too, and location is really there."""
    store = MemoryStore()
    feed = SimulatedFeed(store.append, 1)
    start = feed.time_ms
    feed.advance(14 * 1440)
    request = Request(
        feed.symbol, feed.exchanges[1], "1h", start + 6 * DAY_MS, feed.time_ms, "events", shifts=4
    )
    card = alone(store, request).card
    assert card.counted
    assert card.measured.events > 200
    assert card.measured.against("excursion").lo > 0
    assert card.placebos is not None
    assert card.placebos.side_swap.hi < 0
    assert card.placebos.own.value - card.placebos.no_removal.value > 0.3
    assert card.location[1].sweeps >= 5
    assert card.location[1].information.lo > 0
    assert "sweeps" in "\n".join(report(card))


def test_processes_and_a_cluster_give_the_very_same_scorecards(market, tmp_path) -> None:
    """Two scorecards at once: the parameters differ, the pieces run side by side."""
    brief = replace(HOURS, end_ms=START_MS + 14 * DAY_MS, estimators=(), shifts=5)
    sweep = [brief, replace(brief, params=replace(HOURS.params, churn=0.3), shifts=0)]
    shares: list[float] = []
    with workers(processes=2) as executor:
        here = score_all(market, sweep, executor, shares.append)
    with dask_cluster(tmp_path) as address, workers(address) as executor:
        there = score_all(market, sweep, executor)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    for near, far in zip(here, there, strict=True):
        assert to_json(near.card) == to_json(far.card)
        np.testing.assert_array_equal(near.predictions.predicted, far.predictions.predicted)
    assert to_json(here[0].card) == to_json(alone(market, brief).card)
    assert here[0].card.measured.table[0] != here[1].card.measured.table[0]


def test_too_little_is_not_scored(market) -> None:
    with pytest.raises(NotEnoughDataError, match="on 3 days"):
        alone(market, replace(HOURS, end_ms=HOURS.start_ms + 3 * DAY_MS))
    with pytest.raises(NotEnoughDataError, match="0 liquidations on 0 days"):
        alone(market, replace(HOURS, start_ms=HOURS.end_ms + DAY_MS, end_ms=HOURS.end_ms + 9 * DAY_MS))


def test_a_wish_to_stop_is_heard(market) -> None:
    with pytest.raises(CancelledError):
        alone(market, HOURS, stop=lambda: True)
