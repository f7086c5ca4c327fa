import numpy as np
import pytest

from heatdesk.gui.cell_codes import encode
from heatdesk.gui.colour_table import BANDS, Contrast, banded, colour_table, plain


def _palette() -> np.ndarray:
    ramp = np.arange(256, dtype=np.uint8)
    palette = np.column_stack([ramp, 255 - ramp, ramp // 2, np.full(256, 255, np.uint8)])
    palette[0] = (11, 14, 20, 0)
    return palette


def _codes(*values: float) -> np.ndarray:
    return encode(np.array(values, np.float32))


@pytest.mark.parametrize("gamma", [0.3, 1.0, 2.5])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1_000.0), (50.0, 60.0), (0.0, 4.0)])
def test_every_value_takes_the_colour_of_its_share_of_the_limits(
    low: float, high: float, gamma: float
) -> None:
    table, palette = colour_table(_palette(), Contrast(low, high, gamma)), _palette().astype(np.int64)
    values = np.linspace(low + (high - low) * 1e-3, high * 1.5, 500).astype(np.float16)
    share = np.clip((values.astype(np.float64) - low) / (high - low), 0.0, 1.0) ** gamma
    index = np.rint(share * 255).astype(int)
    shown = table[_codes(*values)]
    opaque = index > 0
    assert opaque.sum() > 400
    for shift, channel in ((16, 0), (8, 1), (0, 2)):
        assert np.array_equal((shown >> shift) & 255, np.where(opaque, palette[index, channel], 0))
    assert np.array_equal(shown >> 24, np.where(opaque, 255, 0))


def test_zero_is_transparent_whatever_the_limits() -> None:
    for low, high in ((0.0, 1.0), (-5.0, 1.0), (3.0, 3.0), (0.0, 0.0)):
        assert (colour_table(_palette(), Contrast(low, high))[:2] == 0).all()


def test_limits_without_distance_make_a_step() -> None:
    table = colour_table(_palette(), Contrast(10.0, 10.0))
    assert table[_codes(9.0)[0]] == 0
    assert table[_codes(11.0)[0]] >> 24 == 255


def test_a_palettes_alpha_scales_its_colours_too() -> None:
    palette = _palette()
    palette[:, 3] = 128
    table = colour_table(palette, Contrast(0.0, 1.0))
    top = int(table[_codes(1.0)[0]])
    assert top >> 24 == 128
    assert (top >> 16) & 255 == 128


def _pair() -> np.ndarray:
    rising = _palette()
    falling = rising.copy()
    falling[:, :3] = falling[:, 2::-1]
    return np.stack([rising, falling])


def test_below_zero_a_signed_table_mirrors_in_its_other_palette() -> None:
    table, pair = colour_table(_pair(), Contrast(10.0, 110.0)), _pair().astype(np.int64)
    for value in (30.0, 60.0, 500.0):
        entry = round(min((value - 10.0) / 100.0, 1.0) * 255)
        for sign, palette in ((1.0, pair[0]), (-1.0, pair[1])):
            shown = int(table[_codes(sign * value)[0]])
            assert [(shown >> shift) & 255 for shift in (16, 8, 0)] == palette[entry, :3].tolist()
    assert (table[_codes(5.0, -5.0)] == 0).all()


def test_below_the_minimum_there_is_nothing_and_above_it_nothing_changes() -> None:
    whole, cut = (plain(_pair(), Contrast(0.0, 100.0, 1.0, minimum)).table for minimum in (0.0, 40.0))
    assert (cut[_codes(1.0, 39.0, -39.0)] == 0).all()
    kept = _codes(40.0, -40.0, 99.0, -500.0)
    assert np.array_equal(cut[kept], whole[kept])


def test_bands_have_few_colours_and_levels_that_rise_with_the_magnitude() -> None:
    colours = banded(_pair(), Contrast(0.0, 100.0, 1.0, 20.0))
    values = np.linspace(0.0, 120.0, 400)
    assert colours.levels is not None
    assert colours.shades is not None
    for sign in (1, -1):
        codes = _codes(*(sign * values))
        levels = sign * colours.levels[codes].astype(int)
        assert (np.diff(levels) >= 0).all()
        assert levels[-1] == BANDS
        inside = colours.shades[0][colours.levels[codes] + BANDS]
        assert len(set(inside.tolist())) == BANDS + 1
        assert ((inside == 0) == (levels == 0)).all()
        assert (levels[values < 20.0] == 0).all()


def test_where_a_band_ends_along_price_there_is_an_edge_and_along_time_there_is_none() -> None:
    colours = banded(_pair(), Contrast(0.0, 100.0))
    rows = np.array([0.0, 50.0, 50.0, 50.0, 90.0, 0.0, -50.0, -50.0, -50.0])
    grid = np.repeat(_codes(*rows)[:, None], 4, axis=1)
    grid[:, 2:] = 0
    painted = np.zeros(grid.shape, np.uint32)
    colours.paint(grid, painted)
    assert colours.levels is not None
    assert colours.shades is not None
    inside, edge = colours.shades[:, colours.levels[grid].astype(int) + BANDS]
    assert (inside[1] != edge[1])[:2].all()
    ends = np.array([False, True, False, False, True, False, True, False, False])
    assert np.array_equal(painted, np.where(ends[:, None], edge, inside))
    again = np.zeros_like(painted)
    colours.paint(grid, again, columns=slice(1, 3))
    assert np.array_equal(again[:, 1:3], painted[:, 1:3])
    assert (again[:, 0] == 0).all()
