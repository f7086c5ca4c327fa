import numpy as np
import pytest

from heatdesk.gui.colour_table import colour_table


def _palette() -> np.ndarray:
    ramp = np.arange(256, dtype=np.uint8)
    palette = np.column_stack([ramp, 255 - ramp, ramp // 2, np.full(256, 255, np.uint8)])
    palette[0] = (11, 14, 20, 0)
    return palette


def _bits(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16).view(np.uint16)


@pytest.mark.parametrize("gamma", [0.3, 1.0, 2.5])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1_000.0), (50.0, 60.0), (0.0, 0.004)])
def test_every_value_takes_the_colour_of_its_share_of_the_limits(
    low: float, high: float, gamma: float
) -> None:
    table, palette = colour_table(_palette(), low, high, gamma), _palette().astype(np.int64)
    values = np.linspace(low + (high - low) * 1e-3, high * 1.5, 500).astype(np.float16)
    share = np.clip((values.astype(np.float64) - low) / (high - low), 0.0, 1.0) ** gamma
    index = np.rint(share * 255).astype(int)
    shown = table[_bits(values)]
    opaque = index > 0
    assert opaque.sum() > 400
    for shift, channel in ((16, 0), (8, 1), (0, 2)):
        assert np.array_equal((shown >> shift) & 255, np.where(opaque, palette[index, channel], 0))
    assert np.array_equal(shown >> 24, np.where(opaque, 255, 0))


def test_zero_is_transparent_whatever_the_limits() -> None:
    for low, high in ((0.0, 1.0), (-5.0, 1.0), (3.0, 3.0), (0.0, 0.0)):
        assert colour_table(_palette(), low, high)[0] == 0


def test_limits_without_distance_make_a_step() -> None:
    table = colour_table(_palette(), 10.0, 10.0)
    assert table[_bits(np.array([9.0]))[0]] == 0
    assert table[_bits(np.array([11.0]))[0]] >> 24 == 255


def test_a_palettes_alpha_scales_its_colours_too() -> None:
    palette = _palette()
    palette[:, 3] = 128
    table = colour_table(palette, 0.0, 1.0)
    top = int(table[_bits(np.array([1.0]))[0]])
    assert top >> 24 == 128
    assert (top >> 16) & 255 == 128
