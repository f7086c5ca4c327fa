"""Everything a walk forward needs, on one grid of bars: what was recorded, what the map exposed, what the path did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import DAY_MS, HOUR_MS, Floats, Records, Times
from heatdesk.model.series import Series
from heatdesk.score.exposure import Exposure, Setup, bar_grid, exposure
from heatdesk.score.lags import recent
from heatdesk.score.observed import Bools, Observed
from heatdesk.score.path_features import PathFeatures, path_features
from heatdesk.score.scale import half_life_bars

WARM_UP_MS: Final = 12 * HOUR_MS  # a map that began an hour ago has seen hardly any position
FORGET_DAYS: Final = 90.0
MEMORY_DAYS: Final = 150
FEW_BARS: Final = 48
LAGS: Final = (1.0, 6.0)  # half-lives in bars


@dataclass(frozen=True, slots=True)
class Inputs:
    """Arrays on the bar grid `time_ms` (n,); `usd` (n, 2) with `recorded` (n,); `first` is the first bar to predict.

    `lags` (n, 2, 4): what was liquidated lately, relative to the day, on the same side and on the other.
    """

    bar_ms: int
    time_ms: Times
    usd: Floats
    recorded: Bools
    exposure: Exposure
    path: PathFeatures
    lags: Floats
    first: int

    @property
    def hourly(self) -> bool:
        """Whether the bars are an hour or longer: what was learned in advance differs."""
        return self.bar_ms >= HOUR_MS


class Refit(NamedTuple):
    """One moment of a walk: learn from `past` (recorded bars), say what `ahead` holds. All bars before are known.

    `weight` (n_past,) fades with age. `usual` are the bars that say what is usual of candles: the recorded ones, or
    those of the last month where few are recorded yet.
    """

    at: int
    past: NDArray[np.intp]
    usual: NDArray[np.intp]
    weight: Floats
    ahead: slice


Predictor = Callable[[Inputs, Refit], Floats]  # USD of the bars ahead, (n_ahead, 2)


def prepare(series: Series, observed: Observed, setup: Setup, minutes: Records | None = None) -> Inputs:
    """Put candles, minute candles within them and recordings on one grid, from the first candle to the last."""
    bar_ms = observed.bar_ms
    time_ms = bar_grid(series, bar_ms)
    seen = observed.on(time_ms)
    path = path_features(series, setup.params, time_ms, bar_ms)
    warm = time_ms >= (time_ms[0] if len(time_ms) else 0) + WARM_UP_MS
    recorded = seen.recorded & path.known & warm
    usd = np.where(recorded[:, None], seen.usd, 0.0)
    lags = recent(usd, recorded, LAGS, half_life_bars(bar_ms))
    first = int(np.argmax(recorded)) if recorded.any() else len(time_ms)
    return Inputs(
        bar_ms,
        time_ms,
        usd,
        recorded,
        exposure(series, setup, time_ms, bar_ms, minutes),
        path,
        np.concatenate([lags, lags[:, ::-1]], axis=-1),
        first,
    )


def refits(inputs: Inputs) -> list[Refit]:
    """When a walk learns anew: daily for hourly bars, every six hours for shorter ones, oftener in the first two days.

    The moments lie on UTC marks and depend on nothing later than themselves.
    """
    n, bar_ms = len(inputs.time_ms), inputs.bar_ms
    if inputs.first >= n:
        return []
    usual = DAY_MS if inputs.hourly else DAY_MS // 4
    begun = int(inputs.time_ms[inputs.first])
    marks = [inputs.first]
    for i in range(inputs.first + 1, n):
        at = int(inputs.time_ms[i])
        every = usual if at - begun >= 2 * DAY_MS else usual // 4
        if at % max(every, bar_ms) == 0:
            marks.append(i)
    out = []
    for at, end in zip(marks, [*marks[1:], n], strict=True):
        oldest = int(inputs.time_ms[at]) - MEMORY_DAYS * DAY_MS
        past = np.flatnonzero(inputs.recorded[:at] & (inputs.time_ms[:at] >= oldest))
        age = (inputs.time_ms[at] - inputs.time_ms[past]) / DAY_MS
        month = np.arange(max(0, at - 30 * DAY_MS // bar_ms), max(at, 1))
        bars = past if len(past) >= FEW_BARS else month
        out.append(Refit(at, past, bars, 0.5 ** (age / FORGET_DAYS), slice(at, end)))
    return out


def walk(inputs: Inputs, predictors: Mapping[str, Predictor], moments: list[Refit]) -> dict[str, Floats]:
    """What every predictor says of every bar from the first recorded one on, USD (n, 2) by name; 0 before."""
    out = {name: np.zeros_like(inputs.usd) for name in predictors}
    for moment in moments:
        for name, predictor in predictors.items():
            out[name][moment.ahead] = predictor(inputs, moment)
    return out
