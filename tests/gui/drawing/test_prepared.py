"""The kernels are compiled before the window needs them: a window that waits for a compiler hangs for seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
from dataclasses import replace
from PySide6.QtWidgets import QApplication
from heatdesk.gui import along_price, maxpool
from heatdesk.gui.cell_codes import encode_bits
from heatdesk.gui.chart import ChartView
from heatdesk.gui.view import RENDERINGS, SIDES, View
from heatdesk.model.heatmap import Steady
from tests.gui.drawing.snapshots import snapshot

def compiled():
    kernels = (maxpool.pool, maxpool.colour, maxpool.colour_bands)
    return {k.__name__: k.signatures for k in (*kernels, along_price.smooth, along_price.close, encode_bits)}

assert not any(compiled().values())
maxpool.prepare()
prepared = compiled()
assert all(len(signatures) == 1 for signatures in prepared.values()), prepared
application = QApplication([])
chart = ChartView()
made = snapshot()
for array in (made.heatmap.notional_long, made.heatmap.notional_short, made.heatmap.prices):
    array.flags.writeable = False
made = replace(made, heatmap=replace(made.heatmap, steady=Steady("token", 599)))
chart.show_snapshot(made)
chart.resize(500, 400)
chart.show()
for rendering in RENDERINGS:
    for side in SIDES:
        chart.set_view(View(side=side, rendering=rendering))
        chart.canvas.grab()
        chart.view_box.pan_pixels(17, 9)
        chart.canvas.grab()
        chart.view_box.zoom_time(1.5, chart.visible_times().high)
        made = replace(made, heatmap=replace(made.heatmap))
        chart.show_snapshot(made)
        chart.canvas.grab()
assert compiled() == prepared, compiled()
print("ok")
"""


def test_what_is_prepared_is_all_that_painting_and_panning_need() -> None:
    checkout = Path(__file__).parents[3]
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=checkout, capture_output=True, text=True, timeout=120, check=False
    )
    assert told.stdout.strip() == "ok", told.stderr
