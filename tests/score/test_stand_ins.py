"""Every stand-in keeps the rule of its kind, and none looks ahead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from heatdesk.model.tiers import build_tiers
from heatdesk.score.stand_ins import LEVERAGES, STAND_INS, WEIGHTS

from .worlds import walk

SERIES = walk(1500)
PARAMS = ModelParams()
TIERS = build_tiers("binance", "BTC/USDT:USDT", PARAMS)


def predicted(name: str, series=SERIES):
    return STAND_INS[name].predict(series, TIERS, PARAMS)


@pytest.mark.parametrize("name", STAND_INS)
def test_it_says_something_for_both_sides_and_nothing_it_cannot_know(name: str) -> None:
    whole = predicted(name)
    assert whole.shape == (len(SERIES), 2)
    assert np.isfinite(whole).all()
    assert (whole >= 0).all()
    assert (whole.sum(axis=0) > 0).all()
    np.testing.assert_allclose(predicted(name, SERIES.head(900)), whole[:900], rtol=1e-9)


def flat(n: int, price: float = 100.0):
    """Nothing moves, a coin is traded in the second candle only."""
    same = np.full(n, price)
    volume = np.zeros(n)
    volume[1] = 1.0
    calm = {name: same.copy() for name in ("open", "high", "low", "close")}
    return replace(
        walk(n), **calm, volume=volume, open_interest=np.full(n, 1e6), open_interest_step=np.zeros(n)
    )


def falling_to(series, *lows: tuple[int, float]):
    low = series.low.copy()
    for at, price in lows:
        low[at] = price
    return replace(series, low=low)


def test_a_level_is_one_part_in_its_leverage_away_without_maintenance_margin() -> None:
    deep = falling_to(flat(20), (10, 96.1))  # 25x stands at 96, 50x at 98, 100x at 99
    swept = predicted("fixed-leverages", deep)[10]
    assert swept[1] == 0
    assert swept[0] == pytest.approx(0.5 * (99 * WEIGHTS[3] + 98 * WEIGHTS[2]))
    assert LEVERAGES[2:] == (50, 100)


def test_swept_once_or_again_and_again() -> None:
    twice = falling_to(flat(20), (10, 98.9), (15, 98.9))
    once = predicted("fixed-leverages", twice)
    assert once[10, 0] > 0
    assert once[15, 0] == 0
    again = predicted("never-removed", twice)
    assert again[15, 0] == pytest.approx(again[10, 0])
    assert again[10, 0] > 0


def test_a_half_life_is_one() -> None:
    later = [predicted("half-life", falling_to(flat(80), (at, 98.9)))[at, 0] for at in (2, 2 + 28)]
    assert later[1] / later[0] == pytest.approx(0.5 ** (28 * 5 / 60 / 2.3))


def test_the_colour_of_the_candle_chooses_the_side() -> None:
    rising = flat(20)
    step = np.zeros(20)
    step[1] = 5.0
    red = rising.open.copy()
    red[1] = 100.5
    series = replace(rising, open_interest_step=step, open=red, high=np.maximum(red, rising.high))
    both = replace(series, high=np.where(np.arange(20) == 9, 102, series.high))
    assert predicted("candle-colour", both)[9].tolist() == [0, pytest.approx(5 * 0.15 * 101, rel=3e-3)]
    falling = falling_to(series, (9, 98.0))
    assert predicted("candle-colour", falling)[9].tolist() == [0, 0]


def test_a_snapshot_forgets_what_was_swept() -> None:
    twice = falling_to(flat(20), (10, 98.9), (15, 98.9))
    swept = predicted("oi-snapshot", twice)[[10, 15], 0]
    assert swept[0] > 0
    assert swept[0] == pytest.approx(swept[1])


def test_without_maintenance_margin_levels_lie_further_away() -> None:
    flow = ESTIMATORS["flow"].flow(SERIES, PARAMS)
    assert flow.opens_long.sum() > 0
    with_margin = predicted("no-maintenance")
    nearer = replace(TIERS, ratio_long=1 - 1 / TIERS.leverage, ratio_short=1 + 1 / TIERS.leverage)
    assert (nearer.ratio_long <= TIERS.ratio_long).all()
    np.testing.assert_array_equal(STAND_INS["no-maintenance"].predict(SERIES, nearer, PARAMS), with_margin)
