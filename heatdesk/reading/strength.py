"""How much a zone is worth attention: a weighted mean whose parts are always shown beside it."""

from __future__ import annotations

from typing import Final, NamedTuple

from heatdesk.market import DAY_MS

HALF_NEAR_ATR: Final = 12.0  # hourly ATRs at which nearness has fallen to a half
HALF_OLD_MS: Final = DAY_MS  # age at which standing has risen to a half
WEIGHTS: Final = {"size": 0.4, "nearness": 0.3, "share": 0.2, "standing": 0.1}
FORMULA: Final = (
    "100 · (0.4 · USD ÷ the largest zone's + 0.3 · 1 ÷ (1 + distance ÷ 12 hourly ATR) + 0.2 · share of its side"
    " + 0.1 · age ÷ (age + 1 day))"
)


class Strength(NamedTuple):
    """The parts of a zone's strength, each 0–1 and each only ever raising it (judgement, not calibrated)."""

    size: float
    nearness: float
    share: float
    standing: float

    @property
    def total(self) -> float:
        """0–100 by `FORMULA`."""
        return 100.0 * sum(weight * part for weight, part in zip(WEIGHTS.values(), self, strict=True))


NO_STRENGTH: Final = Strength(0.0, 0.0, 0.0, 0.0)


def strength(size: float, distance: float, hourly_atr: float, share: float, age_ms: int) -> Strength:
    """The parts from a zone's USD ÷ the largest zone's, its distance and the hourly ATR (both fractions of the price),
    its share of its side and its age. Without an ATR nothing is known to be near.
    """
    nearness = 1.0 / (1.0 + distance / (HALF_NEAR_ATR * hourly_atr)) if hourly_atr > 0 else 0.0
    return Strength(size, nearness, share, age_ms / (age_ms + HALF_OLD_MS))
