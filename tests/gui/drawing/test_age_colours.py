"""A map by age on the screen: the strongest cell of a pixel, in the colour of its own window."""

from dataclasses import replace

import numpy as np
import pytest

from heatdesk.gui.cell_codes import encode, mark
from heatdesk.gui.cells_ahead import pack
from heatdesk.gui.colour_table import Contrast, aged, colour_table
from heatdesk.gui.legend_bar import Bar
from heatdesk.gui.legend_scale import AmountScale
from heatdesk.gui.sides import ages_shown
from heatdesk.gui.theme import AGE_COLOURS, age_tables, contrast_ratio, theme_names, tokens
from heatdesk.gui.view import View
from heatdesk.model.age_windows import WINDOWS, AgeChoice
from heatdesk.model.heatmap import Ages

from .snapshots import heatmap


def by_age(usd, densest):
    """A map whose longs are `usd` (n_prices, n_times), each cell of a window."""
    made = heatmap(np.asarray(usd, np.float32))
    ages = Ages(AgeChoice(), np.asarray(densest, np.uint8), np.zeros((WINDOWS, 2, len(usd)), np.float32))
    return replace(made, ages=ages)


def colour_of(window, theme="dark", entry=255):
    red, green, blue, _ = age_tables(theme)[window, entry]
    return 0xFF000000 | int(red) << 16 | int(green) << 8 | int(blue)


def test_a_cell_has_the_colour_of_its_window():
    densest = np.arange(10).reshape(5, 2) % WINDOWS
    cells = pack(by_age(np.full((5, 2), 1e6), densest), "both", "raw")
    table = aged(age_tables("dark"), Contrast(0.0, 1e6).times(cells.scale)).table
    painted = table[cells.level(0)].T
    expected = np.array([[colour_of(w) for w in row] for row in densest])
    assert np.array_equal(painted, expected)


def test_pooling_keeps_the_strongest_with_its_window():
    usd, densest = [[1e6, 4e6, 2e6, 0.0]], [[4, 1, 3, 2]]
    cells = pack(by_age(usd, densest), "both", "raw")
    table = aged(age_tables("dark"), Contrast(0.0, 4e6).times(cells.scale)).table
    assert table[cells.level(2)[0, 0]] == colour_of(1)


def test_nothing_is_the_background_whatever_its_window():
    codes = mark(encode(np.zeros((2, 2), np.float32)), np.full((2, 2), 4, np.uint8))
    assert not codes.any()
    assert aged(age_tables("light"), Contrast(0.0, 1.0)).table[0] == 0


def test_marks_cost_little_precision():
    numbers = np.geomspace(1e-3, 60_000.0, 4000).astype(np.float32)
    whole = colour_table(np.tile(np.arange(256, dtype=np.uint8)[:, None], (1, 4)) | 0, Contrast(0.0, 6e4))
    entries = whole[encode(numbers)] >> 24
    marked = aged(
        np.tile(np.arange(256, dtype=np.uint8)[:, None], (WINDOWS, 1, 4)).reshape(WINDOWS, 256, 4),
        Contrast(0.0, 6e4),
    )
    for window in range(WINDOWS):
        codes = mark(encode(numbers), np.full(numbers.shape, window, np.uint8))
        assert np.abs((marked.table[codes] >> 24).astype(int) - entries.astype(int)).max() <= 2


@pytest.mark.parametrize("theme", theme_names())
def test_the_windows_can_be_told_apart(theme):
    ground = tokens(theme).background
    assert all(contrast_ratio(colour, ground) > 2.5 for colour in AGE_COLOURS[theme])
    tables = age_tables(theme).astype(int)
    for entry in (100, 178, 255):
        for a in range(WINDOWS):
            for b in range(a):
                assert np.abs(tables[a, entry] - tables[b, entry])[:3].max() > 20
    steps = np.diff(np.abs(tables[:, :, :3] - tables[:, :1, :3]).sum(axis=2), axis=1)
    assert np.all(steps[:, :170] >= 0), "more stands out more"


def test_a_net_map_has_no_ages():
    made = by_age(np.ones((3, 2)), np.zeros((3, 2)))
    assert ages_shown(made, "net") is None and ages_shown(made, "long") is made.ages
    assert ages_shown(replace(made, ages=None), "both") is None and ages_shown(None, "both") is None


def test_the_legend_shows_all_five():
    bar = Bar(0, 50, AmountScale(1e6))
    image = bar.image(View(), (0.0, 1e6), aged=True)
    assert (image.width(), image.height()) == (WINDOWS, 50)
    top = [image.pixelColor(window, 0).name() for window in range(WINDOWS)]
    assert len(set(top)) == WINDOWS
    assert bar.image(View(), (0.0, 1e6)).width() == 1
