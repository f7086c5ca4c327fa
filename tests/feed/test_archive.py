from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heatdesk.feed.archive import read_file
from heatdesk.market import HOUR_MS, Interval, Kind
from tests.feed.samples import (
    JANUARY,
    KLINES_HEADER,
    METRICS_HEADER,
    SNAPSHOT_HEADER,
    STEP,
    SYMBOL,
    candle_lines,
    kline_lines,
    write,
)


@pytest.mark.parametrize("name", ["c.csv", "c.csv.gz", "c.zip", "c.parquet"])
def test_plain_candles_in_every_wrapping(tmp_path: Path, name: str) -> None:
    lines = candle_lines(6)
    path = tmp_path / name
    if name.endswith("parquet"):
        columns = zip(*(line.split(",") for line in lines[1:]), strict=True)
        table = {
            n: [float(v) for v in column] for n, column in zip(lines[0].split(","), columns, strict=True)
        }
        pq.write_table(pa.table({**table, "time_ms": pa.array(table["time_ms"]).cast(pa.int64())}), path)
    else:
        write(path, lines)
    (series,) = read_file(path, SYMBOL)
    assert (series.kind, series.timeframe, len(series.records)) == (Kind.CANDLES, "5m", 6)
    assert series.records.time_ms.tolist() == [JANUARY + i * STEP for i in range(6)]
    assert series.records["high"].tolist() == [50_020 + 10 * i for i in range(6)]
    assert series.records["volume"].tolist() == [i + 1.5 for i in range(6)]
    assert np.isnan(series.records["taker_buy_volume"]).all()
    assert series.notes == ()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("header", [[KLINES_HEADER], []], ids=["header", "headless"])
def test_binance_klines(tmp_path: Path, header: list[str], newline: str) -> None:
    path = write(tmp_path / "BTCUSDT-5m-2025-01.zip", [*header, *kline_lines(5)], newline)
    (series,) = read_file(path, SYMBOL)
    assert (series.kind, series.timeframe) == (Kind.CANDLES, "5m")
    assert series.records["open"].tolist() == [50000.1] * 5
    assert series.records["taker_buy_volume"].tolist() == [i + 1.25 for i in range(5)]


def test_binance_metrics_are_stamped_at_their_five_minutes(tmp_path: Path) -> None:
    rows = [
        f"2025-01-01 00:{5 * i:02}:0{i % 2},BTCUSDT,{90_000 + i},{(90_000 + i) * 5e4},1,1,1,1"
        for i in range(4)
    ]
    (series,) = read_file(write(tmp_path / "m.zip", [METRICS_HEADER, *rows]), SYMBOL)
    assert (series.kind, series.timeframe) == (Kind.OPEN_INTEREST, "5m")
    assert series.records.time_ms.tolist() == [JANUARY + i * STEP for i in range(4)]
    assert series.records["open_interest"].tolist() == [90_000, 90_001, 90_002, 90_003]


def test_binance_liquidations_name_the_order_not_the_position(tmp_path: Path) -> None:
    rows = [
        f"{JANUARY},SELL,LIMIT,IOC,0.026,49000,49500,FILLED,0.026,0.026",
        f"{JANUARY + 7},BUY,LIMIT,IOC,2,51000,50500,PARTIALLY_FILLED,1,1",
        f"{JANUARY + 8},BUY,LIMIT,IOC,2,51000,0,NEW,0,0",
    ]
    (series,) = read_file(write(tmp_path / "l.csv", [SNAPSHOT_HEADER, *rows]), SYMBOL)
    assert series.kind is Kind.EVENTS
    assert series.records["side"].tolist() == [1, -1]
    assert series.records["price"].tolist() == [49_000, 51_000]
    assert series.records["quantity"].tolist() == [0.026, 1]
    assert series.records["notional_usd"].tolist() == [0.026 * 49_500, 50_500]
    assert series.dropped == 1


def test_candles_with_open_interest_are_two_series(tmp_path: Path) -> None:
    lines = candle_lines(3, "time_ms,open,high,low,close,volume,open_interest", ",90000.5")
    lines[2] = lines[2].replace("90000.5", "")
    candles, interest = read_file(write(tmp_path / "c.csv", lines), SYMBOL)
    assert (candles.kind, len(candles.records)) == (Kind.CANDLES, 3)
    assert (interest.kind, len(interest.records), interest.dropped) == (Kind.OPEN_INTEREST, 2, 1)
    (only,) = read_file(tmp_path / "c.csv", SYMBOL, kind=Kind.OPEN_INTEREST)
    assert only.records["open_interest"].tolist() == [90000.5] * 2
    (candles,) = read_file(write(tmp_path / "c.csv", candle_lines(3, lines[0], ",")), SYMBOL)
    assert candles.kind is Kind.CANDLES


def test_open_interest_in_usd_becomes_coins_at_the_price_of_its_instant(tmp_path: Path) -> None:
    lines = candle_lines(3, "time_ms,open,high,low,close,volume,open_interest_usd", ",1e9")
    _, interest = read_file(write(tmp_path / "c.csv", lines), SYMBOL)
    assert interest.records["open_interest"].tolist() == [1e9 / (50_000 + 10 * i) for i in range(3)]
    assert "open_interest_usd / open" in interest.notes[0]


def test_events_totals_and_funding(tmp_path: Path) -> None:
    rows = [f"{JANUARY},long,50000,0.1,5000", f"{JANUARY},short,51000,0.2,10200"]
    (events,) = read_file(
        write(tmp_path / "e.csv", ["time_ms,side,bankruptcy_price,amount,notional_usd", *rows]), SYMBOL
    )
    assert events.records["side"].tolist() == [1, -1]
    assert events.timeframe == ""
    rows = [f"{JANUARY + i * HOUR_MS},{i},{2 * i}" for i in range(4)]
    (totals,) = read_file(
        write(tmp_path / "t.csv", ["time_ms,liquidation_long_usd,liquidation_short_usd", *rows]), SYMBOL
    )
    assert (totals.kind, totals.timeframe, totals.records["liquidation_short_usd"].sum()) == (
        Kind.TOTALS,
        "1h",
        12,
    )
    rows = [f"{JANUARY + i * 8 * HOUR_MS},-4.864e-05" for i in range(4)]
    (funding,) = read_file(write(tmp_path / "f.csv", ["time_ms,funding_rate", *rows]), SYMBOL)
    assert (funding.kind, funding.timeframe) == (Kind.FUNDING, "")


def test_without_a_coverage_file_a_long_silence_is_not_recorded(tmp_path: Path) -> None:
    times = [JANUARY, JANUARY + HOUR_MS, JANUARY + 3 * HOUR_MS, JANUARY + 3 * HOUR_MS + 9]
    lines = ["time_ms,side,price,amount", *(f"{time},long,50000,1" for time in times)]
    (series,) = read_file(write(tmp_path / "e.csv", lines), SYMBOL)
    assert series.coverage == (Interval(times[0], times[1] + 1), Interval(times[2], times[3] + 1))


@pytest.mark.parametrize("name", ["e.csv", "e.csv.gz"])
def test_a_coverage_file_says_what_was_recorded(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, ["time_ms,side,price,amount", f"{JANUARY + 5},long,50000,1"])
    beside = write(tmp_path / "e_coverage.csv", ["start_ms,end_ms", f"{JANUARY},{JANUARY + HOUR_MS}"])
    (series,) = read_file(path, SYMBOL)
    assert series.coverage == (Interval(JANUARY, JANUARY + HOUR_MS),)
    write(beside, ["start_ms,end_ms", f"{JANUARY},{JANUARY}"])
    with pytest.raises(Exception, match=r"e_coverage\.csv, row 2: the interval ends before it starts"):
        read_file(path, SYMBOL)


def test_unsorted_rows_are_sorted_and_equal_ones_merged(tmp_path: Path) -> None:
    lines = candle_lines(5)
    shuffled = [lines[0], lines[3], lines[1], lines[2], lines[3], lines[5], lines[4]]
    (series,) = read_file(write(tmp_path / "c.csv", shuffled), SYMBOL)
    assert series.records.time_ms.tolist() == [JANUARY + i * STEP for i in range(5)]
    assert (series.was_sorted, series.duplicates) == (False, 1)
    assert series.notes == ("rows were not in order: sorted", "1 duplicate rows merged")


def test_a_row_without_a_price_is_left_out_and_told(tmp_path: Path) -> None:
    lines = candle_lines(4)
    lines[2] = f"{JANUARY + STEP},,,,,0"
    (series,) = read_file(write(tmp_path / "c.csv", lines), SYMBOL)
    assert (len(series.records), series.dropped) == (3, 1)


def test_blank_lines_at_the_end_and_a_byte_order_mark_are_nothing(tmp_path: Path) -> None:
    lines = candle_lines(4)
    (series,) = read_file(write(tmp_path / "c.csv", ["\ufeff" + lines[0], *lines[1:], "", ""]), SYMBOL)
    assert len(series.records) == 4


def test_one_row_needs_a_timeframe(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", candle_lines(1))
    with pytest.raises(Exception, match="give --timeframe"):
        read_file(path, SYMBOL)
    (series,) = read_file(path, SYMBOL, timeframe="5m")
    assert series.timeframe == "5m"


@pytest.mark.parametrize("name", ["BTCUSDT_5m_oi", "ETHUSDT_5m_oi", "SOLUSDT_5m_oi"])
def test_real_candles_with_open_interest(shared: Path, name: str) -> None:
    candles, interest = read_file(shared / "data" / "binance" / f"{name}.csv.gz", SYMBOL)
    assert len(candles.records) == len(interest.records) == 20_159
    assert candles.timeframe == interest.timeframe == "5m"
    assert candles.notes == interest.notes == ()


def test_real_liquidations_and_their_coverage(shared: Path) -> None:
    (series,) = read_file(shared / "data" / "liquidations" / "BTCUSDT_binance_events.csv.gz", SYMBOL)
    assert len(series.records) == 17_837
    assert sum(end - start for start, end in series.coverage) == 135 * HOUR_MS
    assert set(series.records["side"]) == {1, -1}


def test_real_hyperliquid_rows_have_blank_cells(shared: Path) -> None:
    candles, interest = read_file(shared / "data" / "hyperliquid" / "BTC_1m_oi.csv.gz", SYMBOL)
    assert (len(candles.records), candles.dropped) == (7_403, 3)
    assert (len(interest.records), interest.dropped) == (7_340, 66)
    assert not np.isnan(candles.records["taker_buy_volume"]).any()


def test_real_numbers_are_read_as_python_reads_them(shared: Path) -> None:
    import gzip

    path = shared / "data" / "binance" / "BTCUSDT_mark_1h.csv.gz"
    (series,) = read_file(path, SYMBOL)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()[1:]
    assert series.records["close"].tolist() == [float(line.split(",")[4]) for line in lines]
