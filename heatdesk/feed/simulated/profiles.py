"""The exchanges of the simulated market: who trades there, how large, at which leverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SYMBOL: Final = "BTC/USDT:USDT"


@dataclass(frozen=True, slots=True)
class Profile:
    """One simulated exchange. Its leverages are lognormal, `preset_share` of them snapped to the buttons below.

    `arrivals_per_day` are levered positions opened in a calm market, `size_median_usd` and `size_spread` their
    lognormal notional, `whale_usd` the notional from which the allowed leverage falls. `pool_coins` is the open
    interest of unlevered accounts, `churn_coins_per_day` volume that changes no position, `basis` the standard
    deviation of this exchange's price against the common one, as a fraction.
    """

    name: str
    arrivals_per_day: float
    size_median_usd: float
    size_spread: float
    whale_usd: float
    leverage_median: float
    leverage_spread: float
    preset_share: float
    max_leverage: float
    maintenance_rate: float
    pool_coins: float
    churn_coins_per_day: float
    basis: float


PRESETS: Final = (3.0, 5.0, 10.0, 20.0, 25.0, 50.0, 75.0, 100.0)

PROFILES: Final = (
    Profile("binance", 9_000, 35_000, 1.6, 400_000, 9.0, 0.75, 0.45, 125, 0.0040, 52_000, 90_000, 0.00010),
    Profile("bybit", 7_000, 30_000, 1.5, 300_000, 12.0, 0.80, 0.50, 100, 0.0050, 30_000, 50_000, 0.00020),
    Profile("okx", 4_000, 40_000, 1.6, 300_000, 7.0, 0.85, 0.40, 100, 0.0040, 22_000, 35_000, 0.00015),
)
