import math

import numpy as np
import pytest

from heatdesk.market import DAY_MS
from heatdesk.score.hyperliquid import MAP, UNIFORM, Moment, compare, ignorant_maps, in_rows, lines, row_edges

ROWS = len(row_edges()) - 1


def bump(at: float, width: float = 0.01) -> np.ndarray:
    centres = (row_edges()[1:] + row_edges()[:-1]) / 2
    return np.exp(-0.5 * ((centres - at) / width) ** 2)


def moments(map_at: float, true_at: float = 1.1, days: int = 8, held: float = 2e9) -> list[Moment]:
    rng = np.random.default_rng(1)
    return [
        Moment(
            day * DAY_MS,
            bump(true_at + 0.005 * rng.normal()) * 1e6,
            {MAP: bump(map_at), **ignorant_maps()},
            np.array([held, held]),
            np.array([3e8, 6e8]),
            100,
            20,
        )
        for day in range(days)
    ]


def of(score, name):
    return next(b for b in score.maps if b.name == name)


def test_a_map_that_is_right_beats_all_that_know_nothing():
    score = compare(moments(map_at=1.1))
    assert of(score, MAP).cosine.value > 0.85
    assert of(score, MAP).mover.value < 1.0
    assert of(score, MAP).lead == (0.0, 0.0, 0.0)
    assert score.informative
    assert "nearer" in score.verdict()


def test_a_map_that_is_wrong_is_said_to_be_no_better_than_uniform():
    score = compare(moments(map_at=0.9))
    assert of(score, MAP).cosine.value < of(score, UNIFORM).cosine.value
    assert of(score, MAP).mover.value == pytest.approx(20.0, abs=1.0)
    assert of(score, UNIFORM).lead.hi < 0
    assert not score.informative
    assert "Not shown to be better than uniform" in score.verdict()
    assert score.verdict() in lines(score)


def test_coverage_is_always_printed():
    score = compare(moments(1.1), "hyperliquid")
    assert "on hyperliquid: 8 snapshots on 8 days" in lines(score)[0]
    assert score.coverage == pytest.approx((0.15, 0.30))
    assert "15% of longs and 30% of shorts are seen" in lines(score)[0]
    unknown = compare(moments(1.1, held=math.nan))
    assert "not known" in lines(unknown)[0]
    assert unknown.to_json()["coverage"] == {"long": None, "short": None}
    assert score.to_json()["coverage"] == {"long": pytest.approx(0.15), "short": pytest.approx(0.3)}


def test_few_days_are_not_enough():
    score = compare(moments(1.1, days=4))
    assert not score.enough
    assert not score.informative
    assert score.verdict() == "Not enough data: 4 days of positions, 5 are needed."


def test_nothing_to_compare_says_so():
    score = compare([])
    assert score.moments == score.days == 0
    assert score.verdict().startswith("Not enough data")
    assert lines(score)
    assert score.to_json()["maps"] == {}


def test_usd_goes_into_its_row_and_what_lies_outside_is_left_out():
    rows = in_rows(np.array([0.79, 0.8001, 0.9999, 1.0001, 1.1999, 1.21]), np.arange(1.0, 7.0))
    assert rows.sum() == 2 + 3 + 4 + 5
    assert rows[0] == 2
    assert list(rows[ROWS // 2 - 1 : ROWS // 2 + 1]) == [3, 4]
    assert rows[-1] == 5


def test_identical_columns_have_cosine_one_and_lie_off_by_nothing():
    same = [Moment(m.time_ms, m.true, {MAP: m.true}, m.held, m.known, 1, 0) for m in moments(1.1)]
    (found,) = compare(same).maps
    assert found.cosine.value == pytest.approx(1.0)
    assert found.mover.value == pytest.approx(0.0, abs=1e-12)
