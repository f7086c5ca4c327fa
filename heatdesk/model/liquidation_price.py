"""Where a position is force-closed: the exchanges' formulas, and the ladder of levels that the map needs.

Prices in quote per base, quantities in base, `side` +1 long and −1 short, rates as fractions (0.004 = 0.4 %).
The trigger is the mark price on every exchange here. A long that nothing liquidates has a level ≤ 0, a short one
at infinity or below zero; `price` and `liquidation_ratio` say how they report it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from inspect import Parameter, signature
from typing import Any, Final, NamedTuple

import numpy as np

from heatdesk.errors import BadInputError
from heatdesk.market import Floats
from heatdesk.model.brackets import BracketTable, Maintenance, bracket_table, contract


def linear(
    entry: float, margin: float, quantity: float, mmr: float, side: int, cum: float = 0.0, fee: float = 0.0
) -> float:
    """Linear contract: equity ``m + s·q·(P − E)`` meets maintenance ``q·P·(mmr + fee) − cum``.

    ``P* = (m + cum − s·q·E) / (q·(mmr + fee) − s·q)``; Binance, OKX, Gate, Bitget and Phemex, isolated.
    """
    return (margin + cum - side * quantity * entry) / (quantity * (mmr + fee) - side * quantity)


def inverse(entry: float, margin: float, value: float, mmr: float, side: int, fee: float = 0.0) -> float:
    """Inverse contract: `value` in USD, `margin` in the coin; ``m + s·N·(1/E − 1/P) = (N/P)·(mmr + fee)``.

    ``P* = N·(1 + s·(mmr + fee)) / (N/E + s·m)``; Kraken, Deribit, OKX coin-margined. A long's level lies closer and a
    short's further away than the linear one at the same leverage.
    """
    return value * (1 + side * (mmr + fee)) / (value / entry + side * margin)


def binance_cross(
    wallet: float,
    other_maintenance: float,
    other_pnl: float,
    cum: float,
    quantity: float,
    entry: float,
    mmr: float,
    side: int,
) -> float:
    """Binance USDⓈ-M, cross: the wallet, less maintenance and plus profit of the *other* positions, is the margin."""
    return linear(entry, wallet - other_maintenance + other_pnl, quantity, mmr, side, cum)


def bybit_linear(entry: float, leverage: float, mmr: float, side: int) -> float:
    """Bybit USDT, isolated: maintenance is taken at the entry value, ``E·(1 − s·(1/L − mmr))``."""
    return entry * (1 - side * (1 / leverage - mmr))


def bybit_inverse(entry: float, value: float, leverage: float, mmr: float, side: int) -> float:
    """Bybit coin-margined, isolated: ``N / (PV + s·(IM − MM))`` with ``PV = N/E`` in the coin."""
    coins = value / entry
    return value / (coins + side * coins * (1 / leverage - mmr))


def dydx(equity: float, size: float, price: float, mmf: float, other_maintenance: float = 0.0) -> float:
    """dYdX v4, cross, oracle price: ``(e − s·p − MMR_other) / (|s|·MMF − s)`` with the signed size s."""
    return (equity - size * price - other_maintenance) / (abs(size) * mmf - size)


def hyperliquid(price: float, margin: float, quantity: float, rate: float, side: int) -> float:
    """Hyperliquid: ``price − s·(margin − MM)/q/(1 − l·s)``, ``l = 1/(2·max leverage)``, MM at `price`."""
    available = margin - rate * quantity * price
    return price - side * available / quantity / (1 - rate * side)


class Formula(NamedTuple):
    """A liquidation price formula and the short names that its inputs go by outside."""

    function: Callable[..., float]
    inputs: dict[str, str]  # outside name → parameter


_POSITION: Final = {"E": "entry", "m": "margin", "mmr": "mmr", "side": "side"}

FORMULAS: Final[dict[str, Formula]] = {
    "lin": Formula(linear, {**_POSITION, "q": "quantity", "cum": "cum", "fee": "fee"}),
    "inv": Formula(inverse, {**_POSITION, "N": "value", "fee": "fee"}),
    "binance_cross": Formula(
        binance_cross,
        {
            "WB": "wallet",
            "TMM": "other_maintenance",
            "UPNL": "other_pnl",
            "cum": "cum",
            "q": "quantity",
            "E": "entry",
            "mmr": "mmr",
            "side": "side",
        },
    ),
    "bybit_lin_entry_mm": Formula(
        bybit_linear, {"E": "entry", "L": "leverage", "mmr": "mmr", "side": "side"}
    ),
    "bybit_inv_entry_mm": Formula(
        bybit_inverse, {"E": "entry", "N": "value", "L": "leverage", "mmr": "mmr", "side": "side"}
    ),
    "dydx": Formula(
        dydx, {"e": "equity", "s": "size", "p": "price", "mmf": "mmf", "mmr_other": "other_maintenance"}
    ),
    "hyperliquid": Formula(
        hyperliquid, {"price": "price", "margin": "margin", "q": "quantity", "l": "rate", "side": "side"}
    ),
}

_POSITIVE: Final = frozenset({"entry", "quantity", "value", "leverage", "price"})
_LARGEST: Final = 1e300
_RATES: Final = frozenset({"mmr", "fee", "mmf", "rate"})


def price(formula: str, inputs: Mapping[str, object]) -> float | None:
    """The liquidation price by a formula of `FORMULAS`, inputs by their outside names; None if no price liquidates.

    Raises BadInputError for an unknown formula and for inputs that are missing, unknown, not a number or impossible.
    """
    known = FORMULAS.get(formula)
    if known is None:
        raise BadInputError(f"Formula {formula!r} is unknown; use one of {', '.join(FORMULAS)}.")
    if unknown := sorted(set(inputs) - set(known.inputs)):
        raise BadInputError(
            f"Formula {formula} has no input {unknown[0]!r}; its inputs are {', '.join(known.inputs)}."
        )
    parameters = signature(known.function).parameters
    values: dict[str, Any] = {}
    for name, parameter in known.inputs.items():
        if name in inputs:
            values[parameter] = _checked(formula, name, parameter, inputs[name])
        elif parameters[parameter].default is Parameter.empty:
            raise BadInputError(f"Formula {formula} needs the input {name!r} ({parameter}); add it.")
    try:
        level = known.function(**values)
    except ZeroDivisionError:  # equity and maintenance move in step: they never meet
        return None
    return level if 0 < level < math.inf else None


def _checked(formula: str, name: str, parameter: str, value: object) -> float:
    where = f"Formula {formula}: input {name!r} ({parameter}) is {repr(value)[:40]}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadInputError(f"{where}; give a number.")
    if not abs(value) <= _LARGEST:  # also refuses NaN
        raise BadInputError(f"{where}; give a finite number.")
    number = float(value)
    if parameter == "side" and number not in (1.0, -1.0):
        raise BadInputError(f"{where}; use 1 for a long and -1 for a short.")
    if parameter in _POSITIVE and number <= 0:
        raise BadInputError(f"{where}; it must be above zero.")
    if parameter in _RATES and not 0 <= number < 1:
        raise BadInputError(f"{where}; a rate lies between 0 and 1 (0.004 for 0.4 %).")
    if parameter == "size" and number == 0:
        raise BadInputError(f"{where}; use a positive size for a long and a negative one for a short.")
    return number


def liquidation_ratio(
    exchange: str, symbol: str, leverage: Floats, position_usd: float
) -> tuple[Floats, Floats]:
    """P*/E of an isolated long and of an isolated short, per leverage; two float64 arrays shaped like `leverage`.

    The exchange's rule and the bracket of `position_usd` hold. Where that bracket does not allow a leverage, the
    largest one that does is used, with a position that just fits it; a leverage above all that the exchange offers
    counts as the highest it offers. A long that cannot be liquidated has ratio 0, such a short infinity.
    Raises BadInputError for a leverage below 1 or a size that is not positive and finite.
    """
    leverages = np.asarray(leverage, np.float64)
    if not (np.all(np.isfinite(leverages)) and np.all(leverages >= 1)):
        raise BadInputError("A leverage must be a number of at least 1.")
    if not 0 < position_usd < math.inf:
        raise BadInputError(f"The position size is {position_usd:g} USD; it must be above zero.")
    table = bracket_table(exchange, symbol)
    is_inverse = contract(symbol)[1]
    asked = tuple(leverages.ravel().tolist())
    long, short = (
        np.array(_ratios(table, is_inverse, asked, position_usd, side)).reshape(leverages.shape)
        for side in (1, -1)
    )
    return long, short


@lru_cache(maxsize=128)
def _ratios(
    table: BracketTable, is_inverse: bool, leverages: tuple[float, ...], position_usd: float, side: int
) -> tuple[float, ...]:
    """One side's ratios; a live map asks for the same ones every second."""
    return tuple(_ratio(table, is_inverse, leverage, position_usd, side) for leverage in leverages)


def _ratio(table: BracketTable, is_inverse: bool, leverage: float, position_usd: float, side: int) -> float:
    leverage = min(leverage, table.brackets[0].max_leverage)
    index = table.at(position_usd, leverage)
    position_usd = min(position_usd, table.cap(index))
    rates = [b.maintenance_margin_rate for b in table.brackets]
    cums = [cum / position_usd for cum in table.deductions()]  # per unit of notional at entry
    at_entry = rates[index] - cums[index]
    if table.maintenance is Maintenance.AT_ENTRY:
        if is_inverse:
            ratio = bybit_inverse(1.0, 1.0, leverage, at_entry, side)
        else:
            ratio = bybit_linear(1.0, leverage, at_entry, side)
    elif is_inverse:
        if side < 0 and leverage <= 1:
            return math.inf  # a short margined with its own coin is hedged
        ratio = inverse(1.0, 1 / leverage, 1.0, at_entry, side, table.fee)
    elif table.maintenance is Maintenance.FLAT:
        ratio = linear(1.0, 1 / leverage, 1.0, rates[index], side, fee=table.fee)
    else:
        # Graded maintenance is the largest of the brackets' lines, so the first line that equity meets decides:
        # the highest root for a long, the lowest for a short. No search for the bracket at the liquidation price.
        roots = (
            linear(1.0, 1 / leverage, 1.0, r, side, c, table.fee) for r, c in zip(rates, cums, strict=True)
        )
        ratio = max(roots) if side > 0 else min(roots)
    return max(0.0, ratio)
