"""The legend is the contrast control: its handles, what is typed, its menu; driven by the mouse."""

from __future__ import annotations

import pytest

from .variants import LARGE_DARK, LARGE_LIGHT, SMALL_DARK, SMALL_LIGHT
from .workbench import Workbench

UPPER, LOWER = "upper contrast limit", "lower contrast limit"
ELSEWHERE = ("bar", "panel", "status")


@pytest.fixture(autouse=True)
def recomputes_nothing(bench: Workbench):
    """Contrast asks the model nothing."""
    before = bench.state()["asked"]
    yield
    assert bench.state()["asked"] == before


def options(bench: Workbench, *lines: str) -> None:
    """Open the legend's menu and click lines of it."""
    rows, columns = bench.part("legend")
    bench.click((columns.start + 29, rows.stop - 200), button=3)
    for line in lines:
        bench.click(bench.line(line).middle)


@SMALL_DARK
def test_dragging_the_upper_handle_brings_out_what_is_faint(bench: Workbench, golden) -> None:
    before, limits = bench.picture(), bench.state()["limits"]
    x, y = bench.thing(UPPER).middle
    bench.drag((x, y), (x, y + 300))
    bench.changes(before, {"plot": 0.1, "legend": 0.005}, unmoved=ELSEWHERE)
    low, high = bench.state()["limits"]
    assert (low, high < 0.5 * limits[1]) == (limits[0], True)
    assert abs(bench.thing(UPPER).middle[1] - (y + 300)) <= 1, "the handle is under the hand"
    golden("upper-limit", "chart", "legend", "profile")
    options(bench, "Automatic limits")
    bench.changes(before, {}, unmoved=("chart", "legend", "profile"))


@LARGE_LIGHT
def test_dragging_the_lower_handle_hides_what_is_small(bench: Workbench, golden) -> None:
    before = bench.picture()
    x, y = bench.thing(LOWER).middle
    bench.drag((x, y), (x, y - 500))
    bench.changes(before, {"plot": 0.1, "legend": 0.002}, unmoved=ELSEWHERE)
    assert bench.state()["limits"][0] > 0
    golden("lower-limit", "chart", "legend")


@SMALL_LIGHT
def test_a_limit_is_typed(bench: Workbench) -> None:
    before = bench.picture()
    bench.click(bench.thing(UPPER).middle, times=2)
    bench.type("3M")
    bench.changes(before, {"plot": 0.02, "legend": 0.001}, unmoved=ELSEWHERE)
    assert bench.state()["limits"] == [0.0, 3e6]
    bench.click(bench.thing(UPPER).middle, times=2)
    bench.type("soon")
    assert bench.state()["limits"] == [0.0, 3e6], "what cannot be read changes nothing"


@SMALL_DARK
def test_arrow_keys_step_a_limit(bench: Workbench) -> None:
    limits = bench.state()["limits"]
    bench.press(UPPER)
    bench.key("Down")
    one = bench.state()["limits"][1]
    bench.key("Next")
    assert limits[1] > one > bench.state()["limits"][1]


@LARGE_DARK
def test_gamma_lifts_the_faint(bench: Workbench, golden) -> None:
    before = bench.picture()
    options(bench, "Gamma", "0.5")
    bench.changes(before, {"plot": 0.05, "legend": 0.005}, unmoved=ELSEWHERE)
    assert bench.state()["view"]["gamma"] == 0.5
    golden("gamma", "chart", "legend")
    options(bench, "Type gamma")
    bench.type("1")
    bench.changes(before, {}, unmoved=("chart", "profile"))


@SMALL_LIGHT
def test_the_smallest_cell_leaves_out_what_is_below_it(bench: Workbench, golden) -> None:
    before, limits = bench.picture(), bench.state()["limits"]
    options(bench, "Type the smallest cell")
    bench.type("3M")
    bench.changes(before, {"plot": 0.05, "legend": 0.002}, unmoved=ELSEWHERE)
    state = bench.state()
    assert (state["view"]["minimum_usd"], state["limits"]) == (3e6, limits)
    golden("smallest-cell", "chart", "legend")
    listed = len(state["listed"])
    bench.key("m", "Alt_L")  # the ranking follows the map's sensitivity only where it is asked to
    assert 0 < len(bench.state()["listed"]) < listed
    golden("as-the-map", "panel")


@LARGE_DARK
def test_limits_stay_while_the_map_is_moved(bench: Workbench) -> None:
    before, limits = bench.picture(), bench.state()["limits"]
    rows, columns = bench.part("plot")
    start = (columns.start + 400, (rows.start + rows.stop) // 2)
    bench.drag(start, (start[0] + 300, start[1] + 80))
    bench.click(start, button=4, times=3)
    bench.changes(before, {"plot": 0.1}, unmoved=("legend", *ELSEWHERE))
    assert bench.state()["limits"] == limits
    bench.key("r")
    bench.changes(before, {}, unmoved=("chart", "profile"))
