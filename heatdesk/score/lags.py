"""What was liquidated just before: the self-exciting part of liquidations, kept apart from what the map says.

Each is relative to the level of the last day (hourly bars) or hours (shorter ones) of both sides: how high that level
itself is, is the adaptive scale's business, and a drift of it must not be counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from heatdesk.market import Floats
from heatdesk.score.observed import Bools

TRUST: Final = 0.1  # of an average bar, where little was recorded lately


def recent(usd: Floats, recorded: Bools, half_lives: Sequence[float], level: float) -> Floats:
    """Weighted means of the recorded bars before each bar over that of both sides at half-life `level`.

    `usd` (n, 2) → (n, 2, len(half_lives)); half-lives in bars; 1 where nothing is known yet.
    """
    fade = 0.5 ** (1.0 / np.array([*half_lives, level]))
    out = np.ones((*usd.shape, len(half_lives)))
    near, seen = np.zeros((2, len(fade))), np.zeros(len(fade))
    total, bars = 0.0, 0
    for i in range(len(usd)):
        if total > 0:
            held = (near + TRUST * total / (2 * bars)) / (seen + TRUST)
            out[i] = held[:, :-1] / held[:, -1].mean()
        near, seen = near * fade, seen * fade
        if recorded[i]:
            near, seen = near + usd[i][:, None], seen + 1.0
            total, bars = total + float(usd[i].sum()), bars + 1
    return out
