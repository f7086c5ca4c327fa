"""Liquidation prices: worked examples, what must hold for every position, and the popular errors."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.errors import BadInputError
from heatdesk.model.brackets import Maintenance, bracket_table
from heatdesk.model.liquidation_price import (
    FORMULAS,
    bybit_inverse,
    bybit_linear,
    dydx,
    hyperliquid,
    inverse,
    linear,
    liquidation_ratio,
    price,
)

# Printed by the exchanges, or real positions as their interfaces report them: inputs, the price, its tolerance.
_EXAMPLES: dict[str, tuple[str, list[tuple[float, ...]]]] = {
    "lin": (
        "E m q mmr side cum fee",
        [
            (50_000, 500, 0.02, 0.004, 1, 0, 0, 25_100.4, 0.01),  # Binance help, 500 USDT wallet
            (1_456.84, 1_535_443.01, 3_683.979, 0.1, 1, 135_365, 0, 1_114.78, 0.006),  # Binance, isolated
            (32_481.98, 1_535_443.01, 109.488, 0.025, 1, 16_300, 0, 18_778.73, 0.006),
            (10, 2, 1, 0.01, 1, 0, 0.0006, 8.085708510208207, 1e-9),  # OKX and Gate
            (10, 2, 1, 0.01, -1, 0, 0.0006, 11.87413417771621, 1e-9),
            (10, 10 / 3, 1, 0.01, 1, 0, 0.0006, 6.738090425173506, 1e-9),
            (10, 10 / 3, 1, 0.01, -1, 0, 0.0006, 13.193482419684678, 1e-9),
            (0.4, 40.096, 500, 0.01, 1, 0, 0.0006, 0.3232, 0.0002),  # Phemex help
        ],
    ),
    "binance_cross": (
        "WB TMM UPNL cum q E mmr side",
        [
            (1535443.01, 71200.81144, -56354.57, 135365, 3683.979, 1456.84, 0.1, 1, 1153.26, 0.006),
            (1535443.01, 356512.508, -448192.89, 16300, 109.488, 32481.98, 0.025, 1, 26316.89, 0.006),
        ],
    ),
    "bybit_lin_entry_mm": (
        "E L mmr side",
        [
            (10, 10, 0.01, 1, 9.1, 1e-9),
            (10, 10, 0.01, -1, 10.9, 1e-9),
            (10, 5, 0.01, 1, 8.1, 1e-9),
            (10, 5, 0.01, -1, 11.9, 1e-9),
            (10, 3, 0.01, 1, 6.766666666666667, 1e-9),
            (10, 3, 0.01, -1, 13.233333333333333, 1e-9),
        ],
    ),
    "bybit_inv_entry_mm": (
        "E N L mmr side",
        [
            (50_000, 60_000, 10, 0.005, -1, 55_248.618784530394, 1e-6),
            (50_000, 60_000, 10, 0.005, 1, 45_662.100456621, 1e-6),
        ],
    ),
    "dydx": (
        "e s p mmf mmr_other",
        [
            (1_000, -3, 3_000, 0.05, 0, 3_174.6, 0.01),  # dYdX documentation, isolated and cross
            (1_000, -1.5, 3_000, 0.05, 175, 3_380.95, 0.01),
        ],
    ),
    "inv": (
        "E m N mmr side",
        [
            (8_000, 0.01, 1_000, 0.01, 1, 7_481, 1),  # Kraken help: liquidation, and bankruptcy
            (8_000, 0.01, 1_000, 0, 1, 7_407, 1),
        ],
    ),
    "hyperliquid": (
        "price margin q l side",
        [
            (2458.5, 36.864593, 0.015, 0.01, 1, 0.86915825, 0.001),
            (63287, 24.673292, 0.00039, 0.01, 1, 22.37166537, 0.0022),
            (145.83, 24.045107, 0.33, 0.025, 1, 74.83696193, 0.0074),
            (62739, 24.137992, 0.00077, 0.01, 1, 31708.03843631, 3.17),
            (0.11586, 25.29769, 437, 0.025, 1, 0.05945697, 0.001),
            (2642.8, 25.091876, 0.019, 0.01, -1, 3924.18322043, 0.39),
            (68595, 23.64871, 0.00069, 0.01, -1, 101849.99354283, 10.1),
            (65536, 21.604172, 0.00099, 0.01, -1, 86493.46174617, 8.6),
            (173.06, 20.735658, 0.6, 0.025, 1, 142.05186667, 0.014),
            (66930, 20.043862, 0.0015, 0.01, 1, 54108.51043771, 5.4),
            (163.11, 15.650731, 0.48, 0.025, -1, 190.94213618, 0.019),
            (250, 25, 0.5, 0.05, 1, 210.5263157894737, 0.021),
            (190, 9.5, 0.5, 0.05, -1, 199.04761904761904, 0.0199),
            (350, 50, 1, 0.05, 1, 315.7894736842105, 0.031),
        ],
    ),
}
_CASES = [
    pytest.param(
        formula, dict(zip(names.split(), row[:-2], strict=True)), row[-2], row[-1], id=f"{formula}-{i}"
    )
    for formula, (names, rows) in _EXAMPLES.items()
    for i, row in enumerate(rows)
]


@pytest.mark.parametrize(("formula", "inputs", "expected", "tolerance"), _CASES)
def test_worked_examples(formula: str, inputs: dict[str, float], expected: float, tolerance: float) -> None:
    assert price(formula, inputs) == pytest.approx(expected, abs=tolerance, rel=0)


def test_there_are_36_worked_examples_and_every_formula_has_one() -> None:
    assert len(_CASES) == 36
    assert set(_EXAMPLES) == set(FORMULAS)


def test_shared_oracles(shared: Path) -> None:
    cases = json.loads((shared / "oracles" / "liquidation_prices.json").read_text())["cases"]
    assert len(cases) == 36
    for case in cases:
        assert price(case["formula"], case["inputs"]) == pytest.approx(
            case["expected"], abs=case["tol"], rel=0
        ), case


# ------------------------------------------------------------------------------------ what always holds

entries = st.floats(1e-6, 1e6)
leverages = st.floats(1.5, 150)
rates = st.floats(0.0005, 0.3)
scales = st.floats(1e-4, 1e4)


def _levels(entry: float, leverage: float, mmr: float) -> dict[str, tuple[float, float]]:
    """Long and short level of one position by every formula that can express it, margin = notional / leverage."""
    m = entry / leverage
    return {
        "linear": (linear(entry, m, 1, mmr, 1), linear(entry, m, 1, mmr, -1)),
        "inverse": (
            inverse(entry, 1 / leverage, entry, mmr, 1),
            inverse(entry, 1 / leverage, entry, mmr, -1),
        ),
        "bybit linear": (bybit_linear(entry, leverage, mmr, 1), bybit_linear(entry, leverage, mmr, -1)),
        "bybit inverse": (
            bybit_inverse(entry, entry, leverage, mmr, 1),
            bybit_inverse(entry, entry, leverage, mmr, -1),
        ),
        "dydx": (dydx(m, 1, entry, mmr), dydx(m, -1, entry, mmr)),
        "hyperliquid": (hyperliquid(entry, m, 1, mmr, 1), hyperliquid(entry, m, 1, mmr, -1)),
    }


@given(entries, leverages, rates)
def test_a_long_dies_below_its_entry_and_a_short_above(entry: float, leverage: float, mmr: float) -> None:
    mmr = min(mmr, 0.9 / leverage)  # the position may be opened at all
    for name, (long, short) in _levels(entry, leverage, mmr).items():
        assert 0 < long < entry < short, name


@given(entries, leverages, st.floats(1.01, 3), rates)
def test_higher_leverage_dies_closer(entry: float, leverage: float, more: float, mmr: float) -> None:
    mmr = min(mmr, 0.9 / (leverage * more))
    near = _levels(entry, leverage * more, mmr)
    for name, (long, short) in _levels(entry, leverage, mmr).items():
        assert long < near[name][0] < entry < near[name][1] < short, name


@given(entries, leverages, rates, st.floats(1.01, 2))
def test_higher_maintenance_dies_closer(entry: float, leverage: float, mmr: float, more: float) -> None:
    mmr = min(mmr, 0.4 / leverage)
    near = _levels(entry, leverage, mmr * more)
    for name, (long, short) in _levels(entry, leverage, mmr).items():
        assert long < near[name][0] < entry < near[name][1] < short, name


@given(entries, leverages, rates, scales)
def test_prices_scale_with_the_coin_and_not_with_the_position(
    entry: float, leverage: float, mmr: float, k: float
) -> None:
    for name, level in _levels(entry, leverage, mmr).items():
        assert _levels(entry * k, leverage, mmr)[name] == pytest.approx(
            (level[0] * k, level[1] * k), rel=1e-9
        ), name
    small = linear(entry, entry / leverage, 1, mmr, 1, cum=0.001)
    assert linear(entry, k * entry / leverage, k, mmr, 1, cum=k * 0.001) == pytest.approx(small, rel=1e-9)


@given(entries, leverages, rates, st.sampled_from((1, -1)))
def test_at_the_price_equity_meets_maintenance(entry: float, leverage: float, mmr: float, side: int) -> None:
    m, q, cum, fee = 3 * entry / leverage, 3.0, entry / 1e4, 0.0006
    at = linear(entry, m, q, mmr, side, cum, fee)
    assert m + side * q * (at - entry) == pytest.approx(
        q * at * (mmr + fee) - cum, rel=1e-6, abs=1e-9 * entry
    )
    coins = m / entry
    at = inverse(entry, coins, q * entry, mmr, side, fee)
    equity = coins + side * q * entry * (1 / entry - 1 / at)
    assert equity == pytest.approx(q * entry / at * (mmr + fee), rel=1e-6, abs=1e-9)


# -------------------------------------------------------------------------- popular errors, each refuted


def _fails(value: float, formula: str, example: int) -> bool:
    *_, expected, tolerance = _EXAMPLES[formula][1][example]
    return abs(value - expected) > 10 * tolerance


def test_the_bankruptcy_price_is_not_the_liquidation_price() -> None:
    assert _fails(10 * (1 - 1 / 5), "lin", 3)
    assert _fails(10 * (1 + 1 / 5), "lin", 4)


def test_maintenance_is_not_divided_by_leverage() -> None:
    assert _fails(10 * (1 - 1 / 10 + 0.01 / 10), "bybit_lin_entry_mm", 0)
    assert _fails(10 * (1 + 1 / 10 - 0.01 / 10), "bybit_lin_entry_mm", 1)


def test_maintenance_brings_the_level_closer_never_further() -> None:
    for example, side in ((0, 1), (1, -1)):
        assert _fails(10 * (1 - side * (1 / 10 + 0.01)), "bybit_lin_entry_mm", example)
    bankruptcy, liquidation = (
        price("inv", {"E": 8000, "m": 0.01, "N": 1000, "mmr": r, "side": 1}) for r in (0, 0.01)
    )
    assert bankruptcy is not None and liquidation is not None and bankruptcy < liquidation < 8000


def test_an_inverse_contract_is_not_a_linear_one() -> None:
    coins = 1000 / 8000
    assert _fails(linear(8000, 0.01 * 8000, coins, 0.01, 1), "inv", 0)
    linear_long, linear_short = _levels(100, 10, 0.005)["linear"]
    inverse_long, inverse_short = _levels(100, 10, 0.005)["inverse"]
    assert linear_long < inverse_long and linear_short < inverse_short


def test_contracts_are_not_coins() -> None:
    assert _fails(inverse(8000, 0.01, 1000 / 100, 0.01, 1), "inv", 0)  # contracts of 100 USD
    assert _fails(linear(50_000, 500, 0.02 / 0.01, 0.004, 1), "lin", 0)  # contracts of 0.01 BTC


def test_a_larger_position_dies_closer_never_further() -> None:
    sizes = (10e3, 250e3, 1e6, 10e6, 50e6, 90e6)
    levels = [liquidation_ratio("binance", "BTC/USDT:USDT", np.array([10.0]), size) for size in sizes]
    longs, shorts = ([float(x[0]) for x in side] for side in zip(*levels, strict=True))
    assert longs == sorted(longs) and shorts == sorted(shorts, reverse=True)
    assert longs[-1] - longs[0] > 0.01


# ------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("formula", "inputs", "told"),
    [
        ("ftx", {}, "unknown"),
        ("lin", {"E": 1, "m": 1, "q": 1, "mmr": 0.01}, "'side'"),
        ("lin", {"E": 1, "m": 1, "q": 1, "mmr": 0.01, "side": 1, "leverage": 3}, "'leverage'"),
        ("lin", {"E": math.nan, "m": 1, "q": 1, "mmr": 0.01, "side": 1}, "finite"),
        ("lin", {"E": 1, "m": math.inf, "q": 1, "mmr": 0.01, "side": 1}, "finite"),
        ("lin", {"E": "1", "m": 1, "q": 1, "mmr": 0.01, "side": 1}, "number"),
        ("lin", {"E": None, "m": 1, "q": 1, "mmr": 0.01, "side": 1}, "number"),
        ("lin", {"E": 0, "m": 1, "q": 1, "mmr": 0.01, "side": 1}, "above zero"),
        ("lin", {"E": 1, "m": 1, "q": 1, "mmr": 1.0, "side": 1}, "rate"),
        ("lin", {"E": 1, "m": 1, "q": 1, "mmr": 0.01, "side": 2}, "long"),
        ("lin", {"E": 1, "m": 1, "q": 1, "mmr": 0.01, "side": True}, "number"),
        ("lin", {"E": 10**400, "m": 1, "q": 1, "mmr": 0.01, "side": 1}, "finite"),
        ("dydx", {"e": 1, "s": 0, "p": 1, "mmf": 0.01}, "size"),
    ],
)
def test_bad_inputs_are_told_in_a_sentence(formula: str, inputs: dict[str, object], told: str) -> None:
    with pytest.raises(BadInputError, match=told):
        price(formula, inputs)


def test_what_nothing_liquidates_has_no_price() -> None:
    assert price("lin", {"E": 100, "m": 500, "q": 1, "mmr": 0.01, "side": 1}) is None
    assert price("inv", {"E": 100, "m": 1, "N": 100, "mmr": 0.01, "side": -1}) is None
    assert price("lin", {"E": 100, "m": 1, "q": 1, "mmr": 0.4, "fee": 0.6, "side": 1}) is None


# ------------------------------------------------------------------------------------ the map's ladder

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
_TIERS = np.array([2, 3, 5, 10, 20, 25, 50, 75, 100, 125], float)


@pytest.mark.parametrize("exchange", _EXCHANGES)
@pytest.mark.parametrize("symbol", ["BTC/USDT:USDT", "BTC/USD:BTC", "SOL/USDT:USDT", "PEPE/USDT:USDT", "?"])
@pytest.mark.parametrize("size", [1e3, 100e3, 1e6])
def test_every_ladder_is_ordered(exchange: str, symbol: str, size: float) -> None:
    long, short = liquidation_ratio(exchange, symbol, _TIERS, size)
    assert np.all((long > 0) & (long < 1) & (short > 1))
    offered = bracket_table(exchange, symbol).brackets[0].max_leverage
    assert np.all(np.diff(long[offered >= _TIERS]) > 0)
    assert np.all(np.diff(short[offered >= _TIERS]) < 0)
    assert np.all(np.diff(long[offered <= _TIERS]) == 0)  # what is not offered counts as the highest offered


def test_ladder_follows_each_exchange_rule() -> None:
    ten = np.array([10.0])
    long, short = liquidation_ratio("binance", "BTC/USDT:USDT", ten, 100e3)
    assert (long[0], short[0]) == pytest.approx((0.9 / 0.996, 1.1 / 1.004), rel=1e-12)
    long, short = liquidation_ratio("bybit", "BTC/USDT:USDT", ten, 100e3)
    assert (long[0], short[0]) == pytest.approx((0.905, 1.095), rel=1e-12)
    long, short = liquidation_ratio("hyperliquid", "BTC/USDC:USDC", ten, 100e3)
    assert (long[0], short[0]) == pytest.approx((0.9 / 0.9875, 1.1 / 1.0125), rel=1e-12)
    long, short = liquidation_ratio("kraken", "BTC/USD:BTC", ten, 100e3)
    assert (long[0], short[0]) == pytest.approx((1.01 / 1.1, 0.99 / 0.9), rel=1e-12)


@given(
    st.sampled_from(("BTC", "ETH", "SOL", "XRP")),
    st.floats(1e3, 1e9),
    st.sampled_from((1, 2, 3, 5, 10, 20, 50)),
)
def test_graded_levels_lie_in_the_bracket_that_they_were_solved_for(
    base: str, size: float, leverage: float
) -> None:
    table = bracket_table("binance", f"{base}/USDT:USDT")
    assert table.maintenance is Maintenance.GRADED
    size = min(size, table.cap(table.at(size, leverage)))
    rows, cums = table.brackets, table.deductions()
    for side, ratio in zip(
        (1, -1), liquidation_ratio("binance", f"{base}/USDT:USDT", np.array([leverage]), size), strict=True
    ):
        notional = size * float(ratio[0])
        here = max(i for i, row in enumerate(rows) if i == 0 or row.notional_floor <= notional * (1 + 1e-9))
        expected = linear(1, 1 / leverage, 1, rows[here].maintenance_margin_rate, side, cums[here] / size)
        assert float(ratio[0]) == pytest.approx(max(expected, 0.0), rel=1e-6, abs=1e-12)


def test_ladder_keeps_the_shape_and_refuses_nonsense() -> None:
    long, short = liquidation_ratio("binance", "BTC/USDT:USDT", np.full((2, 3), 10.0), 1e5)
    assert long.shape == short.shape == (2, 3) and long.dtype == np.float64
    for leverage, size in ((0.5, 1e5), (math.nan, 1e5), (10.0, 0.0), (10.0, math.nan), (10.0, math.inf)):
        with pytest.raises(BadInputError):
            liquidation_ratio("binance", "BTC/USDT:USDT", np.array([leverage]), size)


def test_a_hedged_short_and_an_unlevered_long_never_die() -> None:
    one = np.array([1.0])
    assert liquidation_ratio("binance", "BTC/USDT:USDT", one, 1e5)[0][0] == 0.0
    assert liquidation_ratio("deribit", "BTC/USD:BTC", one, 1e5)[1][0] == math.inf
