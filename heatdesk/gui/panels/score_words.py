"""What the scoreboard says: its one sentence, its rows, and the questions that are open."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from heatdesk.gui import numbers
from heatdesk.gui.panels.skill_rows import NOUGHT, SkillRow
from heatdesk.market import HOUR_MS
from heatdesk.score.intervals import UNKNOWN, Estimate
from heatdesk.score.report import estimate

# How a score is made is not needed to show one.
if TYPE_CHECKING:
    from heatdesk.score.placebos import Placebos
    from heatdesk.score.scorecard import Scorecard

_SAME: Final = "Given the same calibration and adaptive scale as everything here."
# name → (label, what it is)
_OWN: Final = {
    "model": ("The model", "Map, path, volume and what was liquidated lately together"),
    "positions": ("Map alone, learned", "The map alone, its leverage weights learned before each bar"),
    "prior positions": ("Map alone, prior", "The map alone, with the prior leverage weights"),
    "without self-excitation": ("Without self-excitation", "The model without what was liquidated lately"),
}
_NULLS: Final = {
    "excursion": (
        "Price excursion × OI",
        "How far price went beyond its latest extremes, times open interest",
    ),
    "regression": (
        "Best without positions",
        "The best regression that knows no positions: excursions, range, volume and what was liquidated lately",
    ),
}
_ESTIMATORS: Final = {
    "flow": ("Flow estimator", "The map alone: births from volume and open interest"),
    "oi-steps": ("Open-interest steps", "The map alone: births only where open interest rises"),
    "volume": ("Traded volume", "The map alone: births from volume only, nobody closes"),
}
_PUBLIC: Final = {
    "fixed-leverages": ("Fixed leverages", "10, 25, 50 and 100x at fixed weights, nobody closes"),
    "half-life": ("Half-life 2.3 h", "Fixed leverages, and every level fades with a half-life of 2.3 hours"),
    "candle-colour": (
        "Side by candle colour",
        "Green candles bear longs, red ones shorts, where open interest rises",
    ),
    "never-removed": ("Never removed", "Levels stay after price has passed them; side by candle colour"),
    "oi-snapshot": ("Snapshot of OI", "Open interest of now spread over the last day, drawn anew every time"),
    "no-maintenance": (
        "No maintenance margin",
        "The model with one fault: liquidated only when all margin is gone",
    ),
}


def verdict(card: Scorecard) -> str:
    """The one sentence, true whatever the figure is."""
    skill = card.measured.against("excursion")
    span = f"95 % interval {_points(skill.lo)} to {_points(skill.hi)}"
    if skill.lo > 0:
        return f"Explains {_points(skill.value)} of what price excursion alone leaves open ({span})"
    if skill.hi < 0:
        return f"Explains less than price excursion alone: {_points(skill.value)} ({span})"
    return f"Not shown to explain more than price excursion alone: {_points(skill.value)} ({span})"


def beside(card: Scorecard) -> str:
    """n, days, coverage and the other figures of the headline."""
    measured = card.measured
    counted = "liquidations" if card.counted else "bars and sides with liquidations"
    against = measured.against("regression")
    return (
        f"n = {measured.n:,} bars and sides on {measured.days} days, {measured.events:,} {counted}; "
        f"{numbers.percent(card.recorded)} of the range recorded ({card.source}).\n"
        f"Against the best regression without positions {estimate(against)}.  "
        f"Rank correlation {estimate(measured.spearman)}, at equal excursion {estimate(measured.stratified)}.  "
        f"Within P10–P90 {estimate(measured.coverage)} (0.80 is right)."
    )


def rows_of(card: Scorecard) -> tuple[SkillRow, ...]:
    """Every predictor of the table in groups, the placebos last."""
    table = {row.name: row for row in card.measured.table}

    def group(title: str, names: dict[str, tuple[str, str]], strong: bool = False) -> Iterator[SkillRow]:
        there = [name for name in names if name in table]
        if there and title:
            yield SkillRow(title)
        for name in there:
            label, tip = names[name]
            row = table[name]
            numbers_of = f"Rank correlation {row.spearman:.2f}, at equal excursion {row.stratified:.2f}."
            yield SkillRow(
                label,
                f"{tip}.\n{_SAME}\n{numbers_of}".replace("-0.", "−0."),
                NOUGHT if name == "excursion" else row.skill,
                None if name == "model" else row.beaten,
                strong=strong,
            )

    rows = [
        *group("", _OWN, strong=True),
        *group("KNOW NO POSITIONS", _NULLS),
        *group("OTHER ESTIMATORS, MAP ALONE", _ESTIMATORS),
        *group("WHAT PUBLIC MAPS DO", _PUBLIC),
    ]
    if card.placebos is not None:
        rows += _placebo_rows(card.placebos)
    return tuple(rows)


def _placebo_rows(placebos: Placebos) -> Iterator[SkillRow]:
    shifts, shuffles = len(placebos.shift_skills), len(placebos.shuffle_skills)
    yield SkillRow("PLACEBOS OF THE MAP ALONE, PRIOR")
    yield SkillRow(
        f"Births moved: {placebos.shift_rank} of {shifts + 1}",
        f"Births moved in time in {shifts} ways: mean and the middle 95 % of them. The map ranks "
        f"{placebos.shift_rank} of {shifts + 1} and explains {estimate(placebos.over_shifts)} of what they leave.",
        _spread(placebos.shift_skills),
        placebos.over_shifts,
    )
    yield SkillRow(
        f"Leverages dealt: {placebos.shuffle_rank} of {shuffles + 1}",
        f"Leverage weights dealt to one another in {shuffles} ways: mean and the middle 95 % of them. The map ranks "
        f"{placebos.shuffle_rank} of {shuffles + 1}.",
        _spread(placebos.shuffle_skills),
        placebos.over_shuffles,
    )
    yield SkillRow("Sides swapped", "Longs taken for shorts: should be below 0.", placebos.side_swap)
    yield SkillRow(
        "Nothing removed", "Levels stay when price has passed them: should lose 0.3.", placebos.no_removal
    )


def open_questions(card: Scorecard) -> Iterator[str]:
    """Magnet and location in plain words."""
    for magnet in card.magnet:
        hours, found = magnet.horizon_ms // HOUR_MS, magnet.difference
        if math.isnan(found.value):
            yield f"Magnet, {hours} h: not enough data."
            continue
        shown = "no pull shown" if found.lo <= 0 <= found.hi else "differs from 0"
        yield (
            f"Magnet, {hours} h: bright levels touched {_signed(found)} more often than dim ones equally far: "
            f"{shown} (n = {magnet.n:,}, {magnet.days} days)."
        )
    if not card.location:
        yield "Where inside a sweep: open; it needs single liquidations."
        return
    middle = card.location[len(card.location) // 2]
    if math.isnan(middle.information.value):
        yield "Where inside a sweep: open; not enough data."
        return
    shown = "shown" if all(found.information.lo > 0 for found in card.location) else "not shown"
    yield (
        f"Where inside a sweep: {shown}; {estimate(middle.information, signed=True)} nat per liquidation "
        f"({middle.events:,} liquidations, {middle.sweeps} sweeps, {middle.days} days)."
    )


def _spread(values: tuple[float, ...]) -> Estimate:
    if not values:
        return UNKNOWN
    low, high = np.percentile(values, (2.5, 97.5))
    return Estimate(float(np.mean(values)), float(low), float(high))


def _points(value: float) -> str:
    return f"{value * 100:.0f}{numbers.THIN}%".replace("-", numbers.MINUS)


def _signed(found: Estimate) -> str:
    return estimate(found, signed=True)
