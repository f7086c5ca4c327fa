"""Mixed units: numbers that are each possible, but together tell of dollars or contracts where coins belong.

A wrong unit scales the whole map by the price, a factor of 10⁵ for BTC, so each test looks at medians and speaks
only where coins are out of the question.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.feed.tables import Table
from heatdesk.market import DAY_MS, Floats, Times

# Open interest over the volume of a day. Coins: 0.05 to 20 on the perpetuals known to us.
_MOST_DAYS: Final = 100.0
_POSSIBLE_DAYS: Final = (0.01, 30.0)


def check_volume(table: Table, close: Floats, volume: Floats) -> None:
    """Where the quote volume is known, volume must be coins: quote volume / volume is a price."""
    quote = table.numbers.get("quote_volume")
    if quote is None:
        return
    traded = (volume > 0) & (quote > 0)
    if traded.any() and not 0.5 < float(np.median(quote[traded] / volume[traded] / close[traded])) < 2:
        table.refuse(traded, "volume is not in coins (quote_volume / volume is no price)", "give base units")


def check_open_interest(table: Table, times: Times, base: Floats, usd: Floats) -> None:
    """Open interest must be coins: tested against its USD value, the price and the volume, whatever is known."""
    remedy = "give coins as open_interest, and USD as open_interest_usd"
    both = (base > 0) & (usd > 0)
    price = table.numbers.get("open")
    if both.any():
        implied = usd[both] / base[both]
        if price is None:
            table.refuse(
                both if (implied == 1).all() else ~both & both,
                "open interest is in USD, not in coins",
                remedy,
            )
        elif not 0.5 < float(np.nanmedian(implied / price[both])) < 2:
            table.refuse(both, "open_interest_usd / open_interest is not the price: units are mixed", remedy)
        return
    volume = table.numbers.get("volume")
    if price is None or volume is None or len(times) < 2:
        return
    step = float(np.median(np.abs(np.diff(times))))
    known = (base > 0) & (volume > 0) & (price > 0)
    if not known.any() or not step:
        return
    days = float(np.median(base[known])) / (float(np.median(volume[known])) * DAY_MS / step)
    if days > _MOST_DAYS and _POSSIBLE_DAYS[0] < days / float(np.median(price[known])) < _POSSIBLE_DAYS[1]:
        table.refuse(known, f"open interest of {days:,.0f} days' volume is in USD, not in coins", remedy)


def check_amount(table: Table, price: Floats, amount: Floats, notional: Floats) -> None:
    """The amount of a liquidation must be coins: notional / amount is a price."""
    both = (amount > 0) & (notional > 0) & (price > 0)
    if both.any() and not 0.5 < float(np.median(notional[both] / amount[both] / price[both])) < 2:
        table.refuse(both, "notional_usd / amount is not the price: units are mixed", "give amount in coins")
