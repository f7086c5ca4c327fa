"""Exposure: its sums, that it never falls when levels grow or come nearer, and its place among the last 30 days."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.errors import BadInputError
from heatdesk.market import DAY_MS, HOUR_MS, Kind, Records
from heatdesk.model.heatmap import Heatmap
from heatdesk.reading.exposure import Exposure, find_exposure, percentile, priced_columns
from heatdesk.reading.rules import ExposureRules
from tests.reading.maps import PRICE, Band, flat_candles, heatmap


def exposure(shown: Heatmap, **rules: float) -> Exposure:
    found = find_exposure(shown, flat_candles(shown), ExposureRules(**rules))
    assert found is not None
    return found


def test_sums_within_reach_and_nothing_beyond():
    shown = heatmap(
        Band("short", 51_000, 51_100),
        Band("short", 53_000, 53_100),
        Band("long", 49_000, 49_100, 2e6),
        Band("long", 51_000, 51_100, 9e6),
        Band("short", 45_000, 45_100, 9e6),
    )
    near = exposure(shown, within_percent=5.0)
    assert near.above_usd == pytest.approx(2e6)
    assert near.below_usd == pytest.approx(4e6)
    assert near.above == pytest.approx(2e6 * (1 - 0.021 / 0.05), rel=0.02)
    assert exposure(shown, within_percent=10.0).above_usd == pytest.approx(4e6)


def test_balance_points_to_the_side_that_is_exposed():
    assert exposure(heatmap(Band("short", 51_000, 51_100))).balance == 1.0
    assert exposure(heatmap(Band("long", 49_000, 49_100))).balance == -1.0
    assert exposure(heatmap()).balance == 0.0


bands = st.lists(
    st.builds(
        lambda side, away, usd: Band(
            side, *sorted((PRICE * (1 + away), PRICE * (1 + away) + 150)), usd=usd
        ),
        st.sampled_from(["long", "short"]),
        st.floats(-0.08, 0.08),
        st.floats(0, 1e9),
    ),
    max_size=5,
)  # fmt: skip
NUMBERS = ("above", "below", "above_usd", "below_usd", "fragility", "above_percentile", "below_percentile")


def never_lower(before: Exposure, after: Exposure) -> None:
    for name in NUMBERS:
        assert getattr(after, name) >= getattr(before, name) * (1 - 1e-6), name
    assert after.whipsaw >= before.whipsaw


@given(standing=bands, added=bands)
@settings(max_examples=40)
def test_more_levels_now_never_lower_it(standing: list[Band], added: list[Band]):
    before = heatmap(*standing)
    after = heatmap(*standing, *(replace(band, born=59) for band in added))
    never_lower(exposure(before), exposure(after))


@given(
    standing=bands, side=st.sampled_from(["long", "short"]), rows=st.tuples(*[st.integers(0, 60)] * 2),
    usd=st.floats(1, 1e9),
)  # fmt: skip
@settings(max_examples=60)
def test_levels_moved_nearer_never_lower_it(
    standing: list[Band], side: str, rows: tuple[int, int], usd: float
):
    shown = heatmap(*standing)
    held = int(np.searchsorted(shown.prices, PRICE, side="right")) - 1
    near, far = sorted(rows)
    sign = 1 if side == "short" else -1

    def with_usd_at(row: int) -> Heatmap:
        column = shown.notional(side).copy()
        column[row, -1] += np.float32(usd)
        return replace(shown, **{f"notional_{side}": column})

    never_lower(exposure(with_usd_at(held + sign * far)), exposure(with_usd_at(held + sign * near)))


def test_whipsaw_is_much_and_near_on_both_sides():
    calm = [Band("short", 52_000, 52_100), Band("long", 48_000, 48_100)]
    lately = [Band("short", 50_500, 50_600, born=55), Band("long", 49_400, 49_500, born=55)]
    assert exposure(heatmap(*calm, *lately)).whipsaw
    assert not exposure(heatmap(*calm, lately[0])).whipsaw
    assert not exposure(heatmap(*calm)).whipsaw


def test_a_percentile_counts_ties_half():
    assert percentile(np.array([1.0, 2.0, 3.0])) == 100.0
    assert percentile(np.array([3.0, 2.0, 1.0])) == 0.0
    assert percentile(np.array([1.0, 1.0, 1.0])) == 50.0
    assert percentile(np.array([1.0])) == 0.0


def test_it_says_how_many_days_it_compares_with():
    assert exposure(heatmap(n_times=288)).days == 1.0
    assert exposure(heatmap(n_times=40 * 24, step_ms=HOUR_MS)).days == 30.0


def test_columns_have_the_last_close_known_then():
    shown = heatmap(n_times=10)
    candles = flat_candles(shown)
    candles["close"][:] = np.arange(10.0)
    kept = candles.take(np.array([2, 3, 7]))
    columns, prices = priced_columns(shown, kept)
    assert columns.tolist() == list(range(2, 10))
    assert prices.tolist() == [2, 3, 3, 3, 3, 7, 7, 7]


def test_a_long_map_is_thinned_evenly():
    shown = heatmap(n_times=2_000)
    columns, _ = priced_columns(shown, flat_candles(shown))
    assert len(columns) == 720
    assert (columns[0], columns[-1]) == (0, 1_999)
    assert set(np.diff(columns)) == {2, 3}
    assert exposure(shown).days == pytest.approx(2_000 * 300_000 / DAY_MS)


def test_without_a_price_nothing_is_said():
    assert find_exposure(heatmap(), Records.empty(Kind.CANDLES)) is None


def test_a_price_off_the_map_meets_nothing():
    shown = heatmap(Band("short", 51_000, 51_100), Band("long", 49_000, 49_100))
    for price in (10_000.0, 500_000.0):
        found = find_exposure(shown, flat_candles(shown, price))
        assert (found.above_usd, found.below_usd, found.fragility) == (0, 0, 0)


def test_the_reach_has_its_range():
    with pytest.raises(BadInputError, match="Exposure within is 90"):
        ExposureRules(within_percent=90.0)
