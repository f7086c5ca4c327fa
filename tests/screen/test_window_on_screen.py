"""The window over real history, moved by real mouse and key events, judged by its pixels alone.

`HEATDESK_SCREENSHOTS=FOLDER` keeps a picture of every size and theme.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from heatdesk.gui.legend import WIDTH as LEGEND_WIDTH
from heatdesk.gui.panel_room import panel_widths
from heatdesk.gui.theme import tokens

from .desktop import WHEEL_UP, Desktop, Picture
from .x_server import x_server

BAR, STATUS = 36, 22
SYMBOL = "BTC/USDT:USDT"


@pytest.fixture(scope="module")
def stored(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with ten weeks of real candles and open interest."""
    home = tmp_path_factory.mktemp("home")
    source = shared / "data" / "binance" / "BTCUSDT_5m_oi.csv.gz"
    options = ["--exchange", "binance", "--symbol", SYMBOL, "--timeframe", "5m"]
    subprocess.run(
        [sys.executable, "-m", "heatdesk", "import", str(source), *options],
        env={**os.environ, "HEATDESK_HOME": str(home)},
        check=True,
        capture_output=True,
        timeout=120,
    )
    config = home / "config" / "settings.toml"
    config.parent.mkdir(parents=True)
    config.write_text("schema = 1\nentries = 1\n\n[session]\nfirst_page_seen = true\n", encoding="utf-8")
    return home


class Screen:
    """The window's parts on the screen."""

    def __init__(self, desktop: Desktop, theme: str) -> None:
        self.desktop, self.theme = desktop, theme
        self.width, self.height = desktop.width, desktop.height
        panel, profile = panel_widths(self.width)
        self.legend_left = self.width - panel - profile - LEGEND_WIDTH
        self.profile = slice(self.legend_left + LEGEND_WIDTH, self.width - panel)
        self.map = (slice(BAR + 60, self.height - STATUS - 60), slice(4, self.legend_left - 90))

    def shows_map(self) -> bool:
        colours = self.desktop.picture()[self.map].reshape(-1, 3)
        return len(np.unique(colours[::7], axis=0)) > 150

    def ready(self) -> Picture:
        """The whole time at fitting prices, automatic colours, the cursor out of the map."""
        self.desktop.key("r")
        return self.still()

    def still(self) -> Picture:
        """What is seen once nothing moves, the cursor out of the map."""
        self.desktop.move(self.width - 60, self.height - 8)
        self.desktop.calm()
        return self.desktop.picture()

    def pressed(self) -> list[tuple[int, int]]:
        """The buttons of the top bar that are down, as (left, right) pixels, from left to right."""
        colour = np.array([int(tokens(self.theme).hairline[i : i + 2], 16) for i in (1, 3, 5)])
        row = self.desktop.picture()[BAR // 2 - 8].astype(int)
        down = np.concatenate(([0], (np.abs(row - colour).max(axis=1) <= 2).astype(int), [0]))
        edges = np.flatnonzero(np.diff(down))
        return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 12]


SIZES_AND_THEMES = [((1280, 800), "light"), ((2560, 1440), "dark")]


@pytest.fixture(scope="module", params=SIZES_AND_THEMES, ids=lambda p: f"{p[0][0]}x{p[0][1]}-{p[1]}")
def screen(request: pytest.FixtureRequest, stored: Path):
    """One run of the program for all tests of a size and theme."""
    size, theme = request.param
    with x_server(*size) as display:
        desktop = Desktop(display, stored, size, "--still", "run", "--theme", theme)
        try:
            screen = Screen(desktop, theme)
            desktop.first_map()
            desktop.until(screen.shows_map, "a map in many colours")
            yield screen
        finally:
            status = desktop.close()
    assert status == 0


def changed(a: Picture, b: Picture) -> float:
    """Share of pixels that differ visibly."""
    return float((np.abs(a.astype(int) - b.astype(int)).max(axis=2) > 24).mean())


def test_the_first_map(screen: Screen) -> None:
    picture = screen.ready()
    if folder := os.environ.get("HEATDESK_SCREENSHOTS"):
        _keep(picture, Path(folder) / f"window-{screen.width}x{screen.height}-{screen.theme}.png")
    ground = np.array([int(tokens(screen.theme).background[i : i + 2], 16) for i in (1, 3, 5)])
    empty = (np.abs(picture[screen.map].astype(int) - ground).max(axis=2) <= 3).mean()
    assert empty < 0.5, "most of the map shows something"
    pressed = 5 if screen.width > 2000 else 4  # where there is room the price scale stands in the bar too
    assert len(screen.pressed()) == pressed, "timeframe, look-back, map, side and price scale"


def test_the_wheel_zooms_time_and_r_resets(screen: Screen) -> None:
    before = screen.ready()
    screen.desktop.click(screen.width // 3, screen.height // 2, WHEEL_UP, times=4)
    zoomed = screen.still()
    assert changed(before[screen.map], zoomed[screen.map]) > 0.2
    assert changed(before[screen.map], screen.ready()[screen.map]) < 0.001


def test_dragging_moves_the_map_with_the_hand(screen: Screen) -> None:
    before = screen.ready()
    start = (screen.width // 3, screen.height // 2)
    screen.desktop.drag(start, (start[0] + 120, start[1] + 60))
    moved = screen.still()
    top, left = BAR + 120, screen.width // 4
    patch = before[top : top + 200, left : left + 300]
    off = {
        down: changed(patch, moved[top + down : top + down + 200, left + 120 : left + 420])
        for down in range(61)  # how far the hand moves before prices follow is the chart's own business
    }
    down = min(off, key=lambda d: off[d])
    assert off[down] < 0.02, "the picture is the old one, moved with the hand"
    assert 30 <= down <= 60
    assert off[0] > 0.1, "the comparison can tell"


def test_dragging_the_price_axis_scales_map_and_profile_together(screen: Screen) -> None:
    before = screen.ready()
    axis = screen.legend_left - 24
    screen.desktop.drag((axis, screen.height // 2), (axis, screen.height // 2 + 90))
    after = screen.still()
    assert changed(before[screen.map], after[screen.map]) > 0.2
    rows = screen.map[0]
    assert changed(before[rows, screen.profile], after[rows, screen.profile]) > 0.02


def test_the_longs_button_leaves_only_longs(screen: Screen) -> None:
    screen.ready()
    _, right = screen.pressed()[3]
    screen.desktop.click(right + 24, BAR // 2)
    longs = screen.ready()
    rows = screen.map[0]
    greenish = longs[rows, screen.profile].astype(int)
    shorts = (greenish[..., 1] - greenish[..., 0] > 30).sum()
    assert shorts == 0, "no bar of a short is left in the profile"
    screen.desktop.key("b")
    both = screen.ready()[rows, screen.profile].astype(int)
    assert (both[..., 1] - both[..., 0] > 30).sum() > 100


def test_a_key_changes_the_look_back(screen: Screen) -> None:
    before = screen.ready()
    button = screen.pressed()[1]
    screen.desktop.key("F8")
    screen.desktop.until(lambda: screen.pressed()[1] != button, "another look-back")
    screen.desktop.until(
        lambda: changed(before[screen.map], screen.desktop.picture()[screen.map]) > 0.2, "the longer map"
    )
    screen.desktop.key("F7")
    screen.desktop.until(
        lambda: changed(before[screen.map], screen.ready()[screen.map]) < 0.001, "the first map again"
    )


def test_dragging_the_legend_recolours_the_map(screen: Screen) -> None:
    before = screen.ready()
    x = screen.legend_left + 38
    ink = np.array([int(tokens(screen.theme).text[i : i + 2], 16) for i in (1, 3, 5)])
    column = before[BAR + 30 : screen.height - STATUS, x - 2].astype(int)
    y = BAR + 30 + int(np.flatnonzero(np.abs(column - ink).max(axis=1) < 60)[0])
    screen.desktop.drag((x, y), (x, y + (screen.height - y) // 2))
    assert changed(before[screen.map], screen.still()[screen.map]) > 0.2
    screen.desktop.click(screen.legend_left + 30, screen.height - 60, button=3)
    screen.desktop.key("Up")
    screen.desktop.key("Return")
    screen.desktop.until(
        lambda: changed(before[screen.map], screen.ready()[screen.map]) < 0.001, "automatic limits again"
    )


def test_a_click_on_a_cluster_moves_the_price_axis(screen: Screen) -> None:
    before = screen.ready()
    left, top, width, height = screen.desktop.ask("table")["rows"][1]
    screen.desktop.click(left + width // 2, top + height // 2)
    assert changed(before[screen.map], screen.still()[screen.map]) > 0.1


def test_t_changes_the_theme(screen: Screen) -> None:
    before = screen.ready()
    screen.desktop.key("t")
    after = screen.still()
    corner = (4, screen.width - 3)  # of the top bar
    other = tokens("light" if screen.theme == "dark" else "dark").panel
    assert "#" + bytes(after[corner]).hex() == other
    screen.desktop.key("t")
    assert changed(before, screen.ready()) < 0.001


def _keep(picture: Picture, path: Path) -> None:
    from PySide6.QtGui import QImage

    height, width, _ = picture.shape
    path.parent.mkdir(parents=True, exist_ok=True)
    image = QImage(np.ascontiguousarray(picture).data, width, height, width * 3, QImage.Format.Format_RGB888)
    assert image.save(str(path))
