"""What a table's columns say: each kind of series read out of it, with every check a single row can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.errors import BadInputError
from heatdesk.feed import units
from heatdesk.feed.tables import Mask, Table
from heatdesk.market import Floats, Kind, Times

PRICES: Final = ("open", "high", "low", "close")
_MEND: Final = "correct or remove the row"
# One of these sets of columns must be there, besides the time.
REQUIRED: Final[dict[Kind, tuple[frozenset[str], ...]]] = {
    Kind.CANDLES: (frozenset(PRICES),),
    Kind.OPEN_INTEREST: (
        frozenset({"open_interest"}),
        frozenset({"sum_open_interest"}),
        frozenset({"open_interest_usd", "open"}),
    ),
    Kind.EVENTS: (
        frozenset({"side", "bankruptcy_price", "amount"}),
        frozenset({"side", "bankruptcy_price", "notional_usd"}),
        frozenset({"side", "price", "amount"}),
        frozenset({"side", "price", "notional_usd"}),
        frozenset({"side", "price", "original_quantity"}),
    ),
    Kind.TOTALS: (frozenset({"liquidation_long_usd", "liquidation_short_usd"}),),
    Kind.FUNDING: (frozenset({"funding_rate"}),),
    Kind.POSITIONS: (frozenset({"side", "size", "entry_price", "liquidation_price"}),),
    Kind.OPEN_INTEREST_USD: (frozenset({"coin", "open_interest_usd"}),),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """Columns of one kind in the file's own order; `kept` are the rows that say something."""

    kind: Kind
    columns: dict[str, Floats]
    kept: Mask
    notes: tuple[str, ...] = ()


def present(table: Table) -> tuple[Kind, ...]:
    """The kinds whose required columns the table has; it needs a time column besides."""
    names = set(table.names)
    return tuple(kind for kind, sets in REQUIRED.items() if any(columns <= names for columns in sets))


def explain(table: Table, kind: Kind | None) -> BadInputError:
    """Why no series was found: what the nearest kind still lacks."""
    names = set(table.names)
    wanted = [(columns, k) for k, sets in REQUIRED.items() for columns in sets if kind in (None, k)]
    columns, nearest = min(wanted, key=lambda pair: (len(pair[0] - names) / len(pair[0]), len(pair[0])))
    if not columns & names and kind is None:
        shown = ascii(",".join(table.names)[:80])
        return BadInputError(
            f"{table.path}, row 1: no known columns in {shown}; it needs time_ms with open, high, low, close "
            "or another set the README lists."
        )
    lacking = ", ".join(sorted(columns - names))
    return BadInputError(
        f"{table.path}, row 1: {nearest.value} need the column {lacking} too; add or rename it."
    )


def draft(table: Table, kind: Kind, times: Times) -> Draft:
    """The series of `kind` in the table; raises BadInputError for the first row that cannot be true."""
    for name, column in table.numbers.items():
        table.refuse(np.isinf(column), f"{name} is infinite", _MEND)
    return _DRAFTS[kind](table, times)


def _candles(table: Table, times: Times) -> Draft:
    prices = [table.numbers[name] for name in PRICES]
    unknown = np.logical_or.reduce([_blank(table, name) for name in PRICES])
    for name, price in zip(PRICES, prices, strict=True):
        table.refuse(np.isnan(price) & ~unknown, f"{name} is not a number", _MEND)
        table.refuse((price <= 0) & ~unknown, f"{name} is zero or negative", _MEND)
    opened, high, low, close = prices
    table.refuse(high < low, "high is below low", _MEND)
    table.refuse((high < opened) | (high < close), "high is below open or close", _MEND)
    table.refuse((low > opened) | (low > close), "low is above open or close", _MEND)
    volume, taker = _number(table, "volume"), _number(table, "taker_buy_volume")
    table.refuse(volume < 0, "volume is negative", _MEND)
    table.refuse(taker < 0, "taker_buy_volume is negative", _MEND)
    table.refuse(taker > volume * (1 + 1e-9), "taker_buy_volume is above volume", _MEND)
    units.check_volume(table, close, volume)
    columns = dict(zip(PRICES, prices, strict=True)) | {"volume": volume, "taker_buy_volume": taker}
    return Draft(Kind.CANDLES, columns, ~unknown)


def _open_interest(table: Table, times: Times) -> Draft:
    name = next((n for n in ("open_interest", "sum_open_interest") if n in table.numbers), "")
    usd = _number(table, "sum_open_interest_value" if name.startswith("sum") else "open_interest_usd")
    notes: tuple[str, ...] = ()
    if name:
        base = table.numbers[name]
        units.check_open_interest(table, times, base, usd)
    else:
        # A sample stands at its bar's start: the price of that instant is the open, not the close.
        base = usd / table.numbers["open"]
        notes = ("open interest in coins made from open_interest_usd / open",)
    table.refuse(base < 0, f"{name or 'open_interest_usd'} is negative", _MEND)
    # A perpetual that trades has open interest: exchanges write 0 where they have no sample.
    return Draft(Kind.OPEN_INTEREST, {"open_interest": base}, base > 0, notes)


def _events(table: Table, times: Times) -> Draft:
    archive = "original_quantity" in table.numbers
    side = _side(table, archive)
    name = "bankruptcy_price" if "bankruptcy_price" in table.numbers else "price"
    price = table.numbers[name]
    unknown = _blank(table, name)
    table.refuse((np.isnan(price) | (price <= 0)) & ~unknown, f"{name} is not above zero", _MEND)
    amount = _number(
        table, "accumulated_fill_quantity" if "accumulated_fill_quantity" in table.numbers else "amount"
    )
    if archive and "accumulated_fill_quantity" not in table.numbers:
        amount = table.numbers["original_quantity"]
    notional = _number(table, "notional_usd")
    table.refuse(amount < 0, "amount is negative", _MEND)
    table.refuse(notional < 0, "notional_usd is negative", _MEND)
    filled_at = _number(table, "average_price")
    at = np.where(filled_at > 0, filled_at, price)
    units.check_amount(table, at, amount, notional)
    quantity = np.where(np.isnan(amount), notional / at, amount)
    columns = {
        "side": side,
        "price": price,
        "quantity": quantity,
        "notional_usd": np.where(np.isnan(notional), at * quantity, notional),
    }
    return Draft(Kind.EVENTS, columns, ~unknown & (quantity > 0))


def _side(table: Table, archive: bool) -> Floats:
    """+1 where a long was liquidated. An archive names the side of the forced order, which is the opposite one."""
    words = {"sell": 1.0, "buy": -1.0} if archive else {"long": 1.0, "short": -1.0}
    text = np.char.lower(np.char.strip(table.texts["side"]))
    side = np.full(len(text), np.nan)
    for word, sign in words.items():
        side[text == word] = sign
    table.refuse(
        np.isnan(side), f"side is neither {' nor '.join(words)}", "give the side of the position liquidated"
    )
    return side


def _totals(table: Table, times: Times) -> Draft:
    columns = {name: table.numbers[name] for name in ("liquidation_long_usd", "liquidation_short_usd")}
    for name, column in columns.items():
        table.refuse(column < 0, f"{name} is negative", _MEND)
    return Draft(Kind.TOTALS, columns, ~np.logical_and.reduce([np.isnan(c) for c in columns.values()]))


def _funding(table: Table, times: Times) -> Draft:
    rate = table.numbers["funding_rate"]
    table.refuse(
        np.abs(rate) >= 0.5, "funding_rate is half the position or more", "give a fraction: 0.0001 is 0.01 %"
    )
    return Draft(Kind.FUNDING, {"funding_rate": rate}, ~np.isnan(rate))


def _positions(table: Table, times: Times) -> Draft:
    side = _side(table, archive=False)
    size, entry = table.numbers["size"], table.numbers["entry_price"]
    liquidation, notional = table.numbers["liquidation_price"], _number(table, "notional_usd")
    for name, column in (("size", size), ("entry_price", entry)):
        table.refuse(~(column > 0), f"{name} is not above zero", _MEND)
    table.refuse(
        liquidation <= 0, "liquidation_price is not above zero", "leave it blank where there is none"
    )
    table.refuse(notional < 0, "notional_usd is negative", _MEND)
    columns = {
        "side": side,
        "quantity": size,
        "entry_price": entry,
        "leverage": _number(table, "leverage"),
        "notional_usd": np.where(np.isnan(notional), size * entry, notional),
        "liquidation_price": liquidation,
    }
    return Draft(Kind.POSITIONS, columns, np.ones(len(table), np.bool_))


def _open_interest_usd(table: Table, times: Times) -> Draft:
    usd = table.numbers["open_interest_usd"]
    table.refuse(usd < 0, "open_interest_usd is negative", _MEND)
    return Draft(Kind.OPEN_INTEREST_USD, {"open_interest_usd": usd}, usd > 0)


def _number(table: Table, name: str) -> Floats:
    """The column, or all NaN (not known) where the table has none."""
    column = table.numbers.get(name)
    return np.full(len(table), np.nan) if column is None else column


def _blank(table: Table, name: str) -> Mask:
    blank = table.blank.get(name)
    return np.zeros(len(table), np.bool_) if blank is None else blank


_DRAFTS: Final[dict[Kind, Callable[[Table, Times], Draft]]] = {
    Kind.CANDLES: _candles,
    Kind.OPEN_INTEREST: _open_interest,
    Kind.EVENTS: _events,
    Kind.TOTALS: _totals,
    Kind.FUNDING: _funding,
    Kind.POSITIONS: _positions,
    Kind.OPEN_INTEREST_USD: _open_interest_usd,
}
