"""Each figure against a plain way to compute it, and intervals against worlds where the answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.score.intervals import DRAWS, Blocks
from heatdesk.score.metrics import (
    calibration,
    captured,
    coverage,
    equal_groups,
    ranks,
    spearman,
    stratified_spearman,
)

HOURS = np.arange(24 * 20, dtype=np.int64) * HOUR_MS


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(4)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_ranks_are_those_of_pandas(values: list[int]) -> None:
    assert ranks(np.array(values, float)).tolist() == pd.Series(values).rank().tolist()


def test_spearman_is_that_of_pandas(random: np.random.Generator) -> None:
    x, noise = random.poisson(2.0, (2, len(HOURS))).astype(float)
    found = spearman(x, x + noise, Blocks.by_day(HOURS))
    assert found.value == pytest.approx(pd.Series(x).rank().corr(pd.Series(x + noise).rank()))
    assert found.lo < found.value < found.hi


def test_stratified_spearman_sees_only_what_the_strata_do_not(random: np.random.Generator) -> None:
    stratum = random.integers(0, 4, len(HOURS))
    x = stratum * 10.0 + random.random(len(HOURS))
    y = stratum * 10.0 + random.random(len(HOURS))
    blocks = Blocks.by_day(HOURS)
    assert spearman(x, y, blocks).value > 0.8
    within = stratified_spearman(x, y, stratum, blocks)
    assert within.lo < 0 < within.hi
    by_hand = [pd.Series(x[stratum == s]).rank().corr(pd.Series(y[stratum == s]).rank()) for s in range(4)]
    assert within.value == pytest.approx(np.average(by_hand, weights=np.bincount(stratum)))


def test_a_stratum_in_which_nothing_varies_does_not_count() -> None:
    x = np.r_[np.zeros(24), np.arange(24.0)]
    stratum = np.repeat([0, 1], 24)
    assert stratified_spearman(x, x, stratum, Blocks.by_day(HOURS[:48])).value == pytest.approx(1)
    assert np.isnan(spearman(np.zeros(48), x, Blocks.by_day(HOURS[:48])).value)


def test_equal_values_share_a_group() -> None:
    values = np.r_[np.zeros(55), np.arange(1.0, 46.0)]
    group = equal_groups(values)
    assert set(group[:55]) == {0}
    assert np.all(np.diff(group) >= 0)
    assert group.max() == 5  # the zeros reach into the sixth tenth: half of that is theirs


def test_deciles_and_coverage_of_a_prediction_that_is_right(random: np.random.Generator) -> None:
    predicted = random.lognormal(0, 2, len(HOURS))
    noise = random.lognormal(-0.5, 1, len(HOURS))
    blocks = Blocks.by_day(HOURS)
    deciles = calibration(predicted * noise, predicted, blocks)
    assert len(deciles) == 10
    assert np.mean([d.lo <= 1 <= d.hi for d in deciles]) >= 0.7
    assert [d.value for d in calibration(3 * predicted, predicted, blocks)] == pytest.approx([3] * 10)
    low, high = np.exp(-0.5 - 1.2816), np.exp(-0.5 + 1.2816)
    found = coverage(predicted * noise, predicted * low, predicted * high, blocks)
    assert found.lo <= 0.8 <= found.hi


def test_the_largest_predictions_capture_their_part() -> None:
    x = np.arange(1.0, 101.0)
    blocks = Blocks.by_day(HOURS[:100])
    assert captured(x, x, blocks).value == pytest.approx(x[-10:].sum() / x.sum())
    assert captured(x, -x, blocks).value == pytest.approx(x[:10].sum() / x.sum())


def test_skill_is_one_minus_the_ratio_and_its_interval_is_wide_where_days_differ(
    random: np.random.Generator,
) -> None:
    base = random.gamma(2, 1, len(HOURS))
    day = HOURS // DAY_MS
    steady, moody = base * 0.4, base * np.where(day % 2, 0.1, 0.7)
    blocks = Blocks.by_day(HOURS)
    certain, doubtful = blocks.skill(steady, base), blocks.skill(moody, base)
    assert certain == pytest.approx((0.6, 0.6, 0.6))
    assert doubtful.lo < doubtful.value < doubtful.hi
    assert doubtful.hi - doubtful.lo > 0.1


def test_the_interval_covers_as_often_as_it_says(random: np.random.Generator) -> None:
    """Days that go up and down together: an interval over single hours would cover in about a third of the worlds."""
    covered = 0
    for _ in range(200):
        values = np.repeat(random.normal(1, 1, 20), 24) + random.normal(0, 0.3, len(HOURS))
        found = Blocks.by_day(HOURS).ratio(values, np.ones(len(HOURS)))
        covered += found.lo <= 1 <= found.hi
    assert 0.87 <= covered / 200 <= 0.99


def test_blocks_of_several_days_and_no_cells_at_all() -> None:
    assert Blocks.by_day(HOURS, days=3).n in (7, 8)
    nothing = Blocks.by_day(HOURS[:0])
    assert nothing.draws.shape == (DRAWS, 0)
    assert np.isnan(nothing.ratio(np.empty(0), np.empty(0)).value)
    assert np.isnan(nothing.skill(np.empty(0), np.empty(0)).lo)
    assert np.isnan(spearman(np.empty(0), np.empty(0), nothing).value)


def test_the_same_cells_give_the_same_interval(random: np.random.Generator) -> None:
    x = random.random(len(HOURS))
    assert Blocks.by_day(HOURS).ratio(x, x + 1) == Blocks.by_day(HOURS).ratio(x, x + 1)
