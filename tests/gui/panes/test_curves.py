"""What panes draw: sums and means of what is known, holes where nothing is, and the values of this moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatdesk.engine import Snapshot
from heatdesk.events import Market
from heatdesk.gui.panes.curves import ONE, SPOT, content, with_now
from heatdesk.gui.panes.lines import segments, thinned, value_range, visible
from heatdesk.gui.wording import Wording
from heatdesk.history.companions import Companions
from heatdesk.live import MarketState
from heatdesk.settings.live_layers import PANES
from tests.gui.drawing.snapshots import snapshot

SYMBOL = "BTC/USDT:USDT"
MARKETS = (Market("binance", SYMBOL), Market("bybit", SYMBOL))
NAN = float("nan")


def beneath(n: int = 600) -> Snapshot:
    """A snapshot with companions of two exchanges; the second begins at column 100."""
    shown = snapshot(n_times=n)
    rng = np.random.default_rng(4)
    late = np.where(np.arange(n) < 100, np.nan, 1.0)
    companions = Companions(
        times_ms=shown.heatmap.times_ms,
        step_ms=shown.heatmap.step_ms,
        markets=MARKETS,
        volume=np.vstack([np.full(n, 10.0), 5.0 * late]),
        open_interest=np.vstack([np.linspace(9e4, 9.5e4, n), 5e4 * late]),
        open_interest_usd=np.vstack([np.full(n, 6e9), 3e9 * late]),
        funding=np.vstack([np.full(n, 1e-4), 4e-4 * late]),
        long_short=np.vstack([np.full(n, 1.2), 1.6 * late]),
        delta=np.vstack([rng.normal(0, 5, n), rng.normal(0, 5, n) * late]),
        spot_markets=(Market("binance", "BTC/USDT"),),
        spot_delta=rng.normal(0, 2, (1, n)),
    )
    return replace(shown, companions=companions, markets=MARKETS)


def of(name: str, shown: Snapshot, per_exchange: bool = False):
    return content(name, shown, per_exchange, Wording())


def words(text: str) -> str:
    return text.replace("\u202f", " ")


def test_volume_is_summed_and_stands_on_zero() -> None:
    made = of("volume", beneath())
    assert made.bars
    assert made.curves[0].values[[0, 99, 100, -1]].tolist() == [10.0, 10.0, 15.0, 15.0]
    assert words(made.say(made.curves[0].at(None))) == "15.0 BTC"
    candles = beneath().candles
    assert made.rising.tolist() == (candles["close"] >= candles["open"]).tolist()


def test_open_interest_makes_no_step_where_an_exchange_joins() -> None:
    made = of("open_interest", beneath())
    values = made.curves[0].values
    assert np.abs(np.diff(values)).max() < 10.0
    assert values[-1] == pytest.approx(9.5e4 + 5e4)
    assert words(made.say(1e5)).startswith("100 k BTC   $")


def test_funding_is_weighted_by_open_interest_and_has_four_decimals() -> None:
    made = of("funding", beneath())
    assert made.curves[0].values[0] == pytest.approx(1e-4)
    assert made.curves[0].values[-1] == pytest.approx((6 * 1e-4 + 3 * 4e-4) / 9)
    assert [words(made.say(v)) for v in (1e-4, -5e-5, 0.0, NAN)] == [
        "+0.0100 %",
        "−0.0050 %",
        "0.0000 %",
        "–",
    ]


def test_delta_has_a_line_of_perpetuals_and_one_of_spot() -> None:
    made = of("delta", beneath())
    companions = beneath().companions
    assert [(c.name, c.role) for c in made.curves] == [("perp", "main"), ("spot", SPOT)]
    assert made.curves[1].values[-1] == pytest.approx(companions.spot_delta.sum())
    assert made.curves[0].values[-1] == pytest.approx(np.nansum(companions.delta))
    assert made.zero_line


def test_long_short_is_the_mean_of_what_is_known() -> None:
    made = of("long_short", beneath())
    assert made.curves[0].values[[0, -1]].tolist() == pytest.approx([1.2, 1.4])
    assert made.say(1.234) == "1.23"


@pytest.mark.parametrize("name", PANES)
def test_nothing_recorded_is_no_curve(name: str) -> None:
    assert of(name, snapshot()).curves == ()
    assert of(name, replace(snapshot(), companions=Companions()), per_exchange=True).curves == ()


@pytest.mark.parametrize("name", [name for name in PANES if name != "volume"])
def test_every_exchange_has_a_line_of_its_own_where_asked(name: str) -> None:
    plain, each = of(name, beneath()), of(name, beneath(), per_exchange=True)
    own = [curve for curve in each.curves if curve.role == ONE]
    assert len(each.curves) == len(plain.curves) + 2
    assert [(curve.name, curve.number) for curve in own] == [("binance", 0), ("bybit", 1)]
    assert np.isnan(own[1].values[:100]).all()
    assert np.isfinite(own[1].values[100:]).all()


def test_values_of_this_moment_go_on_with_what_is_heard_and_hold_what_is_not() -> None:
    shown = beneath()
    state = MarketState(MARKETS[0], open_interest=9.9e4, long_short_ratio=2.0)
    made = with_now(
        of("open_interest", shown, per_exchange=True), "open_interest", shown, {MARKETS[0]: state}
    )
    assert made.curves[0].now == pytest.approx(9.9e4 + 5e4)
    assert made.curves[1].now == 9.9e4
    assert np.isnan(made.curves[2].now)
    ratio = with_now(of("long_short", shown), "long_short", shown, {MARKETS[0]: state})
    assert ratio.curves[0].now == pytest.approx((2.0 + 1.6) / 2)
    assert ratio.curves[0].at(None) == ratio.curves[0].now
    silent = with_now(of("open_interest", shown), "open_interest", shown, {})
    assert np.isnan(silent.curves[0].now)
    assert silent.curves[0].at(None) == silent.curves[0].values[-1]
    assert np.isnan(silent.curves[0].at(10**6))


def test_thinning_keeps_peaks_and_holes() -> None:
    x = np.arange(100_000.0)
    values = np.sin(x / 5_000.0)
    values[41_234] = 99.0
    values[70_000:80_000] = np.nan
    thin_x, thin = thinned(x, values, 800)
    assert len(thin_x) <= 4 * 800
    assert np.nanmax(thin) == 99.0
    assert (np.diff(thin_x) >= 0).all()
    assert np.isnan(thin[(thin_x > 71_000) & (thin_x < 79_000)]).all()
    assert np.isfinite(thin[thin_x < 69_000]).all()
    assert thinned(x[:100], values[:100], 800)[1] is not None
    assert len(thinned(x[:100], values[:100], 800)[0]) == 100


def test_a_line_breaks_at_a_hole_and_a_single_point_is_seen() -> None:
    x = np.arange(7.0)
    made = segments(x, np.array([1.0, 2.0, NAN, 3.0, NAN, 4.0, 5.0]))
    assert made.tolist() == [[0.0, 1.0, 1.0, 2.0], [5.0, 4.0, 6.0, 5.0], [2.5, 3.0, 3.5, 3.0]]
    assert segments(np.zeros(0), np.zeros(0)).shape == (0, 4)
    assert segments(np.zeros(1), np.array([NAN])).shape == (0, 4)


def test_what_is_in_sight_and_how_far_it_reaches() -> None:
    times = np.arange(10.0) * 100.0
    assert visible(times, 250.0, 450.0) == slice(2, 6)
    assert visible(times, -500.0, 5_000.0) == slice(0, 10)
    assert value_range([np.array([NAN, NAN])], False) is None
    low, high = value_range([np.array([NAN, 2.0, 4.0])], False)
    assert low < 2.0 and high > 4.0
    assert value_range([np.array([2.0, 4.0])], True)[0] == 0.0
    low, high = value_range([np.array([3.0])], False)
    assert low < 3.0 < high
