"""A cell explained from the store: the parts listed add up to what the map shows, whatever the map counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from heatdesk.engine import Engine, Question
from heatdesk.feed.archive import read_file
from heatdesk.market import DAY_MS, HOUR_MS, SeriesKey
from heatdesk.model.age_windows import ALL_WINDOWS, AgeChoice, AgeWindows
from heatdesk.model.params import ModelParams
from heatdesk.reading.explain import GROUPINGS, Cell, grouped, sums_of
from heatdesk.store.memory import MemoryStore
from tests.model.walks import walk
from tests.test_engine import BTC, store_walk

_HOURS = AgeWindows(1.0, 4.0, 12.0, 24.0)


@pytest.fixture(scope="module")
def engine() -> Engine:
    """One symbol on three exchanges."""
    store = MemoryStore()
    for seed, exchange in enumerate(("binance", "bybit", "okx")):
        store_walk(store, walk(700, seed, holes=seed == 1), exchange)
    return Engine(store)


def agrees(engine: Engine, question: Question, cells: int, seed: int = 0) -> None:
    """Random occupied cells, the strongest of the map and of the newest column, of both sides."""
    snapshot = engine.ask(question)
    heatmap, rng = snapshot.heatmap, np.random.default_rng(seed)
    places = set()
    for notional in (heatmap.notional_long, heatmap.notional_short):
        there = np.argwhere(notional > 0)
        places |= {tuple(there[i]) for i in rng.choice(len(there), min(cells, len(there)), replace=False)}
        places |= {np.unravel_index(notional.argmax(), notional.shape), (notional[:, -1].argmax(), -1)}
    for row, column in places:
        column = int(column) % heatmap.shape[1]
        explained = engine.explain(question, Cell.of(heatmap, int(row), column))
        for side in ("long", "short", "both"):
            shown = float(heatmap.notional(side)[row, column])
            largest = float(heatmap.notional(side)[:, column].max())
            assert explained.usd(side) == pytest.approx(shown, rel=2e-6, abs=2e-7 * largest)
        net = float(heatmap.notional_short[row, column]) - float(heatmap.notional_long[row, column])
        assert explained.usd("net") == pytest.approx(
            net, rel=1e-5, abs=1e-6 * float(heatmap.notional("both").max())
        )
        parts = explained.parts
        np.testing.assert_allclose(parts.born, parts.closed + parts.swept + parts.left, rtol=1e-9)
        np.testing.assert_allclose(
            parts.born,
            parts.opened * parts.weight * parts.entered * explained.price * parts.factor,
            rtol=1e-9,
        )
        level = parts.entry * parts.ratio
        assert np.all((level > explained.low * (1 - 1e-9)) & (level < explained.high * (1 + 1e-9)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exchanges": ("binance", "bybit", "okx")},
        {"exchanges": ("binance", "okx"), "tiers": (10.0, 25.0, 100.0)},
        {"timeframe": "1h", "params": ModelParams(bin_bps=50.0, wick_clear=0.5)},
        {"params": ModelParams(estimator="volume"), "lookback_ms": 12 * HOUR_MS},
        {"params": ModelParams(estimator="oi-steps", taker_handover=0.7), "exchanges": ("bybit",)},
        {"ages": AgeChoice(_HOURS, (0, 2, 4)), "exchanges": ("binance", "bybit")},
        {"ages": AgeChoice(_HOURS, (1,)), "tiers": (5.0, 20.0)},
    ],
    ids=lambda c: "-".join(c) or "plain",
)
def test_the_parts_listed_are_the_cell(engine: Engine, changes: dict[str, object]):
    agrees(engine, replace(Question(BTC, ("binance",)), **changes), cells=6)


class _Learned:
    """Other weights in every column, as learned ones are."""

    def shares(self, times_ms, in_hindsight=False):
        tiers = np.linspace(0.2, 3.0, 22)
        return tiers * (1.0 + (times_ms // HOUR_MS % 7)[:, None] / 7.0)


@pytest.mark.parametrize("ages", [None, AgeChoice(_HOURS, (1, 3))])
def test_learned_weights_count_as_in_the_column(monkeypatch: pytest.MonkeyPatch, engine: Engine, ages):
    lesson = SimpleNamespace(
        exchange="binance", learned=_Learned(), own=True,
        days=lambda _=None: 3.0, told=lambda _: {}, calibrates=lambda _: True,
    )  # fmt: skip
    plain = Question(BTC, ("binance", "bybit"), ages=ages)
    prior = engine.ask(plain).heatmap.notional("both")
    monkeypatch.setattr(engine, "_lessons_of", lambda question, histories: (lesson, None))
    assert not np.allclose(engine.ask(plain).heatmap.notional("both"), prior, rtol=0.05)
    agrees(engine, plain, cells=6)


def test_the_past_is_explained_as_it_was_known(engine: Engine):
    """A map of an earlier end, and an older column of the whole map: the same cell, the same parts."""
    question = Question(BTC, ("binance",))
    whole = engine.ask(question)
    end_ms = int(whole.heatmap.times_ms[400]) + whole.heatmap.step_ms
    past = engine.ask(replace(question, end_ms=end_ms))
    row = int(past.heatmap.notional_short[:, -1].argmax())
    price = past.heatmap.prices[row] * 1.0001
    same = int(np.searchsorted(whole.heatmap.prices, price)) - 1
    then = engine.explain(past.question, Cell.of(past.heatmap, row, past.heatmap.shape[1] - 1))
    now = engine.explain(question, Cell.of(whole.heatmap, same, 400))
    assert then.usd("short") == pytest.approx(float(past.heatmap.notional_short[row, -1]), rel=1e-6)
    assert then.usd("short") == now.usd("short")
    agrees(engine, past.question, cells=4)


@pytest.mark.parametrize("by", GROUPINGS)
def test_groups_hold_every_part_once(engine: Engine, by: str):
    question = Question(BTC, ("binance", "bybit", "okx"))
    snapshot = engine.ask(question)
    row = int(snapshot.heatmap.notional_long[:, -1].argmax())
    parts = engine.explain(question, Cell.of(snapshot.heatmap, row, snapshot.heatmap.shape[1] - 1)).parts
    groups = grouped(parts, by, _HOURS.limits_ms)
    every = np.sort(np.concatenate([group.which for group in groups]))
    assert np.array_equal(every, np.arange(len(parts)))
    np.testing.assert_allclose(np.sum([g.sums for g in groups], axis=0), sums_of(parts), rtol=1e-9)
    left = [group.sums.left for group in groups]
    assert left == sorted(left, reverse=True)
    assert len({group.key for group in groups}) == len(groups)


def test_windows_of_age_add_up_to_the_map(engine: Engine):
    question = Question(BTC, ("binance", "bybit", "okx"), lookback_ms=30 * HOUR_MS)
    whole = engine.ask(question).heatmap
    parts = [engine.ask(replace(question, ages=AgeChoice(_HOURS, (i,)))).heatmap for i in ALL_WINDOWS]
    coloured = engine.ask(replace(question, ages=AgeChoice(_HOURS))).heatmap
    assert all(part.notional("both").sum() > 0 for part in parts)
    for side in ("long", "short"):
        total = sum(part.notional(side).astype(float) for part in parts)
        np.testing.assert_allclose(
            total, whole.notional(side), rtol=2e-6, atol=1e-7 * whole.notional(side).max()
        )
        np.testing.assert_allclose(
            coloured.notional(side), whole.notional(side), rtol=2e-6, atol=1e-7 * whole.notional(side).max()
        )
    np.testing.assert_allclose(
        sum(part.newest_by_tier for part in parts), whole.newest_by_tier, rtol=1e-4, atol=1e-2
    )
    np.testing.assert_allclose(
        sum(part.newest_by_exchange for part in parts), whole.newest_by_exchange, rtol=1e-4, atol=1e-2
    )
    ages = coloured.ages
    assert ages is not None and ages.densest.shape == whole.shape
    np.testing.assert_allclose(ages.newest.sum(axis=0)[0], whole.notional_long[:, -1], rtol=1e-4, atol=1e-2)
    for window, part in enumerate(parts):
        cells = part.notional("both")
        alone = (cells > 0) & (cells >= 0.51 * whole.notional("both"))
        assert np.all(ages.densest[alone] == window)
        np.testing.assert_allclose(ages.newest[window, 1], part.notional_short[:, -1], rtol=1e-3, atol=1e-2)


def test_a_real_crash_is_its_parts(shared: Path):
    """Cells of BTC through 5 and 6 February 2026, with open interest, by age."""
    store = MemoryStore()
    for series in read_file(shared / "data/binance/BTCUSDT_5m_oi.csv.gz", BTC):
        store.append(SeriesKey("binance", BTC, series.kind, "5m"), series.records)
    end_ms = 1_770_336_000_000 + DAY_MS
    question = Question(BTC, ("binance",), lookback_ms=5 * DAY_MS, end_ms=end_ms, ages=AgeChoice())
    agrees(Engine(store), question, cells=8)
