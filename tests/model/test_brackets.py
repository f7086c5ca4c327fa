"""Maintenance brackets: the dated numbers, the recursion of deductions, and what is not known."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from heatdesk.model.brackets import Bracket, BracketTable, Maintenance, bracket_table, contract

_EXCHANGES = (
    "binance",
    "bybit",
    "okx",
    "hyperliquid",
    "dydx",
    "gate",
    "bitget",
    "deribit",
    "kraken",
    "other",
)
_COINS = ("BTC", "ETH", "SOL", "DOGE")


def _graded(*rows: tuple[float, float, float]) -> BracketTable:
    return BracketTable(tuple(Bracket(*row) for row in rows), Maintenance.GRADED, 0.0, "", "", True)


def _maintenance(table: BracketTable, notional: float) -> float:
    index = table.at(notional, 1)
    return notional * table.brackets[index].maintenance_margin_rate - table.deductions()[index]


@pytest.mark.parametrize("exchange", _EXCHANGES)
@pytest.mark.parametrize("coin", _COINS)
def test_larger_positions_pay_more_and_get_less_leverage(exchange: str, coin: str) -> None:
    table = bracket_table(exchange, f"{coin}/USDT:USDT")
    assert table.brackets[0].notional_floor == 0
    for below, above in pairwise(table.brackets):
        assert below.notional_floor < above.notional_floor
        assert below.maintenance_margin_rate < above.maintenance_margin_rate
        assert below.max_leverage > above.max_leverage
    for bracket in table.brackets:  # what may be opened is not liquidated at once
        assert 0 < bracket.maintenance_margin_rate < 1 / bracket.max_leverage
    assert table.as_of and table.source


@pytest.mark.parametrize("exchange", _EXCHANGES)
@pytest.mark.parametrize("coin", _COINS)
def test_graded_maintenance_has_no_jumps(exchange: str, coin: str) -> None:
    table = bracket_table(exchange, f"{coin}/USDT:USDT")
    if table.maintenance is Maintenance.FLAT:
        assert set(table.deductions()) == {0.0}
        return
    for bracket in table.brackets[1:]:
        floor = bracket.notional_floor
        assert _maintenance(table, floor * (1 - 1e-12)) == pytest.approx(_maintenance(table, floor), rel=1e-9)


def test_deductions_of_binance_btc_in_october_2024() -> None:
    table = _graded(
        (0, 0.004, 125),
        (50e3, 0.005, 100),
        (600e3, 0.0065, 75),
        (3e6, 0.01, 50),
        (12e6, 0.02, 25),
        (70e6, 0.025, 20),
        (100e6, 0.05, 10),
        (230e6, 0.1, 5),
        (480e6, 0.125, 4),
        (600e6, 0.15, 3),
        (800e6, 0.25, 2),
        (1200e6, 0.5, 1),
    )
    printed = (0, 50, 950, 11450, 131450, 481450, 2981450, 14481450, 26481450, 41481450, 121481450, 421481450)
    assert table.deductions() == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize(("coin", "last"), [("BTC", 421_482_000), ("ETH", 280_507_000), ("SOL", 66_731_475)])
def test_deductions_of_binance_in_february_2026(coin: str, last: float) -> None:
    table = bracket_table("binance", f"{coin}/USDT:USDT")
    assert table.known and table.as_of == "2026-02"
    assert table.deductions()[-1] == pytest.approx(last, rel=1e-12)


@pytest.mark.parametrize("coin", ["BTC", "ETH", "SOL"])
def test_binance_rows_are_those_the_exchange_published(coin: str, shared: Path) -> None:
    published = json.loads((shared / "data/brackets/binance_2026-02.json").read_text())[f"{coin}/USDT:USDT"]
    table = bracket_table("binance", f"{coin}/USDT:USDT")
    names = ("notional_floor", "maintenance_margin_rate", "max_leverage")
    assert [tuple(b) for b in table.brackets] == [tuple(row[n] for n in names) for row in published]
    assert table.deductions() == pytest.approx([row["maintenance_amount"] for row in published])


def test_printed_margins_of_other_exchanges() -> None:
    assert bracket_table("hyperliquid", "BTC/USDC:USDC").deductions()[1] == pytest.approx(1_875_000)
    assert _maintenance(bracket_table("gate", "BTC/USDT:USDT"), 1.2e6) == pytest.approx(4_900)
    assert _maintenance(bracket_table("deribit", "BTC/USDC:USDC"), 25 * 100_000) == pytest.approx(28_125)


def test_bracket_of_a_position() -> None:
    table = _graded((0, 0.004, 125), (50e3, 0.005, 100), (600e3, 0.0065, 75))
    assert [table.at(n, 10) for n in (1, 49_999, 50_000, 600_000, 1e12)] == [0, 0, 1, 2, 2]
    assert [table.at(1e6, leverage) for leverage in (75, 76, 100, 101, 125, 500)] == [2, 1, 1, 0, 0, 0]
    assert [table.cap(i) for i in range(3)] == [50e3, 600e3, float("inf")]


def test_what_is_not_known_says_so() -> None:
    assert bracket_table("binance", "BTC/USDT:USDT").known
    assert bracket_table("Binance", "btc/usdt:usdt").known
    assert not bracket_table("binance", "BTC/USD:BTC").known  # coin-margined has brackets of its own
    assert not bracket_table("binance", "PEPE/USDT:USDT").known
    assert not bracket_table("okx", "BTC/USDT:USDT").known
    assert not bracket_table("nowhere", "").known


def test_kind_of_contract() -> None:
    assert contract("BTC/USDT:USDT") == ("BTC", False)
    assert contract("BTC/USD:BTC") == ("BTC", True)
    assert contract("eth/usd:eth") == ("ETH", True)
    assert contract("BTCUSDT") == ("BTCUSDT", False)
    assert contract("") == ("", False)
