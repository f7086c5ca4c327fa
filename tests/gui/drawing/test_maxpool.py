import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.gui.maxpool import (
    colour,
    colour_bands,
    colour_bands_readable,
    colour_readable,
    halve,
    pool,
    pool_readable,
    shift,
)


def _ranges(rng: np.random.Generator, n: int, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Ascending, overlapping, sometimes empty."""
    start = np.sort(rng.integers(0, limit + 1, n))
    stop = np.minimum(start + rng.integers(0, 5, n), limit)
    return start.astype(np.int64), stop.astype(np.int64)


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_compiled_pool_agrees_with_its_readable_twin(
    seed: int, shape: tuple[int, int], size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 65_000, shape).astype(np.uint16)
    columns, rows = _ranges(rng, size[1], shape[0]), _ranges(rng, size[0], shape[1])
    fast, slow = np.full(size, 7, np.uint16), np.full(size, 9, np.uint16)
    pool(cells, *columns, *rows, fast, 0, 0)
    pool_readable(cells, *columns, *rows, slow, 0, 0)
    assert np.array_equal(fast, slow)


def test_pool_writes_into_a_part_of_a_larger_grid() -> None:
    grid = np.full((6, 8), 3, np.uint16)
    cells = np.arange(12, dtype=np.uint16).reshape(4, 3)
    start = np.arange(3)
    pool(cells, start, start + 1, start, start + 1, grid, 1, 2)
    assert np.array_equal(grid[1:4, 2:5], cells[:3].T)
    grid[1:4, 2:5] = 3
    assert (grid == 3).all()


def test_compiled_colour_agrees_with_its_readable_twin() -> None:
    rng = np.random.default_rng(5)
    table = rng.integers(0, 2**32, 65_536).astype(np.uint32)
    grid = rng.integers(0, 65_536, (37, 53)).astype(np.uint16)
    fast, slow = np.zeros(grid.shape, np.uint32), np.zeros(grid.shape, np.uint32)
    colour(table, grid, fast, 0, 37, 0, 53)
    colour_readable(table, grid, slow)
    assert np.array_equal(fast, slow)


def test_a_part_is_coloured_as_the_whole_is_and_nothing_beside_it() -> None:
    rng = np.random.default_rng(8)
    table = rng.integers(1, 2**32, 65_536).astype(np.uint32)
    levels = rng.integers(-3, 4, 65_536).astype(np.int8)
    shades = rng.integers(1, 2**32, (2, 7)).astype(np.uint32)
    grid = rng.integers(0, 65_536, (19, 23)).astype(np.uint16)
    for (top, bottom), (left, right) in (
        ((0, 5), (3, 9)),
        ((7, 19), (0, 23)),
        ((4, 4), (2, 8)),
        ((18, 19), (22, 23)),
    ):
        for work, by in ((colour, (table,)), (colour_bands, (shades, levels))):
            whole, part = np.zeros(grid.shape, np.uint32), np.zeros(grid.shape, np.uint32)
            work(*by, grid, whole, 0, 19, 0, 23)
            work(*by, grid, part, top, bottom, left, right)
            assert np.array_equal(part[top:bottom, left:right], whole[top:bottom, left:right])
            part[top:bottom, left:right] = 0
            assert not part.any()


@given(right=st.integers(-9, 9), down=st.integers(-7, 7))
def test_a_shift_in_place_leaves_every_pixel_what_stood_there(right: int, down: int) -> None:
    before = np.arange(35, dtype=np.uint16).reshape(5, 7)
    after = before.copy()
    shift(after, right, down, 0, 5)
    for (j, i), value in np.ndenumerate(after):
        inside = 0 <= j + down < 5 and 0 <= i + right < 7
        assert value == (before[j + down, i + right] if inside else before[j, i])


def test_compiled_bands_agree_with_their_readable_twin() -> None:
    rng = np.random.default_rng(6)
    shades = rng.integers(0, 2**32, (2, 7)).astype(np.uint32)
    levels = rng.integers(-3, 4, 65_536).astype(np.int8)
    for shape in ((37, 53), (1, 9), (2, 1), (0, 3)):
        grid = rng.integers(0, 65_536, shape).astype(np.uint16)
        fast, slow = np.zeros(shape, np.uint32), np.zeros(shape, np.uint32)
        colour_bands(shades, levels, grid, fast, 0, shape[0], 0, shape[1])
        colour_bands_readable(shades, levels, grid, slow)
        assert np.array_equal(fast, slow)


@given(n=st.integers(1, 33))
def test_halving_keeps_every_maximum(n: int) -> None:
    cells = np.random.default_rng(n).integers(0, 65_000, (n, 4)).astype(np.uint16)
    halved = halve(cells)
    expected = [cells[i : i + 2].max(axis=0) for i in range(0, n, 2)]
    assert np.array_equal(halved, expected)
