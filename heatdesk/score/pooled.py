"""Several scorecards as one figure: their deviances added up, their days drawn apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heatdesk.market import DAY_MS
from heatdesk.score.deviance import deviance
from heatdesk.score.intervals import Blocks, Estimate
from heatdesk.score.walk_forward import Predictions


@dataclass(frozen=True, slots=True)
class Pooled:
    """Skill over all scored cells together; `days` are counted for each scorecard."""

    n: int
    days: int
    excursion: Estimate
    regression: Estimate


def pooled(said: Sequence[Predictions]) -> Pooled:
    """Predictions of several instruments as one. Large markets weigh more, for deviances are in USD."""
    parts = []
    for number, one in enumerate(said):
        rows = one.scored[:, 0]
        observed = one.observed[rows]
        own, path, known = (
            deviance(observed, told[rows]) for told in (one.predicted, one.excursion, one.regression)
        )
        day = one.time_ms[rows] // DAY_MS + number * 1_000_000  # a day of another instrument is another day
        parts.append((np.repeat(day, 2) * DAY_MS, own.ravel(), path.ravel(), known.ravel()))
    time_ms, own, path, known = (np.concatenate(column) for column in zip(*parts, strict=True))
    blocks = Blocks.by_day(time_ms)
    return Pooled(len(own), blocks.n, blocks.skill(own, path), blocks.skill(own, known))
