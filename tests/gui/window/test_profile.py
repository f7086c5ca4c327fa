import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from heatdesk.gui.price_scale import PriceScale
from heatdesk.gui.profile import Profile
from heatdesk.gui.profile_sums import pool_to_pixels, profile_sums
from heatdesk.gui.side_colours import side_colours
from heatdesk.gui.theme import tokens
from heatdesk.gui.view import Currency, View

amounts = hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1e9))


def test_the_profile_is_the_newest_column(snapshot):
    sums = profile_sums(snapshot.heatmap)
    np.testing.assert_array_equal(sums.long, snapshot.heatmap.notional_long[:, -1].astype(np.float64))
    np.testing.assert_array_equal(sums.short, snapshot.heatmap.notional_short[:, -1].astype(np.float64))
    np.testing.assert_array_equal(sums.edges, snapshot.heatmap.prices)


def test_the_curves_are_the_sums(snapshot):
    sums = profile_sums(snapshot.heatmap)
    total_long, total_short = sums.long.sum(), sums.short.sum()
    assert total_long > 0
    assert total_short > 0
    edges = sums.edges
    assert sums.long_at(edges[:1])[0] == pytest.approx(total_long)
    assert sums.long_at(edges[-1:])[0] == 0
    assert sums.short_at(edges[-1:])[0] == pytest.approx(total_short)
    assert sums.short_at(edges[:1])[0] == 0
    for row in (3, len(edges) // 2, len(edges) - 4):
        assert sums.long_at(edges[row : row + 1])[0] == pytest.approx(sums.long[row:].sum())
        assert sums.short_at(edges[row : row + 1])[0] == pytest.approx(sums.short[:row].sum())


@given(amounts, st.integers(1, 200), st.floats(0.2, 3.0), st.floats(-1.0, 1.0))
def test_pooling_loses_no_bar_and_invents_none(values, pixels, zoom, shift):
    edges = np.arange(len(values) + 1, dtype=np.float64)
    low = shift * len(values)
    pixel_edges = np.linspace(low, low + zoom * len(values), pixels + 1)
    pooled = pool_to_pixels(values, edges, pixel_edges)
    assert pooled.shape == (pixels,)
    for pixel, (a, b) in enumerate(itertools.pairwise(pixel_edges)):
        touched = [v for row, v in enumerate(values) if row < b and row + 1 > a]
        assert pooled[pixel] == max(touched, default=0.0)


def test_an_empty_grid_has_no_bars():
    assert (pool_to_pixels(np.empty(0), np.array([1.0]), np.linspace(0, 2, 5)) == 0).all()


@pytest.fixture
def profile(qtbot, snapshot):
    widget = Profile()
    qtbot.addWidget(widget)
    widget.setFixedWidth(120)
    widget.resize(120, 400)
    widget.show_snapshot(snapshot)
    widget.set_view(View())
    edges = snapshot.heatmap.prices
    widget.set_span(PriceScale(), float(edges[0]), float(edges[-1]), 0, 380)
    return widget


def rows_in(widget, side):
    """Pixel rows, clear of the labels, whose first bar pixel has the colour of a side."""
    image = widget.grab().toImage()
    colours = [image.pixelColor(2, y) for y in range(40, 340)]
    sign = 1 if side == "long" else -1
    return [40 + i for i, c in enumerate(colours) if sign * (c.red() - c.green()) > 30]


def test_shorts_stand_above_the_price_and_longs_below(profile, snapshot):
    line = profile._y(float(snapshot.candles["close"][-1]))
    assert side_colours(View())["long"].name() == tokens("dark").bad
    longs, shorts = rows_in(profile, "long"), rows_in(profile, "short")
    assert longs
    assert shorts
    assert max(shorts) <= line + 2
    assert min(longs) >= line - 2


def test_only_the_chosen_side_is_drawn(profile):
    profile.set_view(View(side="long"))
    assert rows_in(profile, "long")
    assert not rows_in(profile, "short")


def test_reading_under_the_cursor(profile, snapshot):
    sums = profile_sums(snapshot.heatmap)
    last = float(snapshot.candles["close"][-1])
    above = profile._reading(profile._y(last * 1.03))
    below = profile._reading(profile._y(last * 0.97))
    assert "shorts on the way" in above
    assert "longs on the way" in below
    assert profile._reading(395) == ""
    assert sums.long.sum() > 0


def test_a_market_without_levels_paints(qtbot, profile, snapshot):
    empty = np.zeros_like(snapshot.heatmap.notional_long)
    bare = dataclasses.replace(snapshot.heatmap, notional_long=empty, notional_short=empty)
    profile.show_snapshot(dataclasses.replace(snapshot, heatmap=bare))
    assert not profile.grab().isNull()


def test_net_looks_at_both_sides(profile):
    profile.set_view(View(side="net"))
    assert rows_in(profile, "long")
    assert rows_in(profile, "short")


def test_where_up_is_red_shorts_are_red(profile, snapshot):
    line = profile._y(float(snapshot.candles["close"][-1]))
    profile.set_view(View(up_is_red=True))
    reds, greens = rows_in(profile, "long"), rows_in(profile, "short")
    assert reds
    assert greens
    assert max(reds) <= line + 2
    assert min(greens) >= line - 2


def test_amounts_are_told_in_the_view_s_currency(profile, snapshot):
    line = profile._y(float(snapshot.candles["close"][-1]) * 1.03)
    profile.set_view(View(currency=Currency("EUR", 0.5, "2026-01-02")))
    assert "EUR" in profile._reading(line)
