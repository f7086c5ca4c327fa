"""Positions in whole numbers, and how finely a map is kept: what needs no card."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from heatdesk.gui.gl.detail import Detail
from heatdesk.gui.gl.fixed_point import countable, fixed


def value(whole: int, high: int, middle: int, low: int) -> Fraction:
    return whole + Fraction((high << 32) + (middle << 16) + low, 2**48)


@given(st.floats(-1e6, 1e6))
@example(-1e-20)
def test_a_position_keeps_48_bits_of_its_fraction(number: float) -> None:
    parts = fixed(number)
    assert all(0 <= part < 2**16 for part in parts[1:])
    assert abs(value(*parts) - Fraction(number)) <= Fraction(1, 2**48)


@given(st.floats(-1e5, 1e5), st.floats(1e-6, 30.0), st.integers(0, 7680))
def test_the_shaders_count_stays_in_32_bits_and_is_exact(origin: float, step: float, k: int) -> None:
    o, s = fixed(origin), fixed(step)
    low = k * s[3] + o[3]
    middle = k * s[2] + o[2] + (low >> 16)
    high = k * s[1] + o[1] + (middle >> 16)
    assert max(low, middle, high) < 2**32
    counted = o[0] + k * s[0] + (high >> 16) + ((high & 0xFFFF) << 16 | middle & 0xFFFF) / 2**32
    assert counted == pytest.approx(origin + k * step, abs=2**-31, rel=1e-12)


def test_what_cannot_be_counted_is_known() -> None:
    assert countable(1e5, 10.0, 3840)
    assert not countable(1e5, 1e7, 3840)
    assert not countable(math.inf, 1.0, 10) and not countable(0.0, math.nan, 10)


@pytest.mark.parametrize(
    ("n_prices", "n_times", "largest", "expected"),
    [
        (500, 1000, 16_384, Detail(0, 1)),
        (500, 16_384, 16_384, Detail(0, 1)),
        (500, 16_385, 16_384, Detail(1, 1)),
        (16_384, 10, 16_384, Detail(0, 2)),
        (500, 400_000, 2_048, Detail(8, 1)),
        (4_000, 12_000, 16_384, Detail(1, 1)),  # of memory
    ],
)
def test_a_map_is_kept_as_finely_as_fits(n_prices: int, n_times: int, largest: int, expected: Detail) -> None:
    detail = Detail.within(n_prices, n_times, largest)
    assert detail == expected
    rows, columns = detail.kept(n_prices, n_times)
    assert rows < largest and columns <= largest


def test_the_strongest_of_a_group_stays_with_its_mark() -> None:
    rng = np.random.default_rng(2)
    amounts = rng.random((7, 5), np.float32)
    marks = rng.integers(0, 5, (7, 5), np.uint8)
    detail = Detail(1, 2)
    kept, kept_marks = detail.amounts(amounts), detail.marks(marks, amounts)
    assert kept.shape == kept_marks.shape == (4, 3)
    for column in range(4):
        for row in range(3):
            cells = slice(2 * column, 2 * column + 2), slice(2 * row, 2 * row + 2)
            assert kept[column, row] == amounts[cells].max()
            assert kept_marks[column, row] == marks[cells].flat[amounts[cells].argmax()]


def test_the_edges_of_kept_rows_are_those_of_the_map() -> None:
    edges = np.arange(8.0) ** 2
    assert Detail().edges(edges) is edges
    assert Detail(0, 2).edges(edges).tolist() == [0.0, 4.0, 16.0, 36.0, 49.0]
