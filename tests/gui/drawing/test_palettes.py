import numpy as np
import pytest

from heatdesk.errors import UsageError
from heatdesk.gui import theme


def _luminance(rgba: np.ndarray) -> np.ndarray:
    channels = rgba[..., :3] / 255.0
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


TABLES = [
    (name, shade, theme.palette_table(name, shade))
    for name in theme.palette_names()
    for shade in theme.theme_names()
] + [
    (f"net {end}", shade, theme.diverging_table(shade)[index])
    for index, end in enumerate(("shorts", "longs"))
    for shade in theme.theme_names()
]


@pytest.mark.parametrize(("name", "shade", "table"), TABLES, ids=lambda v: v if isinstance(v, str) else "")
def test_density_runs_from_the_background_one_way_in_brightness(
    name: str, shade: str, table: np.ndarray
) -> None:
    ground = theme.tokens(shade).background
    assert "#" + bytes(table[0, :3].tolist()).hex() == ground
    assert table[0, 3] == 0
    assert (table[1:, 3] == 255).all()
    steps = np.diff(_luminance(table)) * (1 if shade == "dark" else -1)
    assert (steps > -0.004).all()
    assert steps.sum() > 0.5


def test_the_ends_of_a_net_map_can_be_told_apart_without_seeing_red_from_green() -> None:
    """Machado, Oliveira and Fernandes 2009, deuteranopia and protanopia at full strength, linear RGB."""
    kinds = {
        "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    }
    for shade in theme.theme_names():
        shorts, longs = (theme.diverging_table(shade)[i, :, :3] / 255.0 for i in (0, 1))
        for matrix in kinds.values():
            seen = [np.clip((end**2.2) @ np.array(matrix).T, 0, 1) ** (1 / 2.2) for end in (shorts, longs)]
            apart = np.abs(seen[0] - seen[1]).max(axis=1)
            assert (apart[64:] > 0.15).all(), shade


def test_only_net_diverges_and_only_palettes_to_choose_are_offered() -> None:
    assert theme.DIVERGING not in theme.palette_names()
    same = theme.palette_pair("safe", "dark", "both")
    assert np.array_equal(same[0], same[1])
    net = theme.palette_pair("safe", "dark", "net")
    assert not np.array_equal(net[0], net[1])
    with pytest.raises(UsageError, match="Palette"):
        theme.palette_pair("../secret", "dark", "long")


@pytest.mark.parametrize("shade", ["dark", "light"])
def test_ink_reads_on_every_plate(shade: str) -> None:
    tokens = theme.tokens(shade)
    for fill in (tokens.good, tokens.bad, tokens.warn, tokens.hairline, tokens.text, tokens.background):
        assert theme.contrast_ratio(theme.ink_on(fill), fill) >= 4.5
    assert theme.contrast_ratio("#000000", "#ffffff") == pytest.approx(21.0)
