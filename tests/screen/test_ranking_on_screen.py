"""The ranking, the frame and the exposure under the mouse: what is listed, pointed at, copied, and its sums."""

from __future__ import annotations

import csv

import pyarrow.parquet as pq
import pytest

from .variants import ALL, LARGE_DARK, LARGE_LIGHT, SMALL_DARK, SMALL_LIGHT
from .workbench import Workbench


def listed(bench: Workbench, name: str) -> list[float]:
    return [row[name] for row in bench.state()["listed"]]


@ALL
def test_every_row_is_the_sum_of_the_map_inside_its_zone(bench: Workbench) -> None:
    state = bench.state()
    assert len(state["listed"]) == state["clusters"] > 10
    for row in state["listed"]:
        assert row["usd"] == pytest.approx(row["map"], rel=1e-6)
        assert row["distance"] == pytest.approx(
            (row["low"] * row["high"]) ** 0.5 / state["close"] - 1, abs=0.02
        )


@SMALL_LIGHT
def test_a_heading_sorts_and_sorts_the_other_way(bench: Workbench, golden) -> None:
    before = bench.picture()
    assert listed(bench, "usd") == sorted(listed(bench, "usd"), reverse=True)
    bench.click(bench.heading("Dist"))
    up = listed(bench, "distance")
    bench.changes(before, {"panel": 0.01}, unmoved=("chart", "legend", "profile", "bar", "status"))
    bench.click(bench.heading("Dist"))
    down = listed(bench, "distance")
    assert up in (sorted(up), sorted(up, reverse=True))
    assert down == up[::-1]
    golden("sorted", "panel")


@LARGE_DARK
def test_the_mouse_over_a_row_points_at_its_zone(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    low, high = first["visible_prices"]
    number, row = next((n, r) for n, r in enumerate(first["listed"]) if low < r["low"] < r["high"] < high)
    bench.hover(bench.row(number))
    assert bench.state()["pointed"] == [row["low"], row["high"]]
    seen = bench.desktop.picture()
    assert bench.changed(before, seen, "plot") > 0.001
    assert bench.changed(before, seen, "legend", "bar") == 0
    bench.rest()
    assert bench.state()["pointed"] is None
    bench.changes(before, {}, unmoved=("plot",))


@LARGE_LIGHT
def test_a_click_on_a_row_brings_its_zone_to_the_middle(bench: Workbench, golden) -> None:
    before, row = bench.picture(), bench.state()["listed"][2]
    bench.click(bench.row(2))
    state = bench.state()
    low, high = state["visible_prices"]
    assert low + high == pytest.approx(row["low"] + row["high"], rel=2e-3)
    assert state["selected"] == 1
    bench.changes(before, {"plot": 0.05, "profile": 0.02}, unmoved=("legend", "status"))
    golden("centred")


@SMALL_DARK
def test_the_keyboard_walks_the_ranking(bench: Workbench) -> None:
    bench.click(bench.row(0))
    bench.key("Down")
    state = bench.state()
    assert state["pointed"] == [state["listed"][1]["low"], state["listed"][1]["high"]]
    bench.key("Return")
    low, high = bench.state()["visible_prices"]
    assert low + high == pytest.approx(state["listed"][1]["low"] + state["listed"][1]["high"], rel=2e-3)


@SMALL_DARK
def test_filters_by_side_distance_and_size(bench: Workbench, golden) -> None:
    before, whole = bench.picture(), bench.state()
    bench.press("List: List shorts, above")
    shorts = [row for row in whole["listed"] if row["side"] == "short"]
    assert bench.state()["listed"] == shorts
    bench.press("Within")
    bench.type("20")
    near = [row for row in shorts if abs(row["distance"]) <= 0.20]
    assert bench.state()["listed"] == near
    bench.press("At least")
    bench.type("35M")
    large = [row for row in near if row["usd"] >= 35e6]
    state = bench.state()
    assert state["listed"] == large
    assert 0 < len(large) < len(near) < len(shorts) < len(whole["listed"])
    assert state["count"] == f"{len(large)} of {whole['clusters']}"
    bench.changes(before, {"panel": 0.01}, unmoved=("plot", "legend", "profile", "bar"))
    golden("filtered", "panel")


@SMALL_LIGHT
def test_what_is_no_number_is_told_and_filters_nothing(bench: Workbench) -> None:
    whole = bench.state()["listed"]
    bench.key("f", "Control_L")
    bench.type("near")
    state = bench.state()
    assert state["listed"] == whole
    assert "near" in state["line"], "the status bar says what is wrong"


@SMALL_DARK
def test_selected_rows_are_copied(bench: Workbench) -> None:
    rows = bench.state()["listed"]
    bench.click(bench.row(0))
    bench.click(bench.row(2), held=("Control_L",))
    bench.key("c", "Control_L")
    lines = [line.split("\t") for line in bench.desktop.selections.clipboard().splitlines()]
    table = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    assert [float(line["usd"]) for line in table] == pytest.approx([rows[0]["usd"], rows[2]["usd"]])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_ranking_as_a_file(bench: Workbench, tmp_path, suffix) -> None:
    rows = bench.state()["listed"]
    path = tmp_path / f"zones.{suffix}"
    bench.key("e", "Control_L")
    bench.save_as("Export clusters", path)
    if suffix == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            usd = [float(row["usd"]) for row in csv.DictReader(file)]
    else:
        usd = pq.read_table(path).column("usd").to_pylist()
    assert sorted(usd, reverse=True) == pytest.approx([row["usd"] for row in rows])
    assert path.name in bench.state()["notice"]


@LARGE_LIGHT
def test_a_click_on_the_frame_centres_the_nearest_zone(bench: Workbench) -> None:
    before, frame = bench.picture(), bench.state()["frame"]
    bench.press("Frame, longs, below")
    low, high = bench.state()["visible_prices"]
    assert (low + high) / 2 == pytest.approx(frame["below"], rel=0.01)
    bench.changes(before, {"plot": 0.05})


@LARGE_DARK
def test_the_reach_of_the_exposure_is_typed(bench: Workbench, golden) -> None:
    before, five = bench.picture(), bench.state()["exposure"]
    bench.key("x", "Alt_L")
    bench.type("10")
    ten = bench.state()["exposure"]
    assert (five["within"], ten["within"]) == (0.05, 0.1)
    assert ten["above_usd"] > five["above_usd"]
    assert ten["below_usd"] > five["below_usd"]
    golden("exposure", "panel")
    bench.changes(before, {"panel": 0.0005}, unmoved=("chart", "legend", "profile", "bar"))


@SMALL_LIGHT
def test_the_plain_sums_of_the_exposure_are_those_of_the_map(bench: Workbench) -> None:
    state = bench.state()
    middles = [(a * b) ** 0.5 for a, b in zip(state["prices"], state["prices"][1:], strict=False)]
    sums = {
        side: sum(usd for price, usd in zip(middles, state["newest"][side], strict=True) if inside(price))
        for side, inside in (
            ("short", lambda p: state["close"] < p <= 1.05 * state["close"]),
            ("long", lambda p: 0.95 * state["close"] <= p < state["close"]),
        )
    }
    assert state["exposure"]["above_usd"] == pytest.approx(sums["short"], rel=0.03)
    assert state["exposure"]["below_usd"] == pytest.approx(sums["long"], rel=0.03)


@LARGE_DARK
def test_the_truth_beside_the_estimate(bench: Workbench, golden) -> None:
    before, truth = bench.picture(), bench.state()["truth"]
    bench.key("t", "Alt_L")
    bench.changes(before, {"plot": 0.0005, "panel": 0.005}, unmoved=("legend", "bar", "status"))
    both = next(errors for errors in truth if errors["side"] == "both")
    said = {t.text.replace("\u202f", " ") for t in bench.things()}
    assert f"{both['cosine']:.3f}" in said
    assert f"× {both['ratio']:.2f}" in said
    golden("truth")
    bench.key("t", "Alt_L")
    bench.changes(before, {}, unmoved=("chart", "panel"))
