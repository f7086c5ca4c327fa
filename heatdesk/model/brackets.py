"""Maintenance brackets of the exchanges: dated built-in tables, and how each exchange counts its margin.

A bracket says, for positions from a notional upwards, which maintenance margin rate holds and which leverage is
allowed: larger positions, higher rate, lower leverage. Exchanges change these numbers; every table says when it was
true and where it comes from. What an exchange itself told (`use`) stands above its built-in table; what is in neither
gets a typical table that says so (`known` is False).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from heatdesk.errors import BadInputError


class Bracket(NamedTuple):
    """Positions of at least `notional_floor` USD need `maintenance_margin_rate` and allow `max_leverage`."""

    notional_floor: float
    maintenance_margin_rate: float
    max_leverage: float


class Maintenance(StrEnum):
    """How an exchange counts the maintenance margin of a linear position."""

    GRADED = "graded"  # each slice of the notional at its own rate: the rate of the top one, less a deduction
    FLAT = "flat"  # the whole position at the rate of its bracket
    AT_ENTRY = "at entry"  # graded, but on the value at entry instead of the value at the mark price


@dataclass(frozen=True, slots=True)
class BracketTable:
    """The brackets of one coin on one exchange, and the exchange's rule; floors and rates ascend.

    `fee` is the closing fee, as a rate, that the exchange counts into the liquidation price. `known` is False where
    the numbers are typical ones instead of the exchange's own for this coin and kind of contract.
    """

    brackets: tuple[Bracket, ...]
    maintenance: Maintenance
    fee: float
    as_of: str
    source: str
    known: bool

    def deductions(self) -> tuple[float, ...]:
        """USD taken off ``rate × notional`` per bracket, so that maintenance margin is continuous (model: cum).

        ``cum_n = cum_{n−1} + floor_n·(mmr_n − mmr_{n−1})``; all zero where the whole position pays one rate.
        """
        total = 0.0
        deductions = [total]
        for below, above in pairwise(self.brackets):
            if self.maintenance is not Maintenance.FLAT:
                total += above.notional_floor * (
                    above.maintenance_margin_rate - below.maintenance_margin_rate
                )
            deductions.append(total)
        return tuple(deductions)

    def at(self, notional: float, leverage: float) -> int:
        """Index of the bracket of a position: the one of its notional, or the largest below that allows `leverage`.

        A leverage that no bracket allows gets the lowest one.
        """
        index = max(i for i, b in enumerate(self.brackets) if i == 0 or b.notional_floor <= notional)
        while index > 0 and self.brackets[index].max_leverage < leverage:
            index -= 1
        return index

    def cap(self, index: int) -> float:
        """The notional at which the next bracket begins; infinite for the last one."""
        return self.brackets[index + 1].notional_floor if index + 1 < len(self.brackets) else float("inf")


class _Rule(NamedTuple):
    maintenance: Maintenance
    fee: float
    contracts: frozenset[str]  # the kinds of contract that the exchange's tables below are about


class _Rows(NamedTuple):
    as_of: str
    source: str
    rows: tuple[tuple[float, float, float], ...]  # notional floor, maintenance margin rate, maximal leverage


_LINEAR: Final = frozenset({"linear"})
_INVERSE: Final = frozenset({"inverse"})
_BOTH: Final = _LINEAR | _INVERSE

_RULES: Final[dict[str, _Rule]] = {
    "binance": _Rule(Maintenance.GRADED, 0.0, _LINEAR),
    "bybit": _Rule(Maintenance.AT_ENTRY, 0.0, _BOTH),
    "okx": _Rule(Maintenance.FLAT, 0.0006, _BOTH),
    "hyperliquid": _Rule(Maintenance.GRADED, 0.0, _LINEAR),
    "dydx": _Rule(Maintenance.FLAT, 0.0, _LINEAR),
    "gate": _Rule(Maintenance.GRADED, 0.0006, _LINEAR),
    "bitget": _Rule(Maintenance.GRADED, 0.0006, _LINEAR),
    "deribit": _Rule(Maintenance.FLAT, 0.0, _BOTH),
    "kraken": _Rule(Maintenance.FLAT, 0.0, _INVERSE),
}
EXCHANGES: Final = tuple(_RULES)  # those whose formulas are known
_OTHER_RULE: Final = _Rule(Maintenance.GRADED, 0.0, _LINEAR)

_BINANCE: Final = "Binance USDⓈ-M leverage and margin"
_HYPERLIQUID: Final = "Hyperliquid docs, margin tiers: half the initial margin at the tier's maximal leverage"
_DYDX: Final = "dYdX v4 perpetual markets, maintenanceMarginFraction"
_DERIBIT_BTC: Final = "Deribit: 1 % + 0.005 % per BTC held (initial 2 %), in steps at 100,000 USD a coin"
_DERIBIT_ETH: Final = "Deribit: 1 % + 0.0004 % per ETH held (initial 2 %), in steps at 3,000 USD a coin"
_BYBIT: Final = "Bybit instruments (100x) and its worked examples (0.5 %); first bracket only"

_TABLES: Final[dict[tuple[str, str], _Rows]] = {
    ("binance", "BTC"): _Rows(
        "2026-02",
        _BINANCE,
        (
            (0, 0.004, 150),
            (300e3, 0.005, 100),
            (800e3, 0.0065, 75),
            (3e6, 0.01, 50),
            (12e6, 0.02, 25),
            (70e6, 0.025, 20),
            (100e6, 0.05, 10),
            (230e6, 0.1, 5),
            (480e6, 0.125, 4),
            (600e6, 0.15, 3),
            (800e6, 0.25, 2),
            (1200e6, 0.5, 1),
        ),
    ),
    ("binance", "ETH"): _Rows(
        "2026-02",
        _BINANCE,
        (
            (0, 0.004, 150),
            (300e3, 0.005, 100),
            (800e3, 0.0065, 75),
            (3e6, 0.01, 50),
            (12e6, 0.02, 25),
            (50e6, 0.025, 20),
            (65e6, 0.05, 10),
            (150e6, 0.1, 5),
            (320e6, 0.125, 4),
            (400e6, 0.15, 3),
            (530e6, 0.25, 2),
            (800e6, 0.5, 1),
        ),
    ),
    ("binance", "SOL"): _Rows(
        "2026-02",
        _BINANCE,
        (
            (0, 0.005, 100),
            (50e3, 0.0065, 75),
            (400e3, 0.01, 50),
            (1e6, 0.02, 25),
            (4e6, 0.025, 20),
            (8e6, 0.05, 10),
            (40e6, 0.1, 5),
            (80e6, 0.125, 4),
            (100e6, 0.25, 2),
            (200e6, 0.5, 1),
        ),
    ),
    ("bybit", "BTC"): _Rows("2026-08", _BYBIT, ((0, 0.005, 100),)),
    ("bybit", "ETH"): _Rows("2026-08", _BYBIT, ((0, 0.005, 100),)),
    ("hyperliquid", "BTC"): _Rows("2026-02", _HYPERLIQUID, ((0, 1 / 80, 40), (150e6, 1 / 40, 20))),
    ("hyperliquid", "ETH"): _Rows("2026-02", _HYPERLIQUID, ((0, 1 / 50, 25), (100e6, 1 / 30, 15))),
    ("hyperliquid", "SOL"): _Rows("2026-02", _HYPERLIQUID, ((0, 1 / 40, 20), (70e6, 1 / 20, 10))),
    ("dydx", "BTC"): _Rows("2025", _DYDX, ((0, 0.012, 50),)),
    ("dydx", "ETH"): _Rows("2025", _DYDX, ((0, 0.012, 50),)),
    ("dydx", "SOL"): _Rows("2025", _DYDX, ((0, 0.03, 20),)),
    # 4,900 USDT for a position of 1.2 M, Gate's printed example: 1 M at 0.4 %, the rest at 0.45 %
    ("gate", "BTC"): _Rows("2025-07", "Gate risk limit announcement", ((0, 0.004, 125), (1e6, 0.0045, 111))),
    ("deribit", "BTC"): _Rows(
        "2022-01",
        _DERIBIT_BTC,
        (
            (0, 0.01, 50),
            (2.5e6, 0.01125, 47),
            (5e6, 0.0125, 44.4),
            (10e6, 0.015, 40),
            (20e6, 0.02, 33.3),
            (50e6, 0.035, 22.2),
        ),
    ),
    ("deribit", "ETH"): _Rows(
        "2022-01",
        _DERIBIT_ETH,
        ((0, 0.01, 50), (3e6, 0.014, 41.6), (6e6, 0.018, 35.7), (15e6, 0.03, 25)),
    ),
    ("kraken", "BTC"): _Rows("2026-02", "Kraken Futures margin schedule, level 1", ((0, 0.01, 50),)),
}

# Exchanges whose limits are far from the typical ones even for coins that are not listed above.
_EXCHANGE_TYPICAL: Final[dict[str, _Rows]] = {
    "hyperliquid": _Rows("2026-02", "typical Hyperliquid coin", ((0, 0.05, 10),)),
    "dydx": _Rows("2025", "typical dYdX market", ((0, 0.03, 20),)),
    "kraken": _Rows("2026-02", "Kraken Futures margin schedule, level 1", ((0, 0.01, 50),)),
    "deribit": _Rows("2022-01", "Deribit: 1 %, initial 2 %", ((0, 0.01, 50),)),
}
_MAJOR_TYPICAL: Final = _Rows(
    "2026-02",
    "typical brackets of a major coin",
    (
        (0, 0.004, 125),
        (50e3, 0.005, 100),
        (600e3, 0.0065, 75),
        (3e6, 0.01, 50),
        (12e6, 0.02, 25),
        (70e6, 0.025, 20),
        (100e6, 0.05, 10),
    ),
)
_TYPICAL: Final = _Rows(
    "2026-02",
    "typical brackets of a smaller coin",
    (
        (0, 0.005, 75),
        (20e3, 0.01, 50),
        (150e3, 0.015, 40),
        (300e3, 0.02, 25),
        (1e6, 0.025, 20),
        (3e6, 0.05, 10),
        (15e6, 0.1, 5),
        (30e6, 0.125, 4),
        (40e6, 0.25, 2),
        (80e6, 0.5, 1),
    ),
)
_MAJORS: Final = frozenset({"BTC", "ETH"})
_MOST_BRACKETS: Final = 200

_told: dict[tuple[str, str], _Rows] = {}  # what exchanges themselves said, by exchange and symbol


def contract(symbol: str) -> tuple[str, bool]:
    """Base coin and whether the contract is inverse (margined in its coin), from a symbol as ``BTC/USDT:USDT``."""
    base, _, rest = symbol.upper().partition("/")
    return base, bool(base) and rest.partition(":")[2] == base


def use(
    exchange: str, symbol: str, rows: Sequence[tuple[float, float, float]], as_of: str, source: str
) -> None:
    """Count with these brackets from now on: (notional floor in USD, maintenance margin rate, maximal leverage).

    Raises BadInputError for a table that no exchange can mean; what held before goes on then.
    """
    fine = 0 < len(rows) <= _MOST_BRACKETS and rows[0][0] == 0.0
    for floor, rate, leverage in rows:
        fine = fine and 0.0 <= floor < 1e15 and 0.0 < rate < 1.0 and 1.0 <= leverage <= 1000.0
    for below, above in pairwise(rows):
        fine = fine and below[0] < above[0] and below[1] <= above[1] and below[2] >= above[2]
    if not fine:
        raise BadInputError(
            f"The maintenance brackets that {exchange} tells for {symbol} cannot be; the built-in ones stay."
        )
    _told[exchange.lower(), symbol.upper()] = _Rows(as_of, source, tuple(rows))


def forget_told() -> None:
    """Count with the built-in tables alone."""
    _told.clear()


def bracket_table(exchange: str, symbol: str) -> BracketTable:
    """The brackets of a symbol (``BTC/USDT:USDT``) on an exchange; never fails, see `BracketTable.known`."""
    exchange = exchange.lower()
    base, inverse = contract(symbol)
    rule = _RULES.get(exchange, _OTHER_RULE)
    told = _told.get((exchange, symbol.upper()))
    own = told or _TABLES.get((exchange, base))
    typical = _EXCHANGE_TYPICAL.get(exchange, _MAJOR_TYPICAL if base in _MAJORS else _TYPICAL)
    table = own or typical
    return BracketTable(
        tuple(Bracket(*row) for row in table.rows),
        rule.maintenance,
        rule.fee,
        table.as_of,
        table.source,
        told is not None or (own is not None and ("inverse" if inverse else "linear") in rule.contracts),
    )
