"""Leverage tiers: how many positions are born at each, how fast they close, where they would be liquidated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.errors import BadInputError
from heatdesk.market import Floats
from heatdesk.model.brackets import bracket_table
from heatdesk.model.liquidation_price import liquidation_ratio
from heatdesk.model.params import ModelParams

# Log-spaced in distance from entry, on round numbers, with every leverage that exchanges offer as a button.
LEVERAGES: Final = (3, 4, 5, 6, 8, 10, 12, 15, 18, 20, 25, 30, 35, 40, 50, 60, 75, 85, 100, 110, 125, 150)
PRESETS: Final = (10, 20, 25, 50, 75, 100, 125)
CLOSE_REFERENCE: Final = 8.0  # the leverage whose positions close as fast as open interest as a whole


@dataclass(frozen=True, slots=True)
class Tiers:
    """The tiers of one instrument on one exchange; every array has shape (n_tiers,).

    `weight`: share of newborn positions (their sum is the levered share κf; the rest never shows as a level).
    `close_rate`: multiple of the common close hazard. `ratio_long`, `ratio_short`: liquidation price ÷ entry.
    """

    leverage: Floats
    weight: Floats
    close_rate: Floats
    ratio_long: Floats
    ratio_short: Floats


def build_tiers(exchange: str, symbol: str, params: ModelParams) -> Tiers:
    """The tiers an instrument offers: leverages above its highest bracket get no births."""
    leverage = np.array(LEVERAGES, float)
    ratio_long, ratio_short = liquidation_ratio(exchange, symbol, leverage, params.position_usd)
    weight = birth_weights(leverage, params)
    weight[leverage > bracket_table(exchange, symbol).brackets[0].max_leverage] = 0.0
    return Tiers(
        leverage=leverage,
        weight=weight * (params.levered_share / weight.sum()),
        close_rate=(leverage / CLOSE_REFERENCE) ** params.close_slope,
        ratio_long=ratio_long,
        ratio_short=ratio_short,
    )


def birth_weights(leverage: Floats, params: ModelParams) -> Floats:
    """Lognormal in leverage over the tiers' spacing, with a share of it moved to the exchanges' preset buttons.

    ``w ∝ exp(−½((ln L − ln M)/σ)²)·Δln L``, then `preset_share` of the mass on the presets by the same bell; sums to 1.
    """
    ln = np.log(leverage)
    bell = np.exp(-0.5 * ((ln - np.log(params.leverage_median)) / params.leverage_spread) ** 2)
    spread = bell * np.gradient(ln)
    preset = np.where(np.isin(leverage, PRESETS), bell, 0.0)
    weight: Floats = (1 - params.preset_share) * spread / spread.sum()
    weight += params.preset_share * preset / preset.sum()
    return weight


def chosen(leverage: Floats, wanted: tuple[float, ...] | None) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which tiers a filter asks for, shape (n_tiers,); raises BadInputError for a leverage that is not a tier."""
    if wanted is None:
        return np.ones(len(leverage), bool)
    missing = [w for w in wanted if w not in leverage]
    if missing or not wanted:
        tiers = ", ".join(f"{x:g}" for x in leverage)
        unknown = ", ".join(f"{x:g}" for x in missing) or "no tier"
        raise BadInputError(f"Leverage tier {unknown} is not one of the model's; choose among {tiers}.")
    return np.isin(leverage, wanted)
