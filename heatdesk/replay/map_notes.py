"""What a reader of a map must know about it: where data is missing, where it is thin, what its USD are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from heatdesk.history.instrument import History
from heatdesk.intervals import clipped
from heatdesk.live import Hole, HoleState
from heatdesk.market import DAY_MS, HOUR_MS, Interval, Kind
from heatdesk.moments import utc_text
from heatdesk.replay.learned import Lesson
from heatdesk.store.gaps import gaps

MISSING: Final = "missing"  # the state of a hole that no feed has written down
WARM_UP_MS: Final = 30 * DAY_MS  # with less history before it, a column lacks the older positions


class Join(NamedTuple):
    """Where an exchange begins inside the view: `what` is ``candles`` or ``open_interest``."""

    exchange: str
    time_ms: int
    what: str


def holes(histories: Sequence[History], start_ms: int, end_ms: int) -> tuple[Interval, ...]:
    """Stretches of the view without candles or with damaged blocks, on any of the exchanges."""
    found: set[Interval] = set()
    for history in histories:
        missing = gaps(history.series.time_ms, history.series.step_ms)
        for a, b in (*missing, *history.damaged):
            if a < end_ms and b > start_ms:
                found.add(Interval(max(int(a), start_ms), min(int(b), end_ms)))
    return tuple(sorted(found))


def joins(histories: Sequence[History], start_ms: int, end_ms: int) -> tuple[Join, ...]:
    """Where the candles or the open interest of an exchange begin inside the view."""
    found = []
    for history in histories:
        series = history.series
        known = np.flatnonzero(np.isfinite(series.open_interest))
        begins = int(series.time_ms[0])
        told = int(series.time_ms[known[0]]) if len(known) else begins
        if start_ms < begins < end_ms:
            found.append(Join(history.exchange, begins, Kind.CANDLES.value))
        if max(start_ms, begins) < told < end_ms:
            found.append(Join(history.exchange, told, Kind.OPEN_INTEREST.value))
    return tuple(found)


def holes_by_state(
    histories: Sequence[History], known: Sequence[Hole], start_ms: int, end_ms: int
) -> tuple[Hole, ...]:
    """Stretches of the view that miss candles, of each exchange, as the ledger's `known` holes tell of them.

    What the ledger does not know is missing; what it knows but has been stored since is no hole. A hole at the end of a
    history is one only where the ledger says so, and so is an open one in the candle that is forming.
    """
    found: list[Hole] = []
    for history in histories:
        series, candles = history.series, Kind.CANDLES.value
        told = [
            hole
            for hole in known
            if (hole.exchange, hole.symbol) == (history.exchange, history.symbol)
            and hole.what.startswith(candles)
            and hole.state != HoleState.FILLED
        ]
        last_ms = int(series.time_ms[-1]) + series.step_ms
        missing = [*gaps(series.time_ms, series.step_ms), *history.damaged]
        for a, b in (*missing, (last_ms, end_ms)):
            span = Interval(max(a, start_ms), min(b, end_ms))
            if span.start_ms >= span.end_ms:
                continue
            own = [hole for hole in told if hole.interval.start_ms < b and hole.interval.end_ms > a]
            if own:
                worst = min(own, key=lambda hole: hole.state != HoleState.OPEN)
                found.append(worst._replace(interval=span))
            elif a != last_ms:
                found.append(Hole(history.exchange, history.symbol, candles, span, MISSING, ""))
        for hole in told:
            newest = clipped([hole.interval], max(last_ms - series.step_ms, start_ms), min(last_ms, end_ms))
            if hole.state == HoleState.OPEN and newest:
                found.append(hole._replace(interval=newest[0]))
    return tuple(found)


def notes_on_history(histories: Sequence[History], start_ms: int) -> tuple[str, ...]:
    """What a reader must know about this map, one sentence each."""
    notes = []
    for history in histories:
        known = np.flatnonzero(~np.isnan(history.series.open_interest))
        if not len(known):
            notes.append(f"{history.exchange}: no open interest recorded, births from volume alone.")
        elif (since := int(history.series.time_ms[known[0]])) > start_ms:
            notes.append(
                f"{history.exchange}: no open interest before {utc_text(since)}, births from volume alone until then."
            )
        if np.isnan(history.series.volume).any():
            share = float(np.isnan(history.series.volume).mean())
            notes.append(
                f"{history.exchange}: {share:.0%} of the candles have no volume and bear no positions."
            )
        warm = start_ms - int(history.series.time_ms[0])
        if warm < WARM_UP_MS:
            notes.append(
                f"{history.exchange}: {max(warm, 0) / DAY_MS:.1f} days of history before the first column, "
                "older positions are missing."
            )
        if history.damaged:
            notes.append(
                f"{history.exchange}: {len(history.damaged)} damaged blocks left out; import the files again."
            )
    return tuple(notes)


def thin_stretches(
    histories: Sequence[History], start_ms: int, end_ms: int, least_usd: float
) -> tuple[Interval, ...]:
    """Stretches of the view, whole hours, in which the known open interest of all exchanges stayed below a size."""
    hours = np.arange(start_ms // HOUR_MS, -(-end_ms // HOUR_MS))
    total, known = np.zeros(len(hours)), np.zeros(len(hours), bool)
    for history in histories:
        series = history.series
        last = np.searchsorted(series.time_ms, (hours + 1) * HOUR_MS) - 1
        usd = (series.open_interest * series.close)[np.maximum(last, 0)]
        there = (last >= 0) & np.isfinite(usd)
        total[there] += usd[there]
        known |= there
    small = np.concatenate(([False], known & (total < least_usd), [False]))
    edges = np.flatnonzero(np.diff(small.astype(np.int8)))
    return tuple(
        Interval(max(int(hours[a]) * HOUR_MS, start_ms), min(int(hours[b - 1] + 1) * HOUR_MS, end_ms))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    )


def notes_on_size(thin: Sequence[Interval], least_usd: float, shown_ms: int) -> tuple[str, ...]:
    """How much of the map is too thin to be relied on; nothing where nothing is."""
    if not thin:
        return ()
    share = sum(b - a for a, b in thin) / shown_ms
    least = f"{least_usd / 1e6:,.0f} M USD"
    return (f"Open interest below {least} in {share:.0%} of the map: hatched, not to be relied on.",)


def notes_on_weights(
    weights: str, histories: Sequence[History], lessons: Sequence[Lesson | None]
) -> tuple[str, ...]:
    """Where the USD of the newest column come from, one sentence for each exchange."""
    if weights == "prior":
        return ("Leverage weights by the curve of the settings: USD not calibrated.",)
    notes = []
    for history, lesson in zip(histories, lessons, strict=True):
        days = 0.0 if lesson is None else lesson.days()
        if lesson is None or not days:
            notes.append(
                f"{history.exchange}: fewer than 2 days of liquidations recorded, USD not calibrated."
            )
        elif lesson.own:
            notes.append(f"{history.exchange}: USD calibrated on {days:.0f} days of recorded liquidations.")
        else:
            teacher = lesson.taught_by[0]
            notes.append(
                f"{history.exchange}: leverage learned from {teacher.symbol} on {teacher.exchange}, "
                "USD not calibrated here."
            )
    return tuple(notes)
