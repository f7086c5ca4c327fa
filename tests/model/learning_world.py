"""A small world that obeys the model: single positions are opened, closed and liquidated on a random walk.

Nothing of the model's replay is used: positions live one by one, so that what they lose is a recording, not a formula.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from heatdesk.market import Floats, Times
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import CLOSE_REFERENCE, Tiers, birth_weights
from tests.model.walks import walk

CLASSES = np.array([3, 5, 10, 20, 25, 50, 75, 100, 125], float)
TRUTH = np.array([0.18, 0.20, 0.24, 0.12, 0.10, 0.08, 0.03, 0.04, 0.01])
MAINTENANCE = 0.005
PARAMS = ModelParams(levered_share=1.0)
DAYS = 30
MEAN_POSITION_USD = 300_000.0
SIZE_SPREAD = 1.0  # lognormal


class World(NamedTuple):
    """A market and the liquidations in it: one row an event."""

    series: Series
    tiers: Tiers
    event_ms: Times
    event_side: np.ndarray  # 0 long, 1 short
    event_usd: Floats
    event_level: Floats
    event_close: Floats  # the market's price when it happened


def classes(params: ModelParams = PARAMS) -> Tiers:
    """Nine leverage classes with the model's prior."""
    return Tiers(
        leverage=CLASSES,
        weight=birth_weights(CLASSES, params) * params.levered_share,
        close_rate=(CLASSES / CLOSE_REFERENCE) ** params.close_slope,
        ratio_long=(1 - 1 / CLASSES) / (1 - MAINTENANCE),
        ratio_short=(1 + 1 / CLASSES) / (1 + MAINTENANCE),
    )


def live(seed: int, days: int = DAYS, truth: Floats = TRUTH) -> World:
    """Let every position live until it closes or its level is crossed, from the candle after its birth on."""
    series = walk(days * 288, seed, volatility=0.0018)
    rng = np.random.default_rng(seed + 1_000)
    tiers = classes()
    flow = ESTIMATORS["flow"].flow(series, PARAMS)
    alive = [_Alive.none() for _ in range(2)]
    events: list[np.ndarray] = []
    for i in range(len(series)):
        price = float(series.close[i])
        for side, (opens, closes) in enumerate(
            ((flow.opens_long[i], flow.closes_long[i]), (flow.opens_short[i], flow.closes_short[i]))
        ):
            now = alive[side]
            crossed = now.level >= series.low[i] if side == 0 else now.level <= series.high[i]
            gone = now.coins[crossed] * now.level[crossed]
            rows = np.full((int(crossed.sum()), 5), (series.time_ms[i], side, 0.0, 0.0, price))
            rows[:, 2], rows[:, 3] = gone, now.level[crossed]
            events.append(rows)
            now = now.kept(~crossed)
            hazard = max(closes - float((gone / price).sum()), 0.0) / flow.pool[i]
            now = now.kept(rng.random(len(now.level)) < np.exp(-hazard * tiers.close_rate[now.tier]))
            alive[side] = now.joined(_born(series, i, side, opens, truth, tiers, rng))
    table = np.concatenate(events)
    time_ms, which = table[:, 0].astype(np.int64), table[:, 1].astype(int)
    return World(series, tiers, time_ms, which, table[:, 2], table[:, 3], table[:, 4])


class _Alive(NamedTuple):
    tier: np.ndarray
    level: Floats
    coins: Floats

    @staticmethod
    def none() -> _Alive:
        return _Alive(np.empty(0, int), np.empty(0), np.empty(0))

    def kept(self, rows: np.ndarray) -> _Alive:
        return _Alive(*(column[rows] for column in self))

    def joined(self, other: _Alive) -> _Alive:
        return _Alive(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


def _born(series, i, side, opens, truth, tiers, rng) -> _Alive:
    """Positions of random size, as many as make up the coins opened; entries around low, close and high."""
    mean_coins = MEAN_POSITION_USD / series.close[i]
    count = rng.poisson(opens * truth / mean_coins)
    tier = np.repeat(np.arange(len(truth)), count)
    low, close, high = (np.log(p[i]) for p in (series.low, series.close, series.high))
    edges = np.array([low, (low + close) / 2, (close + high) / 2, high])
    wick = (1 - PARAMS.entry_close) / 2
    stretch = rng.choice(3, len(tier), p=[wick, PARAMS.entry_close, wick])
    entry = np.exp(edges[stretch] + (edges[stretch + 1] - edges[stretch]) * rng.random(len(tier)))
    ratio = tiers.ratio_long if side == 0 else tiers.ratio_short
    size = rng.lognormal(-(SIZE_SPREAD**2) / 2, SIZE_SPREAD, len(tier)) * mean_coins
    return _Alive(tier, entry * ratio[tier], size)
