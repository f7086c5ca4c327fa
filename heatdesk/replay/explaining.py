"""A cell of a map, recomputed from the cohorts of every exchange that was added up in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from heatdesk.history.instrument import History
from heatdesk.market import Floats, Times
from heatdesk.model.age_windows import AgeChoice
from heatdesk.model.grid import PriceGrid
from heatdesk.model.params import ModelParams
from heatdesk.reading.explain import Cell, Explanation, Parts

if TYPE_CHECKING:
    from heatdesk.model.tiers import Tiers


def explain(
    histories: Sequence[History],
    symbol: str,
    params: ModelParams,
    cell: Cell,
    tiers: tuple[float, ...] | None = None,
    ages: AgeChoice | None = None,
    shares: Sequence[Floats | None] = (),
) -> Explanation:
    """Every cohort of a cell, of both sides, by the book's own rules: what is left of them adds up to the cell.

    Only `tiers` and windows of age that the map shows count; None counts all. `shares`, of each history (n_tiers,) or
    None, are what the cell's column shows of each tier. Raises BadInputError for an unknown tier.
    """
    from heatdesk.model.tiers import build_tiers, chosen

    grid = PriceGrid(params.bin_bps, cell.row, 1)
    price = float(grid.centres()[0])
    parts = []
    for index, history in enumerate(histories):
        own = build_tiers(history.exchange, history.symbol, params)
        factor = chosen(own.leverage, tiers).astype(float)
        if shares and (share := shares[index]) is not None:
            factor *= share
        parts += [
            _parts(index, mirrored, history, own, params, cell, factor, price) for mirrored in (False, True)
        ]
    every = Parts.joined(parts)
    every = every.take(every.factor > 0.0)
    if ages is not None:
        window = np.searchsorted(np.asarray(ages.windows.limits_ms), every.age_ms, side="right")
        every = every.take(np.isin(window, ages.shown))
    low, high = (float(edge) for edge in grid.edges())
    return Explanation(
        symbol,
        tuple(h.exchange for h in histories),
        cell,
        low,
        high,
        price,
        min(h.series.step_ms for h in histories),
        every,
    )


def _parts(
    exchange: int,
    mirrored: bool,
    history: History,
    tiers: Tiers,
    params: ModelParams,
    cell: Cell,
    factor: Floats,
    price: float,
) -> Parts:
    from heatdesk.model.cohorts import closing_hazards, cohorts_of
    from heatdesk.model.flow import ESTIMATORS

    known = history.series.head(int(np.searchsorted(history.series.time_ms, cell.end_ms)))
    flow = ESTIMATORS[params.estimator].flow(known, params)
    closing = closing_hazards(known, flow, tiers, params)
    cohorts = cohorts_of(cell.row, mirrored, known, tiers, params, flow, closing)
    candle, tier = cohorts.candle, cohorts.tier
    hazard = np.cumsum(closing.short if mirrored else closing.long)
    born_ms: Times = known.time_ms[candle]
    usd = price * factor[tier]
    return Parts(
        exchange=np.full(len(cohorts), exchange),
        short=np.full(len(cohorts), mirrored),
        time_ms=born_ms,
        age_ms=min(cell.end_ms, cell.known_ms) - born_ms - known.step_ms,
        leverage=tiers.leverage[tier],
        volume=known.volume[candle],
        open_interest_step=known.open_interest_step[candle],
        opened=(flow.opens_short if mirrored else flow.opens_long)[candle],
        weight=tiers.weight[tier],
        entered=cohorts.share,
        entry=cohorts.entry,
        ratio=(tiers.ratio_short if mirrored else tiers.ratio_long)[tier],
        factor=factor[tier],
        hazard=hazard[-1] - hazard[candle] if len(hazard) else np.zeros(0),
        close_rate=tiers.close_rate[tier],
        born=cohorts.born * usd,
        closed=cohorts.closed * usd,
        swept=cohorts.swept * usd,
        left=cohorts.left * usd,
    )
