"""The adaptive scale: what was observed of late, over what was predicted for it.

Recording comes and goes, exchanges change their feeds, moods change: the level of a prediction drifts for weeks at a
time. Every predictor of the scoreboard gets the same correction, from bars that were over before the one it corrects.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.market import HOUR_MS, Floats
from heatdesk.score.observed import Bools

LARGEST: Final = 3.0
TRUST_MS: Final = {True: 3 * HOUR_MS, False: 6 * HOUR_MS}  # of average bars that say "right"; hourly, shorter


def half_life_bars(bar_ms: int) -> float:
    """A day for hourly bars, three hours for five minutes, between them by the root of the width."""
    return float(24.0 * (bar_ms / HOUR_MS) ** (np.log(8.0) / np.log(12.0)) * (HOUR_MS / bar_ms))


def adaptive_scale(observed: Floats, predicted: Floats, recorded: Bools, bar_ms: int) -> Floats:
    """The factor each bar's prediction is multiplied by, shape (n,), within [1/3, 3].

    Exponentially weighted Σ observed ÷ Σ predicted of both sides, (n, 2), over the recorded bars before.
    """
    fade = 0.5 ** (1.0 / half_life_bars(bar_ms))
    trusted = TRUST_MS[bar_ms >= HOUR_MS] / bar_ms
    seen = np.where(recorded, observed.sum(axis=1), 0.0)
    told = np.where(recorded, predicted.sum(axis=1), 0.0)
    factor = np.ones(len(seen))
    above = below = total = bars = 0.0
    for i in range(len(seen)):
        if bars > 0 and total > 0:
            trust = trusted * total / bars
            factor[i] = (above + trust) / (below + trust)
        above, below = above * fade, below * fade
        if recorded[i]:
            above, below = above + seen[i], below + told[i]
            total, bars = total + told[i], bars + 1.0
    return np.clip(factor, 1.0 / LARGEST, LARGEST)
