"""The five maps there are, and how one becomes another: pure functions on questions and views."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from heatdesk.engine import Question, Snapshot
from heatdesk.gui import choices
from heatdesk.gui.choices import Catalogue
from heatdesk.gui.view import View
from heatdesk.gui.wall_clock import time_zone
from heatdesk.market import DAY_MS, timeframe_ms
from heatdesk.model.age_windows import AgeChoice, AgeWindows

# value, what the tooltip says, key
MAP_TYPES: Final = [
    ("all", "Map of all chosen exchanges, up to now", "A"),
    ("past", "The past: the map as known at a moment you choose, the one under the crosshair", "H"),
    ("one", "One exchange alone; again for the next", "O"),
    ("age", "By age: the colour says how old the positions are", "D"),
    ("net", "Shorts minus longs", "N"),
]
_FIRST_BACK_MS: Final = DAY_MS
_YEARS: Final = (2000, 2100)
_EXAMPLE: Final = "write a moment as 2026-02-05 13:00"


class Shown(NamedTuple):
    """What a window shows: the question asked and how the answer is looked at."""

    question: Question
    view: View


def map_type(shown: Shown, catalogue: Catalogue) -> str:
    """Which of `MAP_TYPES` this is."""
    question, view = shown
    if question.end_ms is not None:
        return "past"
    if question.ages is not None:
        return "age"
    if view.side == "net":
        return "net"
    several = len(choices.exchanges(catalogue, question.symbol)) > 1
    return "one" if several and len(question.exchanges) == 1 else "all"


def of_all(shown: Shown, catalogue: Catalogue) -> Shown:
    """Everything up to now, of the exchanges chosen, or of all after one alone."""
    question, view = shown
    stored = choices.exchanges(catalogue, question.symbol)
    question = replace(question, end_ms=None, ages=None)
    if len(question.exchanges) == 1 and len(stored) > 1:
        question = choices.with_exchanges(question, stored, catalogue)
    return Shown(question, replace(view, side="both") if view.side == "net" else view)


def of_past(shown: Shown, end_ms: int) -> Shown:
    """As known at a moment: nothing later is used. Otherwise all that is looked at stays."""
    question, view = shown
    step_ms = timeframe_ms(question.timeframe)
    question = replace(question, end_ms=end_ms // step_ms * step_ms, start_ms=None, ages=None)
    return Shown(question, replace(view, side="both") if view.side == "net" else view)


def of_one(shown: Shown, catalogue: Catalogue, exchange: str | None = None) -> Shown:
    """One exchange alone: the one named, or the next after the one shown."""
    stored = choices.exchanges(catalogue, shown.question.symbol)
    if not stored:
        return shown
    now = shown.question.exchanges
    after = (stored.index(now[0]) + 1) % len(stored) if len(now) == 1 and now[0] in stored else 0
    question, view = of_all(shown, ())
    question = choices.with_exchanges(question, (exchange or stored[after],), catalogue)
    return Shown(question, view)


def of_age(shown: Shown, windows: AgeWindows) -> Shown:
    """By age of position, all windows, on the exchanges shown."""
    question, view = of_all(shown, ())
    return Shown(replace(question, ages=AgeChoice(windows)), view)


def of_net(shown: Shown) -> Shown:
    """Shorts minus longs, on the exchanges shown."""
    question, view = of_all(shown, ())
    return Shown(question, replace(view, side="net"))


def with_window(choice: AgeChoice, window: int) -> AgeChoice:
    """A window of age more, or less; the last one stays."""
    shown = tuple(sorted(set(choice.shown) ^ {window}))
    return replace(choice, shown=shown) if shown else choice


def with_ages(question: Question, ages: AgeChoice) -> Question:
    """The same map in other windows of age."""
    return replace(question, ages=ages)


def first_past_ms(snapshot: Snapshot | None, hover_ms: int | None) -> int | None:
    """The moment that the past begins with: under the crosshair, else a day before the end; None without a map."""
    if snapshot is None or not len(snapshot.heatmap.times_ms):
        return None
    heatmap = snapshot.heatmap
    first, end = int(heatmap.times_ms[0]), int(heatmap.times_ms[-1]) + heatmap.step_ms
    if hover_ms is not None and first <= hover_ms < end:
        return hover_ms + timeframe_ms(snapshot.question.timeframe)
    return max(end - _FIRST_BACK_MS, first + heatmap.step_ms)


def moment_text(time_ms: int, zone: str) -> str:
    """``2026-02-05 13:00`` by the clocks of a time zone."""
    return f"{datetime.fromtimestamp(time_ms / 1000, time_zone(zone)):%Y-%m-%d %H:%M}"


def typed_moment(text: str, zone: str) -> int:
    """The moment of ``2026-02-05 13:00`` or ``2026-02-05``; raises ValueError for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(_EXAMPLE) from None
    if not _YEARS[0] <= moment.year < _YEARS[1]:
        raise ValueError(_EXAMPLE)
    return round(moment.replace(tzinfo=moment.tzinfo or time_zone(zone)).timestamp() * 1000)
