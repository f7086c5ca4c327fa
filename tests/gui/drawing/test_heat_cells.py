import numpy as np
import pytest

from heatdesk.gui.cell_codes import decode
from heatdesk.gui.heat_cells import HeatCells


def _usd(cells: HeatCells, level: int = 0) -> np.ndarray:
    return decode(cells.level(level)).astype(np.float64) / cells.scale


@pytest.mark.parametrize("peak", [1e-30, 1e-3, 1.0, 7e4, 3e9, 3e38])
def test_a_map_of_any_size_is_stored_to_half_a_per_mille(peak: float) -> None:
    notional = (np.linspace(0.01, 1.0, 60).reshape(6, 10) * peak).astype(np.float32)
    assert np.allclose(_usd(HeatCells.of(notional)).T, notional, rtol=5e-4)


def test_what_is_no_number_is_nothing_and_infinity_is_the_brightest() -> None:
    notional = np.array([[np.nan, -0.0, 0.0, 2.0, np.inf]], np.float32)
    stored = _usd(HeatCells.of(notional))[:, 0]
    assert stored[:4].tolist() == [0.0, 0.0, 0.0, 2.0]
    assert 2.0 <= stored[4] < np.inf


def test_a_map_of_nothing_is_stored_as_nothing() -> None:
    assert (HeatCells.of(np.zeros((3, 4), np.float32)).level(0) == 0).all()
    assert HeatCells.of(np.zeros((3, 0), np.float32)).shape == (0, 3)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 21])
@pytest.mark.parametrize("n_times", [21, 24])
def test_new_last_columns_reach_every_level(count: int, n_times: int) -> None:
    rng = np.random.default_rng(2)
    notional = rng.random((7, n_times), np.float32)
    notional[0, 0] = 1.0
    cells = HeatCells.of(notional)
    cells.level(4)
    notional[1:, -count:] = rng.random((6, count), np.float32) * 0.9
    cells.set_last_columns(notional[:, -count:])
    again = HeatCells.of(notional)
    assert cells.scale == again.scale
    for level in range(5):
        assert np.array_equal(cells.level(level), again.level(level))


def test_a_last_column_brighter_than_the_map_is_not_dimmed_up_to_twice_the_peak() -> None:
    cells = HeatCells.of(np.ones((2, 3), np.float32))
    cells.set_last_columns(np.array([[1.9], [50.0]], np.float32))
    assert cells.holds(1.9)
    assert not cells.holds(50.0)
    stored = _usd(cells)[-1]
    assert stored[0] == pytest.approx(1.9, rel=1e-3)
    assert stored[1] == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_net_map_keeps_its_signs_and_its_stronger_sign_sets_the_scale(sign: float) -> None:
    notional = (sign * np.linspace(-1e6, 0.5e6, 60).reshape(6, 10)).astype(np.float32)
    cells = HeatCells.of(notional)
    assert np.allclose(_usd(cells).T, notional, rtol=5e-4, atol=1.0)
    assert cells.scale == pytest.approx(32_752.0 / 1e6)


def test_merging_columns_of_a_net_map_keeps_the_stronger() -> None:
    notional = np.array([[-3.0, 2.0, 1.0, -1.0], [0.0, -1.0, 4.0, -5.0]], np.float32)
    assert np.allclose(_usd(HeatCells.of(notional), 1), [[-3.0, -1.0], [-1.0, -5.0]], rtol=5e-4)
