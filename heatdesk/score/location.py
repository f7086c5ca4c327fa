"""An open question: once price sweeps a range, does the map say at which price inside it liquidations happen?

Per stretch of a few hours the map as it stood at its start is compared with the liquidations of that stretch, among
the bins that were swept: information gained per event against "anywhere alike", and rank correlation within sweeps.
Recorded prices are bankruptcy prices; the trigger lies nearer to the entry by about the maintenance margin, and how
much nearer is not known well. Where the answer changes with that offset there is no answer, so it is given for three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.market import Floats, Interval, Times
from heatdesk.score.intervals import LEAST_DAYS, LEAST_EVENTS, UNKNOWN, Blocks, Estimate
from heatdesk.score.metrics import stratified_spearman
from heatdesk.score.standing import Standing

BIN_BPS: Final = 20.0
BEYOND: Final = 0.004  # only levels farther from the block's open: nearer ones are born while it lasts
OFFSETS: Final = (0.0035, 0.0045, 0.0055)  # from bankruptcy to trigger price
LEAST_BINS: Final = 3
BLUR: Final = (0.25, 0.5, 0.25)  # over bins: recorded prices and offsets are known to about ±0.15 %
UNIFORM_SHARE: Final = 0.01  # of the prediction: an event in an empty bin must not cost everything


@dataclass(frozen=True, slots=True)
class Events:
    """Single liquidations: times, +1 long or −1 short, bankruptcy price, USD; each (n,)."""

    time_ms: Times
    side: Floats
    price: Floats
    usd: Floats


@dataclass(frozen=True, slots=True)
class Sweep:
    """One side of one stretch: its swept bins nearest first, USD that stood in each and that was liquidated there."""

    time_ms: int
    side: int
    distance: Floats
    stood: Floats
    liquidated: Floats
    events: Floats


@dataclass(frozen=True, slots=True)
class Location:
    """Information gained per event (nats) and rank correlation within sweeps, for one offset.

    Both are NaN below 200 events or 5 days.
    """

    offset: float
    events: int
    sweeps: int
    days: int
    information: Estimate
    spearman: Estimate


def sweeps(standing: Standing, events: Events, recorded: tuple[Interval, ...], offset: float) -> list[Sweep]:
    """Every recorded stretch in which price went through at least three whole bins and something was liquidated."""
    path, grid = standing.path, standing.grid
    trigger = np.floor(grid.position(events.price * (1.0 + events.side * offset)))
    starts = np.searchsorted(events.time_ms, path.time_ms)
    ends = np.searchsorted(events.time_ms, path.time_ms + path.step_ms)
    found = []
    for i in range(1, len(path.time_ms)):
        span = Interval(int(path.time_ms[i]), int(path.time_ms[i]) + path.step_ms)
        if np.isnan(path.open[i]) or ends[i] == starts[i] or not _within(span, recorded):
            continue
        for side, columns in ((1, standing.long), (-1, standing.short)):
            near = grid.position(path.open[i] * (1.0 - side * BEYOND))
            far = grid.position(path.low[i] if side > 0 else path.high[i])
            low, high = (int(np.ceil(far)), int(near)) if side > 0 else (int(np.ceil(near)), int(far))
            low, high = max(low, 0), min(high, grid.rows)
            if high - low < LEAST_BINS:
                continue
            inside = slice(starts[i], ends[i])
            own = (events.side[inside] == side) & (trigger[inside] >= low) & (trigger[inside] < high)
            row = (trigger[inside][own] - low).astype(int)
            stood = np.convolve(columns[i - 1].astype(float), BLUR, "same")[low:high]
            if not own.any() or not stood.sum():
                continue
            n = high - low
            counts = np.bincount(row, minlength=n).astype(float)
            usd = np.bincount(row, events.usd[inside][own], n).astype(float)
            distance = np.abs(np.log(grid.centres()[low:high] / path.open[i]))
            order = slice(None, None, -1) if side > 0 else slice(None)
            found.append(Sweep(span.start_ms, side, distance[order], stood[order], usd[order], counts[order]))
    return found


def locate(found: list[Sweep], offset: float) -> Location:
    """What the sweeps of one offset say."""
    if not found:
        return Location(offset, 0, 0, 0, UNKNOWN, UNKNOWN)
    bins = [len(s.stood) for s in found]
    of = np.repeat(np.arange(len(found)), bins)
    time_ms = np.repeat([s.time_ms for s in found], bins).astype(np.int64)
    stood, usd, counts = (
        np.concatenate([getattr(s, name) for s in found]) for name in ("stood", "liquidated", "events")
    )
    share = stood / np.bincount(of, stood)[of]
    alike = 1.0 / np.array(bins, float)[of]
    gained = np.log(((1 - UNIFORM_SHARE) * share + UNIFORM_SHARE * alike) / alike)
    blocks, events = Blocks.by_day(time_ms), int(counts.sum())
    if events < LEAST_EVENTS or blocks.n < LEAST_DAYS:
        return Location(offset, events, len(found), blocks.n, UNKNOWN, UNKNOWN)
    information = blocks.ratio(counts * gained, counts)
    return Location(
        offset, events, len(found), blocks.n, information, stratified_spearman(usd, stood, of, blocks)
    )


def _within(span: Interval, recorded: tuple[Interval, ...]) -> bool:
    return any(start <= span.start_ms and span.end_ms <= end for start, end in recorded)
