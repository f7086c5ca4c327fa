"""What is remembered of exchanges: the same map to the last bit, bounded, and gone when it is of no more use."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.model.heatmap import Heatmap
from heatdesk.model.params import ModelParams
from heatdesk.replay.drawn import MOST_BYTES
from heatdesk.store.sqlite import SqliteStore
from tests.model.walks import walk
from tests.test_engine import question, store_walk

EXCHANGES = ("binance", "bybit", "okx")


@pytest.fixture
def store(tmp_path: Path):
    opened = SqliteStore(tmp_path / "history")
    for seed, exchange in enumerate(EXCHANGES):
        store_walk(opened, walk(600, seed), exchange)
    yield opened
    opened.close()


def arrays(heatmap: Heatmap) -> list[np.ndarray]:
    return [
        heatmap.notional_long,
        heatmap.notional_short,
        heatmap.newest_by_tier,
        heatmap.newest_by_exchange,
        heatmap.prices,
        heatmap.times_ms,
    ]


def same(a: Snapshot, b: Snapshot) -> bool:
    pairs = zip(arrays(a.heatmap), arrays(b.heatmap), strict=True)
    return a.clusters == b.clusters and all(x.tobytes() == y.tobytes() for x, y in pairs)


def asked() -> list[Question]:
    """Exchanges switched on and off in every order, other tiers and parameters in between."""
    chosen = [names for n in (1, 2, 3) for names in combinations(EXCHANGES, n)]
    plain = [question(*names) for names in (*chosen, *chosen[::-1], ("okx", "binance"))]
    tiers = [replace(of, tiers=(5.0, 10.0, 25.0)) for of in plain[:4]]
    other = [replace(of, params=ModelParams(estimator="volume", churn=0.3)) for of in plain[2:6]]
    return [*plain, *tiers, *plain[3:], *other, *plain[:5]]


def test_a_remembered_exchange_is_the_replayed_one_to_the_last_bit(store: SqliteStore):
    engine, forgetful = Engine(store), Engine(store, remembered_bytes=0)
    for each in asked():
        assert same(engine.ask(each), forgetful.ask(each)), each
    assert engine._drawn.n_bytes > 0
    assert forgetful._drawn.n_bytes == 0


def test_switching_an_exchange_replays_at_most_the_new_one(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
):
    from heatdesk.model.book import Book

    advanced: list[int] = []
    advance = Book.advance

    def counted(book, *args, **named):
        advanced.append(1)
        return advance(book, *args, **named)

    monkeypatch.setattr(Book, "advance", counted)
    engine = Engine(store)
    counts = []
    for names in (EXCHANGES[:1], EXCHANGES[:2], EXCHANGES, EXCHANGES[1:2], EXCHANGES[::2], EXCHANGES):
        advanced.clear()
        rows = {"price_min": 40_000.0, "price_max": 80_000.0}
        engine.ask(question(*names, **rows))
        counts.append(len(advanced))
    assert counts == [1, 1, 1, 0, 0, 0]


def test_what_came_in_since_is_seen_and_the_old_is_forgotten(store: SqliteStore):
    engine = Engine(store)
    whole = walk(700, 0)
    before = engine.ask(question("binance"))
    kept = engine._drawn.n_bytes
    store_walk(store, whole, "binance")
    after = engine.ask(question("binance", start_ms=int(before.heatmap.times_ms[0])))
    assert after.heatmap.shape[1] == before.heatmap.shape[1] + 100
    assert same(after, Engine(store).ask(after.question))
    assert engine._drawn.n_bytes < 2 * kept


def test_the_memory_is_bounded(store: SqliteStore):
    one = Engine(store)
    one.ask(question("binance"))
    size = one._drawn.n_bytes
    engine = Engine(store, remembered_bytes=2 * size + size // 2)
    for churn in (0.2, 0.3, 0.4, 0.5):
        engine.ask(question("binance", params=ModelParams(churn=churn)))
        assert engine._drawn.n_bytes <= 2 * size + size // 2
    assert engine._drawn.n_bytes == 2 * size
    assert 0 < size < MOST_BYTES


def test_another_symbol_lets_the_first_go(store: SqliteStore):
    from heatdesk.market import COLUMNS, Kind, Records, SeriesKey

    series = walk(300, 5)
    candles = {name: getattr(series, name) for name in COLUMNS[Kind.CANDLES]}
    eth = "ETH/USDT:USDT"
    store.append(
        SeriesKey("binance", eth, Kind.CANDLES, "5m"), Records(Kind.CANDLES, series.time_ms, candles)
    )
    engine = Engine(store)
    engine.ask(question(*EXCHANGES))
    engine.ask(replace(question("binance"), symbol=eth))
    assert {part.symbol for part, _ in engine._drawn._kept} == {eth}


def test_many_threads_get_the_same_answers(store: SqliteStore):
    engine = Engine(store, remembered_bytes=12 << 20)
    questions = asked()[:14]
    expected = [Engine(store, remembered_bytes=0).ask(each) for each in questions]
    wrong: list[object] = []

    def ask(offset: int) -> None:
        try:
            for step in range(len(questions)):
                at = (offset * 5 + step) % len(questions)
                if not same(engine.ask(questions[at]), expected[at]):
                    wrong.append(questions[at])
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_maps_do_not_share_what_can_be_written(store: SqliteStore):
    engine = Engine(store)
    for _ in range(2):
        heatmap = engine.ask(question("binance")).heatmap
        for array in arrays(heatmap):
            assert not array.flags.writeable
