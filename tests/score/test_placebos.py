"""Ranks and differences of placebos, and that each placebo changes one thing only."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.history.evidence import Request, read_evidence
from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.model.params import ModelParams
from heatdesk.model.tiers import build_tiers
from heatdesk.score.exposure import Setup
from heatdesk.score.inputs import prepare
from heatdesk.score.intervals import UNKNOWN, Blocks
from heatdesk.score.placebos import Map, judged, shifts_of, shuffled_zones, shuffles
from heatdesk.score.work import Bench

from .markets import EXCHANGE, SYMBOL, model_market
from .worlds import START_MS, walk

DAYS = 20
BLOCKS = Blocks.by_day(np.arange(DAYS * 24, dtype=np.int64) * HOUR_MS)


def test_the_rank_counts_who_is_better() -> None:
    path = np.full(DAYS, 100.0)
    shifted = np.linspace(30, 80, 11)[:, None] * np.ones(DAYS)
    others = np.concatenate([np.full((1, DAYS), 41.0), np.full((1, DAYS), 150.0), np.full((4, DAYS), 90.0)])
    found = judged(shifted, others, path, UNKNOWN, BLOCKS)
    assert found.shift_rank == 4  # 30, 35 and 40 are better
    assert found.shuffle_rank == 1
    assert found.own.value == pytest.approx(0.59)
    assert found.side_swap.value == pytest.approx(-0.5)
    assert found.no_removal.value == pytest.approx(0.1)
    assert found.over_shifts.value == pytest.approx(1 - 41 / 55)
    assert found.shift_skills[0] == pytest.approx(0.7)


def test_shifts_go_once_around() -> None:
    shifts = shifts_of(10_000)
    assert len(set(shifts)) == len(shifts) == 100
    assert min(shifts) == 99
    assert max(shifts) == 9_901


def test_shuffles_deal_the_same_weights_to_tiers_that_have_any() -> None:
    weight = build_tiers("binance", "SOL/USDT:USDT", ModelParams()).weight
    assert (weight == 0).any()
    for dealt in shuffles(weight):
        assert sorted(dealt) == sorted(weight)
        assert (dealt[weight == 0] == 0).all()
        assert not np.array_equal(dealt, weight)


def test_a_shift_moves_births_and_leaves_the_path_alone() -> None:
    params = ModelParams()
    a_map = Map.of(walk(600), build_tiers("binance", "BTC/USDT:USDT", params), params)
    weight = a_map.tiers.weight
    own, moved, whole = (a_map.swept(shift=s) @ weight for s in (0, 100, 600))
    assert not np.allclose(own, moved)
    np.testing.assert_array_equal(own, whole)
    assert (a_map.swept(removal=False) @ weight).sum() > own.sum()


def test_dealt_zones_keep_nothing_but_the_excursion() -> None:
    random = np.random.default_rng(3)
    n = DAYS * 24
    excursion = random.lognormal(0, 1, n)
    secret = random.lognormal(0, 1, n)
    observed = excursion * secret
    found = shuffled_zones(observed, excursion * secret, excursion, BLOCKS)
    assert found.lo < 0 < found.hi
    assert found.hi - found.lo < 0.3


def test_rare_refits_cover_every_bar_and_look_no_further() -> None:
    evidence = read_evidence(
        model_market(40), Request(SYMBOL, EXCHANGE, "1h", START_MS, START_MS + 40 * DAY_MS)
    )
    inputs = prepare(evidence.series, evidence.observed, Setup(EXCHANGE, SYMBOL))
    bench = Bench.of(inputs, START_MS, START_MS + 40 * DAY_MS)
    often, rare = bench.moments(), bench.rare_moments()
    assert len(rare) < len(often) * 0.6
    assert [(m.at, m.weight.sum()) for m in rare[:14]] == [(m.at, m.weight.sum()) for m in often[:14]]
    covered = np.concatenate([np.arange(m.ahead.start, m.ahead.stop) for m in rare])
    np.testing.assert_array_equal(covered, np.arange(inputs.first, len(inputs.time_ms)))
    assert all(m.past.max(initial=-1) < m.at == m.ahead.start for m in rare)
