"""A zone's age by the plain look at all of its columns, whatever stretch of them is looked at first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.reading.zone_life import HELD, zone_life
from tests.reading.maps import Band, heatmap

N_TIMES = 400
ROWS = slice(3, 6)


@given(st.lists(st.tuples(st.integers(0, N_TIMES - 1), st.floats(0, 2)), max_size=4))
def test_a_zone_has_stood_since_it_last_held_less_than_half_of_what_it_holds_now(changes):
    shown = heatmap(Band("short", 51_000, 51_100), n_times=N_TIMES)
    columns = np.zeros(shown.shape[::-1], np.float32)
    columns[:, ROWS] = 1e6
    for column, share in changes:
        columns[column, ROWS] = np.float32(share * 1e6)
    life = zone_life(replace(shown, notional_short=columns.T), "short", ROWS)
    held = columns[:, ROWS].sum(axis=1)
    lacking = np.flatnonzero(held < HELD * held[-1])
    born = lacking[-1] + 1 if len(lacking) else 0
    assert life.age == ((N_TIMES - born) * shown.step_ms, not len(lacking))
