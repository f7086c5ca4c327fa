"""Maps that must not do well: births moved in time, sides swapped, leverages shuffled, nothing ever removed.

Each gets what the map itself gets here, the common calibration and adaptive scale and nothing else, so that the map's
own row is the same thing with its births in place. They keep much of the path's skill (price reaches some levels
whatever they are worth), so most do not score 0; the map must beat each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.market import Floats
from heatdesk.model.crossings import swept_by_tier
from heatdesk.model.flow import ESTIMATORS, Flow
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers
from heatdesk.score.intervals import Blocks, Estimate
from heatdesk.score.metrics import equal_groups, stratified_spearman

SHIFTS: Final = 100
SHUFFLES: Final = 20
SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Placebos:
    """Skill against the excursion of the map alone (`own`) and of what it must beat.

    `shift_rank` is the map's place among itself and `shift_skills` (1 is best), `over_shifts` the share of the shifts'
    mean deviance that it explains; the same for shuffled tiers. `zones` is no skill but the rank correlation at equal
    excursion of predictions dealt to one another there: 0 but for chance.
    """

    own: Estimate
    shift_rank: int
    shift_skills: tuple[float, ...]
    over_shifts: Estimate
    shuffle_rank: int
    shuffle_skills: tuple[float, ...]
    over_shuffles: Estimate
    side_swap: Estimate
    no_removal: Estimate
    zones: Estimate


@dataclass(frozen=True, slots=True)
class Map:
    """What the placebos change one thing of; the flow is that of the series."""

    series: Series
    flow: Flow
    tiers: Tiers
    params: ModelParams

    @staticmethod
    def of(series: Series, tiers: Tiers, params: ModelParams) -> Map:
        """The map of an estimator."""
        return Map(series, ESTIMATORS[params.estimator].flow(series, params), tiers, params)

    def swept(self, *, shift: int = 0, removal: bool = True) -> Floats:
        """USD per candle, side and tier that weight-1 births lose, shape (n, 2, n_tiers)."""
        return swept_by_tier(
            self.series, self.flow, self.tiers, self.params, births_shift=shift, removal=removal
        )


def shifts_of(n_candles: int, count: int = SHIFTS) -> list[int]:
    """Cyclic shifts spread evenly over the series, in candles, none of them 0."""
    return [max(round(n_candles * k / (count + 1)), 1) for k in range(1, count + 1)]


def shuffles(weight: Floats, count: int = SHUFFLES) -> list[Floats]:
    """The weights of tiers that have any, dealt to one another at random."""
    random = np.random.default_rng(SEED)
    offered = np.flatnonzero(weight > 0)
    dealt = []
    for _ in range(count):
        own = weight.copy()
        own[offered] = weight[random.permutation(offered)]
        dealt.append(own)
    return dealt


def judged(shifted: Floats, others: Floats, path: Floats, zones: Estimate, blocks: Blocks) -> Placebos:
    """The ranks and differences, from deviances by day; `path` (n_days,) is the excursion's.

    `shifted` (n_shifts, n_days); `others` (3 + n_shuffles, n_days): as it is, sides swapped, nothing removed, shuffles.
    """

    def skill(days: Floats, base: Floats = path) -> Estimate:
        by_day = Blocks(np.arange(blocks.n), blocks.draws)
        return by_day.skill(days, base)

    def rank(rivals: Floats) -> int:
        return 1 + int((rivals.sum(axis=1) < others[0].sum()).sum())

    shuffled = others[3:]
    return Placebos(
        own=skill(others[0]),
        shift_rank=rank(shifted),
        shift_skills=tuple(skill(days).value for days in shifted),
        over_shifts=skill(others[0], shifted.mean(axis=0)),
        shuffle_rank=rank(shuffled),
        shuffle_skills=tuple(skill(days).value for days in shuffled),
        over_shuffles=skill(others[0], shuffled.mean(axis=0)),
        side_swap=skill(others[1]),
        no_removal=skill(others[2]),
        zones=zones,
    )


def shuffled_zones(observed: Floats, predicted: Floats, excursion: Floats, blocks: Blocks) -> Estimate:
    """Rank correlation at equal excursion when zones lie anywhere; all (n_cells,).

    Predictions are dealt to one another among cells in which price went equally far: 0 within the interval, or the
    measure itself sees skill where there is none.
    """
    random = np.random.default_rng(SEED)
    stratum = equal_groups(excursion)
    dealt = predicted.copy()
    for s in np.unique(stratum):
        inside = np.flatnonzero(stratum == s)
        dealt[inside] = predicted[random.permutation(inside)]
    return stratified_spearman(observed, dealt, stratum, blocks)
