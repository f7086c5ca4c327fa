"""Events that fall where the map is dense are recognised, events that fall anywhere are not called skill."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.market import HOUR_MS, Interval
from heatdesk.model.params import ModelParams
from heatdesk.model.tiers import build_tiers
from heatdesk.score.location import BEYOND, BIN_BPS, BLUR, Events, locate, sweeps
from heatdesk.score.standing import Standing, standing

from .worlds import walk

PARAMS = ModelParams()
SERIES = walk(288 * 30, seed=7)
OFFSET = 0.0045
ALWAYS = (Interval(0, 2**60),)


@pytest.fixture(scope="module")
def stood() -> Standing:
    return standing(SERIES, build_tiers("binance", "BTC/USDT:USDT", PARAMS), PARAMS, HOUR_MS, BIN_BPS)


def events_of(stood: Standing, by_density: bool, seed: int = 2) -> Events:
    """Longs liquidated in every hour that fell far enough: where the map is dense, or anywhere in the range."""
    random = np.random.default_rng(seed)
    centres = stood.grid.centres()
    rows = []
    for i in range(1, len(stood.path.time_ms)):
        low, high = stood.path.low[i], stood.path.open[i] * (1 - BEYOND)
        inside = np.flatnonzero((centres > low) & (centres < high))
        if len(inside) < 3:
            continue
        chance = np.convolve(stood.long[i - 1], BLUR, "same")[inside] if by_density else np.ones(len(inside))
        if chance.sum():
            at = random.choice(inside, 40, p=chance / chance.sum())
            times = np.sort(stood.path.time_ms[i] + random.integers(0, HOUR_MS, 40))
            rows.append(
                np.column_stack((times, np.ones(40), centres[at] / (1 + OFFSET), np.full(40, 1000.0)))
            )
    table = np.concatenate(rows)
    return Events(table[:, 0].astype(np.int64), *table[:, 1:].T)


def test_events_that_follow_the_map_are_recognised(stood: Standing) -> None:
    found = locate(sweeps(stood, events_of(stood, by_density=True), ALWAYS, OFFSET), OFFSET)
    assert found.sweeps > 50
    assert found.events > 1000
    assert found.days >= 25
    assert found.information.lo > 0.05
    assert found.spearman.lo > 0.3


def test_events_anywhere_are_no_skill(stood: Standing) -> None:
    found = locate(sweeps(stood, events_of(stood, by_density=False), ALWAYS, OFFSET), OFFSET)
    assert found.information.hi < 0
    assert found.spearman.lo < 0.05


def test_a_wrong_offset_loses_what_there_was(stood: Standing) -> None:
    events = events_of(stood, by_density=True)
    right = locate(sweeps(stood, events, ALWAYS, OFFSET), OFFSET)
    wrong = locate(sweeps(stood, events, ALWAYS, OFFSET + 0.01), OFFSET + 0.01)
    assert wrong.information.value < right.information.value - 0.05


def test_unrecorded_hours_do_not_count_and_none_is_no_number(stood: Standing) -> None:
    events = events_of(stood, by_density=True)
    half = (Interval(0, int(stood.path.time_ms[360])),)
    assert 0 < len(sweeps(stood, events, half, OFFSET)) < len(sweeps(stood, events, ALWAYS, OFFSET))
    nothing = locate(sweeps(stood, events, (), OFFSET), OFFSET)
    assert nothing.events == nothing.sweeps == 0
    assert np.isnan(nothing.information.value)


def test_too_few_sweeps_are_no_figure(stood: Standing) -> None:
    found = sweeps(stood, events_of(stood, by_density=True), ALWAYS, OFFSET)
    few = locate(found[:4], OFFSET)
    assert 0 < few.events < 200
    assert np.isnan(few.information.value)
    assert np.isnan(few.spearman.value)


def test_sweeps_list_their_bins_from_the_open_outwards(stood: Standing) -> None:
    for sweep in sweeps(stood, events_of(stood, by_density=True), ALWAYS, OFFSET):
        assert (np.diff(sweep.distance) > 0).all()
        assert sweep.distance[0] > BEYOND
        assert sweep.events.sum() > 0
