"""A window dragged to a screen of another resolution, and partial repaints there, leave nothing old behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from heatdesk.gui.hover import Ohlc
from heatdesk.gui.live_bar import LiveBar
from heatdesk.gui.view import View

from .conftest import RATIOS, Screens

ALL_SHOWN = View(theme="dark", panes=("volume", "open_interest"), bubbles=True, reach=True)


@pytest.mark.parametrize(
    "view", [ALL_SHOWN, View(theme="light", side="net", rendering="bands")], ids=["dark", "light"]
)
def test_a_dragged_desk_is_as_one_opened_there(make: Any, screens: Screens, view):
    dragged = make(1.0, view)
    for ratio in (*RATIOS, *RATIOS[::-2]):
        screens.move(dragged, ratio)
        fresh = make(ratio, view)
        assert (screens.painted(dragged) == screens.painted(fresh)).all(), f"at {ratio}"
        fresh.close()


@pytest.mark.parametrize("ratio", (1.25, 1.5, 2.0))
def test_what_is_painted_in_part_is_what_would_be_painted_whole(
    make: Any, screens: Screens, small_map, ratio
):
    desk, rng = make(ratio, ALL_SHOWN), np.random.default_rng(3)
    chart, times = desk.chart, small_map.heatmap.times_ms

    def check(what: str) -> None:
        in_part = screens.painted(desk)
        for widget in (desk, *desk.findChildren(QWidget)):
            widget.update()
        assert (screens.painted(desk) == in_part).all(), what

    check("a first picture")
    for _ in range(4):
        (x_min, x_max), (y_min, y_max) = chart.view_box.viewRange()
        share = rng.random(2)
        chart._cursor_moved(QPointF(x_min + (x_max - x_min) * share[0], y_min + (y_max - y_min) * share[1]))
        check("a crosshair")
    chart._cursor_moved(None)
    check("a crosshair that has gone")
    chart.set_range(float(times[450]), float(times[-1]) + 20 * 300_000, 60_500.0, 62_500.0)
    opened = low = high = price = float(small_map.candles["close"][-1])
    for _ in range(4):
        price *= 1.0 + 1e-3 * rng.normal()
        low, high = min(low, price), max(high, price)
        chart._show_bar(LiveBar(int(times[-1]) + 300_000, 300_000, Ohlc(opened, high, low, price)))
        chart._tag_axes()
        check("a candle that forms")
    for side in ("long", "net", "both"):
        desk.set_view(replace(ALL_SHOWN, side=side))
        check(f"side {side}")
    chart.highlight(61_000.0, 61_500.0)
    check("a zone pointed at")
    chart.highlight()
    check("a zone no longer pointed at")
