"""Controls that only change how the map is looked at: seen where they should be, nowhere else, and nobody is asked."""

from __future__ import annotations

import numpy as np
import pytest

from .variants import ALL, LARGE_DARK, LARGE_LIGHT, SMALL_DARK, SMALL_LIGHT, VARIANTS, name_of, seen_at
from .workbench import SMALL, Workbench


@pytest.fixture(autouse=True)
def recomputes_nothing(bench: Workbench):
    """A look asks the model nothing."""
    before = bench.state()["asked"]
    yield
    assert bench.state()["asked"] == before


PALETTES = {
    "dark-bright": VARIANTS[1],
    "purple-yellow": VARIANTS[0],
    "orange-white": VARIANTS[3],
    "safe": VARIANTS[2],
}


@pytest.mark.parametrize(
    ("name", "bench"),
    PALETTES.items(),
    indirect=["bench"],
    ids=[f"{p}-{name_of(v)}" for p, v in PALETTES.items()],
)
def test_a_palette_colours_map_and_legend_and_nothing_else(bench: Workbench, golden, name) -> None:
    before = bench.picture()
    bench.pick("How the map looks", name)
    assert bench.state()["view"]["palette"] == name
    bench.changes(before, {"plot": 0.05, "legend": 0.01}, unmoved=("bar", "panel", "status"))
    golden(f"palette-{name}", "chart", "legend", "profile")


@SMALL_DARK
def test_c_goes_through_all_palettes_and_back(bench: Workbench) -> None:
    before = bench.picture()
    seen = {bench.state()["view"]["palette"]}
    for _ in range(len(PALETTES)):
        bench.key("c")
        seen.add(bench.state()["view"]["palette"])
    assert seen == {"blue-yellow", *PALETTES}
    bench.key("c")
    bench.changes(before, {}, unmoved=("chart", "legend"))


@seen_at(VARIANTS[0], VARIANTS[3])
def test_renderings(bench: Workbench, golden) -> None:
    before = bench.picture()
    bench.key("g")
    smoothed = bench.changes(before, {"plot": 0.002}, unmoved=("bar", "panel", "status"))
    golden("smoothed", "plot", "legend")
    bench.key("g")
    assert bench.state()["view"]["rendering"] == "bands"
    bench.changes(smoothed, {"plot": 0.02, "legend": 0.0005}, unmoved=("bar", "panel", "status"))
    golden("bands", "plot", "legend")
    bench.key("g")
    bench.changes(before, {}, unmoved=("chart", "legend", "profile", "panel"))


@seen_at(VARIANTS[1], VARIANTS[2])
def test_longs_and_shorts_in_the_picture_and_in_the_ranking(bench: Workbench, golden) -> None:
    before, both = bench.picture(), bench.state()
    bench.press("Side: Only longs")
    bench.changes(before, {"plot": 0.02, "profile": 0.01, "panel": 0.005}, unmoved=("status",))
    state = bench.state()
    assert {row["side"] for row in state["listed"]} == {"long"}
    assert state["count"] == f"{len(state['listed'])} of {both['clusters']}"
    golden("longs")
    bench.key("s")
    assert {row["side"] for row in bench.state()["listed"]} == {"short"}
    bench.key("b")
    assert bench.state()["listed"] == both["listed"]
    bench.changes(before, {}, unmoved=("bar", "chart", "legend", "profile", "panel"))


@seen_at(VARIANTS[0], VARIANTS[1])
def test_net_diverges(bench: Workbench, golden) -> None:
    before, both = bench.picture(), bench.state()
    bench.key("n")
    bench.changes(before, {"plot": 0.02, "legend": 0.01}, unmoved=("panel", "status"))
    assert bench.state()["listed"] == both["listed"], "net hides neither side"
    golden("net")


@ALL
def test_t_changes_the_theme_and_back(bench: Workbench) -> None:
    before = bench.picture()
    bench.key("t")
    after = bench.changes(before, {"bar": 0.5, "plot": 0.3, "panel": 0.5, "status": 0.5})
    corner = np.mean(after[2, 2]), np.mean(before[2, 2])
    assert (corner[0] > 200) != (corner[1] > 200), "paper for night, or night for paper"
    bench.key("t")
    bench.changes(before, {}, unmoved=("bar", "chart", "legend", "profile", "panel", "status"))


@LARGE_LIGHT
def test_a_logarithmic_price_axis(bench: Workbench, golden) -> None:
    before = bench.picture()
    bench.press("Price scale: Logarithmic")
    bench.changes(before, {"chart": 0.0005}, unmoved=("panel", "status"))
    golden("log", "bar", "chart")
    bench.key("1", "Alt_L")
    assert bench.state()["view"]["price_scale"] == "linear"


@SMALL_DARK
def test_a_percent_axis_from_the_menu(bench: Workbench, golden) -> None:
    before = bench.picture()
    bench.pick("How the map looks", "percent")
    bench.changes(before, {"chart": 0.001}, unmoved=("bar", "panel", "status"))
    golden("percent", "chart")


@SMALL_LIGHT
def test_rising_candles_turn_red(bench: Workbench, golden) -> None:
    before = bench.picture()
    bench.key("u")
    after = bench.changes(before, {"plot": 0.0005}, unmoved=("bar", "legend", "status"))
    area = bench.part("plot")
    redder = [int((p[area][..., 0].astype(int) - p[area][..., 1] > 60).sum()) for p in (before, after)]
    assert redder[0] != redder[1]
    golden("red-rises", "chart", "profile")


@LARGE_DARK
def test_a_lock_of_the_scale_is_told_on_the_legend(bench: Workbench, golden) -> None:
    before, limits = bench.picture(), bench.state()["limits"]
    bench.key("k")
    bench.changes(before, {"legend": 0.001}, unmoved=("plot", "panel", "status"))
    state = bench.state()
    assert (state["view"]["low"], state["view"]["high"]) == tuple(limits)
    golden("locked", "legend", "profile")


@SMALL_LIGHT
def test_a_currency_has_a_typed_and_dated_rate(bench: Workbench, golden) -> None:
    before, first = bench.picture(), bench.state()
    bench.key("u", "Control_L")
    for name, value in (("Currency", "SGD"), ("Rate", "1.30"), ("Rate of", "2026-11-20")):
        bench.fill(name, value)
    golden("currency-dialog")
    bench.press("Close")
    bench.changes(before, {"legend": 0.002, "panel": 0.002}, unmoved=("plot", "bar"))
    state = bench.state()
    assert state["view"]["currency"] == {"code": "SGD", "rate": 1.3, "dated": "2026-11-20"}
    assert state["listed"] == first["listed"], "what is listed stays USD inside; only words change"
    assert any("SGD" in t.name for t in bench.things() if t.kind == "Legend")
    golden("currency", "legend", "profile", "panel")


@LARGE_DARK
def test_a_time_zone_moves_only_the_words_of_time(bench: Workbench, golden) -> None:
    before = bench.picture()
    bench.key("z")
    bench.key("a", "Control_L")
    bench.type("Asia/Tokyo")
    bench.press("Close")
    assert bench.state()["view"]["time_zone"] == "Asia/Tokyo"
    after = bench.changes(before, {"chart": 0.0005}, unmoved=("legend", "profile", "bar"))
    rows, columns = bench.part("plot")
    below = (slice(rows.stop, rows.stop + 20), columns)
    assert (before[below] != after[below]).any()
    golden("time-zone", "chart")


@LARGE_LIGHT
def test_the_view_menu(bench: Workbench, golden) -> None:
    bench.key("v")
    bottom = max(line.at[1] + line.at[3] for line in bench.lines())
    assert bottom < SMALL[1], "all of it fits on the smallest screen"
    checked = {line.text for line in bench.lines() if line.checked}
    assert checked == {"light", "blue-yellow", "raw", "linear"}
    golden("view-menu")


@SMALL_DARK
def test_the_crosshair_reads_a_cell(bench: Workbench) -> None:
    before = bench.picture()
    rows, columns = bench.part("plot")
    bench.hover(((columns.start + columns.stop) // 2, (rows.start + rows.stop) // 2))
    seen = bench.desktop.picture()
    assert bench.changed(before, seen, "plot") > 0.002
    bench.key("c", "Control_L")
    copied = dict(line.split("\t") for line in bench.desktop.selections.clipboard().splitlines())
    state = bench.state()
    low, high = state["visible_prices"]
    assert float(copied["price"]) == pytest.approx((low + high) / 2, rel=1e-3)
    assert float(copied["longs USD per 0.1 %"]) >= 0
