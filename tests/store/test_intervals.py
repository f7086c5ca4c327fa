from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.intervals import clipped, extended, union, without
from heatdesk.market import Interval
from heatdesk.store.gaps import gaps

INTERVALS = st.lists(st.builds(Interval, st.integers(0, 30), st.integers(0, 30)), max_size=6)


def moments(intervals: list[Interval] | tuple[Interval, ...]) -> set[int]:
    return {moment for start, end in intervals for moment in range(start, end)}


@given(INTERVALS, INTERVALS)
def test_sets_of_intervals_behave_like_sets_of_moments(a: list[Interval], b: list[Interval]) -> None:
    assert moments(union([*a, *b])) == moments(a) | moments(b)
    assert moments(without(a, b)) == moments(a) - moments(b)
    assert moments(clipped(a, 5, 20)) == moments(a) & set(range(5, 20))


@given(INTERVALS, INTERVALS)
def test_a_union_is_extended_as_if_it_were_made_anew(a: list[Interval], b: list[Interval]) -> None:
    assert extended(union(a), b) == union([*a, *b])


@given(INTERVALS)
def test_a_union_is_ascending_and_leaves_space_between(a: list[Interval]) -> None:
    merged = union(a)
    assert all(one.end_ms < two.start_ms for one, two in pairwise(merged))


@given(st.sets(st.integers(0, 20)))
def test_gaps_are_the_bars_that_are_missing(bars: set[int]) -> None:
    times = np.array(sorted(bars), np.int64) * 10
    found = gaps(times, 10, 0, 210)
    missing = {bar for start, end in found for bar in range(start // 10, end // 10)}
    assert missing == set(range(21)) - bars


def test_by_default_gaps_lie_between_the_first_and_the_last_row() -> None:
    assert gaps(np.array([100, 110, 140], np.int64), 10) == (Interval(120, 140),)
    assert gaps(np.array([100], np.int64), 10) == ()
    assert gaps(np.empty(0, np.int64), 10) == ()
    assert gaps(np.array([100], np.int64), 10, 60, 120) == (Interval(60, 100), Interval(110, 120))
