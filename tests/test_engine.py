"""Questions to a real store, on real candles where they are at hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.errors import BadInputError, MachineError
from heatdesk.feed.archive import read_file
from heatdesk.market import COLUMNS, DAY_MS, HOUR_MS, Kind, Records, SeriesKey
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.reading.rules import ReadingRules, ReliabilityRules
from heatdesk.store.sqlite import SqliteStore
from tests.model.walks import STEP_MS, walk

BTC = "BTC/USDT:USDT"


def store_walk(
    store: SqliteStore, series: Series, exchange: str = "binance", *, open_interest: bool = True
) -> None:
    candles = {c: getattr(series, c) for c in COLUMNS[Kind.CANDLES]}
    store.append(SeriesKey(exchange, BTC, Kind.CANDLES, "5m"), Records(Kind.CANDLES, series.time_ms, candles))
    if open_interest:
        store.append(
            SeriesKey(exchange, BTC, Kind.OPEN_INTEREST, "5m"),
            Records(Kind.OPEN_INTEREST, series.time_ms, {"open_interest": series.open_interest}),
        )


@pytest.fixture
def store(tmp_path: Path):
    opened = SqliteStore(tmp_path / "history")
    yield opened
    opened.close()


@pytest.fixture
def three(store: SqliteStore) -> Engine:
    """One symbol on three exchanges."""
    for seed, exchange in enumerate(("binance", "bybit", "okx")):
        store_walk(store, walk(600, seed), exchange)
    return Engine(store)


def question(*exchanges: str, **changes: object) -> Question:
    return replace(Question(BTC, exchanges or ("binance",)), **changes)


def test_exchange_maps_add_up_to_the_aggregate(three: Engine):
    rows = {"price_min": 40_000.0, "price_max": 80_000.0}
    whole = three.ask(question("binance", "bybit", "okx", **rows)).heatmap
    parts = [three.ask(question(x, **rows)).heatmap for x in ("binance", "bybit", "okx")]
    for side in ("long", "short"):
        total = sum(p.notional(side).astype(float) for p in parts)
        np.testing.assert_allclose(whole.notional(side), total, rtol=1e-5)
    np.testing.assert_allclose(
        whole.newest_by_tier, sum(p.newest_by_tier for p in parts), rtol=1e-5, atol=1e-3
    )


def test_the_newest_column_is_the_sum_of_its_tiers(three: Engine):
    heatmap = three.ask(question()).heatmap
    for index, side in enumerate(("long", "short")):
        column = heatmap.notional(side)[:, -1]
        np.testing.assert_allclose(heatmap.newest_by_tier[index].sum(axis=0), column, rtol=1e-4, atol=1e-2)


def test_chosen_tiers_add_up(three: Engine):
    low, high = (5.0, 10.0), (20.0, 50.0, 100.0)
    rows = {"price_min": 40_000.0, "price_max": 80_000.0}
    both = three.ask(question(tiers=low + high, **rows)).heatmap
    parts = [three.ask(question(tiers=t, **rows)).heatmap for t in (low, high)]
    for side in ("long", "short"):
        total = sum(p.notional(side).astype(float) for p in parts)
        np.testing.assert_allclose(both.notional(side), total, rtol=1e-4, atol=1e-2)


def test_a_look_back_is_a_view(three: Engine):
    """It drops no older position: the shorter view is the longer one's last columns, bit for bit."""
    rows = {"price_min": 50_000.0, "price_max": 70_000.0}
    long = three.ask(question(lookback_ms=DAY_MS, **rows)).heatmap
    short = three.ask(question(lookback_ms=4 * HOUR_MS, **rows)).heatmap
    assert np.array_equal(short.notional_long, long.notional_long[:, -48:])
    assert np.array_equal(short.times_ms, long.times_ms[-48:])


def test_two_maps_share_rows_exactly(three: Engine):
    wide = three.ask(question()).heatmap
    narrow = three.ask(question(price_min=59_000.0, price_max=61_000.0)).heatmap
    at = np.searchsorted(wide.prices, narrow.prices[0])
    assert np.array_equal(wide.prices[at : at + len(narrow.prices)], narrow.prices)
    assert np.array_equal(wide.notional_short[at : at + len(narrow.prices) - 1], narrow.notional_short)


def test_longer_timeframes_come_from_shorter_ones(three: Engine):
    hours = three.ask(question(timeframe="1h"))
    minutes = three.ask(question(timeframe="5m"))
    assert np.all(np.diff(hours.heatmap.times_ms) == HOUR_MS)
    assert hours.candles["high"].max() == minutes.candles["high"].max()
    assert hours.candles["volume"].sum() == pytest.approx(minutes.candles["volume"].sum())
    with pytest.raises(BadInputError, match="5m candles, which cannot be split"):
        three.ask(question(timeframe="1m"))


def test_holes_are_told_and_carried(store: SqliteStore):
    series = walk(300)
    keep = np.r_[np.arange(100), np.arange(160, 300)]
    columns = {c: getattr(series, c)[keep] for c in COLUMNS[Kind.CANDLES]}
    store.append(
        SeriesKey("binance", BTC, Kind.CANDLES, "5m"), Records(Kind.CANDLES, series.time_ms[keep], columns)
    )
    snapshot = Engine(store).ask(question())
    (hole,) = snapshot.gaps
    assert hole == (series.time_ms[100], series.time_ms[160])
    first = int((hole.start_ms - snapshot.heatmap.times_ms[0]) // STEP_MS)
    assert np.array_equal(
        snapshot.heatmap.notional_long[:, first + 30], snapshot.heatmap.notional_long[:, first - 1]
    )
    assert snapshot.heatmap.meta["gaps"] == [list(hole)]


def test_without_open_interest_the_map_says_so(store: SqliteStore):
    store_walk(store, walk(300), open_interest=False)
    snapshot = Engine(store).ask(question())
    assert any("births from volume alone" in note for note in snapshot.notes)
    assert snapshot.heatmap.notional_long.sum() > 0
    silent = Engine(store).ask(question(params=ModelParams(estimator="oi-steps")))
    assert silent.heatmap.notional_long.sum() == 0


def test_arrays_cannot_be_written(three: Engine):
    heatmap = three.ask(question()).heatmap
    for array in (
        heatmap.notional_long,
        heatmap.notional_short,
        heatmap.prices,
        heatmap.times_ms,
        heatmap.tiers,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"symbol": "FOO/USDT:USDT"}, "is not stored; choose one of"),
        ({"exchanges": ("nowhere",)}, "is not stored; choose one of"),
        ({"exchanges": ()}, "No exchange is chosen"),
        ({"start_ms": 2_000_000_000_000, "end_ms": 1_900_000_000_000}, "is empty"),
        ({"start_ms": 2_000_000_000_000}, "is empty"),
        ({"end_ms": 1_000_000_000_000}, "readable before the end"),
        ({"tiers": (7.0,)}, "tier 7 is not"),
        ({"price_min": 70_000.0, "price_max": 60_000.0}, "price range"),
        ({"price_min": 1e-300}, "bins of at least"),
    ],
)
def test_what_cannot_be_answered_is_told_in_words(three: Engine, changes: dict[str, object], words: str):
    with pytest.raises(BadInputError, match=words):
        three.ask(question(**changes))


def test_an_unreadable_file_is_told_apart_from_an_empty_history(store: SqliteStore, tmp_path: Path):
    store_walk(store, walk(100))
    store_walk(store, walk(100), "okx")
    store.close()
    engine = Engine(SqliteStore(tmp_path / "history", read_only=True))
    (tmp_path / "history" / "okx.sqlite").write_bytes(b"no database at all" * 100)
    assert engine.ask(question()).candles["close"].size == 100
    with pytest.raises(MachineError, match=r"okx\.sqlite"):
        engine.ask(question("okx"))
    (tmp_path / "history" / "binance.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(MachineError, match=r"binance\.sqlite"):
        engine.catalogue()


def test_an_empty_store_says_what_to_do(store: SqliteStore):
    with pytest.raises(BadInputError, match="heatdesk import"):
        Engine(store).ask(question())


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Ten weeks of BTC, candles and open interest."""
    store = SqliteStore(tmp_path_factory.mktemp("real"))
    for series in read_file(shared / "data/binance/BTCUSDT_5m_oi.csv.gz", BTC):
        store.append(SeriesKey("binance", BTC, series.kind, "5m"), series.records)
    yield Engine(store)
    store.close()


FEBRUARY_6 = 1_770_336_000_000


def asked(real: Engine, **changes: object) -> Snapshot:
    return real.ask(question(**({"start_ms": FEBRUARY_6 - 10 * DAY_MS, "end_ms": FEBRUARY_6} | changes)))


@pytest.mark.parametrize("timeframe", ["5m", "1h"])
@pytest.mark.parametrize("estimator", ["flow", "oi-steps", "volume"])
def test_real_columns_do_not_change_when_the_crash_is_known(real: Engine, timeframe: str, estimator: str):
    """Columns up to T, bit for bit, in a map that ends at T and in one that ends after the crash of 5-6 February."""
    common = {"timeframe": timeframe, "params": ModelParams(estimator=estimator)}
    then = asked(real, end_ms=FEBRUARY_6 - 2 * DAY_MS, **common).heatmap
    later = asked(real, end_ms=FEBRUARY_6 + 2 * DAY_MS, **common).heatmap
    low = max(then.prices[0], later.prices[0])
    high = min(then.prices[-1], later.prices[-1])
    n_times = then.shape[1]
    for side in ("notional_long", "notional_short"):
        a, b = (
            getattr(m, side)[np.searchsorted(m.prices, low) : np.searchsorted(m.prices, high), :n_times]
            for m in (then, later)
        )
        assert a.size > 100_000
        assert np.array_equal(a, b)


def test_real_bands_end_where_price_swept_them(real: Engine):
    """Rows that lie wholly above every later low hold no longs that were born before it."""
    snapshot = asked(real, end_ms=FEBRUARY_6 + DAY_MS)
    heatmap, candles = snapshot.heatmap, snapshot.candles
    crash = int(np.argmin(candles["low"]))
    bottom = candles["low"][crash]
    above = heatmap.prices[:-1] >= bottom
    column = int(np.searchsorted(heatmap.times_ms, candles.time_ms[crash]))
    before, after = (
        heatmap.notional_long[above, column - 12].sum(),
        heatmap.notional_long[above, column].sum(),
    )
    assert bottom < 60_100
    assert after < 0.02 * before  # what is left was born inside the candle of the low itself


def test_real_levered_positions_stay_below_open_interest(real: Engine):
    snapshot = asked(real)
    price = snapshot.candles["close"][-1]
    for side in ("long", "short"):
        usd = float(snapshot.heatmap.notional(side)[:, -1].sum())
        assert 0 < usd < 0.5 * 90_000 * price


def test_a_market_too_small_is_hatched_and_told(store: SqliteStore):
    """Open interest of 80,000 coins of 1 USD is below the floor of 38 M; of 60,000 USD it is not."""
    store_walk(store, walk(300, price=1.0))
    small = Engine(store).ask(question())
    heatmap = small.heatmap
    assert [tuple(stretch) for stretch in small.thin] == [
        (int(heatmap.times_ms[0]), int(heatmap.times_ms[-1]) + heatmap.step_ms)
    ]
    assert any("Open interest below 38 M USD in 100% of the map" in note for note in small.notes)
    rules = ReadingRules(reliability=ReliabilityRules(least_open_interest_usd=0.0))
    assert Engine(store).ask(question(rules=rules)).thin == ()


def test_a_market_large_enough_is_not_hatched(three: Engine):
    assert three.ask(question()).thin == ()
