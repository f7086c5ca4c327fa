import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from heatdesk.reading.reach import CONTOURS, Horizon, Reach, find_reach, first_passage, walk_forward
from heatdesk.reading.variance import Hours, Outlook
from tests.reading.walks import walk

STEP = 5 * MINUTE_MS


@pytest.fixture(scope="module")
def reach() -> Reach:
    found = find_reach(walk(60, STEP), STEP)
    assert found is not None
    return found


def test_a_random_walk_is_reached_as_theory_says(reach: Reach) -> None:
    for horizon_ms in (4 * HOUR_MS, DAY_MS):
        sigma = 0.03 * math.sqrt(horizon_ms / DAY_MS)
        for scaled in (0.3, 0.7, 1.2, 2.0):
            theory = float(first_passage(np.array(scaled)))
            # discrete steps miss a little of the true excursion
            assert reach.chance(scaled * sigma, horizon_ms) == pytest.approx(theory, abs=0.07)


def test_first_passage_of_the_published_example() -> None:
    # 2 % away at 2.77 % a day: 0.47 within a day (design/model.md 5.3)
    assert first_passage(np.array(2.0 / 2.77)) == pytest.approx(0.47, abs=0.005)


@given(
    distance=st.floats(1e-4, 0.3),
    more=st.floats(1e-5, 0.1),
    horizon=st.floats(0.1, 200.0),
    longer=st.floats(1.01, 5.0),
)
def test_farther_and_sooner_are_less_likely(
    reach: Reach, distance: float, more: float, horizon: float, longer: float
) -> None:
    chance = reach.chance(distance, horizon * HOUR_MS)
    assert 0.0 <= reach.chance(distance + more, horizon * HOUR_MS) <= chance <= 1.0
    assert reach.chance(distance, horizon * longer * HOUR_MS) >= chance - 0.02
    assert reach.chance(-distance, horizon * HOUR_MS) == chance


@given(chance=st.floats(0.02, 0.98), horizon=st.floats(0.1, 100.0))
def test_distance_is_the_inverse_of_chance(reach: Reach, chance: float, horizon: float) -> None:
    distance = reach.distance(chance, horizon * HOUR_MS)
    assert reach.chance(distance, horizon * HOUR_MS) == pytest.approx(chance, abs=1e-9)


def test_the_price_itself_is_touched(reach: Reach) -> None:
    assert reach.chance_of(reach.price, HOUR_MS) == 1.0
    assert reach.chance_of(reach.price * 50.0, DAY_MS) == 0.0


def test_contours_open_with_time(reach: Reach) -> None:
    for chance in CONTOURS:
        distances = [reach.distance(chance, h * HOUR_MS) for h in (0.1, 0.5, 1, 2, 3, 4, 8, 16, 24, 48)]
        assert np.all(np.diff(distances) > 0.0)


def test_a_horizon_learnt_is_told_as_it_is(reach: Reach) -> None:
    day = reach.learnt(DAY_MS)
    assert day.ms == DAY_MS
    assert reach.learnt(23 * HOUR_MS) is day
    assert day.hours == pytest.approx(59 * 24, abs=3)
    assert day.windows == pytest.approx(59, abs=1)


def test_excursions_are_those_a_loop_finds() -> None:
    candles = walk(6, STEP)
    found = walk_forward(Outlook.of(Hours.of(candles, STEP)), 4 * HOUR_MS)
    high, low, close = (candles[name] for name in ("high", "low", "close"))
    for row in range(0, len(found.time_ms), 7):
        last = int(np.searchsorted(candles.time_ms, found.time_ms[row])) - 1
        ahead = slice(last + 1, last + 49)
        if len(high[ahead]) < 48:
            assert np.isnan(found.up[row])
            continue
        assert found.up[row] == pytest.approx(max(math.log(high[ahead].max() / close[last]), 0.0))
        assert found.down[row] == pytest.approx(max(math.log(close[last] / low[ahead].min()), 0.0))


def test_a_hole_leaves_the_outcome_unknown() -> None:
    candles = walk(6, STEP)
    kept = np.ones(len(candles), bool)
    kept[3 * 288 + 5] = False
    found = walk_forward(Outlook.of(Hours.of(candles.take(kept), STEP)), 2 * HOUR_MS)
    over = (found.time_ms <= candles.time_ms[3 * 288 + 5]) & (
        found.time_ms + 2 * HOUR_MS > candles.time_ms[3 * 288 + 5]
    )
    assert over.sum() == 2
    assert np.isnan(found.up[over]).all()
    assert np.isfinite(found.up[~over][:-3]).all()


def test_what_came_later_changes_no_chance() -> None:
    candles, cut = walk(30, STEP), 20 * 288
    distance = np.array([0.002, 0.01, 0.03])
    whole = walk_forward(Outlook.of(Hours.of(candles, STEP)), DAY_MS)
    then = walk_forward(Outlook.of(Hours.of(candles.take(slice(0, cut)), STEP)), DAY_MS)
    rows = len(then.time_ms) - 1
    assert np.allclose(whole.chance(distance)[:rows], then.chance(distance)[:rows], rtol=0, atol=1e-9)


def test_now_is_the_last_row_of_the_walk() -> None:
    candles = walk(20, STEP).take(slice(0, 20 * 288 - 5))  # ends within an hour
    found = find_reach(candles, STEP, (HOUR_MS,))
    assert found is not None
    assert found.time_ms == candles.time_ms[-1] + STEP
    assert found.price == candles["close"][-1]
    told = walk_forward(Outlook.of(Hours.of(candles, STEP)), HOUR_MS).chance(np.array([0.004]))[-1, 0]
    assert found.chance(0.004, HOUR_MS) == pytest.approx(told)


def test_little_history_leans_on_the_random_walk() -> None:
    found = find_reach(walk(1, STEP), STEP)
    assert found is not None
    horizon = found.learnt(DAY_MS)
    assert horizon.hours == 0
    scaled = np.array([0.5, 1.0, 2.0])
    assert found.chance(scaled * horizon.sigma, DAY_MS) == pytest.approx(first_passage(scaled), abs=1e-3)


def test_without_two_candles_nothing_is_told() -> None:
    assert find_reach(walk(1, DAY_MS), DAY_MS) is None


@pytest.mark.parametrize("step_ms", [4 * HOUR_MS, DAY_MS])
def test_a_horizon_shorter_than_a_candle_is_scaled_down(step_ms: int) -> None:
    found = find_reach(walk(60, step_ms), step_ms, (HOUR_MS, DAY_MS))
    assert found is not None
    assert found.horizons[0].ms == max(step_ms, HOUR_MS)
    assert found.chance(0.01, HOUR_MS) < found.chance(0.01, step_ms)


def test_between_two_horizons_both_count() -> None:
    table = np.array(first_passage(np.linspace(0, 5, 300)))
    deviations = len(walk_forward(Outlook.of(Hours.of(walk(2, HOUR_MS), HOUR_MS)), HOUR_MS).beyond[-1])
    table = np.resize(table, deviations)
    table.sort()
    short, long = (
        Horizon(ms, sigma, table[::-1], 1, 1.0) for ms, sigma in ((HOUR_MS, 0.01), (4 * HOUR_MS, 0.04))
    )
    two = Reach(0, 1.0, (short, long))
    assert two._at(2 * HOUR_MS)[0] == pytest.approx(0.02)
    assert two._at(16 * HOUR_MS)[0] == pytest.approx(0.08)
    assert two._at(HOUR_MS / 4)[0] == pytest.approx(0.005)
