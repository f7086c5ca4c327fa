"""Brackets that exchanges told: used, kept, and never worse than the built-in ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from heatdesk import told_brackets
from heatdesk.errors import BadInputError
from heatdesk.events import Market
from heatdesk.model import brackets
from heatdesk.model.brackets import bracket_table
from heatdesk.model.params import ModelParams
from heatdesk.model.tiers import build_tiers

_OKX = Market("okx", "BTC/USDT:USDT")
_ROWS = [(0.0, 0.004, 100.0), (1e6, 0.01, 50.0)]
_NOW = 1_770_000_000_000


@pytest.fixture(autouse=True)
def built_in_again() -> Iterator[None]:
    brackets.forget_told()
    yield
    brackets.forget_told()


def test_what_an_exchange_tells_stands_above_the_typical_table() -> None:
    assert not bracket_table(*_OKX).known
    told_brackets.keep(_OKX, _ROWS, _NOW)
    table = bracket_table(*_OKX)
    assert table.known
    assert [tuple(row) for row in table.brackets] == _ROWS
    assert (table.as_of, table.source) == ("2026-02-02", "told by okx")
    assert bracket_table("okx", "ETH/USDT:USDT").source != table.source
    tiers = build_tiers(*_OKX, ModelParams())
    assert not tiers.weight[tiers.leverage > 100.0].any()


def test_the_next_start_uses_what_was_kept() -> None:
    told_brackets.keep(_OKX, _ROWS, _NOW)
    told_brackets.keep(Market("bybit", "SOL/USDT:USDT"), [(0.0, 0.01, 50.0)], _NOW)
    told_brackets.keep(_OKX, _ROWS[:1], _NOW)  # a newer table of the same market
    brackets.forget_told()
    assert told_brackets.load() == 2
    assert [tuple(row) for row in bracket_table(*_OKX).brackets] == _ROWS[:1]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(5.0, 0.004, 100.0)],  # small positions are under no bracket
        [(0.0, 0.0, 100.0)],
        [(0.0, 0.004, 100.0), (0.0, 0.01, 50.0)],
        [(0.0, 0.01, 100.0), (1e6, 0.004, 50.0)],  # larger positions, lower rate
        [(0.0, float("nan"), 100.0)],
        [(0.0, 0.004, 100_000.0)],
    ],
)
def test_a_table_that_cannot_be_changes_nothing(rows: list[tuple[float, float, float]], home: Path) -> None:
    before = bracket_table(*_OKX)
    with pytest.raises(BadInputError, match="okx tells for BTC/USDT:USDT cannot be"):
        told_brackets.keep(_OKX, rows, _NOW)
    assert bracket_table(*_OKX) == before
    assert not (home / "data" / "brackets.json").exists()


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"schema": 2, "tables": []}', '{"schema": 1, "tables": [1]}']
)
def test_a_damaged_file_leaves_the_built_in_tables(home: Path, damage: str) -> None:
    told_brackets.keep(_OKX, _ROWS, _NOW)
    brackets.forget_told()
    (home / "data" / "brackets.json").write_text(damage)
    assert told_brackets.load() == 0
    assert not bracket_table(*_OKX).known


def test_one_bad_table_does_not_hide_the_others(home: Path) -> None:
    told_brackets.keep(_OKX, _ROWS, _NOW)
    path = home / "data" / "brackets.json"
    kept = json.loads(path.read_text())
    kept["tables"].insert(
        0, {"exchange": "bybit", "symbol": "X", "as_of": "2026-02-02", "rows": [["a", 1, 1]]}
    )
    path.write_text(json.dumps(kept))
    brackets.forget_told()
    assert told_brackets.load() == 1
    assert bracket_table(*_OKX).known
