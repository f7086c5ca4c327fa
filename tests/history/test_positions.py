"""Real positions in the store, and the model held against them."""

from pathlib import Path

import numpy as np
import pytest

from heatdesk.commands import import_
from heatdesk.history.positions import read_positions
from heatdesk.market import COLUMNS, DAY_MS, HOUR_MS, Kind, Records, SeriesKey
from heatdesk.position_check import check_positions
from heatdesk.score.hyperliquid import MAP, UNIFORM
from heatdesk.store.memory import MemoryStore
from heatdesk.store.user import user_history
from tests.reading.walks import START_MS, walk

USDC = "BTC/USDC:USDC"
USDT = "BTC/USDT:USDT"
STEP = 300_000
FIRST = START_MS + 20 * DAY_MS + 1234


def positions(time_ms, side, price, quantity=1.0):
    n = len(time_ms)
    columns = {name: np.ones(n) for name in COLUMNS[Kind.POSITIONS]}
    columns |= {
        "side": np.array(side, float),
        "liquidation_price": np.array(price, float),
        "quantity": np.full(n, quantity),
        "notional_usd": np.full(n, 5e4 * quantity),
    }
    return Records(Kind.POSITIONS, np.array(time_ms, np.int64), columns)


@pytest.fixture
def store():
    kept = MemoryStore()
    times = [FIRST, FIRST, FIRST, FIRST + HOUR_MS]
    rows = positions(times, [1, -1, -1, 1], [45_000, 55_000, np.nan, 44_000], quantity=2.0)
    kept.append(SeriesKey("hyperliquid", USDC, Kind.POSITIONS), rows)
    held = Records(
        Kind.OPEN_INTEREST_USD,
        np.array([FIRST - 9 * DAY_MS, FIRST - HOUR_MS], np.int64),
        {"open_interest_usd": np.array([3e5, 4e5])},
    )
    kept.append(SeriesKey("hyperliquid", USDC, Kind.OPEN_INTEREST_USD, "1h"), held)
    kept.append(SeriesKey("hyperliquid", "ETH/USDC:USDC", Kind.POSITIONS), rows)
    return kept


def test_positions_are_found_by_coin_whatever_it_is_settled_in(store):
    found = read_positions(store, USDT)
    assert found is not None
    assert found.exchange == "hyperliquid"
    assert list(found.time_ms) == [FIRST, FIRST + HOUR_MS]
    assert list(found.moment) == [0, 0, 0, 1]
    assert sorted(found.usd) == [0, 88_000, 90_000, 110_000]
    assert read_positions(store, "SOL/USDT:USDT") is None


def test_coverage_is_the_share_of_open_interest_that_is_seen(store):
    found = read_positions(store, USDT)
    assert list(found.known(0)) == [1e5, 2e5]
    assert list(found.coverage(0)) == [0.25, 0.5]
    assert found.coverage(1)[0] == 0.25, "an hour later the sample still counts"
    store._series.pop(SeriesKey("hyperliquid", USDC, Kind.OPEN_INTEREST_USD, "1h"))
    assert np.isnan(read_positions(store, USDT).coverage(0)).all()


def test_the_past_knows_no_later_snapshot(store):
    assert list(read_positions(store, USDT, FIRST).time_ms) == [FIRST]
    assert read_positions(store, USDT, FIRST - 1) is None
    found = read_positions(store, USDT)
    assert found.at(FIRST - 1) is None
    assert found.at(FIRST + 1) == 0
    assert found.at(FIRST + 2 * HOUR_MS) == 1
    assert found.at(FIRST + 3 * DAY_MS) is None, "a snapshot of days ago is no present"


def test_without_candles_or_positions_nothing_is_checked(store):
    assert check_positions(store, USDT) is None
    assert check_positions(MemoryStore(), USDT) is None


def test_the_model_is_held_against_every_snapshot(store):
    store.append(SeriesKey("binance", USDT, Kind.CANDLES, "5m"), walk(30, STEP))
    times = np.repeat(FIRST + DAY_MS * np.arange(1, 9), 2)
    store.append(
        SeriesKey("hyperliquid", USDC, Kind.POSITIONS),
        positions(times, [1, -1] * 8, [46_000, 53_000] * 8),
    )
    score = check_positions(store, USDT)
    assert score is not None
    assert score.moments == 10
    assert score.days == 9
    names = [b.name for b in score.maps]
    assert names[:2] == [MAP, UNIFORM]
    assert "volume of 30 d" in names
    assert all(0 <= b.cosine.value <= 1 and b.mover.value > 0 for b in score.maps)


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_real_whales_are_not_where_the_map_says(shared: Path, coin: str) -> None:
    """An honest null: cross-margined accounts. Should it ever fail, the README has good news to tell."""
    import argparse

    for folder, files, exchange, symbol in (
        ("binance", [f"{coin}USDT_5m_oi.csv.gz"], "binance", f"{coin}/USDT:USDT"),
        ("hyperliquid", ["positions.csv.gz", "open_interest_1h.csv.gz"], "hyperliquid", f"{coin}/USDC:USDC"),
    ):
        parser = argparse.ArgumentParser()
        import_.add_arguments(parser)
        paths = [str(shared / "data" / folder / file) for file in files]
        import_.run(parser.parse_args([*paths, "--exchange", exchange, "--symbol", symbol]))
    with user_history(read_only=True) as history:
        score = check_positions(history, f"{coin}/USDT:USDT")
    assert score is not None
    assert score.moments == 27
    assert not score.informative
    assert 0.05 < score.coverage[0] < 0.2
    assert 0.2 < score.coverage[1] < 0.4
