"""What a thousand repaints leave behind in memory: by the processor, and by OpenGL where that can be had.

``python -m tests.bench.leaks processor|gl`` measures one of them in a process of its own: the chart is moved, its
slider too, and repainted, then the same again a thousand times.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterable
from itertools import cycle, islice
from typing import Any, Final

import psutil
from PySide6.QtWidgets import QApplication

from tests.bench.gl_chart import GlChartScene, without_gl
from tests.bench.scenes import ChartScene, bands
from tests.bench.screen import screen, told_by

Row = dict[str, Any]
REPAINTS: Final = 1_000
MOST_MB: Final = 1.0
SIZE: Final = (800, 500)
_WARM_UP: Final = 400
_TIMEOUT_S: Final = 900


def rows() -> list[Row]:
    """Memory that was added, in MB."""
    table: list[Row] = []
    for by, words in (("processor", "the processor"), ("gl", "OpenGL")):
        with screen(*SIZE) as environment:
            told = told_by("tests.bench.leaks", by, environment=environment, timeout_s=_TIMEOUT_S)
        table.append(row_of(words, told))
    return table


def row_of(words: str, told: dict[str, Any]) -> Row:
    """The row of one measurement."""
    name = f"{REPAINTS:,} repaints by {words} add"
    if "missing" in told:
        return {"name": f"{name}: {told['missing']}", "value": 0.0, "unit": "", "target": None, "ok": True}
    grown = round(told["bytes"] / 2**20, 2)
    return {"name": name, "value": grown, "unit": "MB", "target": MOST_MB, "ok": grown <= MOST_MB}


def grown_by(scene: ChartScene, repaints: int, warm_up: int = _WARM_UP) -> int:
    """Bytes of memory that so many repaints add, in a window that has been painted before.

    The allocator takes and gives back about a megabyte at a time: of two halves the one that grew less counts, twice.
    """
    actions = cycle((scene.repaint, scene.pan, scene.repaint, scene.slide))
    taken = [_taken_after(scene, islice(actions, count)) for count in (warm_up, repaints // 2, repaints // 2)]
    return 2 * min(taken[1] - taken[0], taken[2] - taken[1])


def _taken_after(scene: ChartScene, actions: Iterable[Callable[[], None]]) -> int:
    """Bytes of memory in use after some frames."""
    for action in actions:
        scene.frame(action)
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def main(by: str) -> dict[str, Any]:
    """Measure one way of drawing; needs an application."""
    if by == "gl" and (missing := without_gl()):
        return {"missing": missing}
    kind = GlChartScene if by == "gl" else ChartScene
    return {"bytes": grown_by(kind(bands(1_000, 500, 1_000), SIZE), REPAINTS)}


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    print(json.dumps(main(sys.argv[1])), flush=True)
