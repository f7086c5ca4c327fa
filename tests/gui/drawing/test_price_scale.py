import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.gui.price_scale import MODES, PriceScale, nice_step

prices = st.floats(1e-9, 1e9)


@given(mode=st.sampled_from(MODES), price=prices, reference=prices)
def test_prices_come_back_from_the_view(mode: str, price: float, reference: float) -> None:
    scale = PriceScale(mode, reference)
    assert scale.price(scale.y(price)) == pytest.approx(price, rel=1e-9)


@given(mode=st.sampled_from(MODES), low=prices, factor=st.floats(1.0 + 1e-9, 100.0))
def test_the_view_keeps_the_order_of_prices(mode: str, low: float, factor: float) -> None:
    y = PriceScale(mode, 50.0).to_view(np.array([low, low * factor]))
    assert y[0] <= y[1]


@given(
    mode=st.sampled_from(MODES),
    low=st.floats(1e-6, 1e6),
    factor=st.floats(1e-7, 1e4),
    count=st.integers(2, 30),
)
def test_ticks_lie_in_range_ascend_and_read_differently(
    mode: str, low: float, factor: float, count: int
) -> None:
    scale = PriceScale(mode, low * 1.1)
    y_min, y_max = scale.y(low), scale.y(low * (1 + factor))
    ticks = scale.ticks(y_min, y_max, count)
    positions = [tick.position for tick in ticks]
    tolerance = 1e-9 * max(abs(y_min), abs(y_max))
    assert all(y_min - tolerance <= p <= y_max + tolerance for p in positions)
    assert positions == sorted(set(positions))
    assert len({tick.label for tick in ticks}) == len(ticks)
    assert len(ticks) <= 1.5 * count + 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "visible",
    [(0.0, 0.0), (5.0, 1.0), (math.nan, 1.0), (-math.inf, math.inf), (1.0, 1.0 + 1e-16), (-1e300, 1e300)],
)
def test_a_range_without_height_has_no_ticks_and_raises_nothing(
    mode: str, visible: tuple[float, float]
) -> None:
    ticks = PriceScale(mode, 100.0).ticks(*visible, 10)
    assert all(math.isfinite(tick.position) for tick in ticks)
    if not visible[1] - visible[0] > 1e-15:
        assert ticks == []


def test_linear_ticks_are_round() -> None:
    ticks = PriceScale().ticks(59_300.0, 71_800.0, 7)
    assert [tick.label for tick in ticks] == ["60,000", "62,000", "64,000", "66,000", "68,000", "70,000"]


def test_percent_ticks_count_from_the_reference() -> None:
    scale = PriceScale("percent", 80.0)
    assert [(t.position, t.label) for t in scale.ticks(71.0, 89.0, 5)] == [
        (72.0, "−10 %"), (76.0, "−5 %"), (80.0, "0 %"), (84.0, "+5 %"), (88.0, "+10 %"),
    ]  # fmt: skip


def test_percent_without_a_reference_reads_as_prices() -> None:
    assert [t.label for t in PriceScale("percent").ticks(0.0, 10.0, 2)] == ["0", "5", "10"]


def test_log_ticks_over_decades_are_round_prices() -> None:
    scale = PriceScale("log")
    ticks = scale.ticks(scale.y(90.0), scale.y(110_000.0), 8)
    assert [t.label for t in ticks] == [
        "100",
        "200",
        "500",
        "1,000",
        "2,000",
        "5,000",
        "10,000",
        "20,000",
        "50,000",
        "100,000",
    ]


def test_log_view_takes_prices_that_have_no_logarithm() -> None:
    assert np.isfinite(PriceScale("log").to_view([-1.0, 0.0, 1.0])).all()


def test_small_prices_keep_their_digits() -> None:
    assert [t.label for t in PriceScale().ticks(1.01e-5, 1.04e-5, 3)] == [
        "0.0000101", "0.0000102", "0.0000103", "0.0000104",
    ]  # fmt: skip


@pytest.mark.parametrize(("step", "nice"), [(1.0, 1.0), (1.1, 2.0), (3.0, 5.0), (0.07, 0.1), (700.0, 1000.0)])
def test_nice_steps(step: float, nice: float) -> None:
    assert nice_step(step) == pytest.approx(nice)


@pytest.mark.parametrize("step", [0.0, -1.0, math.nan, math.inf, 5e-324])
def test_no_nice_step_for_what_is_no_step(step: float) -> None:
    assert nice_step(step) == 0.0
