"""The scorecard as lines a trader can read: every figure beside its null, its n, its days and its interval."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from heatdesk.market import HOUR_MS
from heatdesk.score.intervals import Estimate

# How a score is made is not needed to tell one.
if TYPE_CHECKING:
    from heatdesk.score.placebos import Placebos
    from heatdesk.score.scorecard import Measured, Scorecard

_UNITS: Final = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


def report(card: Scorecard) -> Iterator[str]:
    """Line by line."""
    measured = card.measured
    yield f"{card.symbol} on {card.exchange}, bars of {card.bar}, estimator {card.estimator}"
    yield f"{_moment(card.start_ms)} to {_moment(card.end_ms)}, recorded {card.recorded:.0%} of it ({card.source})"
    counted = "liquidations" if card.counted else "bars and sides with liquidations"
    yield (
        f"n = {measured.n:,} bars and sides on {measured.days} days, {measured.events:,} {counted}; "
        "intervals are 95 %, drawn by whole days"
    )
    yield ""
    yield headline(card)
    yield ""
    yield from _table(measured)
    yield ""
    yield from _calibration(measured)
    yield ""
    yield from _over_time(measured)
    if card.placebos is not None:
        yield ""
        yield from _placebos(card.placebos)
    yield ""
    yield from _magnet(card)
    yield from _location(card)
    yield from card.notes


def headline(card: Scorecard) -> str:
    """The one sentence for the user, true whatever the figure is."""
    measured = card.measured
    skill = measured.against("excursion")
    basis = (
        f"95 % interval {_share(skill.lo)} to {_share(skill.hi)}; n = {measured.n:,}, {measured.days} days"
    )
    if skill.lo > 0:
        return f"The model explained {_share(skill.value)} of what price excursion alone leaves unexplained ({basis})."
    if skill.hi < 0:
        return f"The model explained LESS than price excursion alone: {_share(skill.value)} ({basis})."
    return (
        f"Not shown that the model explains more than price excursion alone: {_share(skill.value)} ({basis})."
    )


def _table(measured: Measured) -> Iterator[str]:
    yield "Deviance explained. Everything gets the same calibration and adaptive scale."
    heads = f"{'against the excursion':>23}  {'model against it':>23}  {'rank corr.':>10}  {'at equal excursion':>18}"
    yield f"{'':58} {heads}"
    for row in measured.table:
        own = "" if row.name == "excursion" else estimate(row.skill)
        beaten = "" if row.name == "model" else estimate(row.beaten)
        yield (
            f"{row.label:58} {own:>23}  {beaten:>23}  {number(row.spearman):>10}  {number(row.stratified):>18}"
        )


def _calibration(measured: Measured) -> Iterator[str]:
    yield "Observed ÷ predicted by tenths of the predictions, smallest first (1 is right):"
    yield "  " + " ".join(f"{number(d.value):>5}" for d in measured.deciles)
    yield (
        f"Observed {usd(measured.observed_usd)}, predicted {usd(measured.predicted_usd)}; inside the P10–P90 band "
        f"{estimate(measured.coverage)} of bars (0.80 is right)."
    )
    yield (
        f"Rank correlation {estimate(measured.spearman)}, within equal excursion {estimate(measured.stratified)}; "
        f"the largest tenth of predictions held {estimate(measured.captured)} of the USD."
    )


def _over_time(measured: Measured) -> Iterator[str]:
    yield "Against the excursion, by side and by week:"
    for name, side in measured.sides.items():
        yield f"  {name + 's':24} {estimate(side.skill):>23}   n = {side.n:,}"
    for week in measured.weeks:
        what = "not enough data" if math.isnan(week.skill.value) else estimate(week.skill)
        yield f"  week of {_moment(week.start_ms)[:10]:16} {what:>23}   n = {week.n:,}, {week.days} days"


def _placebos(placebos: Placebos) -> Iterator[str]:
    n = len(placebos.shift_skills)
    yield "Placebos: the map alone, and the same map with one thing wrong; skill against the excursion."
    yield f"  {'the map as it is':44} {estimate(placebos.own):>23}"
    yield f"  {'sides swapped':44} {estimate(placebos.side_swap):>23}   should be below 0"
    yield f"  {'levels never removed':44} {estimate(placebos.no_removal):>23}   should lose more than 0.3"
    mean = sum(placebos.shift_skills) / n
    yield (
        f"  {f'births moved in time, mean of {n}':44} {number(mean):>23}   "
        f"the map ranks {placebos.shift_rank} of {n + 1}; "
        f"it explains {estimate(placebos.over_shifts)} of what they leave"
    )
    yield (
        f"  {'zones dealt at random at equal excursion':44} {estimate(placebos.zones):>23}   "
        "a rank correlation, should include 0"
    )
    count = len(placebos.shuffle_skills)
    mean = sum(placebos.shuffle_skills) / count
    yield (
        f"  {f'leverages shuffled, mean of {count}':44} {number(mean):>23}   "
        f"the map ranks {placebos.shuffle_rank} of {count + 1}; "
        f"it explains {estimate(placebos.over_shuffles)} of what they leave"
    )


def _magnet(card: Scorecard) -> Iterator[str]:
    for found in card.magnet:
        hours = found.horizon_ms // HOUR_MS
        difference = found.difference
        if math.isnan(difference.value):
            yield f"Magnet, {hours} h: not enough data."
            continue
        verdict = "no magnet shown" if difference.lo <= 0 <= difference.hi else "differs from 0"
        yield (
            f"Magnet, {hours} h: bright levels were touched {estimate(difference, signed=True)} more often "
            f"than dim ones equally far away: {verdict} (n = {found.n:,} bright levels, {found.days} days; "
            f"raw {number(found.bright_rate)} and {number(found.dim_rate)}, not comparable)."
        )


def _location(card: Scorecard) -> Iterator[str]:
    if not card.location:
        yield "Where inside a sweep: an open question; it needs single liquidations."
        return
    yield "Where inside a sweep: an open question. Against “anywhere in the swept range alike”:"
    for found in card.location:
        if math.isnan(found.information.value):
            few = f"{found.events:,} liquidations, {found.sweeps} sweeps, {found.days} days"
            yield f"  trigger {found.offset:.2%} from bankruptcy: not enough data ({few})"
            continue
        yield (
            f"  trigger {found.offset:.2%} from bankruptcy: "
            f"{estimate(found.information, signed=True)} nat per liquidation, "
            f"rank correlation {estimate(found.spearman, signed=True)} "
            f"({found.events:,} liquidations, {found.sweeps} sweeps, {found.days} days)"
        )
    shown = all(found.information.lo > 0 for found in card.location)
    yield "  Shown." if shown else "  Not shown that the map knows."


def estimate(value: Estimate, signed: bool = False) -> str:
    """A figure with its interval, as ``0.58 [0.52, 0.63]``."""
    if math.isnan(value.value):
        return "not enough data"
    return f"{number(value.value, signed)} [{number(value.lo, signed)}, {number(value.hi, signed)}]"


def number(value: float, signed: bool = False) -> str:
    """Two decimals, three where it is small."""
    if math.isnan(value):
        return "–"
    digits = 3 if abs(value) < 0.1 else 2 if abs(value) < 10 else 0
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    return text.replace("-", "−")


def usd(amount: float) -> str:
    """An amount as ``$ 1.53 B``."""
    for size, unit in _UNITS:
        if abs(amount) >= size:
            return f"$ {amount / size:.3g} {unit}"
    return f"$ {amount:.3g}"


def _share(value: float) -> str:
    return f"{value * 100:.0f} %".replace("-", "−")


def _moment(time_ms: int) -> str:
    return str(np.datetime64(time_ms // 60_000, "m")).replace("T", " ") + " UTC"
