"""Why a cell has its colour: its parts, in USD, and sums of them that a reader can open again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, HOUR_MS, Floats, Times
from heatdesk.model.heatmap import Heatmap

GROUPINGS: Final = ("tier", "age", "day", "hour", "candle", "exchange")


class Cell(NamedTuple):
    """One cell of a map: row `row` of the global price grid at the end of the column from `time_ms` to `end_ms`.

    `known_ms` is the end of the data that the map was made of.
    """

    row: int
    time_ms: int
    end_ms: int
    known_ms: int

    @staticmethod
    def of(heatmap: Heatmap, row: int, column: int) -> Cell:
        """The cell of a map's own row and column."""
        time_ms = int(heatmap.times_ms[column])
        first = round(float(np.log(heatmap.prices[0])) / float(np.log1p(heatmap.bin_bps * 1e-4)))
        known_ms = int(heatmap.meta.get("data_end_ms", heatmap.times_ms[-1] + heatmap.step_ms))
        return Cell(first + row, time_ms, time_ms + heatmap.step_ms, known_ms)


@dataclass(frozen=True, slots=True)
class Parts:
    """The cohorts of a cell, one a row: every array has shape (n,).

    `exchange` is an index, `short` the side, `time_ms` the start of the candle that bore it. Base units: `volume` and
    `open_interest_step` of the candle, `opened` on this side. `weight`: of the tier among the newborn, `entered`: the
    share of its entries whose levels fall into the row, `entry`: their mean price, `ratio`: liquidation price ÷ entry,
    `factor`: what the column shows of the tier. `hazard`: closes of everyone since then, `close_rate`: how much faster
    this tier closes. USD at the row's price: of `born`, `closed` and `swept` are gone and `left` makes the cell.
    """

    exchange: NDArray[np.int64]
    short: NDArray[np.bool_]
    time_ms: Times
    age_ms: Times
    leverage: Floats
    volume: Floats
    open_interest_step: Floats
    opened: Floats
    weight: Floats
    entered: Floats
    entry: Floats
    ratio: Floats
    factor: Floats
    hazard: Floats
    close_rate: Floats
    born: Floats
    closed: Floats
    swept: Floats
    left: Floats

    def __len__(self) -> int:
        return len(self.time_ms)

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> Parts:
        """Some of them."""
        return Parts(*(getattr(self, f.name)[which] for f in fields(self)))

    @staticmethod
    def joined(several: Sequence[Parts]) -> Parts:
        """All of them, one after the other; at least one is needed."""
        return Parts(*(np.concatenate([getattr(p, f.name) for p in several]) for f in fields(Parts)))


class Sums(NamedTuple):
    """USD of some parts: born = closed + swept + left."""

    born: float
    closed: float
    swept: float
    left: float


class Group(NamedTuple):
    """Parts that share something: `key` is a leverage, the index of a window or an exchange, or the start of a time;
    `which` (n,) are their indices, what is left of them largest first."""

    key: float
    which: NDArray[np.int64]
    sums: Sums


@dataclass(frozen=True, slots=True)
class Explanation:
    """A cell and its parts. `low`, `high` bound the row, `price` is its middle, at which base units become USD."""

    symbol: str
    exchanges: tuple[str, ...]
    cell: Cell
    low: float
    high: float
    price: float
    step_ms: int
    parts: Parts

    def of_side(self, side: str) -> Parts:
        """The parts of ``long`` or ``short``, all of them for any other word."""
        if side not in ("long", "short"):
            return self.parts
        return self.parts.take(self.parts.short == (side == "short"))

    def usd(self, side: str) -> float:
        """What the cell holds of ``long``, ``short`` or ``both``; for ``net`` shorts minus longs."""
        if side == "net":
            return self.usd("short") - self.usd("long")
        return float(self.of_side(side).left.sum())


def sums_of(parts: Parts) -> Sums:
    """The USD of all of them."""
    return Sums(*(float(getattr(parts, name).sum()) for name in Sums._fields))


def grouped(parts: Parts, by: str, age_limits_ms: Sequence[int] = ()) -> list[Group]:
    """Parts by one of `GROUPINGS`, what is left largest first; every part is in exactly one group."""
    keys = _keys(parts, by, age_limits_ms)
    order = np.argsort(keys, kind="stable")
    if not len(order):
        return []
    starts = np.flatnonzero(np.diff(keys[order])) + 1
    groups = []
    for which in np.split(order, starts):
        largest_first = which[np.argsort(-parts.left[which], kind="stable")]
        groups.append(Group(float(keys[which[0]]), largest_first, sums_of(parts.take(which))))
    return sorted(groups, key=lambda group: -group.sums.left)


def _keys(parts: Parts, by: str, age_limits_ms: Sequence[int]) -> Floats:
    if by == "tier":
        return parts.leverage
    if by == "exchange":
        return parts.exchange.astype(float)
    if by == "age":
        return np.searchsorted(np.asarray(age_limits_ms), parts.age_ms, side="right").astype(float)
    step = {"day": DAY_MS, "hour": HOUR_MS}.get(by, 1)
    return (parts.time_ms // step * step).astype(float)
