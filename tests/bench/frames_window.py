"""``python -m tests.bench.frames_window COLUMNS ROWS WIDTH HEIGHT SECONDS``: the frames of one map in one window.

Prints one line of JSON: seconds of a frame by way of drawing and action, and the bytes that were uploaded for it. It is
a program of its own because Qt decides once where a process draws.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, Final

from PySide6.QtWidgets import QApplication

from heatdesk.gui.view import SIDES

from .gl_chart import GlChartScene, gl_renderer, without_gl
from .scenes import ChartScene, Scene, bands

_CANDLES: Final = {1_000: 1_000, 4_000: 10_000, 20_000: 20_000}
_LEAST_ROUNDS, _MOST_ROUNDS, _FRAMES = 2, 9, 4
Action = Callable[[], None]


class _Case:
    """One action on one window: its frames, by rounds, and the bytes that all of them have uploaded.

    What follows a round brings the window back to where the next case expects it, and is not measured.
    """

    def __init__(self, scene: Scene, action: Action, *followed_by: Action) -> None:
        self._scene, self._action, self._followed_by = scene, action, followed_by
        self._rounds: list[float] = []
        self._bytes: list[int] = []

    def warm_up(self, frames: int) -> None:
        """Fill caches, compile; the sides of a map are prepared when they are first seen."""
        for _ in range(frames):
            self._scene.frame(self._action)
        self._come_back()

    def go_on(self, frames: int) -> None:
        """One more round."""
        taken = []
        for _ in range(frames):
            before = self._uploaded()
            taken.append(self._scene.frame(self._action))
            self._bytes.append(self._uploaded() - before)
        self._rounds.append(median(taken))
        self._come_back()

    def told(self) -> dict[str, float]:
        """The quietest round, by its median; bytes of the frame that uploads most."""
        return {"s": min(self._rounds), "bytes": max(self._bytes)}

    def _come_back(self) -> None:
        for action in self._followed_by:
            self._scene.frame(action)

    def _uploaded(self) -> int:
        return self._scene.uploaded_bytes() if isinstance(self._scene, GlChartScene) else 0


def cases_of(empty: Scene, chart: ChartScene) -> dict[str, _Case]:
    """Every action, beside a pan of the empty window."""
    every_side = (chart.turn,) * len(SIDES)  # packed when first seen of a map; the window has that done ahead
    return {
        "empty": _Case(empty, empty.pan),
        "pan": _Case(chart, chart.pan),
        "zoom": _Case(chart, chart.zoom),
        "slider": _Case(chart, chart.slide),
        "palette": _Case(chart, chart.recolour),
        "side": _Case(chart, chart.turn, chart.slide),
        "repaint": _Case(chart, chart.repaint),
        "tick": _Case(chart, chart.tick),
        "new data": _Case(chart, chart.replace, chart.tick, *every_side, chart.slide),
    }


def measure(cases: list[_Case], budget_s: float) -> None:
    """Interleaved rounds until the time is over."""
    for case in cases:
        case.warm_up(_FRAMES)
    began = perf_counter()
    for number in range(_MOST_ROUNDS):
        if number >= _LEAST_ROUNDS and perf_counter() - began > budget_s:
            return
        for case in cases:
            case.go_on(_FRAMES)


def main(columns: int, prices: int, width: int, height: int, budget_s: float) -> dict[str, Any]:
    """Measure; needs an application."""
    size = width, height
    snapshot = bands(columns, prices, _CANDLES.get(columns, columns))
    found: dict[str, dict[str, _Case]] = {
        "processor": cases_of(Scene.empty(size), ChartScene(snapshot, size)),
    }
    told: dict[str, Any] = {}
    missing = without_gl()
    if missing:
        told["without gl"] = missing
    else:
        found["gl"] = cases_of(Scene.empty(size, by_gl=True), GlChartScene(snapshot, size))
    measure([case for cases in found.values() for case in cases.values()], budget_s)
    for by, cases in found.items():
        told[by] = {name: case.told() for name, case in cases.items()}
    if "gl" in found:
        told["renderer"] = gl_renderer()
    return told


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    print(json.dumps(main(*map(int, sys.argv[1:5]), float(sys.argv[5]))), flush=True)
