"""Real positions, and the open interest beside them: files of all coins at once."""

from pathlib import Path

import numpy as np
import pytest

from heatdesk.errors import BadInputError
from heatdesk.feed.archive import read_file
from heatdesk.market import HOUR_MS, Kind, SeriesKey
from heatdesk.store.memory import MemoryStore
from heatdesk.store.sqlite import SqliteStore
from tests.feed.samples import JANUARY, write

BTC = "BTC/USDC:USDC"
HEADER = (
    "time_ms,account,coin,side,size,entry_price,leverage,notional_usd,liquidation_price,account_value_usd"
)
ROWS = [
    HEADER,
    f"{JANUARY},1,BTC,short,10,60000,20,600000,90000,1000000",
    f"{JANUARY},1,ETH,long,100,2500,10,250000,2000,1000000",
    f"{JANUARY},2,BTC,long,2,65000,40,130000,,5000000",
    f"{JANUARY},3,BTC,short,10,60000,20,600000,90000,1000000",
    f"{JANUARY + HOUR_MS},1,BTC,short,9,60000,20,,91000,1000000",
]


def test_positions_of_the_coin_asked_for_are_read(tmp_path: Path) -> None:
    (series,) = read_file(write(tmp_path / "positions.csv", ROWS), BTC)
    assert series.kind is Kind.POSITIONS
    assert series.timeframe == ""
    rows = series.records
    assert list(rows["side"]) == [-1, 1, -1, -1]
    assert list(rows["notional_usd"]) == [600_000, 130_000, 600_000, 540_000], (
        "size × entry where it is blank"
    )
    assert np.isnan(rows["liquidation_price"][1])
    assert "1 rows of other coins left out" in series.notes
    assert series.dropped == 0
    assert series.coverage == ()


@pytest.mark.parametrize("on_disk", [False, True])
def test_equal_positions_of_a_moment_are_two_and_stay_two(tmp_path: Path, on_disk: bool) -> None:
    (series,) = read_file(write(tmp_path / "positions.csv", ROWS), BTC)
    key = SeriesKey("hyperliquid", BTC, Kind.POSITIONS)
    store = SqliteStore(tmp_path / "store") if on_disk else MemoryStore()
    assert store.append(key, series.records).new == 4
    assert store.append(key, series.records).new == 0
    assert len(store.read(key, end_ms=JANUARY + 1).records) == 3
    if isinstance(store, SqliteStore):
        store.close()


def test_open_interest_of_all_coins_in_usd(tmp_path: Path) -> None:
    lines = ["time_ms,coin,open_interest_usd"]
    for hour in range(4):
        lines += [
            f"{JANUARY + hour * HOUR_MS},{coin},{usd}" for coin, usd in (("BTC", 2e9 + hour), ("ETH", 1e9))
        ]
    (series,) = read_file(write(tmp_path / "open_interest_1h.csv", lines), BTC)
    assert (series.kind, series.timeframe) == (Kind.OPEN_INTEREST_USD, "1h")
    assert list(series.records["open_interest_usd"]) == [2e9, 2e9 + 1, 2e9 + 2, 2e9 + 3]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (f"{JANUARY},1,BTC,sideways,1,1,1,1,1,1", "row 2: side is neither long nor short"),
        (f"{JANUARY},1,BTC,long,0,1,1,1,1,1", "row 2: size is not above zero"),
        (f"{JANUARY},1,BTC,long,1,,1,1,1,1", "row 2: entry_price is not above zero"),
        (f"{JANUARY},1,BTC,long,1,1,1,1,-5,1", "row 2: liquidation_price is not above zero; leave it blank"),
        (f"{JANUARY},1,BTC,long,1,1,1,-1,1,1", "row 2: notional_usd is negative"),
        (f"{JANUARY},1,DOGE,long,1,1,1,1,1,1", "row 2: the row is of another symbol than BTC/USDC:USDC"),
    ],
)
def test_what_cannot_be_a_position_is_refused(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(BadInputError, match=complaint):
        read_file(write(tmp_path / "positions.csv", [HEADER, row]), BTC)


def test_other_tables_must_still_be_of_one_coin(tmp_path: Path) -> None:
    rows = ["time_ms,coin,funding_rate", f"{JANUARY},BTC,0.0001", f"{JANUARY + HOUR_MS},ETH,0.0001"]
    with pytest.raises(BadInputError, match="row 3: the row is of another symbol"):
        read_file(write(tmp_path / "funding.csv", rows), BTC)


def test_real_positions_are_read(shared: Path) -> None:
    folder = shared / "data" / "hyperliquid"
    (positions,) = read_file(folder / "positions.csv.gz", BTC)
    assert len(positions.records) == 3110
    assert int(np.isnan(positions.records["liquidation_price"]).sum()) == 513
    (held,) = read_file(folder / "open_interest_1h.csv.gz", BTC)
    assert len(held.records) == 1507
