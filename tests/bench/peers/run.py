"""``python -m tests.bench.peers.run MODULE OPTION EVERY FILE``: one library over the market in a file.

A module of a library has ``Picture(market, option, size)``, which has painted when it returns, with ``pan(step)`` and,
where the library can, ``slide(high)``: both return when the window is painted. It imports nothing of heatdesk but here:
any Python that has the library and NumPy will do.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_FRAMES, _LONGEST_S = 11, 30.0
SIZE = (1600, 900)
Floats = NDArray[np.floating[Any]]


class Market(NamedTuple):
    """`cells` (columns, rows) float32; prices of candles in rows, as many of them in every column."""

    cells: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats

    @property
    def candle_x(self) -> Floats:
        """Where candles stand, in columns."""
        return (np.arange(len(self.open)) + 0.5) * (len(self.cells) / len(self.open))


def read_market(file: Path, every: int = 1) -> Market:
    """What `write_market` wrote, each `every`-th column and row of it with the prices in fewer rows."""
    with np.load(file, allow_pickle=False) as stored:
        cells = np.ascontiguousarray(stored["cells"][::every, ::every])
        return Market(cells, *(stored[name] / every for name in ("open", "high", "low", "close")))


def measure(library: Any, market: Market, option: str, size: tuple[int, int] = SIZE) -> dict[str, float]:
    """Seconds to show, to pan and to move a slider, and bytes of memory."""
    began = perf_counter()
    picture = library.Picture(market, option, size)
    told = {"show_s": perf_counter() - began}
    told["pan_s"] = _median(picture.pan, cycle((1.0, 1.0, -1.0, -1.0)))
    if hasattr(picture, "slide"):
        told["slider_s"] = _median(picture.slide, cycle((2.0, 3.0, 4.0, 5.0)))
    return told


def _median(action: Any, values: Any) -> float:
    """Of some frames, fewer where they are long; the first two warm up."""
    taken: list[float] = []
    began = perf_counter()
    while len(taken) < _FRAMES + 2 and (len(taken) < 4 or perf_counter() - began < _LONGEST_S):
        value, start = next(values), perf_counter()
        action(value)
        taken.append(perf_counter() - start)
    return median(taken[2:])


def memory() -> int:
    """The most bytes that this process has had in memory so far."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(module: str, option: str, every: str, file: str) -> dict[str, Any]:
    """Measure one library; says which of its modules is missing."""
    try:
        library = import_module(f"tests.bench.peers.{module}")
    except ImportError as error:
        return {"missing": f"not installed ({error})"[:120]}
    told: dict[str, Any] = measure(library, read_market(Path(file), int(every)), option)
    return told | {"rss": memory()}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:5])), flush=True)
