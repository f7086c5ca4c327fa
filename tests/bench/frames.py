"""What a frame costs: each action on maps of three sizes, in a common and in a 4K window, by processor and by OpenGL.

Every map and window is measured in a process of its own, where all cases are interleaved with an empty plot of the same
size: a case is told as the ratio to that plot's pan, drawn in the same way. A frame by OpenGL ends when the card has
finished it. Where OpenGL is done in software, as without a card, its milliseconds say nothing about a card.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from .screen import screen, told_by

Row = dict[str, Any]
MAPS: Final = ((1_000, 500), (4_000, 2_000), (20_000, 2_000))
WINDOWS: Final = ((1600, 900), (3840, 2160))
# Of the processor; "tick" is held against a plain repaint of the same chart.
MOST: Final = {"slider": 1.6, "pan": 2.0, "zoom": 4.0, "tick": 1.2}
BY: Final = {"processor": "processor", "gl": "OpenGL"}
VIEW_CHANGES: Final = ("pan", "zoom", "slider", "palette", "side", "repaint")
_BUDGET_S: Final = 30.0  # of rounds after the warm-up; a 4K window gets twice that
_TIMEOUT_S: Final = 600


class Case(NamedTuple):
    """One map in one window."""

    columns: int
    rows: int
    width: int
    height: int

    @property
    def words(self) -> str:
        """How it is called in the table."""
        return f"{self.columns:,}×{self.rows:,} at {self.width}×{self.height}"


def rows() -> Iterator[Row]:
    """The whole matrix, case by case; takes about a quarter of an hour where OpenGL is done in software."""
    for width, height in WINDOWS:
        for columns, prices in MAPS:
            case = Case(columns, prices, width, height)
            budget_s = _BUDGET_S * (2 if width > 2_000 else 1)
            yield from table_of(case, measured(case, budget_s))


def measured(case: Case, budget_s: float) -> dict[str, Any]:
    """What `tests.bench.frames_window` measures of a case."""
    with screen(case.width, case.height) as environment:
        return told_by(
            "tests.bench.frames_window", *case, budget_s, environment=environment, timeout_s=_TIMEOUT_S
        )


def table_of(case: Case, told: dict[str, Any]) -> list[Row]:
    """The rows of one case: ratios with their milliseconds, and what a view change has uploaded."""
    table: list[Row] = []
    for by, words in BY.items():
        if by not in told:
            table.append(_row(f"{case.words}, {words}: not measured ({told['without gl']})", 0.0, "", None))
            continue
        frames: dict[str, dict[str, float]] = told[by]
        empty, repaint = frames["empty"]["s"], frames["repaint"]["s"]
        table.append(_row(f"{case.words}, {words}: empty pan", 1e3 * empty, "ms", None))
        for action, frame in frames.items():
            if action == "empty":
                continue
            base, against = (repaint, "a plain repaint") if action == "tick" else (empty, "empty pan")
            most = MOST.get(action) if by == "processor" else None
            also = {"ms": round(1e3 * frame["s"], 2)}
            if by == "gl":
                also["bytes uploaded"] = round(frame["bytes"])
            name = f"{case.words}, {words}: {action} ÷ {against}"
            table.append(_row(name, frame["s"] / base, "×", most, also))
        if by == "gl":
            name = f"{case.words}, {told['renderer']}: bytes uploaded by all view changes"
            table.append(_row(name, sum(frames[action]["bytes"] for action in VIEW_CHANGES), "bytes", 0.0))
    return table


def _row(
    name: str, value: float, unit: str, target: float | None, also: dict[str, float] | None = None
) -> Row:
    ok = target is None or value <= target
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "target": target,
        "ok": ok,
        "also": also or {},
    }
