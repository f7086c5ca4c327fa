"""The five maps of the top bar: each is seen in the picture, and what it leaves out in the numbers."""

from __future__ import annotations

import math

import pytest

from .variants import LARGE_DARK, LARGE_LIGHT, SMALL_DARK, seen_at
from .workbench import Workbench


def total(state) -> float:
    """USD of the whole map."""
    return math.fsum(state["total"].values())


@SMALL_DARK
def test_one_exchange_and_the_next_make_all(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    names, sums = set(), []
    for _ in first["question"]["exchanges"]:
        bench.key("o")
        state = bench.state()
        (name,) = state["question"]["exchanges"]
        names.add(name)
        sums.append(sum(map(math.fsum, state["newest"].values())))
    assert names == set(first["question"]["exchanges"])
    assert sum(sums) == pytest.approx(sum(map(math.fsum, first["newest"].values())), rel=0.02)
    bench.changes(before, {"plot": 0.05, "panel": 0.01})
    golden("one-exchange")
    bench.key("a")
    bench.changes(before, {}, unmoved=("bar", "chart", "legend", "profile", "panel"))


@LARGE_LIGHT
def test_the_map_by_age_holds_the_same_usd(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    bench.key("d")
    bench.changes(before, {"bar": 0.0002})
    state = bench.state()
    assert state["question"]["ages"] is not None
    assert total(state) == pytest.approx(total(first), rel=1e-5)
    golden("by-age")
    bench.key("a")
    bench.changes(before, {}, unmoved=("bar", "chart", "legend", "profile", "panel"))


@LARGE_DARK
def test_the_past_ends_where_the_crosshair_stood(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    rows, columns = bench.part("plot")
    bench.hover((columns.start + (columns.stop - columns.start) // 2, (rows.start + rows.stop) // 2))
    bench.key("h")
    state = bench.state()
    assert state["question"]["end_ms"] is not None
    assert first["times"][0] < state["times"][1] < first["times"][1]
    bench.changes(before, {"plot": 0.05})
    golden("the-past")
    bench.key("a")
    assert bench.state()["times"] == first["times"]


@seen_at(((1040, 640), "light"))
def test_where_room_is_scarce_they_are_a_menu(bench: Workbench) -> None:
    before = bench.picture()
    bench.key("j")
    bench.click(bench.line("Net").middle)
    assert bench.state()["view"]["side"] == "net"
    bench.changes(before, {"plot": 0.02, "legend": 0.005}, unmoved=("status",))
