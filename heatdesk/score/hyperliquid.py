"""The model's density beside real positions: is it nearer to them than maps that know nothing of positions?

Positions are public on Hyperliquid alone, of its largest accounts alone, and most of those are cross-margined: where
they would be liquidated hangs on all that an account holds. So this is a hard test, and one of whales only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from heatdesk.market import Floats
from heatdesk.score.intervals import Blocks, Estimate

REACH: Final = 0.20  # of the price, either way
ROW: Final = 0.002
LEAST_DAYS: Final = 5
MAP: Final = "map"
UNIFORM: Final = "uniform"
NEARNESS: Final = (0.05, 0.1, 0.2)  # distances over which the proximity maps fall by e
_SMOOTHING: Final = 0.005


@dataclass(frozen=True, slots=True)
class Moment:
    """One snapshot of positions, and the maps of that moment by name.

    `true` and every map are USD, or shares of any size, in the rows of ``row_edges()``, long and short together. `held`
    and `known` are (2,), of longs and shorts: USD of open interest (NaN where not recorded), and of the positions seen.
    `positions` are seen, `without` of them have no liquidation price.
    """

    time_ms: int
    true: Floats
    maps: dict[str, Floats]
    held: Floats
    known: Floats
    positions: int
    without: int


@dataclass(frozen=True, slots=True)
class Beside:
    """One map beside the positions, means over all moments with 95 % intervals.

    `cosine` of the columns smoothed over ±0.5 %, 1 is alike; `mover`, the earth mover's distance, is percent of price
    that the average USD lies off. `lead` is the cosine of the model's map minus this one's.
    """

    name: str
    cosine: Estimate
    mover: Estimate
    lead: Estimate


@dataclass(frozen=True, slots=True)
class PositionScore:
    """The comparison over all moments.

    `coverage` is the mean share of the open interest whose positions are seen, of longs and of shorts; NaN where it is
    not recorded.
    """

    exchange: str
    moments: int
    days: int
    positions: int
    without: int
    coverage: tuple[float, float]
    maps: tuple[Beside, ...]

    @property
    def enough(self) -> bool:
        """Whether there are days enough for an interval."""
        return self.days >= LEAST_DAYS

    @property
    def informative(self) -> bool:
        """Whether the model's map is nearer to the positions than every map that knows none, beyond doubt."""
        return self.enough and all(b.lead.lo > 0.0 for b in self.maps if b.name != MAP)

    def verdict(self) -> str:
        """The sentence a reader needs."""
        if not self.enough:
            return f"Not enough data: {self.days} days of positions, {LEAST_DAYS} are needed."
        if self.informative:
            return "The map is nearer to these positions than every map that knows of none."
        worse = [b.name for b in self.maps if b.name != MAP and not b.lead.lo > 0.0]
        return (
            f"Not shown to be better than {', '.join(worse)}: for these accounts the map is not informative."
        )

    def coverage_words(self) -> str:
        """What share of all positions is seen."""
        if not all(map(math.isfinite, self.coverage)):
            return "share of the open interest not known"
        long, short = self.coverage
        return f"{long:.0%} of longs and {short:.0%} of shorts are seen, the largest accounts only"

    def to_json(self) -> dict[str, Any]:
        """Plain numbers; null where a share is not known."""
        known = [share if math.isfinite(share) else None for share in self.coverage]
        return {
            "exchange": self.exchange,
            "moments": self.moments,
            "days": self.days,
            "positions": self.positions,
            "without_liquidation_price": self.without,
            "coverage": dict(zip(("long", "short"), known, strict=True)),
            "maps": {
                b.name: {"cosine": b.cosine._asdict(), "mover": b.mover._asdict(), "lead": b.lead._asdict()}
                for b in self.maps
            },
            "informative": self.informative,
            "verdict": self.verdict(),
        }


def row_edges() -> Floats:
    """Edges of the rows as price ÷ the price of the moment, from 0.8 to 1.2."""
    return np.asarray(1.0 + ROW * np.arange(-round(REACH / ROW), round(REACH / ROW) + 1), float)


def in_rows(relative: Floats, usd: Floats) -> Floats:
    """USD at prices ÷ the price of the moment, summed by row; what lies outside is left out."""
    edges = row_edges()
    row = np.searchsorted(edges, relative, side="right") - 1
    inside = (row >= 0) & (row < len(edges) - 1)
    return np.asarray(np.bincount(row[inside], usd[inside], len(edges) - 1), float)


def ignorant_maps() -> dict[str, Floats]:
    """Maps that know the price and nothing else: the same everywhere, or falling with the distance."""
    edges = row_edges()
    distance = np.abs((edges[1:] + edges[:-1]) / 2.0 - 1.0)
    near = {f"proximity {scale:.0%}": np.exp(-distance / scale) for scale in NEARNESS}
    return {UNIFORM: np.ones(len(distance)), **near}


def compare(moments: Sequence[Moment], exchange: str = "") -> PositionScore:
    """Every map against the positions of every moment within reach; moments without any there do not count."""
    seen = [m for m in moments if m.true.sum() > 0 and all(column.sum() > 0 for column in m.maps.values())]
    time_ms = np.array([m.time_ms for m in seen], np.int64)
    names = tuple(seen[0].maps) if seen else ()
    cosine = {name: np.array([_cosine(m.maps[name], m.true) for m in seen]) for name in names}
    mover = {name: np.array([_mover(m.maps[name], m.true) for m in seen]) for name in names}
    blocks = Blocks.by_day(time_ms)
    return PositionScore(
        exchange=exchange,
        moments=len(seen),
        days=blocks.n,
        positions=sum(m.positions for m in seen),
        without=sum(m.without for m in seen),
        coverage=_coverage(seen),
        maps=tuple(
            Beside(
                name,
                _mean(blocks, cosine[name]),
                _mean(blocks, mover[name]),
                _mean(blocks, cosine[MAP] - cosine[name]),
            )
            for name in names
        ),
    )


def lines(score: PositionScore) -> list[str]:
    """The comparison as a table in plain words."""
    share = score.without / max(score.positions, 1)
    said = [
        f"Real positions on {score.exchange}: {score.moments} snapshots on {score.days} days, "
        f"{score.coverage_words()};",
        f"{share:.0%} have no liquidation price. Within ±{REACH:.0%} of the price, long and short together:",
        f"  {'':<22}{'cosine [95 %]':<22}{'off by, % of price':<24}map leads by",
    ]
    for b in score.maps:
        lead = "" if b.name == MAP else _shown(b.lead, "+.2f")
        said.append(f"  {b.name:<22}{_shown(b.cosine, '.2f'):<22}{_shown(b.mover, '.1f'):<24}{lead}".rstrip())
    return [*said, score.verdict()]


def _shown(estimate: Estimate, form: str) -> str:
    value, low, high = (format(number, form) for number in estimate)
    return f"{value} [{low}, {high}]"


def _mean(blocks: Blocks, values: Floats) -> Estimate:
    return blocks.ratio(values, np.ones(len(values)))


def _coverage(moments: Sequence[Moment]) -> tuple[float, float]:
    """Mean share of the open interest that is seen; every contract has one long and one short."""
    shares = np.array([m.known / m.held for m in moments if np.isfinite(m.held).all()]).reshape(-1, 2)
    if not len(shares):
        return math.nan, math.nan
    long, short = shares.mean(axis=0)
    return float(long), float(short)


def _cosine(a: Floats, b: Floats) -> float:
    smooth_a, smooth_b = _smoothed(a), _smoothed(b)
    return float(smooth_a @ smooth_b / (np.linalg.norm(smooth_a) * np.linalg.norm(smooth_b)))


def _smoothed(column: Floats) -> Floats:
    """Mean of each row and those within ±0.5 %, of those that exist."""
    reach = round(_SMOOTHING / ROW)
    total = np.concatenate(([0.0], np.cumsum(column)))
    rows = np.arange(len(column))
    first, end = np.maximum(rows - reach, 0), np.minimum(rows + reach + 1, len(column))
    return np.asarray((total[end] - total[first]) / (end - first))


def _mover(a: Floats, b: Floats) -> float:
    """Percent of price that the average unit of `a` must move to become `b`, both taken as shares (Vallender 1974)."""
    return 100.0 * ROW * float(np.abs(np.cumsum(a / a.sum()) - np.cumsum(b / b.sum())).sum())
