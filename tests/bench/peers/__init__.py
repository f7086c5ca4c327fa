"""The same map and candles in other people's libraries: to show, to pan, to move a slider; each in its own process.

What is not installed is said and left out (`pip install heatdesk[bench]`, best into an environment of its own that
``--peers-python`` names: some of them bring another Qt). Rounds are interleaved and the quickest counts. Without a
graphics card those that need one are drawn in software, which says nothing about a machine that has one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from tests.bench.__main__ import PEERS_PYTHON
from tests.bench.screen import CHECKOUT, screen

Row = dict[str, Any]
SIZE: Final = (1600, 900)
_ROUNDS: Final = 2
_TIMEOUT_S: Final = 240


class Peer(NamedTuple):
    """How it is called in the table, its module here, what it is told, and of how many cells it draws one each way."""

    words: str
    module: str
    option: str = ""
    every: int = 1


OURS: Final = Peer("heatdesk, processor", "of_heatdesk")
PEERS: Final = (
    OURS,
    Peer("heatdesk, OpenGL", "of_heatdesk", "gl"),
    Peer("pyqtgraph, processor", "of_pyqtgraph"),
    Peer("pyqtgraph, OpenGL canvas", "of_pyqtgraph", "gl"),
    Peer("vispy", "of_vispy"),
    Peer("fastplotlib", "of_fastplotlib"),
    Peer("matplotlib imshow", "of_matplotlib"),
    Peer("finplot, a hundredth of the cells", "of_finplot", every=10),
)


def rows() -> list[Row]:
    """Show, pan and slider of everyone, and their memory; takes some minutes."""
    return table_of(measured(4_000, 2_000, 10_000))


def measured(
    columns: int, prices: int, candles: int, peers: tuple[Peer, ...] = PEERS, rounds: int = _ROUNDS
) -> dict[Peer, dict[str, Any]]:
    """What each peer told: ``show_s``, ``pan_s``, ``slider_s`` and ``rss``, or ``missing`` with a reason."""
    found: dict[Peer, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="heatdesk-peers-") as folder, screen(*SIZE) as environment:
        file = Path(folder) / "market.npz"
        write_market(file, columns, prices, candles)
        for _ in range(rounds):
            for peer in peers:
                if "missing" not in found.get(peer, {}):
                    told = _run(peer, file, environment)
                    before = found.get(peer, told)
                    found[peer] = (
                        told if "missing" in told else {k: min(v, before[k]) for k, v in told.items()}
                    )
    return found


def write_market(file: Path, columns: int, prices: int, candles: int) -> None:
    """Thin bands over noise, (columns, prices), and a random walk of candles through them, their prices in rows."""
    rng = np.random.default_rng(1)
    strength = rng.exponential(1.0, prices).astype(np.float32) ** 3
    close = prices / 2 + np.cumsum(rng.normal(0.0, 0.5, candles))
    opened = np.append(close[:1], close[:-1])
    np.savez(
        file,
        cells=strength * rng.random((columns, 1), np.float32),
        open=opened,
        close=close,
        high=np.maximum(opened, close) + 0.5,
        low=np.minimum(opened, close) - 0.5,
    )


def _run(peer: Peer, file: Path, environment: dict[str, str]) -> dict[str, Any]:
    python = sys.executable if peer.module == OURS.module else os.environ.get(PEERS_PYTHON) or sys.executable
    command = [python, "-m", "tests.bench.peers.run", peer.module, peer.option, str(peer.every), str(file)]
    try:
        done = subprocess.run(
            command,
            # where there are two Qts, matplotlib takes this one as pyqtgraph does
            env=environment | {"HEATDESK_HOME": str(file.parent / "home"), "QT_API": "pyside6"},
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"missing": f"not finished in {_TIMEOUT_S} s"}
    told = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not told:
        return {"missing": (done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:120]}
    answer: dict[str, Any] = json.loads(told[-1])
    return answer


def table_of(found: dict[Peer, dict[str, Any]]) -> list[Row]:
    """A row for what each can do, with the times that ours is quicker; nothing is promised."""
    ours, table = found.get(OURS, {}), []
    for peer, told in found.items():
        if "missing" in told:
            table.append(_row(f"{peer.words}: {told['missing']}", 0.0, ""))
            continue
        for what in ("show", "pan", "slider"):
            if (seconds := told.get(f"{what}_s")) is not None:
                also = {"× ours": round(seconds / ours[f"{what}_s"], 2)} if f"{what}_s" in ours else {}
                table.append(_row(f"{peer.words}: {what}", 1e3 * seconds, "ms", also))
        table.append(_row(f"{peer.words}: memory", told["rss"] / 2**20, "MB"))
    return table


def _row(name: str, value: float, unit: str, also: dict[str, float] | None = None) -> Row:
    row = {"name": f"peers, {name}", "value": round(value, 1), "unit": unit, "target": None, "ok": True}
    return row | {"also": also or {}}
