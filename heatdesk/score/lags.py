"""What was liquidated just before: the self-exciting part of liquidations, kept apart from what the map says."""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.market import Floats
from heatdesk.score.observed import Bools

TRUST: Final = 0.1  # of an average bar, where little was recorded lately


def recent(usd: Floats, recorded: Bools, half_life: float) -> Floats:
    """Weighted mean of the recorded bars before each bar over the running mean of all before, shape (n, 2).

    `usd` (n, 2); `half_life` in bars. 1 where nothing is known yet.
    """
    fade = 0.5 ** (1.0 / half_life)
    out = np.ones_like(usd)
    near, seen = np.zeros(2), 0.0
    total, bars = 0.0, 0
    for i in range(len(usd)):
        if bars and total > 0:
            mean = total / (2 * bars)
            out[i] = (near / mean + TRUST) / (seen + TRUST)
        near, seen = near * fade, seen * fade
        if recorded[i]:
            near, seen = near + usd[i], seen + 1.0
            total, bars = total + float(usd[i].sum()), bars + 1
    return out
