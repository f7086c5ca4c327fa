"""The pieces of a scorecard, each of which can be computed anywhere: module-level functions of plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats, Interval
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.subdivide import subdivide
from heatdesk.model.tiers import Tiers, build_tiers
from heatdesk.score.deviance import deviance
from heatdesk.score.exposure import PIECES, Exposure, Setup, per_bar
from heatdesk.score.inputs import Inputs, Refit, refits
from heatdesk.score.intervals import Blocks
from heatdesk.score.location import BIN_BPS as LOCATION_BPS
from heatdesk.score.location import OFFSETS, Events, Location, locate, sweeps
from heatdesk.score.magnet import BIN_BPS as MAGNET_BPS
from heatdesk.score.magnet import Magnet, magnet
from heatdesk.score.placebos import Map, shuffles
from heatdesk.score.stand_ins import STAND_INS
from heatdesk.score.standing import standing
from heatdesk.score.walk_forward import judged_alone

HOUR_MS: Final = 3_600_000
OFTEN: Final = 14  # refits
SELDOM: Final = 5


@dataclass(frozen=True, slots=True)
class Bench:
    """Where raw maps are judged: the recorded bars with the common calibration and scale, and which of them count.

    `judged` (n,) says which bars are in the range; the cells of a result are those bars' longs, then their shorts.
    """

    inputs: Inputs
    judged: NDArray[np.bool_]

    @staticmethod
    def of(inputs: Inputs, start_ms: int, end_ms: int) -> Bench:
        """A light bench: what a raw map does not need stays at home."""
        n = len(inputs.time_ms)
        nothing = Exposure(np.zeros((n, 2, 0)), np.empty(0), np.zeros((n, 2)), (), np.zeros((n, 2, 0)))
        light = replace(inputs, exposure=nothing, lags=np.zeros((n, 2, 0)))
        whole = (inputs.time_ms >= start_ms) & (inputs.time_ms + inputs.bar_ms <= end_ms)
        return Bench(light, inputs.recorded & whole & (np.arange(n) >= inputs.first))

    @property
    def observed(self) -> Floats:
        """USD of the cells."""
        return self.cells(self.inputs.usd)

    def cells(self, bars: Floats) -> Floats:
        """Longs, then shorts of the judged bars; (n, 2) → (m,)."""
        return bars[self.judged].T.ravel()

    def blocks(self) -> Blocks:
        """The days of the cells."""
        return Blocks.by_day(np.tile(self.inputs.time_ms[self.judged], 2))

    def moments(self) -> list[Refit]:
        """When the calibration is fitted anew."""
        return refits(self.inputs)

    def rare_moments(self) -> list[Refit]:
        """After the first days only every so often: what a hundred placebos, and the map beside them, get."""
        often = self.moments()
        kept = [*often[:OFTEN], *often[OFTEN::SELDOM]]
        ends = [*(moment.at for moment in kept[1:]), len(self.inputs.time_ms)]
        return [moment._replace(ahead=slice(moment.at, end)) for moment, end in zip(kept, ends, strict=True)]

    def fair(self, candle_ms: NDArray[np.int64], swept: Floats, moments: list[Refit]) -> Floats:
        """Calibrated and scaled USD of the cells for a raw map's USD per candle, (n_candles, 2) → (m,)."""
        bars = per_bar(candle_ms, swept, self.inputs.time_ms, self.inputs.bar_ms)
        return self.cells(judged_alone(self.inputs, moments, bars))


def placebo_map(series: Series, setup: Setup, bar_ms: int) -> Map:
    """The prior map of a setup, on candles as fine as the predictor's own."""
    fine = subdivide(series, PIECES if bar_ms < 3 * series.step_ms else 1)
    return Map.of(fine, build_tiers(setup.exchange, setup.symbol, setup.params), setup.params)


def shifted(bench: Bench, series: Series, setup: Setup, shifts: list[int]) -> Floats:
    """Deviance by day with births moved by so many candles, shape (n_shifts, n_days)."""
    a_map = placebo_map(series, setup, bench.inputs.bar_ms)
    pieces = len(a_map.series) // max(len(series), 1)
    return _by_day(bench, a_map, [a_map.swept(shift=s * pieces) @ a_map.tiers.weight for s in shifts])


def changed(bench: Bench, series: Series, setup: Setup) -> Floats:
    """Deviance by day of the map as it is, sides swapped, nothing removed, tiers shuffled; (3 + SHUFFLES, n_days)."""
    a_map = placebo_map(series, setup, bench.inputs.bar_ms)
    swept, weight = a_map.swept(), a_map.tiers.weight
    told = [swept @ weight, swept[:, ::-1] @ weight, a_map.swept(removal=False) @ weight]
    return _by_day(bench, a_map, told + [swept @ dealt for dealt in shuffles(weight)])


def _by_day(bench: Bench, a_map: Map, told: list[Floats]) -> Floats:
    moments, blocks = bench.rare_moments(), bench.blocks()
    fair = (bench.fair(a_map.series.time_ms, swept, moments) for swept in told)
    return np.stack([blocks.sums(deviance(bench.observed, predicted)) for predicted in fair])


def rival(bench: Bench, series: Series, setup: Setup, name: str) -> Floats:
    """A stand-in's or another estimator's cells, (m,)."""
    moments = bench.moments()
    if name in STAND_INS:
        tiers = build_tiers(setup.exchange, setup.symbol, setup.params)
        swept = STAND_INS[name].predict(series, tiers, setup.params)
        return bench.fair(series.time_ms, swept, moments)
    other = replace(setup, params=replace(setup.params, estimator=name))
    a_map = placebo_map(series, other, bench.inputs.bar_ms)
    return bench.fair(a_map.series.time_ms, a_map.swept() @ a_map.tiers.weight, moments)


def magnets(
    series: Series, tiers: Tiers, params: ModelParams, start_ms: int, end_ms: int
) -> tuple[Magnet, ...]:
    """The magnet test, 4 and 24 hours ahead."""
    stood = standing(series, tiers, params, HOUR_MS, MAGNET_BPS)
    return tuple(magnet(stood, hours * HOUR_MS, start_ms, end_ms) for hours in (4, 24))


def locations(
    series: Series, tiers: Tiers, params: ModelParams, events: Events, recorded: tuple[Interval, ...]
) -> tuple[Location, ...]:
    """Location within the sweeps of an hour, for each offset from bankruptcy to trigger."""
    stood = standing(series, tiers, params, HOUR_MS, LOCATION_BPS)
    return tuple(locate(sweeps(stood, events, recorded, offset), offset) for offset in OFFSETS)
