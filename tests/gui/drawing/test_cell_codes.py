import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.gui.cell_codes import LARGEST, LEAST, decode, encode, encode_readable
from heatdesk.gui.maxpool import pool, pool_readable

numbers = st.lists(st.floats(-LARGEST, LARGEST, width=16, allow_subnormal=False), min_size=1, max_size=30)


@given(numbers)
def test_what_fits_into_sixteen_bits_comes_back_as_it_was(values: list[float]) -> None:
    stored = np.array(values, np.float32)
    assert np.array_equal(decode(encode(stored)), stored)


@given(st.lists(st.floats(width=32), min_size=1, max_size=30))
def test_the_compiled_kernel_agrees_with_its_readable_twin(values: list[float]) -> None:
    given_numbers = np.array(values, np.float32)
    assert np.array_equal(encode(given_numbers), encode_readable(given_numbers))


@given(st.integers(0, 2**32 - 1))
def test_it_agrees_for_every_pattern_of_bits(pattern: int) -> None:
    given_numbers = np.array([pattern], np.uint32).view(np.float32)
    assert np.array_equal(encode(given_numbers), encode_readable(given_numbers))


def test_what_is_beyond_both_ends() -> None:
    given_numbers = np.array([np.inf, -np.inf, np.nan, 1e9, LEAST / 3, -0.0], np.float32)
    assert decode(encode(given_numbers)).tolist() == [LARGEST, -LARGEST, 0.0, LARGEST, 0.0, 0.0]


@given(numbers)
def test_codes_stand_in_the_order_of_magnitudes(values: list[float]) -> None:
    ordered = decode(np.sort(encode(np.array(values, np.float32))))
    assert (np.diff(np.abs(ordered)) >= 0).all()


@given(numbers)
def test_numbers_above_zero_keep_their_own_order(values: list[float]) -> None:
    positive = np.abs(np.array(values, np.float32))
    assert np.array_equal(decode(np.sort(encode(positive))), np.sort(positive))


@given(seed=st.integers(0, 2**32 - 1), shape=st.tuples(st.integers(1, 12), st.integers(1, 12)))
def test_pooling_signed_cells_keeps_the_one_of_the_larger_magnitude(
    seed: int, shape: tuple[int, int]
) -> None:
    """Told the plain way: positive and negative parts pooled apart, then the stronger of the two."""
    cells = np.random.default_rng(seed).integers(-9, 10, shape).astype(np.float32)
    whole = [np.array([0]), np.array([shape[0]]), np.array([0]), np.array([shape[1]])]
    above, below = cells.max(initial=0.0), -cells.min(initial=0.0)
    for pooled in (pool, pool_readable):
        out = np.zeros((1, 1), np.uint16)
        pooled(encode(cells), *whole, out, 0, 0)
        assert decode(out)[0, 0] == (above if above > below else -below)
