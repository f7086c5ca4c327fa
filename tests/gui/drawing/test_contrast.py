import numpy as np
import pytest

from heatdesk.engine import Question
from heatdesk.gui.contrast import ContrastLimits, automatic_limits
from heatdesk.gui.view import View
from tests.gui.drawing.snapshots import heatmap


def test_the_high_limit_is_what_one_cell_in_two_hundred_exceeds() -> None:
    cells = np.arange(1.0, 1_001.0, dtype=np.float32).reshape(40, 25)
    low, high = automatic_limits(heatmap(cells), "long")
    assert low == 0.0
    assert high == pytest.approx(995.0, rel=1e-3)  # a 10 bp bin is 0.1 % of price


def test_zeros_and_what_is_no_number_do_not_count() -> None:
    cells = np.zeros((40, 25), np.float32)
    cells[3, :4] = 8.0
    cells[4, :2] = np.nan, np.inf
    assert automatic_limits(heatmap(cells), "long") == (0.0, 8.0)


def test_each_side_has_limits_of_its_own() -> None:
    long, short = np.full((5, 5), 2.0, np.float32), np.full((5, 5), 3.0, np.float32)
    made = heatmap(long, short)
    assert [automatic_limits(made, side)[1] for side in ("long", "short", "both")] == [2.0, 3.0, 5.0]


@pytest.mark.parametrize("shape", [(4, 6), (4, 0), (0, 6)])
def test_a_map_of_nothing_still_has_limits(shape: tuple[int, int]) -> None:
    made = heatmap(np.zeros(shape, np.float32))
    assert automatic_limits(made, "both") == (0.0, 1.0)


def test_a_large_map_is_sampled_not_misread() -> None:
    rng = np.random.default_rng(1)
    cells = rng.exponential(1.0, (500, 8_000)).astype(np.float32)
    _, high = automatic_limits(heatmap(cells), "long")
    assert high == pytest.approx(np.percentile(cells, 99.5), rel=0.02)


def test_limits_stay_while_a_market_moves_and_follow_history_that_comes_in() -> None:
    limits, view = ContrastLimits(), View()
    question = Question("BTC/USDT:USDT", ("binance",))

    def show(usd: float) -> None:
        limits.show(question, heatmap(np.full((4, 6), usd, np.float32)))

    show(100.0)
    first = limits.of(view)
    show(120.0)
    assert limits.of(view) == first  # a minute later
    show(900.0)
    assert limits.of(view)[1] == pytest.approx(9.0 * first[1])  # a month of history later
