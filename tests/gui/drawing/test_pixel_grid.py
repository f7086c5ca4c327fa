from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.gui.cell_codes import decode
from heatdesk.gui.heat_cells import HeatCells
from heatdesk.gui.pixel_grid import Change, Lattice, PixelGrid

START, STEP = 1_770_000_000_000.0, 300_000.0


def _map(n_times: int, n_prices: int, seed: int) -> tuple[HeatCells, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    notional = (rng.random((n_times, n_prices)) * rng.exponential(1.0, n_prices) ** 3).astype(np.float32).T
    edges = 100.0 * 1.003 ** np.arange(n_prices + 1)  # logarithmic rows on a linear axis
    return HeatCells.of(notional), notional, edges


def _grid(cells: HeatCells, edges: np.ndarray) -> PixelGrid:
    grid = PixelGrid()
    grid.set_cells(cells, START, STEP, edges)
    return grid


def _over(columns: tuple[float, float], prices: tuple[float, float], width: int, height: int) -> Lattice:
    return Lattice.over((START + columns[0] * STEP, START + columns[1] * STEP), prices, width, height)


def _reference(notional: np.ndarray, edges: np.ndarray, lattice: Lattice) -> np.ndarray:
    """The largest cell that each pixel touches, straight from the definition."""
    pixels = np.zeros((lattice.height, lattice.width))
    column = np.arange(notional.shape[1])
    for i in range(lattice.width):
        x = (lattice.x + (lattice.left + i + np.array([0, 1])) * lattice.dx - START) / STEP
        columns = notional[:, (column < x[1] - 1e-6) & (column + 1 > x[0] + 1e-6)].max(axis=1, initial=0.0)
        for j in range(lattice.height):
            upper, lower = lattice.y - (lattice.top + j + np.array([0, 1])) * lattice.dy
            pixels[j, i] = columns[(edges[:-1] < upper) & (edges[1:] > lower)].max(initial=0.0)
    return pixels


def _usd(grid: PixelGrid, cells: HeatCells) -> np.ndarray:
    return decode(grid.pixels).astype(np.float64) / cells.scale


def test_at_few_columns_per_pixel_the_pixels_are_exactly_the_largest_cells_they_touch() -> None:
    cells, notional, edges = _map(300, 80, 1)
    for columns in ((0.0, 300.0), (-20.0, 320.0), (100.3, 150.7), (250.0, 300.5)):
        lattice = _over(columns, (90.0, 130.0), 61, 37)
        grid = _grid(cells, edges)
        assert grid.show(lattice)
        reference = _reference(notional, edges, lattice)
        shown = _usd(grid, cells)
        exact = np.isclose(shown, reference, rtol=6e-4, atol=0.0)
        # A pixel that touches a further cell with less than a thousandth of its size may leave it out.
        assert exact.mean() > 0.99
        assert (shown <= reference * 1.001).all()


@given(n_times=st.integers(500, 5_000), seed=st.integers(0, 10_000))
def test_through_the_pyramid_no_pixel_is_darker_than_the_largest_cell_it_covers(
    n_times: int, seed: int
) -> None:
    cells, notional, edges = _map(n_times, 20, seed)
    lattice = _over((0.0, float(n_times)), (95.0, 112.0), 23, 19)
    grid = _grid(cells, edges)
    grid.show(lattice)
    shown, reference = _usd(grid, cells), _reference(notional, edges, lattice)
    assert (shown >= reference * 0.999).all()


def test_a_single_bright_cell_is_seen_at_every_zoom() -> None:
    for at in (0, 1, 777, 9_998, 9_999):
        notional = np.zeros((50, 10_000), np.float32)
        notional[at % 50, at] = 1.0
        cells = HeatCells.of(notional)
        edges = 100.0 * 1.003 ** np.arange(51)
        for width in (7, 64, 900):
            grid = _grid(cells, edges)
            grid.show(_over((0.0, 10_000.0), (99.0, 117.0), width, 30))
            lit = np.argwhere(grid.pixels > 0)
            assert len(lit), (at, width)
            assert abs(lit[:, 1].mean() - (at + 0.5) / 10_000 * width) < 1.0


moves = st.lists(st.tuples(st.integers(-40, 40), st.integers(-30, 30)), min_size=1, max_size=6)


@given(moves=moves, seed=st.integers(0, 1_000), per_pixel=st.floats(0.2, 40.0))
def test_a_pan_is_bit_for_bit_what_pooling_everything_gives(
    moves: list[tuple[int, int]], seed: int, per_pixel: float
) -> None:
    cells, _, edges = _map(700, 60, seed)
    first = _over((100.0, 100.0 + 33 * per_pixel), (98.0, 118.0), 33, 21)
    panned, left, top = _grid(cells, edges), 0, 0
    panned.show(first)
    for right, down in moves:
        left, top = left + right, top + down
        # Ranges reach the grid as the view's floats do: moved, not counted in pixels.
        x, y = first.x + left * first.dx, first.y - top * first.dy
        panned.show(Lattice.over((x, x + 33 * first.dx), (y - 21 * first.dy, y), 33, 21))
    whole = _grid(cells, edges)
    whole.show(replace(first, left=left, top=top))
    assert np.array_equal(panned.pixels, whole.pixels)


def test_the_same_view_again_pools_nothing() -> None:
    cells, _, edges = _map(100, 30, 3)
    grid, lattice = _grid(cells, edges), _over((0.0, 100.0), (99.0, 109.0), 50, 40)
    assert grid.show(lattice)
    assert not grid.show(lattice)
    assert grid.show(replace(lattice, dx=lattice.dx * 1.1))


def test_a_view_says_what_moved_and_what_came_in() -> None:
    cells, _, edges = _map(100, 30, 3)
    first = _over((20.0, 60.0), (99.0, 109.0), 50, 40)
    grid = _grid(cells, edges)

    def moved(left: int, top: int) -> Lattice:
        return replace(first, x=first.x + left * first.dx, y=first.y - top * first.dy)

    whole = (slice(0, 40), slice(0, 50))
    assert grid.show(first) == Change(0, 0, (whole,))
    assert grid.show(moved(7, 0)) == Change(7, 0, ((slice(0, 40), slice(43, 50)),))
    came_in = (slice(0, 2), slice(0, 50)), (slice(2, 40), slice(0, 3))
    assert grid.show(moved(4, -2)) == Change(-3, -2, came_in)
    assert grid.show(moved(90, 0)) == Change(0, 0, (whole,))


@given(n_times=st.integers(30, 3_000), offset=st.floats(0.0, 1.0), count=st.integers(1, 5))
def test_new_last_columns_are_what_pooling_everything_gives(n_times: int, offset: float, count: int) -> None:
    cells, notional, edges = _map(n_times, 12, 4)
    lattice = _over((n_times * 0.1 + offset, n_times * 1.1 + offset), (99.0, 104.0), 40, 15)
    grid = _grid(cells, edges)
    grid.show(lattice)
    columns = notional[:, -count:] * np.linspace(0.0, 2.0, 12, dtype=np.float32)[:, None]
    cells.set_last_columns(columns)
    pixels = grid.refresh_last_columns(count)
    assert pixels.stop - pixels.start <= 6 + 2 * count
    whole = _grid(cells, edges)
    whole.show(lattice)
    assert np.array_equal(grid.pixels, whole.pixels)


def test_a_view_beside_the_map_or_without_a_map_is_empty() -> None:
    cells, _, edges = _map(50, 10, 5)
    for lattice in (
        _over((60.0, 90.0), (100.0, 103.0), 20, 20),
        _over((-90.0, -60.0), (100.0, 103.0), 20, 20),
        _over((0.0, 50.0), (200.0, 300.0), 20, 20),
        _over((0.0, 50.0), (1.0, 2.0), 20, 20),
    ):
        grid = _grid(cells, edges)
        grid.show(lattice)
        assert (grid.pixels == 0).all()
    nothing = PixelGrid()
    nothing.show(_over((0.0, 50.0), (100.0, 103.0), 5, 4))
    assert nothing.pixels.shape == (4, 5)
    assert (nothing.pixels == 0).all()
