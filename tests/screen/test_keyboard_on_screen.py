"""Everything by keyboard: Tab reaches every control and shows where it is, keys open menus and dialogs."""

from __future__ import annotations

import pytest

from .variants import LARGE_DARK, LARGE_LIGHT, SMALL_DARK, SMALL_LIGHT, VARIANTS, seen_at
from .workbench import Workbench


@seen_at(VARIANTS[0], VARIANTS[3])
def test_tab_reaches_every_control_and_the_focus_is_seen(bench: Workbench) -> None:
    # of a row of buttons of which one is down Tab reaches that one, and the arrow keys the others
    wanted = {_row(name) for name in bench.desktop.ask("tab_stops")}
    assert len(wanted) > 20
    reached, unseen = set(), []
    bench.rest()
    before = bench.desktop.picture()
    for _ in range(4 * len(wanted)):
        bench.key("Tab")
        focus = bench.desktop.ask("focus")
        if focus["name"] in reached:
            break
        reached.add(focus["name"])
        now = bench.desktop.picture()
        left, top, width, height = focus["at"]
        around = slice(max(0, top - 2), top + height + 2), slice(max(0, left - 2), left + width + 2)
        if (before[around] == now[around]).all():
            unseen.append(focus["name"])
        before = now
    assert wanted - {_row(name) for name in reached} == set(), "Tab does not reach these"
    assert set(unseen) <= {"desk"}, "the focus is seen, and where it is not, the chart has it"
    bench.key("Tab", "Shift_L")
    assert bench.desktop.ask("focus")["name"] in reached


def _row(name: str) -> str:
    """The row of buttons that a button is of: what stands before the colon."""
    return name.partition(":")[0]


@SMALL_DARK
def test_arrow_keys_walk_along_a_row_of_buttons(bench: Workbench) -> None:
    while not bench.desktop.ask("focus")["name"].startswith("Timeframe"):
        bench.key("Tab")
    bench.key("Right")  # from 1m to 5m, which is down
    bench.key("Right")
    assert bench.state()["question"]["timeframe"] == "15m"


MENUS = {
    "k": ("Control_L", "BTC/USDT:USDT"),
    "l": ("Control_L", "3d"),
    "e": ("", "volume"),
    "w": ("", "20"),
    "y": ("", "All tiers"),
    "x": ("", "bybit"),
    "v": ("", "Theme"),
    "m": ("", "Import"),
}


@pytest.mark.parametrize("key", MENUS)
def test_a_key_opens_a_menu_and_escape_closes_it(bench: Workbench, key: str) -> None:
    before, asked = bench.picture(), bench.state()["asked"]
    held, line = MENUS[key]
    bench.key(key, *filter(None, [held]))
    assert any(found.text.startswith(line) for found in bench.lines())
    bench.desktop.until(lambda: (bench.desktop.picture() != before).any(), "the menu's picture")
    bench.key("Escape")
    assert bench.lines() == []
    assert bench.state()["asked"] == asked


@LARGE_DARK
def test_the_main_menu(bench: Workbench, golden) -> None:
    bench.key("m")
    assert {"Import…", "Export clusters…", "Settings…", "Quit"} <= {line.text for line in bench.lines()}
    golden("main-menu")


@LARGE_LIGHT
def test_keys_of_the_range(bench: Workbench) -> None:
    before = bench.state()["visible_times"]
    rows, columns = bench.part("plot")
    middle = (columns.start + columns.stop) // 2, (rows.start + rows.stop) // 2
    bench.click(middle, button=4, times=5)
    zoomed = bench.state()["visible_times"]
    assert zoomed[1] - zoomed[0] < 0.7 * (before[1] - before[0])
    bench.key("End")
    live = bench.state()["visible_times"]
    assert live[1] > bench.state()["times"][1] > zoomed[1]
    bench.key("Home")
    assert bench.state()["visible_times"] == before


@SMALL_DARK
def test_no_key_means_two_things(bench: Workbench) -> None:
    keys = bench.desktop.ask("keys")
    assert len(keys) > 50
    assert sorted({key for key in keys if keys.count(key) > 1}) == [], "Qt then does neither"


@SMALL_DARK
def test_the_keys_that_tooltips_tell_are_there(bench: Workbench) -> None:
    keys = set(bench.desktop.ask("keys"))
    tips = [t["tip"].splitlines()[0] for t in bench.desktop.ask("widgets") if t["tip"]]
    told = {tip[tip.rindex("(") + 1 : -1] for tip in tips if tip.endswith(")") and "(" in tip}
    assert len(told & keys) > 25
    assert {key for key in told if key.startswith(("Alt+", "Ctrl+"))} - keys == set()


@SMALL_LIGHT
def test_the_settings_by_keyboard(bench: Workbench, golden) -> None:
    before = bench.picture()
    bench.key("comma", "Control_L")
    dialog = bench.thing("Pages of settings")
    assert dialog.window.startswith("Settings")
    golden("settings")
    for _ in range(20):
        if bench.desktop.ask("focus")["name"] == "Palette":
            break
        bench.key("Tab")
    bench.key("Down")
    assert bench.state()["view"]["palette"] == "dark-bright", "it takes effect at once"
    bench.changes(before, {"legend": 0.01}, unmoved=("bar",))
    bench.press("Reset Palette")
    bench.key("Escape")
    bench.changes(before, {}, unmoved=("bar", "chart", "legend", "profile"))


@LARGE_DARK
def test_a_picture_is_saved(bench: Workbench, tmp_path) -> None:
    path = tmp_path / "chart.png"
    bench.key("s", "Control_L")
    bench.save_as("Save picture", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert "chart.png" in bench.state()["notice"]
