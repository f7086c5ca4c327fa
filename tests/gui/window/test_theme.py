import numpy as np
import pytest

from heatdesk.errors import UsageError
from heatdesk.gui import theme


def luminance(colour):
    """Relative luminance of WCAG 2."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", theme.theme_names())
@pytest.mark.parametrize("ink", ["text", "secondary"])
@pytest.mark.parametrize("ground", ["background", "panel"])
def test_text_can_be_read(name, ink, ground):
    colours = theme.tokens(name)
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("name", theme.theme_names())
@pytest.mark.parametrize("palette", theme.palette_names())
def test_nothing_is_the_background_and_more_stands_out_more(name, palette):
    table = theme.palette_table(palette, name)
    ground = theme.tokens(name).background
    assert table.shape == (256, 4)
    assert table.dtype == np.uint8
    assert table[0, 3] == 0
    assert "#" + bytes(table[0, :3]).hex() == ground
    assert (table[1:, 3] == 255).all()
    steps = np.array([luminance("#" + bytes(row[:3]).hex()) for row in table])
    away = steps - steps[0] if name == "dark" else steps[0] - steps
    assert (np.diff(away) > -0.004).all(), "a palette that turns back shows less as more"
    assert contrast("#" + bytes(table[-1, :3]).hex(), ground) > 10


def test_default_palette_is_first():
    assert theme.palette_names()[0] == theme.DEFAULT_PALETTE
    assert len(theme.palette_names()) >= 5


def test_unknown_names_are_told():
    with pytest.raises(UsageError, match="use one of"):
        theme.tokens("sepia")
    with pytest.raises(UsageError, match="use one of"):
        theme.palette_table("../secret", "dark")
