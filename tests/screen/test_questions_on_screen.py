"""Controls that ask the model, driven by mouse and keys: what each changes in the picture and in the numbers."""

from __future__ import annotations

import math

import pytest

from .variants import ALL, LARGE_DARK, LARGE_LIGHT, SMALL_DARK, SMALL_LIGHT
from .workbench import Workbench

HOUR = 3_600_000


def newest(state) -> float:
    """USD that stand in the newest column."""
    return math.fsum(state["newest"]["long"]) + math.fsum(state["newest"]["short"])


@ALL
def test_the_first_look(bench: Workbench, golden) -> None:
    golden("resting")


@LARGE_LIGHT
def test_a_look_back_shows_that_much_time(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    bench.press("Look-back: Look back 48h")
    bench.changes(before, {"plot": 0.2})
    state = bench.state()
    assert state["times"][1] - state["times"][0] == 48 * HOUR
    assert state["times"][1] == first["times"][1], "it still ends now"
    assert adds_up(by_price(first), by_price(state)), "a view: no older position is dropped"
    golden("look-back", "bar", "chart")


@SMALL_DARK
def test_a_rarer_look_back_by_key_and_by_menu(bench: Workbench) -> None:
    bench.key("F1")
    assert bench.state()["question"]["lookback_ms"] == HOUR
    bench.pick("More look-backs", "3d")
    state = bench.state()
    assert state["times"][1] - state["times"][0] == 72 * HOUR
    assert bench.thing("More look-backs").text.startswith("3d"), "the menu says what is chosen"


@SMALL_LIGHT
def test_a_timeframe_makes_longer_candles(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    bench.press("Timeframe: 1h candles")
    bench.changes(before, {"plot": 0.02})
    state = bench.state()
    assert (state["step"], first["step"]) == (HOUR, HOUR // 12)
    assert state["times"] == first["times"]
    assert bench.thing("Timeframe: 1h candles").checked
    golden("timeframe", "bar", "chart")


@SMALL_DARK
def test_a_bin_width_makes_higher_rows(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    bench.pick("Price bin", "50")
    bench.changes(before, {"plot": 0.05, "profile": 0.02}, unmoved=("status",))
    state = bench.state()
    assert len(state["prices"]) < len(first["prices"]) / 3
    assert newest(state) == pytest.approx(newest(first), rel=0.03), "the same USD in fewer rows"
    assert bench.thing("Price bin").text.startswith("50")
    golden("bin-width", "bar", "chart", "legend", "profile")


def by_price(state) -> dict[float, float]:
    """USD of the newest column at the lower edge of each row, both sides."""
    both = (a + b for a, b in zip(state["newest"]["long"], state["newest"]["short"], strict=True))
    return {round(math.log(p) / math.log1p(1e-3)): usd for p, usd in zip(state["prices"], both, strict=False)}


def adds_up(whole: dict[float, float], *parts: dict[float, float]) -> bool:
    """Whether in every row that all of them show the parts make the whole, to a millionth of the largest."""
    shown = set(whole).intersection(*parts)
    assert len(shown) > 100
    off = max(abs(whole[row] - math.fsum(part[row] for part in parts)) for row in shown)
    return off <= 1e-6 * max(whole.values())


@SMALL_LIGHT
def test_an_exchange_switched_off_leaves_the_sum_of_the_others(bench: Workbench, golden) -> None:
    before, all_three = bench.picture(), by_price(bench.state())
    bench.press("Exchanges")
    bench.click(bench.line("okx").middle)
    two = bench.state()
    assert two["question"]["exchanges"] == ["binance", "bybit"]
    for name in ("binance", "okx", "bybit"):  # the menu stays open: okx alone is left
        bench.click(bench.line(name).middle)
    one = bench.state()
    assert one["question"]["exchanges"] == ["okx"]
    assert not next(line for line in bench.lines() if line.text == "okx").enabled, "the last one stays"
    bench.key("Escape")
    assert adds_up(all_three, by_price(two), by_price(one))
    assert not adds_up(all_three, by_price(two)), "the comparison can tell"
    assert bench.thing("Exchanges").text.startswith("okx")
    bench.changes(before, {"plot": 0.05, "panel": 0.01})
    golden("exchange")


@LARGE_DARK
def test_tiers_filter_the_map_the_ranking_and_the_totals(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    bench.press("Leverage tiers")
    for leverage in ("10×", "12×", "15×", "20×"):
        bench.click(bench.line(leverage).middle)
    bench.key("Escape")
    state = bench.state()
    assert not {10.0, 12.0, 15.0, 20.0} & set(state["question"]["tiers"])
    assert newest(state) < 0.9 * newest(first)
    assert state["listed"] != first["listed"]
    assert state["exposure"]["above_usd"] < first["exposure"]["above_usd"]
    assert state["count"] == str(len(state["listed"]))
    filtered = bench.changes(before, {"plot": 0.05, "panel": 0.01, "bar": 0.0005})
    golden("tiers")
    bench.pick("Leverage tiers", "All tiers")
    again = bench.picture()
    assert bench.changed(before, again, "chart", "panel") == 0, "and back"
    assert bench.changed(filtered, again, "plot") > 0.05


@LARGE_LIGHT
def test_an_estimator_by_keyboard_alone(bench: Workbench, golden) -> None:
    before = bench.picture()
    bench.key("e")
    names = [line.text for line in bench.lines()]
    bench.key("Down")
    bench.key("Down") if bench.lines()[0].checked and names[0] == "flow" else None
    bench.key("Return")
    state = bench.state()
    assert state["question"]["params"]["estimator"] != "flow"
    bench.changes(before, {"plot": 0.05, "bar": 0.0002})
    golden("estimator", "bar", "chart")


@SMALL_DARK
def test_a_parameter_of_the_model_its_effect_and_its_reset(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    bench.key("p")
    bench.fill("Median leverage", "30")
    state = bench.state()
    assert state["question"]["params"]["leverage_median"] == 30
    assert newest(state) != newest(first)
    assert bench.thing("• Median leverage").kind == "QLabel", "what is not the default is marked"
    during = bench.picture()
    left = slice(0, 200)
    rows, _ = bench.part("plot")
    assert (during[rows, left] != before[rows, left]).any(axis=2).mean() > 0.05, "seen beside the dialog"
    golden("parameters")
    bench.press("Reset Median leverage")
    bench.press("Close")
    assert bench.state()["question"]["params"] == first["question"]["params"]
    bench.changes(before, {}, unmoved=("bar", "chart", "legend", "profile", "panel"))


@SMALL_LIGHT
def test_a_parameter_out_of_range_is_told_and_changes_nothing(bench: Workbench) -> None:
    asked = bench.state()["asked"]
    bench.key("p")
    bench.fill("Median leverage", "5000")
    told = [t.text for t in bench.things() if "5000" in t.text.replace(",", "") and t.kind == "QLabel"]
    assert told, "what is wrong stands below the field"
    assert bench.state()["asked"] == asked
