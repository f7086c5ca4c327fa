"""Merging rows that arrive with rows that are there. Both paths are idempotent: the same rows again change nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import COLUMNS, SEVERAL_AT_ONCE, Records
from heatdesk.store.base import Appended


def merge(old: Records, new: Records) -> tuple[Records, Appended]:
    """All rows of both, ascending in time.

    Of a series with one row per time, the newer row's known cells win; a cell it does not know (NaN) keeps what
    was stored, so that files with different columns complete each other in any order. Events have no identity
    and several may share a millisecond: of equal events as many are kept as the richer side has.
    """
    if new.kind in SEVERAL_AT_ONCE:
        return _merge_events(old, new)
    if not len(old):
        return new, Appended(len(new), 0, 0)
    if not len(new):
        return old, Appended(0, 0, 0)
    if old.time_ms[-1] < new.time_ms[0]:
        return concatenate([old, new]), Appended(len(new), 0, 0)
    return _merge_sampled(old, new)


def concatenate(parts: list[Records]) -> Records:
    """Rows of one kind, one part after the other; at least one part."""
    kind = parts[0].kind
    times = np.concatenate([part.time_ms for part in parts])
    return Records(
        kind, times, {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS[kind]}
    )


def _merge_sampled(old: Records, new: Records) -> tuple[Records, Appended]:
    at = np.searchsorted(old.time_ms, new.time_ms)
    stored = np.minimum(at, len(old) - 1)
    same = old.time_ms[stored] == new.time_ms
    there = stored[same]
    changed = np.zeros(len(there), np.bool_)
    columns = {}
    for name in COLUMNS[old.kind]:
        before, after = old[name][there], new[name][same]
        known = ~np.isnan(after)
        changed |= known & (before != after)  # a value that becomes known is a change too
        column = old[name].copy()
        column[there[known]] = after[known]
        columns[name] = np.insert(column, at[~same], new[name][~same])
    times = np.insert(old.time_ms, at[~same], new.time_ms[~same])
    done = Appended(int((~same).sum()), int(changed.sum()), int((~changed).sum()))
    return Records(old.kind, times, columns), done


def _merge_events(old: Records, new: Records) -> tuple[Records, Appended]:
    both = concatenate([old, new])
    values = [both[name] for name in COLUMNS[both.kind]]
    incoming = np.arange(len(both)) >= len(old)
    # Sort equal rows of one side together, number them, then keep each (row, number) once.
    order = np.lexsort([incoming, *values[::-1], both.time_ms])
    same = _equals_previous(both, order)
    number = _run_index(same & ~np.diff(incoming[order], prepend=incoming[order[:1]]))
    sides = incoming[order]
    order2 = np.lexsort([sides, number, *[column[order] for column in values[::-1]], both.time_ms[order]])
    duplicate = _equals_previous(both, order[order2]) & (np.diff(number[order2], prepend=-1) == 0)
    kept = order[order2][~duplicate]
    added = len(kept) - len(old)
    return both.take(kept), Appended(added, 0, len(new) - added)


def _equals_previous(records: Records, order: NDArray[np.intp]) -> NDArray[np.bool_]:
    """For each row in `order`: equal to the one before, NaN being equal to NaN."""
    equal = np.ones(len(order), np.bool_)
    equal[:1] = False
    for column in (records.time_ms, *(records[name] for name in COLUMNS[records.kind])):
        sorted_column = column[order]
        before, after = sorted_column[:-1], sorted_column[1:]
        equal[1:] &= (before == after) | ((before != before) & (after != after))
    return equal


def _run_index(same: NDArray[np.bool_]) -> NDArray[np.intp]:
    """0, 1, 2 … within each run of equal rows."""
    position = np.arange(len(same))
    start = np.maximum.accumulate(np.where(same, 0, position))
    return position - start
