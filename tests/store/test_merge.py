import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.market import Kind, Records
from heatdesk.store.base import Appended
from heatdesk.store.merge import concatenate, merge
from tests.store.samples import JANUARY, candles, events, same

HOUR = 3_600_000


def rates(rows: dict[int, float]) -> Records:
    times = sorted(rows)
    values = np.array([rows[time] for time in times], np.float64)
    return Records(Kind.FUNDING, np.array(times, np.int64), {"funding_rate": values})


@given(
    st.dictionaries(st.integers(0, 20), st.floats(-1, 1), max_size=12),
    st.dictionaries(st.integers(0, 20), st.floats(-1, 1), max_size=12),
)
def test_the_newer_row_wins_as_in_a_dictionary(old: dict[int, float], new: dict[int, float]) -> None:
    merged, done = merge(rates(old), rates(new))
    assert same(merged, rates({**old, **new}))
    assert done.new == len(new.keys() - old.keys())
    assert done.changed == sum(old[time] != new[time] for time in old.keys() & new.keys())
    assert done.unchanged == len(new) - done.new - done.changed
    assert merge(merged, rates(new))[1] == Appended(0, 0, len(new))


def test_a_cell_the_newer_row_does_not_know_keeps_its_value() -> None:
    without = candles(5)
    known = Records(without.kind, without.time_ms, {**without.columns, "taker_buy_volume": np.arange(5.0)})
    merged, done = merge(known, without)
    assert same(merged, known)
    assert done == Appended(0, 0, 5)
    merged, done = merge(without, known)
    assert same(merged, known)
    assert done == Appended(0, 5, 0)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1.0, 2.0]))), st.data())
def test_of_equal_events_the_richer_side_counts(rows: list[tuple[int, float]], data: st.DataObject) -> None:
    more = data.draw(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1.0, 2.0]))))
    old, new = (
        events([t for t, _ in sorted(side)], [usd for _, usd in sorted(side)]) for side in (rows, more)
    )
    merged, done = merge(old, new)
    found = list(zip(merged.time_ms.tolist(), merged["notional_usd"].tolist(), strict=True))
    expected = [row for row in {*rows, *more} for _ in range(max(rows.count(row), more.count(row)))]
    assert sorted(found) == sorted(expected)
    assert list(merged.time_ms) == sorted(merged.time_ms)
    assert done.new == len(merged) - len(old)
    assert merge(merged, new)[1].new == 0


def test_parts_are_put_one_after_the_other() -> None:
    first, second = candles(3), candles(2, JANUARY + 3 * HOUR)
    both = concatenate([first, second])
    assert len(both) == 5
    assert same(both.take(slice(3, 5)), second)
